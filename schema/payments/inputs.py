"""What is said about payments."""

from __future__ import annotations

import strawberry

from schema.scalars import Decimal

METHOD_LENGTH_MAX = 255
URL_LENGTH_MAX = 2000
REASON_LENGTH_MAX = 500


@strawberry.input(
    name="PaymentCreateInput", description="Which order to pay, and how. Say `orderId` or, as a guest, `orderToken`."
)
class PaymentCreateInput:
    order_id: strawberry.ID | None = strawberry.field(default=None, description="The order.")
    order_token: str | None = strawberry.field(default=None, description="The order's secret token.")
    provider: str | None = strawberry.field(
        default=None, description="One of `paymentProviders`; the default one when not said."
    )
    method: str = strawberry.field(description="The token that the provider gave for the buyer's method. Never a card number.")
    return_url: str | None = strawberry.field(
        default=None,
        description="Where the provider's pages send the buyer afterwards, an http(s) address; the shop when not said.",
    )
    amount: Decimal | None = strawberry.field(
        default=None, description="A part of what is left to be paid, in the order's currency; all of it when not said."
    )


@strawberry.input(
    name="PaymentCancelInput", description="Which payment to call off. Guests say `orderToken`, the token of its order, too."
)
class PaymentCancelInput:
    payment_id: strawberry.ID = strawberry.field(description="The payment.")
    order_token: str | None = strawberry.field(default=None, description="The secret token of its order.")


@strawberry.input(name="RefundCreateInput", description="What to give back. Say `paymentId` or `orderId`.")
class RefundCreateInput:
    payment_id: strawberry.ID | None = strawberry.field(default=None, description="Of this payment.")
    order_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of all payments of this order, the latest first."
    )
    amount: Decimal | None = strawberry.field(
        default=None, description="How much, in the order's currency; all that is left when not said."
    )
    reason: str = strawberry.field(description=f"Why, 1 to {REASON_LENGTH_MAX} characters.")
