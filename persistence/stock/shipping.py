"""Goods that leave the warehouses for an order and, when a shipment is called back, lie there again: one statement each.

Levels are locked by variant and warehouse id, as everywhere. A reservation of which only a part leaves is split.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.ids import OrderId, VariantId, WarehouseId
from domain.stock.model import Sent, Shortage
from persistence.statement import Question
from persistence.tags import of_levels
from persistence.transaction import Transaction


class _Sent(NamedTuple):
    variant_id: UUID
    warehouse_id: UUID
    quantity: int


class _Asked(NamedTuple):
    variant_id: UUID
    asked: int
    taken: int
    free: int


class _Level(NamedTuple):
    variant_id: UUID


def _tags(_values: Mapping[str, object], rows: Sequence[Any]) -> Iterator[str]:
    """What is set aside may lie in another warehouse than before, so that what is free there has changed."""
    levels = {row.variant_id for row in rows}
    return of_levels(levels, flipped=levels)


def _nothing(_values: Mapping[str, object], _rows: Sequence[Any]) -> tuple[str, ...]:
    """What is free stays as it was."""
    return ()


SHIP = Question(
    _Sent,
    text("""
    WITH gone AS (
        UPDATE reservation SET state = 'SHIPPED'
        WHERE order_id = CAST(:order_id AS uuid) AND state = 'ALLOCATED'
        RETURNING variant_id, warehouse_id, quantity
    ), amount AS (
        SELECT variant_id, warehouse_id, CAST(sum(quantity) AS int) AS quantity FROM gone GROUP BY 1, 2
    ), level AS MATERIALIZED (
        SELECT s.variant_id, s.warehouse_id FROM stock s JOIN amount USING (variant_id, warehouse_id)
        ORDER BY s.variant_id, s.warehouse_id FOR UPDATE OF s
    ), left_over AS (
        UPDATE stock s SET on_hand = s.on_hand - a.quantity, reserved = s.reserved - a.quantity
        FROM amount a JOIN level l USING (variant_id, warehouse_id)
        WHERE s.variant_id = a.variant_id AND s.warehouse_id = a.warehouse_id
        RETURNING s.variant_id, s.warehouse_id, a.quantity
    ), moved AS (
        INSERT INTO stock_movement (variant_id, warehouse_id, delta, reason, order_id, actor)
        SELECT variant_id, warehouse_id, -quantity, 'SHIPPED', CAST(:order_id AS uuid), CAST(:actor AS text) FROM left_over
    )
    SELECT variant_id, warehouse_id, quantity FROM left_over
    """),
    touches=_nothing,
)
# `need` is what of the wanted is set aside at all: the rest are goods that no stock is kept of.
SHIP_FROM = Question(
    _Asked,
    text("""
    WITH want AS (
        SELECT * FROM unnest(CAST(:variants AS uuid[]), CAST(:quantities AS int[])) AS w (variant_id, quantity)
    ), held AS MATERIALIZED (
        SELECT r.id, r.variant_id, r.warehouse_id, r.quantity FROM reservation r JOIN want USING (variant_id)
        WHERE r.order_id = CAST(:order_id AS uuid) AND r.state = 'ALLOCATED'
        ORDER BY r.id FOR UPDATE OF r
    ), ranked AS (
        SELECT h.*, w.quantity AS wanted,
               coalesce(sum(h.quantity) OVER (
                   PARTITION BY h.variant_id ORDER BY h.warehouse_id <> CAST(:warehouse_id AS uuid), h.id
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
        FROM held h JOIN want w USING (variant_id)
    ), part AS (
        SELECT id, variant_id, warehouse_id, quantity, CAST(least(quantity, wanted - before) AS int) AS units
        FROM ranked WHERE wanted > before
    ), need AS (
        SELECT variant_id, CAST(sum(units) AS int) AS units FROM part GROUP BY 1
    ), freed AS (
        SELECT variant_id, warehouse_id, CAST(sum(units) AS int) AS units FROM part GROUP BY 1, 2
    ), level AS MATERIALIZED (
        SELECT s.variant_id, s.warehouse_id, s.on_hand, s.reserved FROM stock s JOIN need USING (variant_id)
        WHERE s.warehouse_id = CAST(:warehouse_id AS uuid)
           OR (s.variant_id, s.warehouse_id) IN (SELECT f.variant_id, f.warehouse_id FROM freed f)
        ORDER BY s.variant_id, s.warehouse_id FOR UPDATE OF s
    ), planned AS (
        SELECT l.variant_id, l.warehouse_id, coalesce(f.units, 0) AS freed,
               CASE WHEN l.warehouse_id = CAST(:warehouse_id AS uuid) THEN n.units ELSE 0 END AS gone,
               l.on_hand - l.reserved + coalesce(f.units, 0) AS free
        FROM level l JOIN need n USING (variant_id) LEFT JOIN freed f USING (variant_id, warehouse_id)
    ), changed AS (
        UPDATE stock s SET reserved = s.reserved - p.freed, on_hand = s.on_hand - p.gone
        FROM planned p
        WHERE s.variant_id = p.variant_id AND s.warehouse_id = p.warehouse_id
          AND s.on_hand - p.gone >= s.reserved - p.freed
        RETURNING s.variant_id, s.warehouse_id, p.gone
    ), used_up AS (
        UPDATE reservation r SET state = 'SHIPPED', warehouse_id = CAST(:warehouse_id AS uuid)
        FROM part p WHERE r.id = p.id AND p.units = p.quantity
    ), lessened AS (
        UPDATE reservation r SET quantity = p.quantity - p.units FROM part p WHERE r.id = p.id AND p.units < p.quantity
    ), split AS (
        INSERT INTO reservation (order_id, variant_id, warehouse_id, quantity, state)
        SELECT CAST(:order_id AS uuid), variant_id, CAST(:warehouse_id AS uuid), units, 'SHIPPED'
        FROM part WHERE units < quantity
    ), moved AS (
        INSERT INTO stock_movement (variant_id, warehouse_id, delta, reason, order_id, actor)
        SELECT variant_id, warehouse_id, -gone, 'SHIPPED', CAST(:order_id AS uuid), CAST(:actor AS text)
        FROM changed WHERE gone > 0
    )
    SELECT n.variant_id, n.units AS asked, CAST(coalesce(c.gone, 0) AS int) AS taken, CAST(coalesce(p.free, 0) AS int) AS free
    FROM need n
    LEFT JOIN changed c ON c.variant_id = n.variant_id AND c.warehouse_id = CAST(:warehouse_id AS uuid)
    LEFT JOIN planned p ON p.variant_id = n.variant_id AND p.warehouse_id = CAST(:warehouse_id AS uuid)
    """),
    touches=_tags,
)
TAKE_BACK = Question(
    _Level,
    text("""
    WITH want AS (
        SELECT * FROM unnest(CAST(:variants AS uuid[]), CAST(:quantities AS int[])) AS w (variant_id, quantity)
    ), held AS MATERIALIZED (
        SELECT r.id, r.variant_id, r.quantity FROM reservation r JOIN want USING (variant_id)
        WHERE r.order_id = CAST(:order_id AS uuid) AND r.warehouse_id = CAST(:warehouse_id AS uuid) AND r.state = 'SHIPPED'
        ORDER BY r.id FOR UPDATE OF r
    ), ranked AS (
        SELECT h.*, w.quantity AS wanted,
               coalesce(sum(h.quantity) OVER (
                   PARTITION BY h.variant_id ORDER BY h.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
        FROM held h JOIN want w USING (variant_id)
    ), part AS (
        SELECT id, variant_id, quantity, CAST(least(quantity, wanted - before) AS int) AS units FROM ranked WHERE wanted > before
    ), amount AS (
        SELECT variant_id, CAST(sum(units) AS int) AS units FROM part GROUP BY 1
    ), level AS MATERIALIZED (
        SELECT s.variant_id, s.warehouse_id FROM stock s JOIN amount USING (variant_id)
        WHERE s.warehouse_id = CAST(:warehouse_id AS uuid)
        ORDER BY s.variant_id FOR UPDATE OF s
    ), changed AS (
        UPDATE stock s SET on_hand = s.on_hand + a.units, reserved = s.reserved + a.units
        FROM amount a JOIN level l USING (variant_id)
        WHERE s.variant_id = a.variant_id AND s.warehouse_id = l.warehouse_id
        RETURNING s.variant_id, s.warehouse_id, a.units
    ), used_up AS (
        UPDATE reservation r SET state = 'ALLOCATED' FROM part p WHERE r.id = p.id AND p.units = p.quantity
    ), lessened AS (
        UPDATE reservation r SET quantity = p.quantity - p.units FROM part p WHERE r.id = p.id AND p.units < p.quantity
    ), split AS (
        INSERT INTO reservation (order_id, variant_id, warehouse_id, quantity, state)
        SELECT CAST(:order_id AS uuid), variant_id, CAST(:warehouse_id AS uuid), units, 'ALLOCATED'
        FROM part WHERE units < quantity
    ), moved AS (
        INSERT INTO stock_movement (variant_id, warehouse_id, delta, reason, order_id, actor)
        SELECT variant_id, warehouse_id, units, 'RETURNED', CAST(:order_id AS uuid), CAST(:actor AS text) FROM changed
    )
    SELECT variant_id FROM changed
    """),
    touches=_nothing,
)


async def ship(transaction: Transaction, order_id: OrderId, *, actor: str) -> list[Sent]:
    """All that is set aside for the order leaves."""
    rows = await transaction.rows(SHIP, order_id=order_id, actor=actor)
    return [Sent(VariantId(row.variant_id), WarehouseId(row.warehouse_id), row.quantity) for row in rows]


async def ship_from(
    transaction: Transaction, order_id: OrderId, warehouse_id: WarehouseId, units: Mapping[VariantId, int], *, actor: str
) -> list[Shortage]:
    """A part of it leaves one warehouse."""
    rows = await transaction.rows(
        SHIP_FROM,
        variants=list(units),
        quantities=list(units.values()),
        order_id=order_id,
        warehouse_id=warehouse_id,
        actor=actor,
    )
    return [Shortage(VariantId(row.variant_id), row.asked, max(row.free, 0)) for row in rows if row.taken < row.asked]


async def take_back(
    transaction: Transaction, order_id: OrderId, warehouse_id: WarehouseId, units: Mapping[VariantId, int], *, actor: str
) -> None:
    """What left one warehouse lies there again."""
    await transaction.rows(
        TAKE_BACK,
        variants=list(units),
        quantities=list(units.values()),
        order_id=order_id,
        warehouse_id=warehouse_id,
        actor=actor,
    )
