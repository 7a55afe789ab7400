"""What buyers say about carts."""

from __future__ import annotations

import strawberry

from domain.carts.model import LINES_MAX, NOTE_LENGTH_MAX, QUANTITY_MAX
from schema.customers.addresses import AddressInput
from schema.scalars import Decimal


def _cart_id() -> strawberry.ID:
    field: strawberry.ID = strawberry.field(description="The cart's secret id.")
    return field


@strawberry.input(name="CartLineInput", description="A variant and how many of it.")
class CartLineInput:
    variant_id: strawberry.ID = strawberry.field(description="The variant.")
    quantity: int = strawberry.field(default=1, description=f"How many, 1 to {QUANTITY_MAX}; 1 when not said.")


@strawberry.input(name="CartLineUpdateInput", description="A line and how many it shall have.")
class CartLineUpdateInput:
    id: strawberry.ID = strawberry.field(description="The line.")
    quantity: int = strawberry.field(description=f"How many from now on, 0 to {QUANTITY_MAX}; 0 removes the line.")


@strawberry.input(name="CartCreateInput", description="How a cart starts.")
class CartCreateInput:
    lines: list[CartLineInput] = strawberry.field(
        default_factory=list, description=f"What is in it from the start, at most {LINES_MAX} lines."
    )


@strawberry.input(name="CartLinesAddInput", description="What to put into a cart.")
class CartLinesAddInput:
    cart_id: strawberry.ID = _cart_id()
    lines: list[CartLineInput] = strawberry.field(
        description=f"Units to add, at most {LINES_MAX} lines; a variant that is there already grows."
    )


@strawberry.input(name="CartLinesUpdateInput", description="Which quantities to set.")
class CartLinesUpdateInput:
    cart_id: strawberry.ID = _cart_id()
    lines: list[CartLineUpdateInput] = strawberry.field(description=f"Lines with their new quantities, at most {LINES_MAX}.")


@strawberry.input(name="CartLinesRemoveInput", description="Which lines to take out.")
class CartLinesRemoveInput:
    cart_id: strawberry.ID = _cart_id()
    line_ids: list[strawberry.ID] = strawberry.field(description=f"Lines to remove, at most {LINES_MAX}.")


@strawberry.input(name="CartClearInput", description="Which cart to empty.")
class CartClearInput:
    cart_id: strawberry.ID = _cart_id()


@strawberry.input(name="CartBuyerUpdateInput", description="Who buys. What is not said stays as it is.")
class CartBuyerUpdateInput:
    cart_id: strawberry.ID = _cart_id()
    email: str | None = strawberry.field(default=None, description="The buyer's e-mail address, for the confirmation.")
    note: str | None = strawberry.field(default=None, description=f"A note to the shop, at most {NOTE_LENGTH_MAX} characters.")
    sms_phone: str | None = strawberry.field(
        default=None,
        description="A telephone number with its country code, kept as E.164, for text messages about the order; an empty text "
        "removes it.",
    )


@strawberry.input(name="CartAddressesUpdateInput", description="Where things go. What is not said stays as it is.")
class CartAddressesUpdateInput:
    cart_id: strawberry.ID = _cart_id()
    shipping: AddressInput | None = strawberry.field(default=None, description="Where the goods go.")
    billing: AddressInput | None = strawberry.field(
        default=None, description="Whom the bill is for; the shipping address when never said."
    )


@strawberry.input(name="CartDeliverySelectInput", description="How the goods shall come.")
class CartDeliverySelectInput:
    cart_id: strawberry.ID = _cart_id()
    delivery_option_id: strawberry.ID = strawberry.field(description="One of the cart's `deliveryOptions`.")


@strawberry.input(name="CartCouponApplyInput", description="Which coupon to use.")
class CartCouponApplyInput:
    cart_id: strawberry.ID = _cart_id()
    code: str = strawberry.field(description="The coupon's code, in any letter case.")


@strawberry.input(name="CartCouponRemoveInput", description="Which cart to take the coupon off.")
class CartCouponRemoveInput:
    cart_id: strawberry.ID = _cart_id()


@strawberry.input(name="CartAssociateInput", description="Which guest cart becomes the caller's.")
class CartAssociateInput:
    cart_id: strawberry.ID = _cart_id()


@strawberry.input(name="CheckoutCompleteInput", description="Which cart becomes an order, and what the buyer agreed to.")
class CheckoutCompleteInput:
    cart_id: strawberry.ID = _cart_id()
    expected_total: Decimal | None = strawberry.field(
        default=None,
        description="The total the buyer saw: another one is refused with TOTAL_CHANGED. Not checked when not said.",
    )
    accept_changes: bool = strawberry.field(
        default=False, description="Whether prices that changed since the buyer saw them are accepted."
    )
