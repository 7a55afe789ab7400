"""The closed sets of shipments, as the API spells them."""

from __future__ import annotations

from domain.fulfillments.model import Carrier, FulfillmentState
from schema.enums import described

described(
    FulfillmentState,
    "FulfillmentState",
    "Where a shipment is.",
    SHIPPED="It is under way.",
    DELIVERED="It has arrived.",
    CANCELLED="It was called back; its goods are in the warehouse again.",
)
described(
    Carrier,
    "Carrier",
    "Who carries a shipment.",
    DHL="DHL.",
    DPD="DPD.",
    FEDEX="FedEx.",
    GLS="GLS.",
    ROYAL_MAIL="Royal Mail.",
    UPS="UPS.",
    USPS="The United States Postal Service.",
    OTHER="Somebody else; say the page where the shipment is followed.",
)
