"""The words of shipments: their states, who carries them, and where each line of an order stands between shop and buyer."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from domain.ids import FulfillmentId, OrderId, OrderLineId, VariantId, WarehouseId

LINES_MAX = 250
"""Lines that one shipment may name."""


class FulfillmentState(enum.Enum):
    """Where a shipment is: it leaves the shop when it is made."""

    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"


NEXT_STATE: dict[FulfillmentState, frozenset[FulfillmentState]] = {
    FulfillmentState.SHIPPED: frozenset({FulfillmentState.DELIVERED, FulfillmentState.CANCELLED}),
    FulfillmentState.DELIVERED: frozenset(),
    FulfillmentState.CANCELLED: frozenset(),
}


class Carrier(enum.Enum):
    """Who carries a shipment. Of all but OTHER we know where a number is followed."""

    DHL = "DHL"
    DPD = "DPD"
    FEDEX = "FEDEX"
    GLS = "GLS"
    ROYAL_MAIL = "ROYAL_MAIL"
    UPS = "UPS"
    USPS = "USPS"
    OTHER = "OTHER"


FOLLOWED_AT: dict[Carrier, str] = {
    Carrier.DHL: "https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
    Carrier.DPD: "https://tracking.dpd.de/status/en_US/parcel/{number}",
    Carrier.FEDEX: "https://www.fedex.com/fedextrack/?trknbr={number}",
    Carrier.GLS: "https://gls-group.com/GROUP/en/parcel-tracking?match={number}",
    Carrier.ROYAL_MAIL: "https://www.royalmail.com/track-your-item#/tracking-results/{number}",
    Carrier.UPS: "https://www.ups.com/track?tracknum={number}",
    Carrier.USPS: "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}",
}
"""Where carriers let people follow a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """How a shipment can be followed; `url` is said only for a carrier that we know no page of."""

    carrier: Carrier | None = None
    number: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Units:
    """Units of an order's line."""

    line_id: OrderLineId
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfillment:
    """A shipment under its order's lock. `warehouse_id` None: nothing of it lay on a shelf."""

    id: FulfillmentId
    order_id: OrderId
    number: int
    warehouse_id: WarehouseId | None
    state: FulfillmentState
    lines: tuple[Units, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A shipment about to be made."""

    id: FulfillmentId
    warehouse_id: WarehouseId | None
    tracking: Tracking
    lines: tuple[Units, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """What is in a shipment, as it was sold."""

    product_name: str
    variant_name: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a letter tells of a shipment."""

    tracking: Tracking
    packed: tuple[Packed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the units of a line are: `sent` in shipments that were not called back, `delivered` of these have arrived.

    `restocked` were refunded and put back on the shelf: the first of them are those that had not been sent. `returned` came
    back by a return and were accepted; `in_return` are these and all that a living return asks for. `last_sent_at` is when
    the last of them arrived, or went out as long as it has not.
    """

    line_id: OrderLineId
    variant_id: VariantId | None
    sku: str
    ordered: int
    restocked: int
    sent: int
    delivered: int
    returned: int = 0
    in_return: int = 0
    last_sent_at: datetime | None = None

    @property
    def open(self) -> int:
        """Units that are still to be sent."""
        return max(self.ordered - self.restocked - self.sent, 0)

    @property
    def came_back(self) -> int:
        """Units that had been sent and, by a refund, are on the shelf again."""
        return max(self.sent + self.restocked - self.ordered, 0)

    @property
    def returnable(self) -> int:
        """Units that were sent, are still with the buyer as far as we know, and are not on their way back."""
        return max(self.sent - self.came_back - self.in_return, 0)

    @property
    def arrived(self) -> int:
        """Units that have reached the buyer: what came back had."""
        return max(self.delivered, min(self.returned, self.sent))
