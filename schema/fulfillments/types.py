"""Shipments as buyers and staff see them. They are reached through orders that the caller was let see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

import schema.fulfillments.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.fulfillments.model import Carrier, FulfillmentState, Tracking
from domain.fulfillments.rules import tracking_url
from domain.viewer import Permission
from persistence.fulfillments.reads import (
    FulfillmentLineView,
    FulfillmentView,
    fulfillments_of_orders,
    lines_of_fulfillments,
    open_of_lines,
)
from schema.context import Context
from schema.execution.fields import batch, computed, plain, shows
from schema.ids import global_id
from schema.node import identity
from schema.permissions import may

OF_AN_ORDER = may(Permission.READ_ORDERS, by_channel=True)
"""For what hangs on an order that the caller was let see, and is the shop's business."""


def _tracking_url(view: FulfillmentView) -> str | None:
    carrier = Carrier(view.carrier) if view.carrier is not None else None
    return tracking_url(Tracking(carrier=carrier, number=view.tracking_number, url=view.tracking_url))


def _warehouse(view: FulfillmentView) -> str | None:
    return global_id("Warehouse", view.warehouse_id) if view.warehouse_id is not None else None


@strawberry.type(name="FulfillmentLine", description="Units of an order's line in a shipment, named as they were sold.")
@shows(FulfillmentLineView)
class FulfillmentLine:
    """Shown from `persistence.fulfillments.reads.FulfillmentLineView`."""

    line_id: strawberry.ID = computed(lambda view: global_id("OrderLine", view.order_line_id), "The order's line.")
    product_name: str = plain("The product's name when it was sold.")
    variant_name: str = plain("The variant's name when it was sold.")
    sku: str = plain("The variant's SKU when it was sold.")
    image_url: str | None = plain("A picture of it.")
    quantity: int = plain("How many units of it.")


async def _lines(fulfillments: Sequence[FulfillmentView], context: Context) -> list[list[FulfillmentLineView]]:
    return await lines_of_fulfillments(context.reader, [each.id for each in fulfillments])


@strawberry.type(name="Fulfillment", description="A shipment: goods of an order that left one warehouse together.")
@shows(FulfillmentView)
class Fulfillment:
    """Shown from `persistence.fulfillments.reads.FulfillmentView`."""

    id: strawberry.ID = identity("Fulfillment")
    number: int = plain("Its number in its order: 1, 2, 3...")
    state: FulfillmentState = plain("Where it is.")
    lines: list[FulfillmentLine] = batch(_lines, "What is in it.", size=20)
    carrier: Carrier | None = plain("Who carries it, where it was said.")
    tracking_number: str | None = plain("The carrier's number of it.")
    tracking_url: str | None = computed(_tracking_url, "The page where it can be followed.")
    warehouse_id: strawberry.ID | None = computed(
        _warehouse, "The warehouse that it left; null when nothing of it lay on a shelf.", allow=OF_AN_ORDER
    )
    cancel_reason: str | None = plain("Why it was called back.", allow=OF_AN_ORDER)
    created_at: datetime = plain("When it left the shop.")
    delivered_at: datetime | None = plain("When it arrived.")
    cancelled_at: datetime | None = plain("When it was called back.")


async def order_fulfillments(orders: Sequence[Any], context: Context) -> list[list[FulfillmentView]]:
    """The shipments of orders that the caller was let see."""
    return await fulfillments_of_orders(context.reader, [each.id for each in orders])


async def open_quantities(lines: Sequence[Any], context: Context) -> list[int]:
    """How much of lines that the caller was let see is still to be sent."""
    return await open_of_lines(context.reader, [each.id for each in lines])
