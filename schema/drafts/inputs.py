"""What staff says of drafts."""

from __future__ import annotations

from datetime import datetime

import strawberry

import schema.drafts.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.carts.model import LINES_MAX, NOTE_LENGTH_MAX, QUANTITY_MAX
from domain.drafts.model import REASON_LENGTH_MAX, DraftState
from schema.customers.addresses import AddressInput
from schema.scalars import Decimal

_PRICES = "Needs MANAGE_ORDER_PRICES."


def _draft_id() -> strawberry.ID:
    field: strawberry.ID = strawberry.field(description="The draft.")
    return field


@strawberry.input(name="DraftOrderLineInput", description="A variant, how many of it, and what one costs.")
class DraftOrderLineInput:
    variant_id: strawberry.ID = strawberry.field(description="The variant; each once.")
    quantity: int = strawberry.field(default=1, description=f"How many, 1 to {QUANTITY_MAX}; 1 when not said.")
    price: Decimal | None = strawberry.field(
        default=None,
        description=f"The price of one in place of the catalogue's; the catalogue's, as it is by then, when not said. {_PRICES}",
    )


@strawberry.input(
    name="DraftOrderDiscountInput",
    description="What is taken off all goods, after the coupon. Say `percentage` or `amount`; 0 takes nothing off any more.",
)
class DraftOrderDiscountInput:
    percentage: Decimal | None = strawberry.field(
        default=None, description='A share of the goods, 0 to 100 with two digits at most, such as "12.5".'
    )
    amount: Decimal | None = strawberry.field(default=None, description="An amount, never more than the goods are worth.")
    reason: str = strawberry.field(
        default="", description=f"Why, for staff to know, at most {REASON_LENGTH_MAX} characters. Not told to the buyer."
    )


@strawberry.input(name="DraftOrderCreateInput", description="What is known of an order that staff makes for somebody.")
class DraftOrderCreateInput:
    customer_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The customer it is for; their e-mail address unless another is said. Needs READ_CUSTOMERS in every channel.",
    )
    email: str | None = strawberry.field(default=None, description="The buyer's e-mail address.")
    lines: list[DraftOrderLineInput] | None = strawberry.field(
        default=None, description=f"All its lines from then on, at most {LINES_MAX}; what is not named is taken out."
    )
    shipping_address: AddressInput | None = strawberry.field(default=None, description="Where the goods go.")
    billing_address: AddressInput | None = strawberry.field(
        default=None, description="Whom the bill is for; the shipping address when never said."
    )
    delivery_option_id: strawberry.ID | None = strawberry.field(
        default=None, description="How the goods come: one of its `deliveryOptions`."
    )
    coupon_code: str | None = strawberry.field(
        default=None, description='A coupon\'s code, in any letter case; "" takes the coupon off.'
    )
    note: str | None = strawberry.field(
        default=None, description=f"A note that the order shows, at most {NOTE_LENGTH_MAX} characters."
    )
    discount: DraftOrderDiscountInput | None = strawberry.field(
        default=None, description=f"What is taken off the whole. {_PRICES}"
    )


@strawberry.input(name="DraftOrderUpdateInput", description="What changes of a draft. What is not said stays as it is.")
class DraftOrderUpdateInput(DraftOrderCreateInput):
    id: strawberry.ID = _draft_id()
    if_version: int | None = strawberry.field(default=None, description="Only if the draft still has this version.")
    dry_run: bool = strawberry.field(
        default=False, description="Whether nothing shall be written: the answer shows the draft as the change would leave it."
    )


@strawberry.input(name="DraftOrderDeleteInput", description="Which draft to throw away.")
class DraftOrderDeleteInput:
    id: strawberry.ID = _draft_id()
    if_version: int | None = strawberry.field(default=None, description="Only if the draft still has this version.")


@strawberry.input(name="DraftOrderCompleteInput", description="Which draft becomes an order, and what was agreed.")
class DraftOrderCompleteInput:
    id: strawberry.ID = _draft_id()
    expected_total: Decimal = strawberry.field(
        description="The total that was agreed: at another one the draft is refused with TOTAL_CHANGED."
    )
    send_payment_link: bool = strawberry.field(
        default=True,
        description="Whether the buyer is asked by letter to pay, with a link; otherwise the letter only confirms the order.",
    )
    if_version: int | None = strawberry.field(default=None, description="Only if the draft still has this version.")


@strawberry.input(
    name="DraftOrderWhereInput", description="Which drafts. What is not said asks nothing; all that is said must hold."
)
class DraftOrderWhereInput:
    state: DraftState | None = strawberry.field(default=None, description="In this state.")
    channel: str | None = strawberry.field(default=None, description="Of the channel with this slug.")
    customer_id: strawberry.ID | None = strawberry.field(default=None, description="For this customer.")
    email: str | None = strawberry.field(default=None, description="For this buyer, by the whole e-mail address.")
    created_from: datetime | None = strawberry.field(default=None, description="Begun at this time or later.")
    created_before: datetime | None = strawberry.field(default=None, description="Begun before this time.")
