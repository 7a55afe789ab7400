"""Collections kept on PostgreSQL, with the order of the products in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.catalog.model import Collection, Seo
from domain.ids import CollectionId, ProductId
from persistence.catalog import slugs
from persistence.catalog.tables import CollectionRow, ProductCollectionRow
from persistence.statement import Question, Statement, ids
from persistence.tags import of_products
from persistence.transaction import Transaction


class _CollectionRecord(NamedTuple):
    id: UUID
    slug: str
    name: str
    description: str
    is_published: bool
    seo_title: str | None
    seo_description: str | None


class _Last(NamedTuple):
    position: int


_COLUMNS = tuple(name for name in _CollectionRecord._fields if name != "id")
CLAIM_NAMES = Statement(text("LOCK TABLE collection IN SHARE ROW EXCLUSIVE MODE"))
LOCK = Question(
    _CollectionRecord,
    select(CollectionRow.id, *(getattr(CollectionRow, name) for name in _COLUMNS))
    .where(CollectionRow.id == bindparam("id"))
    .with_for_update(key_share=True),
)
_SAVE = upsert(CollectionRow).values(id=bindparam("id"), **{name: bindparam(name) for name in _COLUMNS})
SAVE = Statement(_SAVE.on_conflict_do_update(index_elements=["id"], set_={name: _SAVE.excluded[name] for name in _COLUMNS}))
LAST = Question(
    _Last,
    select(func.coalesce(func.max(ProductCollectionRow.position), 0).label("position")).where(
        ProductCollectionRow.collection_id == bindparam("collection_id")
    ),
)
ADD_PRODUCT = Statement(
    upsert(ProductCollectionRow)
    .values(collection_id=bindparam("collection_id"), product_id=bindparam("product_id"), position=bindparam("position"))
    .on_conflict_do_nothing(),
    touches=of_products("product_collection"),
)
REMOVE_PRODUCTS = Statement(
    delete(ProductCollectionRow).where(
        ProductCollectionRow.collection_id == bindparam("collection_id"), ProductCollectionRow.product_id == any_(ids())
    ),
    touches=of_products("product_collection", parameter="ids"),
)


class CollectionRows:
    """`domain.catalog.store.CollectionsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def claim_names(self) -> None:
        await self._transaction.run(CLAIM_NAMES)

    async def lock(self, collection_id: CollectionId) -> Collection | None:
        row = await self._transaction.row(LOCK, id=collection_id)
        if row is None:
            return None
        return Collection(
            id=CollectionId(row.id),
            slug=row.slug,
            name=row.name,
            description=row.description,
            is_published=row.is_published,
            seo=Seo(title=row.seo_title, description=row.seo_description),
        )

    async def free_slug(self, text: str) -> str:
        return await slugs.free_slug(self._transaction, CollectionRow, text)

    async def holder_of_slug(self, slug: str) -> CollectionId | None:
        holder = await slugs.holder_of_slug(self._transaction, CollectionRow, slug)
        return CollectionId(holder) if holder is not None else None

    async def save(self, collections: Sequence[Collection]) -> None:
        await self._transaction.run_each(
            SAVE,
            [
                {
                    "id": each.id,
                    "slug": each.slug,
                    "name": each.name,
                    "description": each.description,
                    "is_published": each.is_published,
                    "seo_title": each.seo.title,
                    "seo_description": each.seo.description,
                }
                for each in collections
            ],
        )

    async def add_products(self, collection_id: CollectionId, product_ids: Sequence[ProductId]) -> None:
        last = await self._transaction.row(LAST, collection_id=collection_id)
        after = last.position if last is not None else 0
        await self._transaction.run_each(
            ADD_PRODUCT,
            [
                {"collection_id": collection_id, "product_id": product_id, "position": position}
                for position, product_id in enumerate(product_ids, start=after + 1)
            ],
        )

    async def remove_products(self, collection_id: CollectionId, product_ids: Sequence[ProductId]) -> None:
        await self._transaction.run(REMOVE_PRODUCTS, collection_id=collection_id, ids=list(product_ids))
