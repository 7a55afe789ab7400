"""What is said about orders."""

from __future__ import annotations

from datetime import datetime

import strawberry

import schema.orders.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.orders.actions import REASON_LENGTH_MAX
from domain.orders.model import FulfillmentStatus, OrderStatus, PaymentStatus


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


@strawberry.input(
    name="OrderWhereInput", description="Which orders. What is not said asks nothing; all that is said must hold."
)
class OrderWhereInput:
    status: OrderStatus | None = strawberry.field(default=None, description="In this status.")
    payment_status: PaymentStatus | None = strawberry.field(default=None, description="In this payment status.")
    fulfillment_status: FulfillmentStatus | None = strawberry.field(default=None, description="In this fulfillment status.")
    number: int | None = strawberry.field(default=None, description="With this number.")
    email: str | None = strawberry.field(default=None, description="Of this buyer, by e-mail address.")
    sku: str | None = strawberry.field(default=None, description="With a line of this SKU.")
    placed_from: datetime | None = strawberry.field(default=None, description="Placed at this time or later.")
    placed_before: datetime | None = strawberry.field(default=None, description="Placed before this time.")
