"""The port of carts made true on PostgreSQL: every change happens under the lock of the cart's row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Uuid, and_, any_, bindparam, delete, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from domain.carts.model import QUANTITY_MAX, Cart, CartState
from domain.carts.store import NewCart, Sellable
from domain.ids import CartId, ChannelId, CustomerId, VariantId, new_id
from domain.money import Currency, Money
from persistence.carts.facts import BY_ID, IS_SOLD, CartFacts, cart_of, facts_of, free_of
from persistence.carts.tables import CartLineRow, CartMergeRow, CartRow
from persistence.catalog.tables import ProductRow, VariantRow
from persistence.prices.tables import PriceRow
from persistence.shipping.tables import ShippingMethodRow
from persistence.statement import Question, Statement, ids
from persistence.transaction import Transaction


class _Id(NamedTuple):
    id: UUID


class _Started(NamedTuple):
    id: UUID
    variants: list[UUID]


class _Sellable(NamedTuple):
    id: UUID
    sku: str
    amount: int
    tracks_stock: bool
    free: int


_OPEN = CartRow.state == literal_column("'OPEN'")
# Lines for units that are sold on the channel of the cart in `opened`, at their prices of now.
_SOLD_UNITS = """
    INSERT INTO cart_line (id, cart_id, variant_id, quantity, price_seen, created_at)
    SELECT w.id, o.id, v.id, w.quantity, r.amount, CAST(:now AS timestamptz)
    FROM opened o
    CROSS JOIN unnest(CAST(:ids AS uuid[]), CAST(:variants AS uuid[]), CAST(:quantities AS int[])) AS w (id, variant_id, quantity)
    JOIN variant v ON v.id = w.variant_id AND v.is_active
    JOIN product p ON p.id = v.product_id AND p.status = 'ACTIVE' AND (p.published_at IS NULL OR p.published_at <= now())
    JOIN price r ON r.variant_id = v.id AND r.channel_id = o.channel_id AND r.currency = o.currency
"""
ADD = Question(
    _Started,
    text(f"""
    WITH opened AS (
        INSERT INTO cart (id, channel_id, currency, country, language, customer_id, created_at, updated_at)
        VALUES (CAST(:cart_id AS uuid), CAST(:channel_id AS uuid), :currency, :country, :language, CAST(:customer_id AS uuid),
                CAST(:now AS timestamptz), CAST(:now AS timestamptz))
        ON CONFLICT DO NOTHING RETURNING id, channel_id, currency
    ), added AS ({_SOLD_UNITS} RETURNING variant_id)
    SELECT o.id, ARRAY(SELECT variant_id FROM added) AS variants FROM opened o
    """),  # noqa: S608 - nothing in it comes from outside
)
# The lock is a statement of its own: what is read beside one that waits is what was there before the wait.
LOCK = Question(_Id, select(CartRow.id).where(CartRow.id == bindparam("cart_id")).with_for_update())
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
# A line that there is grows in the same statement, under its own lock; one that would grow too large stays and is not told.
ADD_UNITS = Question(
    _Id,
    text(f"""
    WITH opened AS (
        UPDATE cart SET version = version + 1, updated_at = CAST(:now AS timestamptz)
        WHERE id = CAST(:cart_id AS uuid) AND state = 'OPEN' RETURNING id, channel_id, currency
    )
    {_SOLD_UNITS}
    ON CONFLICT (cart_id, variant_id) DO UPDATE
    SET quantity = cart_line.quantity + excluded.quantity, price_seen = excluded.price_seen
    WHERE cart_line.quantity + excluded.quantity <= CAST(:most AS int)
    RETURNING variant_id AS id
    """),  # noqa: S608 - as above
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
_OFFERED = (
    select(ShippingMethodRow.id)
    .where(
        ShippingMethodRow.id == bindparam("shipping_method_id", type_=Uuid()),
        ShippingMethodRow.channel_id == CartRow.channel_id,
        ShippingMethodRow.is_active,
    )
    .correlate(CartRow)
    .scalar_subquery()
)


@lru_cache(maxsize=256)
def _change(columns: tuple[str, ...], state: CartState) -> Question[CartFacts]:
    """The statement that sets these columns of a cart in a state and answers with it; there are as many as kinds of change.

    What it reads beside the cart's own row is of the moment it began, which is before the wait for the row, if there was
    one: it is current when the version it began with is the one that it counted on.
    """
    values: dict[str, Any] = {name: bindparam(name, type_=CartRow.__table__.c[name].type) for name in columns}
    if "shipping_method_id" in values:
        values["shipping_method_id"] = _OFFERED
    changed = (
        update(CartRow)
        .where(CartRow.id == bindparam("cart_id"), CartRow.state == literal_column(f"'{state.value}'"))
        .values(**values, version=CartRow.version + 1, updated_at=bindparam("now", type_=DateTime(timezone=True)))
        .returning(*CartRow.__table__.c)
        .cte("changed")
    )
    before = aliased(CartRow)
    is_current = changed.c.version == before.version + 1
    return Question(CartFacts, facts_of(changed, is_current).join(before, before.id == changed.c.id))


class CartsRows:
    """`domain.carts.store.CartsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, cart: NewCart, units: Mapping[VariantId, int]) -> set[VariantId] | None:
        started = await self._transaction.row(
            ADD,
            cart_id=cart.id,
            channel_id=cart.channel_id,
            currency=cart.currency,
            country=cart.country,
            language=cart.language,
            customer_id=cart.customer_id,
            now=cart.created_at,
            **_units(units),
        )
        return {VariantId(each) for each in started.variants} if started is not None else None

    async def lock(self, cart_id: CartId) -> Cart | None:
        if await self._transaction.row(LOCK, cart_id=cart_id) is None:
            return None
        return await self.read(cart_id)

    async def read(self, cart_id: CartId) -> Cart:
        row = await self._transaction.row(BY_ID, ids=[cart_id])
        if row is None:
            raise RuntimeError(f"cart {cart_id} is gone under its own lock")
        return cart_of(row)

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

    async def add_units(self, cart_id: CartId, units: Mapping[VariantId, int], *, now: datetime) -> set[VariantId]:
        added = await self._transaction.rows(
            ADD_UNITS,
            cart_id=cart_id,
            now=now,
            most=QUANTITY_MAX,
            **_units(units),
        )
        return {VariantId(row.id) for row in added}

    async def set_lines(self, cart_id: CartId, lines: Sequence[tuple[VariantId, int, Money]], *, now: datetime) -> None:
        if gone := [variant_id for variant_id, quantity, _ in lines if quantity == 0]:
            await self._transaction.run(REMOVE_LINES, cart_id=cart_id, ids=gone)
        if kept := [each for each in lines if each[1] > 0]:
            await self._transaction.run(
                SET_LINES,
                cart_id=cart_id,
                now=now,
                ids=sorted(new_id() for _ in kept),
                variants=[variant_id for variant_id, _, _ in kept],
                quantities=[quantity for _, quantity, _ in kept],
                prices=[price.minor for _, _, price in kept],
            )
        await self.change(cart_id, {}, now=now)

    async def clear(self, cart_id: CartId, *, now: datetime) -> None:
        await self._transaction.run(CLEAR, cart_id=cart_id)
        await self.change(cart_id, {}, now=now)

    async def change(
        self, cart_id: CartId, changes: Mapping[str, Any], *, now: datetime, within: CartState = CartState.OPEN
    ) -> Cart | None:
        row = await self._transaction.row(_change(tuple(sorted(changes)), within), cart_id=cart_id, now=now, **changes)
        if row is None:
            return None
        return cart_of(row) if row.is_current else await self.read(cart_id)

    async def merge(self, cart_id: CartId, into: CartId, *, now: datetime) -> None:
        await self.change(cart_id, {"state": "MERGED"}, now=now)
        await self._transaction.run(NOTE_MERGE, cart_id=cart_id, into=into, now=now)


def _units(units: Mapping[VariantId, int]) -> dict[str, list[Any]]:
    # Lines of one change share their time; their ids keep them in the order in which they were given.
    return {"ids": sorted(new_id() for _ in units), "variants": list(units), "quantities": list(units.values())}
