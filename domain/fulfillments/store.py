"""What shipments need kept: the port that persistence makes true. Whatever is decided is asked under the order's lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.fulfillments.model import Contents, Fulfillment, FulfillmentState, Parcel, Standing, Tracking
from domain.ids import FulfillmentId, OrderId


class FulfillmentsStore(Protocol):
    """Shipments, inside one transaction."""

    async def standings(self, order_id: OrderId) -> list[Standing]:
        """Where the units of each line of the order are, in the lines' order."""

    async def find(self, fulfillment_id: FulfillmentId) -> Fulfillment | None:
        """The shipment. Locks nothing: whoever decides by it asks again under the order's lock."""

    async def contents(self, fulfillment_id: FulfillmentId) -> Contents | None:
        """What is in a shipment, and how it can be followed; locks nothing."""

    async def under_way(self, order_id: OrderId) -> list[FulfillmentId]:
        """The order's shipments that have neither arrived nor were called back, by number."""

    async def add(self, order_id: OrderId, parcels: Sequence[Parcel], *, actor: str, now: datetime) -> None:
        """Keeps new shipments with their lines, numbered on from the order's last."""

    async def move(
        self, fulfillment_ids: Sequence[FulfillmentId], to: FulfillmentState, *, now: datetime, reason: str | None = None
    ) -> None:
        """Sets the state of shipments, with the time of it."""

    async def track(self, fulfillment_id: FulfillmentId, tracking: Tracking) -> None:
        """Sets how a shipment can be followed."""
