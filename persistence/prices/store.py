"""The port of prices made true on PostgreSQL, with the price spans of products that lists sort and filter by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, bindparam, delete, exists, func, not_, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.ids import ChannelId, ProductId, VariantId
from domain.money import Currency
from domain.prices.model import Price
from persistence.catalog.tables import VariantRow
from persistence.channels.tables import ChannelRow
from persistence.prices.tables import ListingRow, PriceRow
from persistence.statement import Question, Statement, ids
from persistence.tags import of_products
from persistence.transaction import Transaction


class _Sells(NamedTuple):
    id: UUID
    currency: str
    currencies: list[str]


class _Belongs(NamedTuple):
    id: UUID
    product_id: UUID


class _PriceRecord(NamedTuple):
    variant_id: UUID
    amount: int
    compare_at: int | None


CURRENCIES = Question(
    _Sells, select(ChannelRow.id, ChannelRow.currency, ChannelRow.currencies).where(ChannelRow.id == any_(ids()))
)
PRODUCTS = Question(_Belongs, select(VariantRow.id, VariantRow.product_id).where(VariantRow.id == any_(ids())))
PRICES = Question(
    _PriceRecord,
    select(PriceRow.variant_id, PriceRow.amount, PriceRow.compare_at).where(
        PriceRow.variant_id == any_(ids()),
        PriceRow.channel_id == bindparam("channel_id"),
        PriceRow.currency == bindparam("currency"),
    ),
)
_SAVE = upsert(PriceRow).values(
    {name: bindparam(name) for name in ("variant_id", "channel_id", "currency", "amount", "compare_at")}
)
SAVE = Statement(
    _SAVE.on_conflict_do_update(
        index_elements=["variant_id", "channel_id", "currency"],
        set_={"amount": _SAVE.excluded.amount, "compare_at": _SAVE.excluded.compare_at},
    )
)
_FRESH = (
    select(
        VariantRow.product_id,
        PriceRow.channel_id,
        PriceRow.currency,
        func.min(PriceRow.amount).label("price_min"),
        func.max(PriceRow.amount).label("price_max"),
    )
    .join(PriceRow, PriceRow.variant_id == VariantRow.id)
    .where(VariantRow.product_id == any_(ids()), VariantRow.is_active)
    .group_by(VariantRow.product_id, PriceRow.channel_id, PriceRow.currency)
    .cte("fresh")
)
_GONE = (
    delete(ListingRow)
    .where(
        ListingRow.product_id == any_(ids()),
        not_(
            exists().where(
                _FRESH.c.product_id == ListingRow.product_id,
                _FRESH.c.channel_id == ListingRow.channel_id,
                _FRESH.c.currency == ListingRow.currency,
            )
        ),
    )
    .returning(ListingRow.product_id)
    .cte("gone")
)
_RELIST = upsert(ListingRow).from_select(
    ["product_id", "channel_id", "currency", "price_min", "price_max"],
    select(_FRESH.c.product_id, _FRESH.c.channel_id, _FRESH.c.currency, _FRESH.c.price_min, _FRESH.c.price_max),
)
RELIST = Statement(
    _RELIST.on_conflict_do_update(
        index_elements=["product_id", "channel_id", "currency"],
        set_={"price_min": _RELIST.excluded.price_min, "price_max": _RELIST.excluded.price_max},
        where=or_(
            ListingRow.price_min != _RELIST.excluded.price_min,
            ListingRow.price_max != _RELIST.excluded.price_max,
        ),
    ).add_cte(_GONE),
    touches=of_products("listing", parameter="ids"),
)


class PricesRows:
    """`domain.prices.store.PricesStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._products: dict[UUID, UUID] = {}

    async def currencies_of(self, channel_ids: Iterable[ChannelId]) -> Mapping[ChannelId, tuple[Currency, ...]]:
        return {
            ChannelId(row.id): tuple(dict.fromkeys(Currency(code) for code in (row.currency, *row.currencies)))
            for row in await self._transaction.rows(CURRENCIES, ids=list(channel_ids))
        }

    async def products_of(self, variant_ids: Iterable[VariantId]) -> Mapping[VariantId, ProductId]:
        rows = await self._transaction.rows(PRODUCTS, ids=list(variant_ids))
        self._products.update((row.id, row.product_id) for row in rows)
        return {VariantId(row.id): ProductId(row.product_id) for row in rows}

    async def of_variants(
        self, variant_ids: Iterable[VariantId], *, channel_id: ChannelId, currency: Currency
    ) -> Mapping[VariantId, Price]:
        return {
            VariantId(row.variant_id): Price(
                variant_id=VariantId(row.variant_id),
                channel_id=channel_id,
                currency=currency,
                amount=row.amount,
                compare_at=row.compare_at,
            )
            for row in await self._transaction.rows(PRICES, ids=list(variant_ids), channel_id=channel_id, currency=currency)
        }

    async def save(self, prices: Sequence[Price]) -> None:
        products = {self._products.get(each.variant_id) for each in prices}
        await self._transaction.run_each(
            SAVE,
            [
                {
                    "variant_id": each.variant_id,
                    "channel_id": each.channel_id,
                    "currency": each.currency,
                    "amount": each.amount,
                    "compare_at": each.compare_at,
                }
                for each in prices
            ],
            tags=None if None in products else ["price", *(f"product:{each}" for each in products)],
        )

    async def relist(self, product_ids: Iterable[ProductId]) -> None:
        await self._transaction.run(RELIST, ids=list(product_ids))
