"""Noticing that stock runs low: one transaction, now and then, so that no sale waits for it."""

from __future__ import annotations

from domain.stock.events import StockRanLow
from domain.unit import Unit


async def note_low_stock(unit: Unit, *, at_most: int, limit: int) -> int:
    """Announces each variant of which at most so many units are left, once until there are more again; how many."""
    low = await unit.stock.note_low(at_most=at_most, limit=limit)
    for variant_id, free in low:
        unit.announce(StockRanLow(variant_id=variant_id, free=free))
    return len(low)
