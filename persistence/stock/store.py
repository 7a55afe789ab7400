"""The port of stock made true on PostgreSQL: levels locked in id order, taken or refused in one statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.ids import OrderId, VariantId, WarehouseId
from domain.stock.model import MovementReason, Sent, Shortage
from persistence.statement import Question, Statement
from persistence.stock.low import note_low
from persistence.stock.returning import put_back, shelve
from persistence.stock.shipping import ship, ship_from, take_back
from persistence.tags import of_levels
from persistence.transaction import Transaction


class _Taken(NamedTuple):
    variant_id: UUID
    asked: int
    taken: int
    free: int


class _Level(NamedTuple):
    on_hand: int


class _Id(NamedTuple):
    id: UUID


class _Freed(NamedTuple):
    variant_id: UUID


def _taken_tags(_values: Mapping[str, object], rows: Sequence[_Taken]) -> Iterator[str]:
    """A variant whose last unit is taken is available no more."""
    taken = [row for row in rows if row.taken]
    return of_levels((row.variant_id for row in taken), flipped=[row.variant_id for row in taken if row.taken >= row.free])


def _freed_tags(_values: Mapping[str, object], rows: Sequence[_Freed]) -> Iterator[str]:
    freed = {row.variant_id for row in rows}
    return of_levels(freed, flipped=freed)


def _set_tags(values: Mapping[str, object], _rows: Sequence[Any]) -> Iterator[str]:
    named = values["variants"] if "variants" in values else [values["variant_id"]]
    variants = named if isinstance(named, list) else [named]
    return of_levels(variants, flipped=variants)


def _nothing(_values: Mapping[str, object], _rows: Sequence[Any]) -> tuple[str, ...]:
    """What is free stays as it was."""
    return ()


# Check and take are one statement. The levels are locked first, in id order; a row that somebody changed meanwhile is read
# again under its lock, and the UPDATE asks once more whether enough is free.
RESERVE = Question(
    _Taken,
    text("""
    WITH want AS (
        SELECT * FROM unnest(CAST(:variants AS uuid[]), CAST(:quantities AS int[])) AS w (variant_id, quantity)
    ), level AS MATERIALIZED (
        SELECT s.variant_id, s.warehouse_id, s.on_hand - s.reserved AS free
        FROM stock s JOIN want USING (variant_id)
        ORDER BY s.variant_id, s.warehouse_id FOR UPDATE OF s
    ), ranked AS (
        SELECT l.variant_id, l.warehouse_id, l.free, w.quantity,
               coalesce(sum(l.free) OVER (
                   PARTITION BY l.variant_id ORDER BY h.priority, h.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
               ), 0) AS before
        FROM level l JOIN want w USING (variant_id) JOIN warehouse h ON h.id = l.warehouse_id
        WHERE h.is_active
    ), part AS (
        SELECT variant_id, warehouse_id, CAST(least(free, quantity - before) AS int) AS quantity
        FROM ranked WHERE quantity > before AND free > 0
    ), taken AS (
        UPDATE stock s SET reserved = s.reserved + p.quantity
        FROM part p
        WHERE s.variant_id = p.variant_id AND s.warehouse_id = p.warehouse_id AND s.on_hand - s.reserved >= p.quantity
        RETURNING s.variant_id, s.warehouse_id, p.quantity
    ), kept AS (
        INSERT INTO reservation (order_id, variant_id, warehouse_id, quantity, state, expires_at)
        SELECT CAST(:order_id AS uuid), variant_id, warehouse_id, quantity, 'HELD',
               now() + make_interval(secs => CAST(:seconds AS int))
        FROM taken
    )
    SELECT w.variant_id, w.quantity AS asked,
           CAST(coalesce((SELECT sum(t.quantity) FROM taken t WHERE t.variant_id = w.variant_id), 0) AS int) AS taken,
           CAST(coalesce((SELECT sum(r.free) FROM ranked r WHERE r.variant_id = w.variant_id), 0) AS int) AS free
    FROM want w
    """),
    touches=_taken_tags,
)
EXTEND = Statement(
    text("""
    UPDATE reservation SET expires_at = greatest(expires_at, now() + make_interval(secs => CAST(:seconds AS int)))
    WHERE order_id = CAST(:order_id AS uuid) AND state = 'HELD'
    """)
)
ALLOCATE = Statement(
    text("""
    UPDATE reservation SET state = 'ALLOCATED', expires_at = NULL
    WHERE order_id = CAST(:order_id AS uuid) AND state = 'HELD'
    """)
)
RELEASE = Question(
    _Freed,
    text("""
    WITH gone AS (
        UPDATE reservation SET state = 'RELEASED', expires_at = NULL
        WHERE order_id = CAST(:order_id AS uuid) AND state IN ('HELD', 'ALLOCATED')
        RETURNING variant_id, warehouse_id, quantity
    ), amount AS (
        SELECT variant_id, warehouse_id, CAST(sum(quantity) AS int) AS quantity FROM gone GROUP BY 1, 2
    ), level AS MATERIALIZED (
        SELECT s.variant_id, s.warehouse_id FROM stock s JOIN amount USING (variant_id, warehouse_id)
        ORDER BY s.variant_id, s.warehouse_id FOR UPDATE OF s
    )
    UPDATE stock s SET reserved = s.reserved - a.quantity
    FROM amount a JOIN level l USING (variant_id, warehouse_id)
    WHERE s.variant_id = a.variant_id AND s.warehouse_id = a.warehouse_id
    RETURNING s.variant_id
    """),
    touches=_freed_tags,
)
EXPIRED_ORDERS = Question(
    _Id,
    text("""
    SELECT order_id AS id FROM reservation WHERE state = 'HELD' AND expires_at <= now()
    GROUP BY order_id ORDER BY min(expires_at) LIMIT CAST(:limit AS int)
    """),
)
IS_EXPIRED = Question(
    _Id,
    text("""
    SELECT order_id AS id FROM reservation
    WHERE order_id = CAST(:order_id AS uuid) AND state = 'HELD' AND expires_at <= now() LIMIT 1
    """),
)
ENSURE_LEVELS = Statement(
    text("""
    INSERT INTO stock (variant_id, warehouse_id)
    SELECT * FROM unnest(CAST(:variants AS uuid[]), CAST(:warehouses AS uuid[])) AS w (variant_id, warehouse_id)
    ORDER BY 1, 2 ON CONFLICT DO NOTHING
    """),
    touches=_nothing,
)
SET_ON_HAND = Statement(
    text("""
    WITH want AS (
        SELECT * FROM unnest(CAST(:variants AS uuid[]), CAST(:warehouses AS uuid[]), CAST(:quantities AS int[]))
            AS w (variant_id, warehouse_id, quantity)
    ), level AS MATERIALIZED (
        SELECT s.variant_id, s.warehouse_id, s.on_hand, greatest(w.quantity, s.reserved) AS target
        FROM stock s JOIN want w USING (variant_id, warehouse_id)
        ORDER BY s.variant_id, s.warehouse_id FOR UPDATE OF s
    ), changed AS (
        UPDATE stock s SET on_hand = l.target FROM level l
        WHERE s.variant_id = l.variant_id AND s.warehouse_id = l.warehouse_id AND l.target <> l.on_hand
        RETURNING s.variant_id, s.warehouse_id, l.target - l.on_hand AS delta
    )
    INSERT INTO stock_movement (variant_id, warehouse_id, delta, reason, actor)
    SELECT variant_id, warehouse_id, delta, CAST(:reason AS text), CAST(:actor AS text) FROM changed
    """),
    touches=_set_tags,
)
ADJUST = Question(
    _Level,
    text("""
    WITH changed AS (
        UPDATE stock SET on_hand = on_hand + CAST(:delta AS int)
        WHERE variant_id = CAST(:variant_id AS uuid) AND warehouse_id = CAST(:warehouse_id AS uuid)
          AND on_hand + CAST(:delta AS int) >= reserved
        RETURNING on_hand
    ), moved AS (
        INSERT INTO stock_movement (variant_id, warehouse_id, delta, reason, actor)
        SELECT CAST(:variant_id AS uuid), CAST(:warehouse_id AS uuid), CAST(:delta AS int), 'ADJUSTED', CAST(:actor AS text)
        FROM changed
    )
    SELECT on_hand FROM changed
    """),
    touches=_set_tags,
)
HAS_VARIANT = Question(_Id, text("SELECT id FROM variant WHERE id = CAST(:variant_id AS uuid)"))
HAS_WAREHOUSE = Question(_Id, text("SELECT id FROM warehouse WHERE id = CAST(:warehouse_id AS uuid)"))
WAREHOUSES = Question(_Id, text("SELECT id FROM warehouse WHERE id = ANY(CAST(:ids AS uuid[]))"))


class StockRows:
    """`domain.stock.store.StockStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def reserve(self, order_id: OrderId, demand: Mapping[VariantId, int], *, seconds: int) -> list[Shortage]:
        if not demand:
            return []
        taken = await self._transaction.rows(
            RESERVE, variants=list(demand), quantities=list(demand.values()), order_id=order_id, seconds=seconds
        )
        return [Shortage(VariantId(row.variant_id), row.asked, row.free) for row in taken if row.taken < row.asked]

    async def extend(self, order_id: OrderId, *, seconds: int) -> None:
        await self._transaction.run(EXTEND, order_id=order_id, seconds=seconds)

    async def allocate(self, order_id: OrderId) -> None:
        await self._transaction.run(ALLOCATE, order_id=order_id)

    async def release(self, order_id: OrderId) -> None:
        await self._transaction.rows(RELEASE, order_id=order_id)

    async def ship(self, order_id: OrderId, *, actor: str) -> list[Sent]:
        return await ship(self._transaction, order_id, actor=actor)

    async def ship_from(
        self, order_id: OrderId, warehouse_id: WarehouseId, units: Mapping[VariantId, int], *, actor: str
    ) -> list[Shortage]:
        return await ship_from(self._transaction, order_id, warehouse_id, units, actor=actor)

    async def take_back(
        self, order_id: OrderId, warehouse_id: WarehouseId, units: Mapping[VariantId, int], *, actor: str
    ) -> None:
        await take_back(self._transaction, order_id, warehouse_id, units, actor=actor)

    async def put_back(self, order_id: OrderId, units: Mapping[VariantId, int], *, actor: str) -> None:
        await put_back(self._transaction, order_id, units, actor=actor)

    async def shelve(self, order_id: OrderId, units: Mapping[tuple[VariantId, WarehouseId], int], *, actor: str) -> None:
        await shelve(self._transaction, order_id, units, actor=actor)

    async def expired_orders(self, *, limit: int) -> list[OrderId]:
        return [OrderId(row.id) for row in await self._transaction.rows(EXPIRED_ORDERS, limit=limit)]

    async def is_expired(self, order_id: OrderId) -> bool:
        return await self._transaction.row(IS_EXPIRED, order_id=order_id) is not None

    async def set_on_hand(
        self, levels: Sequence[tuple[VariantId, WarehouseId, int]], *, reason: MovementReason, actor: str
    ) -> None:
        if not levels:
            return
        variants, warehouses, quantities = (list(each) for each in zip(*levels, strict=True))
        await self._transaction.run(ENSURE_LEVELS, variants=variants, warehouses=warehouses)
        await self._transaction.run(
            SET_ON_HAND, variants=variants, warehouses=warehouses, quantities=quantities, reason=reason.value, actor=actor
        )

    async def adjust(self, variant_id: VariantId, warehouse_id: WarehouseId, *, delta: int, actor: str) -> int | None:
        await self._transaction.run(ENSURE_LEVELS, variants=[variant_id], warehouses=[warehouse_id])
        level = await self._transaction.row(ADJUST, variant_id=variant_id, warehouse_id=warehouse_id, delta=delta, actor=actor)
        return level.on_hand if level is not None else None

    async def note_low(self, *, at_most: int, limit: int) -> list[tuple[VariantId, int]]:
        return await note_low(self._transaction, at_most=at_most, limit=limit)

    async def has_warehouse(self, warehouse_id: WarehouseId) -> bool:
        return await self._transaction.row(HAS_WAREHOUSE, warehouse_id=warehouse_id) is not None

    async def warehouses(self, warehouse_ids: Sequence[WarehouseId]) -> set[WarehouseId]:
        return {WarehouseId(row.id) for row in await self._transaction.rows(WAREHOUSES, ids=list(warehouse_ids))}

    async def has_variant(self, variant_id: VariantId) -> bool:
        return await self._transaction.row(HAS_VARIANT, variant_id=variant_id) is not None
