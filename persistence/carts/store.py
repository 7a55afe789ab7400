"""The port of carts made true on PostgreSQL: every change happens under the lock of the cart's row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, and_, any_, bindparam, delete, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain.carts.model import Cart
from domain.carts.store import NewCart, Sellable
from domain.ids import CartId, ChannelId, CustomerId, ShippingMethodId, VariantId, new_id
from domain.money import Currency, Money
from domain.shipping.model import ShippingMethod
from persistence.carts.facts import FACTS, IS_SOLD, LINES, CartFacts, carts_of, free_of
from persistence.carts.tables import CartLineRow, CartMergeRow, CartRow
from persistence.catalog.tables import ProductRow, VariantRow
from persistence.prices.tables import PriceRow
from persistence.shipping.rows import METHOD_COLUMNS, KeptMethod, method_of
from persistence.shipping.tables import ShippingMethodRow
from persistence.statement import Question, Statement, ids
from persistence.transaction import Transaction


class _Id(NamedTuple):
    id: UUID


class _Sellable(NamedTuple):
    id: UUID
    sku: str
    amount: int
    tracks_stock: bool
    free: int


_OPEN = CartRow.state == literal_column("'OPEN'")
ADD = Statement(
    insert(CartRow)
    .values(
        id=bindparam("id"),
        channel_id=bindparam("channel_id"),
        currency=bindparam("currency"),
        country=bindparam("country"),
        language=bindparam("language"),
        customer_id=bindparam("customer_id"),
        created_at=bindparam("now", type_=DateTime(timezone=True)),
        updated_at=bindparam("now", type_=DateTime(timezone=True)),
    )
    .on_conflict_do_nothing()
)
# The lock is a statement of its own: joined rows read in the one that waits for a lock are those of before the wait.
LOCK = Question(_Id, select(CartRow.id).where(CartRow.id == bindparam("cart_id")).with_for_update())
BY_ID = Question(CartFacts, FACTS)
OPEN_OF_CUSTOMER = Question(
    _Id,
    select(CartRow.id).where(
        CartRow.customer_id == bindparam("customer_id"), CartRow.channel_id == bindparam("channel_id"), _OPEN
    ),
)
MERGED_INTO = Question(_Id, select(CartMergeRow.into_cart_id.label("id")).where(CartMergeRow.cart_id == bindparam("cart_id")))
SELLABLE = Question(
    _Sellable,
    select(VariantRow.id, VariantRow.sku, PriceRow.amount, VariantRow.tracks_stock, free_of(VariantRow.id).label("free"))
    .join(ProductRow, ProductRow.id == VariantRow.product_id)
    .join(
        PriceRow,
        and_(
            PriceRow.variant_id == VariantRow.id,
            PriceRow.channel_id == bindparam("channel_id"),
            PriceRow.currency == bindparam("currency"),
        ),
    )
    .where(VariantRow.id == any_(ids()), IS_SOLD),
)
# The removed lines go first, then quantities are set; unnest keeps the order in which the lines were given.
REMOVE_LINES = Statement(
    delete(CartLineRow).where(CartLineRow.cart_id == bindparam("cart_id"), CartLineRow.variant_id == any_(ids()))
)
SET_LINES = Statement(
    text("""
    INSERT INTO cart_line (id, cart_id, variant_id, quantity, price_seen, created_at)
    SELECT w.id, CAST(:cart_id AS uuid), w.variant_id, w.quantity, w.price_seen, CAST(:now AS timestamptz)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:variants AS uuid[]), CAST(:quantities AS int[]), CAST(:prices AS bigint[]))
        AS w (id, variant_id, quantity, price_seen)
    ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = excluded.quantity, price_seen = excluded.price_seen
    """)
)
CLEAR = Statement(delete(CartLineRow).where(CartLineRow.cart_id == bindparam("cart_id")))
NOTE_MERGE = Statement(
    insert(CartMergeRow).values(cart_id=bindparam("cart_id"), into_cart_id=bindparam("into"), created_at=bindparam("now"))
)
DELIVERY_METHOD = Question(
    KeptMethod,
    select(*METHOD_COLUMNS).where(
        ShippingMethodRow.id == bindparam("method_id"),
        ShippingMethodRow.channel_id == bindparam("channel_id"),
        ShippingMethodRow.is_active,
    ),
)


@lru_cache(maxsize=64)
def _change(columns: tuple[str, ...]) -> Statement:
    """The statement that sets these columns; there are as many as kinds of change."""
    values: dict[str, Any] = {name: bindparam(name, type_=CartRow.__table__.c[name].type) for name in columns}
    return Statement(
        update(CartRow)
        .where(CartRow.id == bindparam("cart_id"))
        .values(**values, version=CartRow.version + 1, updated_at=bindparam("now", type_=DateTime(timezone=True)))
    )


class CartsRows:
    """`domain.carts.store.CartsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, cart: NewCart) -> bool:
        added = await self._transaction.run(
            ADD,
            id=cart.id,
            channel_id=cart.channel_id,
            currency=cart.currency,
            country=cart.country,
            language=cart.language,
            customer_id=cart.customer_id,
            now=cart.created_at,
        )
        return added == 1

    async def lock(self, cart_id: CartId) -> Cart | None:
        if await self._transaction.row(LOCK, cart_id=cart_id) is None:
            return None
        facts = await self._transaction.rows(BY_ID, ids=[cart_id])
        return carts_of(facts, await self._transaction.rows(LINES, ids=[cart_id]))[cart_id]

    async def open_of_customer(self, customer_id: CustomerId, channel_id: ChannelId) -> CartId | None:
        row = await self._transaction.row(OPEN_OF_CUSTOMER, customer_id=customer_id, channel_id=channel_id)
        return CartId(row.id) if row is not None else None

    async def merged_into(self, cart_id: CartId) -> CartId | None:
        row = await self._transaction.row(MERGED_INTO, cart_id=cart_id)
        return CartId(row.id) if row is not None else None

    async def sellable(
        self, variant_ids: Sequence[VariantId], *, channel_id: ChannelId, currency: Currency
    ) -> dict[VariantId, Sellable]:
        rows = await self._transaction.rows(SELLABLE, ids=list(variant_ids), channel_id=channel_id, currency=currency)
        return {
            VariantId(row.id): Sellable(
                variant_id=VariantId(row.id),
                sku=row.sku,
                price=Money(row.amount, currency),
                free=row.free if row.tracks_stock else None,
            )
            for row in rows
        }

    async def set_lines(self, cart_id: CartId, lines: Sequence[tuple[VariantId, int, Money]], *, now: datetime) -> None:
        if gone := [variant_id for variant_id, quantity, _ in lines if quantity == 0]:
            await self._transaction.run(REMOVE_LINES, cart_id=cart_id, ids=gone)
        if kept := [each for each in lines if each[1] > 0]:
            await self._transaction.run(
                SET_LINES,
                cart_id=cart_id,
                now=now,
                ids=[new_id() for _ in kept],
                variants=[variant_id for variant_id, _, _ in kept],
                quantities=[quantity for _, quantity, _ in kept],
                prices=[price.minor for _, _, price in kept],
            )
        await self.change(cart_id, {}, now=now)

    async def clear(self, cart_id: CartId, *, now: datetime) -> None:
        await self._transaction.run(CLEAR, cart_id=cart_id)
        await self.change(cart_id, {}, now=now)

    async def change(self, cart_id: CartId, changes: Mapping[str, Any], *, now: datetime) -> None:
        await self._transaction.run(_change(tuple(sorted(changes))), cart_id=cart_id, now=now, **changes)

    async def merge(self, cart_id: CartId, into: CartId, *, now: datetime) -> None:
        await self.change(cart_id, {"state": "MERGED"}, now=now)
        await self._transaction.run(NOTE_MERGE, cart_id=cart_id, into=into, now=now)

    async def delivery_method(self, method_id: ShippingMethodId, channel_id: ChannelId) -> ShippingMethod | None:
        row = await self._transaction.row(DELIVERY_METHOD, method_id=method_id, channel_id=channel_id)
        return method_of(row) if row is not None else None
