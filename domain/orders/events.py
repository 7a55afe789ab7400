"""Facts about orders, for whoever acts on them later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event

BY_FULFILLMENT = "fulfillment"
"""The cause of a step that a shipment took the order; the buyer hears of the shipment itself."""

BY_RETURN = "return"
"""The cause of a step that goods took the order which came back; the buyer hears of the return itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OrderEvent(Event):
    aggregate: ClassVar[str] = "order"
    order_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(_OrderEvent):
    """A cart has become an order."""

    cause: str = ""
    """What made it, where its buyer is told by a fact of that; empty otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStatusChanged(_OrderEvent):
    """The order moved on, by staff or by itself; `seq` is the entry of its history that says so."""

    seq: int
    status: str
    fulfillment_status: str
    cause: str = ""
    """What took it on, where that is told by a fact of its own; empty otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(_OrderEvent):
    """The order is off: stock and coupon are given back; money that was taken has to be."""

    seq: int
    reason: str
    takes_two: bool = False
    """Whether the money that was taken waits for a second person, as a refund that is large."""
