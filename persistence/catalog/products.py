"""Products kept on PostgreSQL: their rows, options, images and categories.

Variants and the search index have modules of their own. Nothing here decides; callers hold the locks that the port asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import nh3
from sqlalchemy import Text, any_, bindparam, delete, func, insert, not_, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.catalog.model import Attribute, AttributeKind, Image, Product, ProductStatus, Seo
from domain.catalog.rules import name_key
from domain.ids import CategoryId, ProductId, new_id
from persistence.base import JsonObject
from persistence.catalog import slugs
from persistence.catalog.search import reindex
from persistence.catalog.tables import ProductCategoryRow, ProductImageRow, ProductOptionRow, ProductRow
from persistence.statement import Question, Statement, ids, many
from persistence.tags import of_products
from persistence.transaction import Transaction


class _ProductRecord(NamedTuple):
    id: UUID
    slug: str
    name: str
    description: str
    vendor: str
    product_type: str
    tags: list[str]
    status: str
    category_id: UUID | None
    published_at: datetime | None
    seo_title: str | None
    seo_description: str | None
    attributes: JsonObject
    version: int


class _OptionRecord(NamedTuple):
    product_id: UUID
    name: str


class _ImageRecord(NamedTuple):
    id: UUID
    product_id: UUID
    position: int
    url: str
    alt: str


_PRODUCT = select(
    ProductRow.id,
    ProductRow.slug,
    ProductRow.name,
    ProductRow.description,
    ProductRow.vendor,
    ProductRow.product_type,
    ProductRow.tags,
    ProductRow.status,
    ProductRow.category_id,
    ProductRow.published_at,
    ProductRow.seo_title,
    ProductRow.seo_description,
    ProductRow.attributes,
    ProductRow.version,
)
# Names are handed out by one transaction at a time: plain readers, carts and stock are not held up by this lock.
CLAIM_NAMES = Statement(text("LOCK TABLE product IN SHARE ROW EXCLUSIVE MODE"))
LOCK = Question(
    _ProductRecord, _PRODUCT.where(ProductRow.id == any_(ids())).order_by(ProductRow.id).with_for_update(key_share=True)
)
LOCK_BY_SLUG = Question(
    _ProductRecord,
    _PRODUCT.where(ProductRow.slug == any_(many("slugs", Text()))).order_by(ProductRow.id).with_for_update(key_share=True),
)
_COLUMNS = (
    "slug name name_key description vendor product_type tags status category_id published_at seo_title seo_description "
    "attributes version"
).split()
_SAVE = upsert(ProductRow).values(id=bindparam("id"), **{name: bindparam(name) for name in _COLUMNS})
SAVE = Statement(
    _SAVE.on_conflict_do_update(
        index_elements=["id"], set_={name: _SAVE.excluded[name] for name in _COLUMNS} | {"updated_at": func.now()}
    ),
    touches=of_products("product", parameter="id"),
)
OPTIONS = Question(
    _OptionRecord,
    select(ProductOptionRow.product_id, ProductOptionRow.name)
    .where(ProductOptionRow.product_id == any_(ids()))
    .order_by(ProductOptionRow.product_id, ProductOptionRow.position),
)
REMOVE_OPTIONS = Statement(
    delete(ProductOptionRow).where(ProductOptionRow.product_id == any_(ids())),
    touches=of_products("product_option", parameter="ids"),
)
ADD_OPTION = Statement(
    insert(ProductOptionRow).values(
        id=bindparam("id"), product_id=bindparam("product_id"), position=bindparam("position"), name=bindparam("name")
    ),
    touches=of_products("product_option"),
)
IMAGES = Question(
    _ImageRecord,
    select(ProductImageRow.id, ProductImageRow.product_id, ProductImageRow.position, ProductImageRow.url, ProductImageRow.alt)
    .where(ProductImageRow.product_id == any_(ids()))
    .order_by(ProductImageRow.product_id, ProductImageRow.position),
)
POSITIONS_MAY_MEET = Statement(text("SET CONSTRAINTS uq_product_image_product_id_position DEFERRED"))
REMOVE_OTHER_IMAGES = Statement(
    delete(ProductImageRow).where(ProductImageRow.product_id == any_(ids()), not_(ProductImageRow.id == any_(ids("kept")))),
    # A variant that showed a removed picture loses it.
    touches=of_products("product_image", "variant", parameter="ids"),
)
_IMAGE = upsert(ProductImageRow).values(
    id=bindparam("id"),
    product_id=bindparam("product_id"),
    position=bindparam("position"),
    url=bindparam("url"),
    alt=bindparam("alt"),
)
SAVE_IMAGE = Statement(
    _IMAGE.on_conflict_do_update(
        index_elements=["id"], set_={name: _IMAGE.excluded[name] for name in ("position", "url", "alt")}
    ),
    touches=of_products("product_image"),
)
ADD_TO_CATEGORY = Statement(
    upsert(ProductCategoryRow)
    .values(product_id=bindparam("product_id"), category_id=bindparam("category_id"))
    .on_conflict_do_nothing(),
    touches=of_products("product_category"),
)
LEAVE_OTHER_CATEGORIES = Statement(
    delete(ProductCategoryRow).where(
        ProductCategoryRow.product_id == bindparam("product_id"), not_(ProductCategoryRow.category_id == any_(ids("kept")))
    ),
    touches=of_products("product_category"),
)


def _product(row: _ProductRecord) -> Product:
    return Product(
        id=ProductId(row.id),
        slug=row.slug,
        name=row.name,
        description=row.description,
        vendor=row.vendor,
        product_type=row.product_type,
        tags=tuple(row.tags),
        status=ProductStatus(row.status),
        category_id=CategoryId(row.category_id) if row.category_id is not None else None,
        published_at=row.published_at,
        seo=Seo(title=row.seo_title, description=row.seo_description),
        attributes=tuple(
            Attribute(name=name, kind=AttributeKind(kept["kind"]), value=kept["value"])
            for name, kept in sorted(row.attributes.items())
        ),
        version=row.version,
    )


def _values(product: Product) -> dict[str, object]:
    return {
        "id": product.id,
        "slug": product.slug,
        "name": product.name,
        "name_key": name_key(product.name),
        "description": product.description,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "tags": list(product.tags),
        "status": product.status.value,
        "category_id": product.category_id,
        "published_at": product.published_at,
        "seo_title": product.seo.title,
        "seo_description": product.seo.description,
        "attributes": {each.name: {"kind": each.kind.value, "value": each.value} for each in product.attributes},
        "version": product.version,
    }


class ProductRows:
    """`domain.catalog.store.ProductsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def claim_names(self) -> None:
        await self._transaction.run(CLAIM_NAMES)

    async def lock(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Product]:
        rows = await self._transaction.rows(LOCK, ids=list(product_ids))
        return {ProductId(row.id): _product(row) for row in rows}

    async def lock_by_slugs(self, slugs: Iterable[str]) -> Mapping[str, Product]:
        return {row.slug: _product(row) for row in await self._transaction.rows(LOCK_BY_SLUG, slugs=list(slugs))}

    async def free_slug(self, text: str) -> str:
        return await slugs.free_slug(self._transaction, ProductRow, text)

    async def holder_of_slug(self, slug: str) -> ProductId | None:
        holder = await slugs.holder_of_slug(self._transaction, ProductRow, slug)
        return ProductId(holder) if holder is not None else None

    def cleaned(self, html: str) -> str:
        return nh3.clean(html)

    async def save(self, products: Sequence[Product]) -> None:
        await self._transaction.run_each(SAVE, [_values(product) for product in products])

    async def options_of(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, tuple[str, ...]]:
        names: dict[ProductId, tuple[str, ...]] = {}
        for row in await self._transaction.rows(OPTIONS, ids=list(product_ids)):
            product_id = ProductId(row.product_id)
            names[product_id] = (*names.get(product_id, ()), row.name)
        return names

    async def set_options(self, options: Mapping[ProductId, tuple[str, ...]]) -> None:
        await self._transaction.run(REMOVE_OPTIONS, ids=list(options))
        await self._transaction.run_each(
            ADD_OPTION,
            [
                {"id": new_id(), "product_id": product_id, "position": position, "name": name}
                for product_id, names in options.items()
                for position, name in enumerate(names, start=1)
            ],
        )

    async def images_of(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, tuple[Image, ...]]:
        images: dict[ProductId, list[Image]] = {}
        for row in await self._transaction.rows(IMAGES, ids=list(product_ids)):
            product_id = ProductId(row.product_id)
            images.setdefault(product_id, []).append(
                Image(id=row.id, product_id=product_id, position=row.position, url=row.url, alt=row.alt)
            )
        return {product_id: tuple(those) for product_id, those in images.items()}

    async def set_images(self, images: Mapping[ProductId, tuple[Image, ...]]) -> None:
        kept = [image for those in images.values() for image in those]
        await self._transaction.run(POSITIONS_MAY_MEET)
        await self._transaction.run(REMOVE_OTHER_IMAGES, ids=list(images), kept=[image.id for image in kept])
        await self._transaction.run_each(
            SAVE_IMAGE,
            [
                {
                    "id": image.id,
                    "product_id": image.product_id,
                    "position": image.position,
                    "url": image.url,
                    "alt": image.alt,
                }
                for image in kept
            ],
        )

    async def add_to_categories(self, pairs: Sequence[tuple[ProductId, CategoryId]]) -> None:
        await self._transaction.run_each(
            ADD_TO_CATEGORY, [{"product_id": product_id, "category_id": category_id} for product_id, category_id in pairs]
        )

    async def set_categories(self, product_id: ProductId, category_ids: Sequence[CategoryId]) -> None:
        await self._transaction.run(LEAVE_OTHER_CATEGORIES, product_id=product_id, kept=list(category_ids))
        await self.add_to_categories([(product_id, category_id) for category_id in category_ids])

    async def reindex(self, product_ids: Iterable[ProductId]) -> None:
        await reindex(self._transaction, product_ids)
