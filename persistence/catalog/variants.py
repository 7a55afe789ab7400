"""Variants kept on PostgreSQL: read in order, written in batches, renamed among themselves without meeting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Text, any_, bindparam, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.catalog.model import Variant
from domain.ids import ProductId, VariantId
from persistence.catalog.tables import VariantRow
from persistence.statement import Question, Statement, ids, many
from persistence.tags import of_products
from persistence.transaction import Transaction


class _VariantRecord(NamedTuple):
    id: UUID
    product_id: UUID
    position: int
    sku: str
    name: str
    option1: str
    option2: str
    option3: str
    barcode: str
    weight_grams: int
    requires_shipping: bool
    is_taxable: bool
    tracks_stock: bool
    is_active: bool
    image_id: UUID | None


class _SkuHolder(NamedTuple):
    sku: str
    id: UUID
    product_id: UUID


_COLUMNS = tuple(name for name in _VariantRecord._fields if name != "id")
VARIANTS = Question(
    _VariantRecord,
    select(VariantRow.id, *(getattr(VariantRow, name) for name in _COLUMNS))
    .where(VariantRow.product_id == any_(ids()))
    .order_by(VariantRow.product_id, VariantRow.position, VariantRow.id),
)
_SAVE = upsert(VariantRow).values(id=bindparam("id"), **{name: bindparam(name) for name in _COLUMNS})
SAVE = Statement(
    _SAVE.on_conflict_do_update(
        index_elements=["id"], set_={name: _SAVE.excluded[name] for name in _COLUMNS} | {"updated_at": func.now()}
    ),
    touches=of_products("variant"),
)
# Two variants that trade their SKUs or options would meet on the way: first all of them step aside.
STEP_ASIDE = Statement(
    update(VariantRow)
    .where(VariantRow.id == any_(ids()))
    .values(
        sku=func.concat("renaming:", cast(VariantRow.id, Text)), option1=func.concat("renaming:", cast(VariantRow.id, Text))
    )
)
HOLDERS = Question(
    _SkuHolder,
    select(VariantRow.sku, VariantRow.id, VariantRow.product_id).where(VariantRow.sku == any_(many("skus", Text()))),
)


def _variant(row: _VariantRecord) -> Variant:
    return Variant(
        id=VariantId(row.id),
        product_id=ProductId(row.product_id),
        position=row.position,
        sku=row.sku,
        name=row.name,
        options=(row.option1, row.option2, row.option3),
        barcode=row.barcode,
        weight_grams=row.weight_grams,
        requires_shipping=row.requires_shipping,
        is_taxable=row.is_taxable,
        tracks_stock=row.tracks_stock,
        is_active=row.is_active,
        image_id=row.image_id,
    )


def _values(variant: Variant) -> dict[str, object]:
    option1, option2, option3 = variant.options
    return {
        "id": variant.id,
        "product_id": variant.product_id,
        "position": variant.position,
        "sku": variant.sku,
        "name": variant.name,
        "option1": option1,
        "option2": option2,
        "option3": option3,
        "barcode": variant.barcode,
        "weight_grams": variant.weight_grams,
        "requires_shipping": variant.requires_shipping,
        "is_taxable": variant.is_taxable,
        "tracks_stock": variant.tracks_stock,
        "is_active": variant.is_active,
        "image_id": variant.image_id,
    }


class VariantRows:
    """`domain.catalog.store.VariantsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of_products(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, tuple[Variant, ...]]:
        variants: dict[ProductId, list[Variant]] = {}
        for row in await self._transaction.rows(VARIANTS, ids=list(product_ids)):
            variants.setdefault(ProductId(row.product_id), []).append(_variant(row))
        return {product_id: tuple(those) for product_id, those in variants.items()}

    async def save(self, variants: Sequence[Variant], *, renamed: Iterable[VariantId] = ()) -> None:
        if aside := list(renamed):
            await self._transaction.run(STEP_ASIDE, ids=aside)
        await self._transaction.run_each(SAVE, [_values(variant) for variant in variants])

    async def holders_of_skus(self, skus: Iterable[str]) -> Mapping[str, tuple[VariantId, ProductId]]:
        return {
            row.sku: (VariantId(row.id), ProductId(row.product_id))
            for row in await self._transaction.rows(HOLDERS, skus=list(skus))
        }
