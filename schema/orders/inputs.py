"""What is said about orders."""

from __future__ import annotations

from datetime import datetime

import strawberry

import schema.orders.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.orders.actions import REASON_LENGTH_MAX
from domain.orders.model import FulfillmentStatus, OrderStatus, PaymentStatus
from schema.scalars import CurrencyCode, Decimal

SEARCH_MIN = 3
SEARCH_MAX = 100


@strawberry.input(name="OrderCancelInput", description="Which order to call off. Say `orderId` or, as a guest, `orderToken`.")
class OrderCancelInput:
    order_id: strawberry.ID | None = strawberry.field(default=None, description="The order.")
    order_token: str | None = strawberry.field(default=None, description="The order's secret token.")
    reason: str = strawberry.field(default="", description=f"Why, at most {REASON_LENGTH_MAX} characters.")
    if_version: int | None = strawberry.field(default=None, description="Only if the order still has this version.")


@strawberry.input(name="OrderTransitionInput", description="Where to take an order. Say `status` or `fulfillmentStatus`.")
class OrderTransitionInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    status: OrderStatus | None = strawberry.field(
        default=None, description="The status it shall take: one of `allowedTransitions.status`."
    )
    fulfillment_status: FulfillmentStatus | None = strawberry.field(
        default=None, description="The fulfillment status it shall take: one of `allowedTransitions.fulfillmentStatus`."
    )
    reason: str = strawberry.field(
        default="", description=f"Why, at most {REASON_LENGTH_MAX} characters; kept for a cancellation."
    )
    if_version: int | None = strawberry.field(default=None, description="Only if the order still has this version.")


@strawberry.input(name="OrderTotalRange", description="A range of totals in one currency; both ends belong to it.")
class OrderTotalRange:
    currency: CurrencyCode = strawberry.field(description="The orders' currency.")
    min: Decimal | None = strawberry.field(default=None, description="The lowest total; none when not said.")
    max: Decimal | None = strawberry.field(default=None, description="The highest total; none when not said.")


@strawberry.input(
    name="OrderWhereInput", description="Which orders. What is not said asks nothing; all that is said must hold."
)
class OrderWhereInput:
    status: list[OrderStatus] | None = strawberry.field(default=None, description="In one of these statuses.")
    payment_status: list[PaymentStatus] | None = strawberry.field(default=None, description="In one of these payment statuses.")
    fulfillment_status: list[FulfillmentStatus] | None = strawberry.field(
        default=None, description="In one of these fulfillment statuses."
    )
    channel: str | None = strawberry.field(default=None, description="Of the channel with this slug.")
    number: int | None = strawberry.field(default=None, description="With this number; each channel counts for itself.")
    customer_id: strawberry.ID | None = strawberry.field(default=None, description="Of this customer's account.")
    email: str | None = strawberry.field(default=None, description="Of this buyer, by the whole e-mail address.")
    sku: str | None = strawberry.field(default=None, description="With a line of this SKU, letter by letter.")
    placed_from: datetime | None = strawberry.field(default=None, description="Placed at this time or later.")
    placed_before: datetime | None = strawberry.field(default=None, description="Placed before this time.")
    total: OrderTotalRange | None = strawberry.field(default=None, description="With a total in this range.")
