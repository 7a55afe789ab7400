"""What is said about shipments."""

from __future__ import annotations

import strawberry

import schema.fulfillments.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.fulfillments.actions import REASON_LENGTH_MAX
from domain.fulfillments.model import LINES_MAX, Carrier
from domain.fulfillments.rules import NUMBER_LENGTH_MAX, URL_LENGTH_MAX

_NUMBER = f"The carrier's number of it, at most {NUMBER_LENGTH_MAX} characters."
_URL = f"For the carrier OTHER, the https page where it can be followed, at most {URL_LENGTH_MAX} characters."


@strawberry.input(name="FulfillmentLineInput", description="Units of an order's line.")
class FulfillmentLineInput:
    line_id: strawberry.ID = strawberry.field(description="The order's line.")
    quantity: int = strawberry.field(description="Units of it: at most `openQuantity` of the line.")


@strawberry.input(name="FulfillmentCreateInput", description="Goods of an order that leave one warehouse together.")
class FulfillmentCreateInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    warehouse_id: strawberry.ID = strawberry.field(description="The warehouse that they leave.")
    lines: list[FulfillmentLineInput] = strawberry.field(description=f"What is sent, 1 to {LINES_MAX} lines.")
    carrier: Carrier | None = strawberry.field(default=None, description="Who carries it.")
    tracking_number: str | None = strawberry.field(default=None, description=_NUMBER)
    tracking_url: str | None = strawberry.field(default=None, description=_URL)
    if_version: int | None = strawberry.field(default=None, description="Only if the order still has this version.")


@strawberry.input(name="FulfillmentTrackingUpdateInput", description="How a shipment can be followed from now on.")
class FulfillmentTrackingUpdateInput:
    fulfillment_id: strawberry.ID = strawberry.field(description="The shipment.")
    carrier: Carrier | None = strawberry.field(default=None, description="Who carries it.")
    tracking_number: str | None = strawberry.field(default=None, description=_NUMBER)
    tracking_url: str | None = strawberry.field(default=None, description=_URL)


@strawberry.input(name="FulfillmentDeliverInput", description="A shipment that has arrived.")
class FulfillmentDeliverInput:
    fulfillment_id: strawberry.ID = strawberry.field(description="The shipment.")


@strawberry.input(name="FulfillmentCancelInput", description="A shipment to be called back.")
class FulfillmentCancelInput:
    fulfillment_id: strawberry.ID = strawberry.field(description="The shipment.")
    reason: str = strawberry.field(default="", description=f"Why, at most {REASON_LENGTH_MAX} characters.")
