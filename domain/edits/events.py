"""Facts about orders that staff changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event

BY_EDIT = "edit"
"""The cause of a step that an edit took the order; the buyer hears of the edit itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEdited(Event):
    """Staff changed what was agreed. `seq` is the entry of the history that tells what; `total` is the new one, in minor units."""

    aggregate: ClassVar[str] = "order"
    order_id: UUID
    seq: int
    total: int

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id
