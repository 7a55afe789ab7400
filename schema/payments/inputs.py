"""What is said about payments."""

from __future__ import annotations

import strawberry

from schema.scalars import Decimal

METHOD_LENGTH_MAX = 255
URL_LENGTH_MAX = 2000
REASON_LENGTH_MAX = 500
REFUND_LINES_MAX = 200


@strawberry.input(
    name="PaymentCreateInput", description="Which order to pay, and how. Say `orderId` or, as a guest, `orderToken`."
)
class PaymentCreateInput:
    order_id: strawberry.ID | None = strawberry.field(default=None, description="The order.")
    order_token: str | None = strawberry.field(default=None, description="The order's secret token.")
    provider: str | None = strawberry.field(
        default=None, description="One of `paymentProviders`; the default one when not said."
    )
    method: str | None = strawberry.field(
        default=None,
        description=(
            "The token that the provider gave for the buyer's method, never a card number; none where the provider's own page "
            "asks how to pay."
        ),
    )
    saved_method_id: strawberry.ID | None = strawberry.field(
        default=None, description="One of your own `paymentMethods`, instead of `method`; its provider is used."
    )
    keep_method: bool = strawberry.field(
        default=False, description="Whether the provider shall keep the method for your later purchases. For customers."
    )
    return_url: str | None = strawberry.field(
        default=None,
        description=(
            "Where the provider's pages send the buyer afterwards: an address of the shop's pages, or another that the shop "
            "allows; the shop's pages when not said."
        ),
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


@strawberry.input(name="PaymentCaptureInput", description="What to take of a payment whose money is promised.")
class PaymentCaptureInput:
    payment_id: strawberry.ID = strawberry.field(description="The payment.")
    amount: Decimal | None = strawberry.field(
        default=None, description="How much, in the payment's currency; all that is left when not said."
    )


@strawberry.input(name="PaymentMarkReceivedInput", description="Money that came in without a provider: a transfer, or cash.")
class PaymentMarkReceivedInput:
    payment_id: strawberry.ID = strawberry.field(description="The payment.")
    amount: Decimal | None = strawberry.field(
        default=None, description="How much, in the payment's currency; all that is missing when not said."
    )


@strawberry.input(name="RefundLineInput", description="Goods that money goes back for.")
class RefundLineInput:
    line_id: strawberry.ID = strawberry.field(description="The line of the order.")
    quantity: int = strawberry.field(description="How many units.")
    restock: bool = strawberry.field(default=False, description="Whether they go back on the shelf.")


@strawberry.input(
    name="RefundCreateInput",
    description=(
        "What to give back. Say `paymentId` or `orderId`; then `lines`, `shipping` or both, or an `amount`, or none of these for "
        "all that is left. With lines, an `amount` is given back instead of what they come to."
    ),
)
class RefundCreateInput:
    payment_id: strawberry.ID | None = strawberry.field(default=None, description="Of this payment.")
    order_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of all payments of this order, the latest first."
    )
    lines: list[RefundLineInput] | None = strawberry.field(
        default=None, description=f"Goods that money goes back for, at most {REFUND_LINES_MAX} lines."
    )
    shipping: bool = strawberry.field(default=False, description="Whether what is left of the delivery's cost goes back.")
    amount: Decimal | None = strawberry.field(default=None, description="How much, in the order's currency.")
    reason: str = strawberry.field(description=f"Why, 1 to {REASON_LENGTH_MAX} characters.")


@strawberry.input(name="RefundApproveInput", description="A refund that waits for a second person, to agree to.")
class RefundApproveInput:
    request_id: strawberry.ID = strawberry.field(description="The refund request.")


@strawberry.input(name="RefundRejectInput", description="A refund that waits for a second person, to refuse.")
class RefundRejectInput:
    request_id: strawberry.ID = strawberry.field(description="The refund request.")


@strawberry.input(name="RefundMarkPaidInput", description="A refund that was paid out without a provider.")
class RefundMarkPaidInput:
    refund_id: strawberry.ID = strawberry.field(description="The refund.")


@strawberry.input(name="PaymentMethodDeleteInput", description="A kept method to forget.")
class PaymentMethodDeleteInput:
    method_id: strawberry.ID = strawberry.field(description="One of your own `paymentMethods`.")
