"""Facts about stock, for whoever acts on them later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.event import Event
from domain.ids import VariantId


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRanLow(Event):
    """Little is left to sell of a variant of which there was more: `free` units, over all active warehouses."""

    aggregate: ClassVar[str] = "variant"
    variant_id: VariantId
    free: int

    @property
    def aggregate_id(self) -> VariantId:
        return self.variant_id
