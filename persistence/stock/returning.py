"""Goods of an order that are for sale again, one statement each: what was set aside is released, what shipped comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.ids import OrderId, VariantId, WarehouseId
from persistence.statement import Question
from persistence.tags import of_levels
from persistence.transaction import Transaction


class _Level(NamedTuple):
    variant_id: UUID


def _level_tags(_values: Mapping[str, object], rows: Sequence[_Level]) -> Iterator[str]:
    levels = {row.variant_id for row in rows}
    return of_levels(levels, flipped=levels)


PUT_BACK = Question(
    _Level,
    text("""
    WITH want AS (
        SELECT * FROM unnest(CAST(:variants AS uuid[]), CAST(:quantities AS int[])) AS w (variant_id, quantity)
    ), held AS MATERIALIZED (
        SELECT r.id, r.variant_id, r.warehouse_id, r.quantity, r.state
        FROM reservation r JOIN want USING (variant_id)
        WHERE r.order_id = CAST(:order_id AS uuid) AND r.state IN ('HELD', 'ALLOCATED', 'SHIPPED')
        ORDER BY r.id FOR UPDATE OF r
    ), ranked AS (
        SELECT h.*, w.quantity AS wanted,
               coalesce(sum(h.quantity) OVER (
                   PARTITION BY h.variant_id ORDER BY h.state = 'SHIPPED', h.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
               ), 0) AS before
        FROM held h JOIN want w USING (variant_id)
    ), part AS (
        SELECT id, variant_id, warehouse_id, quantity, state, CAST(least(quantity, wanted - before) AS int) AS units
        FROM ranked WHERE wanted > before
    ), freed AS (
        UPDATE reservation r
        SET state = CASE WHEN p.units = r.quantity THEN 'RELEASED' ELSE r.state END,
            expires_at = CASE WHEN p.units = r.quantity THEN NULL ELSE r.expires_at END,
            quantity = CASE WHEN p.units = r.quantity THEN r.quantity ELSE r.quantity - p.units END
        FROM part p WHERE r.id = p.id AND p.state <> 'SHIPPED'
    ), amount AS (
        SELECT variant_id, warehouse_id,
               CAST(coalesce(sum(units) FILTER (WHERE state <> 'SHIPPED'), 0) AS int) AS freed,
               CAST(coalesce(sum(units) FILTER (WHERE state = 'SHIPPED'), 0) AS int) AS back
        FROM part GROUP BY 1, 2
    ), level AS MATERIALIZED (
        SELECT s.variant_id, s.warehouse_id FROM stock s JOIN amount USING (variant_id, warehouse_id)
        ORDER BY s.variant_id, s.warehouse_id FOR UPDATE OF s
    ), changed AS (
        UPDATE stock s SET reserved = s.reserved - a.freed, on_hand = s.on_hand + a.back
        FROM amount a JOIN level l USING (variant_id, warehouse_id)
        WHERE s.variant_id = a.variant_id AND s.warehouse_id = a.warehouse_id
        RETURNING s.variant_id, s.warehouse_id, a.back
    ), moved AS (
        INSERT INTO stock_movement (variant_id, warehouse_id, delta, reason, order_id, actor)
        SELECT variant_id, warehouse_id, back, 'RETURNED', CAST(:order_id AS uuid), CAST(:actor AS text)
        FROM changed WHERE back > 0
    )
    SELECT variant_id FROM changed
    """),
    touches=_level_tags,
)
# A shelf on which the goods never lay is made; several are locked by variant and warehouse id, as everywhere.
SHELVE = Question(
    _Level,
    text("""
    WITH want AS (
        SELECT * FROM unnest(CAST(:variants AS uuid[]), CAST(:warehouses AS uuid[]), CAST(:quantities AS int[]))
            AS w (variant_id, warehouse_id, quantity)
    ), changed AS (
        INSERT INTO stock (variant_id, warehouse_id, on_hand)
        SELECT variant_id, warehouse_id, quantity FROM want ORDER BY variant_id, warehouse_id
        ON CONFLICT (variant_id, warehouse_id) DO UPDATE SET on_hand = stock.on_hand + excluded.on_hand
        RETURNING variant_id, warehouse_id
    ), moved AS (
        INSERT INTO stock_movement (variant_id, warehouse_id, delta, reason, order_id, actor)
        SELECT variant_id, warehouse_id, quantity, 'RESTOCKED', CAST(:order_id AS uuid), CAST(:actor AS text)
        FROM changed JOIN want USING (variant_id, warehouse_id)
    )
    SELECT variant_id FROM changed
    """),
    touches=_level_tags,
)


async def put_back(transaction: Transaction, order_id: OrderId, units: Mapping[VariantId, int], *, actor: str) -> None:
    """The goods are for sale again, as far as the order took them."""
    await transaction.rows(PUT_BACK, variants=list(units), quantities=list(units.values()), order_id=order_id, actor=actor)


async def shelve(
    transaction: Transaction, order_id: OrderId, units: Mapping[tuple[VariantId, WarehouseId], int], *, actor: str
) -> None:
    """Goods of a return are for sale again, where it was said."""
    if not units:
        return
    await transaction.rows(
        SHELVE,
        variants=[variant_id for variant_id, _ in units],
        warehouses=[warehouse_id for _, warehouse_id in units],
        quantities=list(units.values()),
        order_id=order_id,
        actor=actor,
    )
