"""Facts about shipments. They are told as the order's, so that whoever follows an order hears them in order.

`fulfillment_status` is where the order's goods stand after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _FulfillmentEvent(Event):
    aggregate: ClassVar[str] = "order"
    order_id: UUID
    fulfillment_id: UUID
    seq: int
    fulfillment_status: str

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentCreated(_FulfillmentEvent):
    """Goods are under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentTracked(_FulfillmentEvent):
    """It is known how a shipment can be followed, or known anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentDelivered(_FulfillmentEvent):
    """A shipment has arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentCancelled(_FulfillmentEvent):
    """A shipment was called back: its goods are in the warehouse again, set aside for the order as before."""
