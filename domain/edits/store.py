"""What editing orders needs kept: the port that persistence makes true. The order's lock stands before all of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from domain.carts.model import CartLine
from domain.edits.model import Agreed, Amended
from domain.ids import ChannelId, OrderId, ShippingMethodId, VariantId
from domain.money import Currency
from domain.shipping.model import ShippingMethod


class EditsStore(Protocol):
    """Orders as they are edited, inside one transaction."""

    async def agreed(self, order_id: OrderId) -> Agreed:
        """The order as it was agreed, with its lines."""

    async def offers(
        self, variant_ids: Collection[VariantId], *, channel_id: ChannelId, currency: Currency
    ) -> dict[VariantId, CartLine]:
        """Those of the variants that are sold on the channel now, each as a line of one unit. Locks nothing."""

    async def counted(self, variant_ids: Collection[VariantId]) -> set[VariantId]:
        """Those of the variants whose stock is counted."""

    async def tax_rate(self, channel_id: ChannelId, country: str) -> int:
        """The rate of now, in ten-thousandths; 0 where there is none."""

    async def deliveries(self, channel_id: ChannelId, currency: Currency) -> dict[ShippingMethodId, ShippingMethod]:
        """The active ways of delivery of a channel in a currency."""

    async def amend(self, amended: Amended) -> None:
        """Makes the order what it is from now on. Its states and its history are the orders'."""
