"""What is said to change an order."""

from __future__ import annotations

import strawberry

from domain.carts.model import LINES_MAX, QUANTITY_MAX
from domain.edits.model import REASON_LENGTH_MAX
from schema.customers.addresses import AddressInput
from schema.scalars import Decimal


@strawberry.input(name="OrderEditLineInput", description="How many units a line of an order shall have.")
class OrderEditLineInput:
    line_id: strawberry.ID = strawberry.field(description="The order's line.")
    quantity: int = strawberry.field(description=f"How many from now on, 0 to {QUANTITY_MAX}; 0 takes the line out.")


@strawberry.input(name="OrderEditAddInput", description="A variant that is new in an order.")
class OrderEditAddInput:
    variant_id: strawberry.ID = strawberry.field(description="The variant, at its price of now.")
    quantity: int = strawberry.field(description=f"How many, 1 to {QUANTITY_MAX}.")


@strawberry.input(name="OrderEditInput", description="What shall be otherwise in an order. What is not said stays as it is.")
class OrderEditInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    lines: list[OrderEditLineInput] = strawberry.field(
        default_factory=list, description="Lines of which nothing was sent, at the prices that were agreed."
    )
    add: list[OrderEditAddInput] = strawberry.field(
        default_factory=list, description=f"What comes in; the order has at most {LINES_MAX} lines."
    )
    shipping_address: AddressInput | None = strawberry.field(
        default=None,
        description="Where it goes, as long as nothing was sent. In another country, tax and delivery are those there.",
    )
    delivery_option_id: strawberry.ID | None = strawberry.field(
        default=None, description="How it comes, at the price of now, as long as nothing was sent."
    )
    drop_discounts: bool = strawberry.field(
        default=False, description="Takes the coupon off, which is given back, and what staff took off."
    )
    reason: str = strawberry.field(
        default="", description=f"Why, at most {REASON_LENGTH_MAX} characters; the buyer finds it in the order's history."
    )
    expected_total: Decimal | None = strawberry.field(
        default=None, description="Only if the new total is this, as a dry run has told."
    )
    if_version: int | None = strawberry.field(default=None, description="Only if the order still has this version.")
    dry_run: bool = strawberry.field(
        default=False, description="Tells what it would come to, and does nothing: no stock is taken, nothing is written."
    )
