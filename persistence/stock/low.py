"""Which variants run low: those of which something was sold or set aside, so that a new catalogue tells of nothing."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.ids import VariantId
from persistence.statement import Question
from persistence.transaction import Transaction


class _Low(NamedTuple):
    variant_id: UUID
    free: int


NOTE_LOW = Question(
    _Low,
    text("""
    WITH low AS (
        SELECT s.variant_id, CAST(coalesce(sum(s.on_hand - s.reserved) FILTER (WHERE w.is_active), 0) AS int) AS free,
               sum(s.reserved) > 0 AS is_wanted
        FROM stock s JOIN warehouse w ON w.id = s.warehouse_id
        JOIN variant v ON v.id = s.variant_id AND v.is_active AND v.tracks_stock
        JOIN product p ON p.id = v.product_id AND p.status = 'ACTIVE'
        GROUP BY s.variant_id
        HAVING coalesce(sum(s.on_hand - s.reserved) FILTER (WHERE w.is_active), 0) <= CAST(:at_most AS int)
    ), over AS (
        DELETE FROM stock_low k WHERE NOT EXISTS (SELECT FROM low l WHERE l.variant_id = k.variant_id)
    ), noted AS (
        INSERT INTO stock_low (variant_id)
        SELECT l.variant_id FROM low l
        WHERE NOT EXISTS (SELECT FROM stock_low k WHERE k.variant_id = l.variant_id)
          AND (l.is_wanted OR EXISTS (SELECT FROM stock_movement m WHERE m.variant_id = l.variant_id AND m.delta < 0))
        ORDER BY l.variant_id LIMIT CAST(:limit AS int)
        ON CONFLICT DO NOTHING RETURNING variant_id
    )
    SELECT n.variant_id, l.free FROM noted n JOIN low l USING (variant_id) ORDER BY n.variant_id
    """),
)


async def note_low(transaction: Transaction, *, at_most: int, limit: int) -> list[tuple[VariantId, int]]:
    """See `domain.stock.store.StockStore.note_low`."""
    return [(VariantId(each.variant_id), each.free) for each in await transaction.rows(NOTE_LOW, at_most=at_most, limit=limit)]
