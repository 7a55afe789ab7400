"""The words of the product import: what a file says of a product, before it is compared with the shop.

None in an optional field means that the file has no such column: what the shop has then stays.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.catalog.model import ImportProgress, Options, ProductStatus, RowError

ERRORS_KEPT_MAX = 1_000
"""Row errors of a run that are kept in words; those beyond are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetText:
    """What the first row of a product says of the product itself. `description` is HTML as it stands in the file."""

    name: str
    description: str | None = None
    vendor: str | None = None
    product_type: str | None = None
    tags: tuple[str, ...] | None = None
    status: ProductStatus | None = None
    is_published: bool | None = None
    seo_title: str | None = None
    seo_description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetVariant:
    """One variant of a file. Prices are minor units of the run's currency; `sku` '' where the file gives none."""

    line: int
    sku: str
    options: Options
    price: int | None = None
    compare_at: int | None = None
    weight_grams: int | None = None
    requires_shipping: bool | None = None
    is_taxable: bool | None = None
    tracks_stock: bool | None = None
    barcode: str | None = None
    quantity: int | None = None
    image_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetImage:
    """One picture of a file, in the file's order; `alt` None: not said."""

    url: str
    position: int
    alt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All consecutive rows of one handle. `text` None: the rows only add to a product that is there already.

    `options` None: the rows do not name the options.
    """

    handle: str
    line: int
    text: SheetText | None
    options: tuple[str, ...] | None
    variants: tuple[SheetVariant, ...]
    images: tuple[SheetImage, ...]
    had_bad_variants: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What came of an import. `failure`: why the file could not be read at all. At most ERRORS_KEPT_MAX errors are told."""

    progress: ImportProgress
    errors: tuple[RowError, ...] = ()
    failure: str | None = None
