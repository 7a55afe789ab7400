"""What the catalogue needs kept: the port that persistence makes true, with what each call locks.

Everything takes and gives many things at once, so that an import of a hundred products costs as many statements as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from domain.catalog.model import Category, Collection, Image, ImportProgress, ImportRun, Product, RowError, Variant
from domain.ids import CategoryId, ChannelId, CollectionId, ImportId, ProductId, VariantId, WarehouseId


class ProductsStore(Protocol):
    """Products with their options, images and categories."""

    async def claim_names(self) -> None:
        """Waits until no other transaction gives products or variants their names; nobody else can until this one ends.

        Taken first, before any row, so that a slug or SKU seen free stays free.
        """

    async def lock(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Product]:
        """Products by id, their rows locked in id order; ids of nothing are left out."""

    async def lock_by_slugs(self, slugs: Iterable[str]) -> Mapping[str, Product]:
        """Products by slug, their rows locked in id order."""

    async def free_slug(self, text: str) -> str:
        """A slug made from a text (a name, or a slug already) that no product has."""

    async def holder_of_slug(self, slug: str) -> ProductId | None:
        """The product of a slug."""

    def cleaned(self, html: str) -> str:
        """A description as it is kept: what could run or disguise itself is gone."""

    async def save(self, products: Sequence[Product]) -> None:
        """Writes products, new or changed; a changed one's version is the snapshot's."""

    async def options_of(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, tuple[str, ...]]:
        """Names of the options in order, for products that have any."""

    async def set_options(self, options: Mapping[ProductId, tuple[str, ...]]) -> None:
        """Replaces the options' names."""

    async def images_of(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, tuple[Image, ...]]:
        """Images in order, for products that have any."""

    async def set_images(self, images: Mapping[ProductId, tuple[Image, ...]]) -> None:
        """Replaces the images: those of other ids go."""

    async def add_to_categories(self, pairs: Sequence[tuple[ProductId, CategoryId]]) -> None:
        """Puts products into categories; those already there stay."""

    async def set_categories(self, product_id: ProductId, category_ids: Sequence[CategoryId]) -> None:
        """Makes these the product's categories."""

    async def reindex(self, product_ids: Iterable[ProductId]) -> None:
        """Writes anew what full-text search knows of the products, from their rows."""


class VariantsStore(Protocol):
    """Variants of products; their product's lock, and for new SKUs `ProductsStore.claim_names`, come first."""

    async def of_products(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, tuple[Variant, ...]]:
        """All variants in order, active or not, for products that have any."""

    async def save(self, variants: Sequence[Variant], *, renamed: Iterable[VariantId] = ()) -> None:
        """Writes variants, new or changed. `renamed`: existing ones whose SKU or options change, maybe among themselves."""

    async def holders_of_skus(self, skus: Iterable[str]) -> Mapping[str, tuple[VariantId, ProductId]]:
        """Variant and product of each SKU that is taken."""


class CategoriesStore(Protocol):
    """The category tree."""

    async def lock_tree(self) -> None:
        """Waits until no other transaction changes the tree; nobody else can until this one ends. Taken first."""

    async def find(self, category_ids: Iterable[CategoryId]) -> Mapping[CategoryId, Category]:
        """Categories by id; ids of nothing are left out."""

    async def free_slug(self, text: str) -> str:
        """A slug made from a text that no category has."""

    async def holder_of_slug(self, slug: str) -> CategoryId | None:
        """The category of a slug."""

    async def add(self, categories: Sequence[Category]) -> None:
        """Adds nodes, parents before children."""

    async def save(self, category: Category) -> None:
        """Writes a changed category, its parent left as it is."""

    async def is_within(self, category_id: CategoryId, ancestor_id: CategoryId) -> bool:
        """Whether a category is the other or lies below it."""

    async def depth_of(self, category_id: CategoryId) -> int:
        """How many ancestors a category has."""

    async def height_of(self, category_id: CategoryId) -> int:
        """How many levels lie below a category."""

    async def move(self, category_id: CategoryId, *, parent_id: CategoryId | None, position: int) -> None:
        """Hangs a subtree below another parent (None: makes it a root). The caller has made sure that no cycle arises."""

    async def contents(self, category_id: CategoryId) -> tuple[int, int]:
        """How many child categories and how many products a category has of its own."""

    async def remove(self, category_id: CategoryId) -> None:
        """Removes an empty category."""

    async def ensure_roots(self, names: Iterable[str]) -> Mapping[str, CategoryId]:
        """The category of the slug of each name, made as a root where it is missing."""


class CollectionsStore(Protocol):
    """Collections and what is in them."""

    async def claim_names(self) -> None:
        """Waits until no other transaction names collections; nobody else can until this one ends. Taken first."""

    async def lock(self, collection_id: CollectionId) -> Collection | None:
        """A collection, its row locked."""

    async def free_slug(self, text: str) -> str:
        """A slug made from a text that no collection has."""

    async def holder_of_slug(self, slug: str) -> CollectionId | None:
        """The collection of a slug."""

    async def save(self, collections: Sequence[Collection]) -> None:
        """Writes collections, new or changed."""

    async def add_products(self, collection_id: CollectionId, product_ids: Sequence[ProductId]) -> None:
        """Appends products in this order; those already in it stay where they are."""

    async def remove_products(self, collection_id: CollectionId, product_ids: Sequence[ProductId]) -> None:
        """Takes products out."""


class ImportRunsStore(Protocol):
    """Runs of the product import and the parts of their files."""

    async def places(self) -> tuple[ChannelId, WarehouseId] | None:
        """The default channel and the first warehouse; None while the shop lacks either."""

    async def place_exists(self, channel_id: ChannelId, warehouse_id: WarehouseId) -> bool:
        """Whether both are there."""

    async def add(self, run: ImportRun) -> None:
        """Begins a run."""

    async def lock(self, import_id: ImportId) -> ImportRun | None:
        """A run, its row locked."""

    async def save(self, run: ImportRun) -> None:
        """Writes a run's status and size."""

    async def append(self, import_id: ImportId, content: bytes) -> None:
        """Adds a part to the end of the file."""

    async def part(self, import_id: ImportId, position: int) -> bytes | None:
        """The part at a position, counted from 0; None past the end."""

    async def restart(self, import_id: ImportId, *, abandoned_after: timedelta) -> bool:
        """Sets a run RUNNING with all counts at nothing and no row errors; False when it is over or somebody is at it.

        Somebody is at it who noted progress within `abandoned_after` (the database's clock).
        """

    async def progress(self, import_id: ImportId, progress: ImportProgress, errors: Sequence[RowError], *, kept: int) -> None:
        """Writes the counts of a running run, and row errors after the `kept` ones that are there already."""

    async def finish(self, import_id: ImportId, *, failure: str | None) -> None:
        """Ends the run, DONE or (with a reason) FAILED, and drops the file."""


class CatalogStore(Protocol):
    """The catalogue, inside one transaction."""

    @property
    def products(self) -> ProductsStore: ...
    @property
    def variants(self) -> VariantsStore: ...
    @property
    def categories(self) -> CategoriesStore: ...
    @property
    def collections(self) -> CollectionsStore: ...
    @property
    def imports(self) -> ImportRunsStore: ...
