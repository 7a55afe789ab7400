"""What staff does to drafts of orders: begins, changes, throws away, and completes them. Each in the channels they work in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from domain.customers.model import Address
from domain.drafts import actions
from domain.drafts.model import Contents, Draft, DraftLine, NewDraft, Reduction
from domain.error import Invalid, NotFound, Path, Several, UserError
from domain.ids import ChannelId, CustomerId, DraftId, ShippingMethodId, VariantId, new_id
from domain.money import Currency
from domain.promotions.model import Benefit, FixedAmount, Percentage
from domain.unit import Rehearsed
from domain.viewer import Permission, actor_name, holds_everywhere, holds_in
from persistence.customers.reads import CustomerView, customers
from persistence.drafts.reads import drafts_of_holders
from persistence.orders.reads import orders_of_holders
from schema.context import Context
from schema.customers.addresses import AddressInput, checked_address
from schema.drafts.inputs import (
    DraftOrderCompleteInput,
    DraftOrderCreateInput,
    DraftOrderDeleteInput,
    DraftOrderDiscountInput,
    DraftOrderLineInput,
    DraftOrderUpdateInput,
)
from schema.drafts.types import DraftOrder
from schema.mutations import Answer, Keyed, answered, deed, keyed
from schema.orders.types import Order
from schema.permissions import may
from schema.scalars import amount_of

ORDERS = may(Permission.MANAGE_ORDERS, by_channel=True)
THE_DRAFT = (DraftOrder, "The draft as it is now.")
_PERCENTAGE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?\Z")
_NO_DRAFT = NotFound(path=actions.DRAFT, what="draft order")


@deed(
    "Begins a draft of an order for somebody, on the operation's channel and in its currency. It reserves nothing and is "
    "priced as any cart until `draftOrderComplete`.",
    allow=ORDERS,
    draft_order=THE_DRAFT,
)
@keyed(Keyed.KEPT)
async def draft_order_create(context: Context, *, input: DraftOrderCreateInput) -> Answer | UserError:
    place = await context.place()
    customer = await _customer(context, input)
    if isinstance(customer, UserError):
        return customer
    contents = _contents(context, input, place.currency, customer)
    if isinstance(contents, UserError):
        return contents
    draft = NewDraft(
        id=DraftId(new_id()),
        channel_id=ChannelId(place.channel.id),
        currency=place.currency,
        country=place.country,
        language=customer.language if customer is not None else place.language,
        created_by=actor_name(context.viewer),
        created_at=context.now,
    )
    outcome = await context.act(actions.create_draft, draft=draft, contents=contents, by=context.viewer, now=context.now)
    return await _with_draft(context, outcome)


@deed(
    "Changes a draft: all that is said, or nothing. With `dryRun` nothing is written, and the answer shows the draft and its "
    "total as the change would leave them.",
    allow=ORDERS,
    draft_order=THE_DRAFT,
)
@keyed(Keyed.KEPT)
async def draft_order_update(context: Context, *, input: DraftOrderUpdateInput) -> Answer | UserError:
    draft = await _mine(context, input.id)
    if draft is None:
        return _NO_DRAFT
    customer = await _customer(context, input)
    if isinstance(customer, UserError):
        return customer
    contents = _contents(context, input, draft.cart.currency, customer)
    if isinstance(contents, UserError):
        return contents
    if input.dry_run:
        # There is nothing to keep, so a key is not used up.
        context.claim = None
        rehearsed = await context.act(
            actions.rehearse_update,
            draft_id=draft.id,
            contents=contents,
            by=context.viewer,
            now=context.now,
            if_version=input.if_version,
        )
        return answered(draft_order=rehearsed.outcome) if isinstance(rehearsed, Rehearsed) else rehearsed
    outcome = await context.act(
        actions.update_draft,
        draft_id=draft.id,
        contents=contents,
        by=context.viewer,
        now=context.now,
        if_version=input.if_version,
    )
    return await _with_draft(context, outcome)


@deed(
    "Throws a draft away. It can still be read for a month, and never becomes an order.",
    allow=ORDERS,
    draft_order=THE_DRAFT,
)
@keyed(Keyed.KEPT)
async def draft_order_delete(context: Context, *, input: DraftOrderDeleteInput) -> Answer | UserError:
    draft_id = context.id_of("DraftOrder", input.id)
    if draft_id is None:
        return _NO_DRAFT
    outcome = await context.act(
        actions.delete_draft,
        draft_id=DraftId(draft_id),
        by=context.viewer,
        now=context.now,
        if_version=input.if_version,
    )
    return await _with_draft(context, outcome)


@deed(
    "Makes an order of a draft by the rules of every checkout: its goods are reserved, its prices frozen. The buyer pays by the "
    "link in the letter they get, or staff records the money (`paymentCreate` with the manual provider, "
    "`paymentMarkReceived`). A draft completes once; completing it again answers with the same order.",
    allow=ORDERS,
    draft_order=THE_DRAFT,
    order=(Order, "The order that it has become."),
)
@keyed(Keyed.KEPT)
async def draft_order_complete(context: Context, *, input: DraftOrderCompleteInput) -> Answer | UserError:
    draft = await _mine(context, input.id)
    if draft is None:
        return _NO_DRAFT
    expected = amount_of(input.expected_total, draft.cart.currency)
    if expected is None:
        return Invalid(path=("input", "expected_total"), reason=f"This is no amount of {draft.cart.currency}.")
    outcome = await context.act(
        actions.complete_draft,
        draft_id=draft.id,
        completion=actions.Completion(
            expected_total=expected,
            asks_payment=input.send_payment_link,
            reservation_seconds=context.ports.draft_reservation_seconds,
        ),
        by=context.viewer,
        now=context.now,
        if_version=input.if_version,
    )
    if isinstance(outcome, UserError):
        return outcome
    order = (await orders_of_holders(context.reader, [outcome]))[0]
    return answered(draft_order=(await drafts_of_holders(context.reader, [draft.id]))[0], order=order)


async def _with_draft(context: Context, outcome: DraftId | UserError) -> Answer | UserError:
    if isinstance(outcome, UserError):
        return outcome
    return answered(draft_order=(await drafts_of_holders(context.reader, [outcome]))[0])


async def _mine(context: Context, said: str) -> Draft | None:
    """The draft, if the caller may change it; its currency says which amounts there are."""
    draft_id = context.id_of("DraftOrder", said)
    found = (await drafts_of_holders(context.reader, [draft_id]))[0] if draft_id is not None else None
    if found is None or not holds_in(context.viewer, Permission.MANAGE_ORDERS, found.cart.channel_id):
        return None
    return found


async def _customer(context: Context, said: DraftOrderCreateInput) -> CustomerView | UserError | None:
    """The customer that is meant. Customers are the shop's, not a channel's: for who may not see them all, there are none."""
    if said.customer_id is None:
        return None
    may_see = holds_everywhere(context.viewer, Permission.READ_CUSTOMERS)
    customer_id = context.id_of("Customer", said.customer_id) if may_see else None
    found = (await customers(context.reader, [customer_id]))[0] if customer_id is not None else None
    # Who was erased has an address that nothing reaches: they are nobody's customer any more.
    is_there = found is not None and context.ports.access.emails.normalised(found.email) is not None
    return found if is_there else NotFound(path=("input", "customer_id"), what="customer")


def _contents(
    context: Context, said: DraftOrderCreateInput, currency: Currency, customer: CustomerView | None
) -> Contents | UserError:
    """What was said, checked as far as it can be without the draft."""
    email = context.ports.access.emails.normalised(said.email) if said.email is not None else None
    if said.email is not None and email is None:
        return Invalid(path=("input", "email"), reason="This is no e-mail address.")
    shipping = _address(context, said.shipping_address, "shipping_address")
    billing = _address(context, said.billing_address, "billing_address")
    lines = _lines(context, said.lines, currency) if said.lines is not None else None
    reduction = _reduction(said.discount, currency) if said.discount is not None else None
    method_id = _uuid(context, said.delivery_option_id)
    if said.delivery_option_id is not None and method_id is None:
        return NotFound(path=("input", "delivery_option_id"), what="delivery option")
    for checked in (shipping, billing, lines, reduction):
        if isinstance(checked, UserError):
            return checked
    return Contents(
        customer_id=CustomerId(customer.id) if customer is not None else None,
        email=email or (customer.email if customer is not None else None),
        lines=lines if not isinstance(lines, UserError) else None,
        shipping_address=shipping if isinstance(shipping, Address) else None,
        billing_address=billing if isinstance(billing, Address) else None,
        method_id=ShippingMethodId(method_id) if method_id is not None else None,
        coupon_code=said.coupon_code,
        note=said.note,
        reduction=reduction if isinstance(reduction, Reduction) else None,
    )


def _uuid(context: Context, said: str | None) -> UUID | None:
    return context.id_of("DeliveryOption", said) if said is not None else None


def _address(context: Context, said: AddressInput | None, name: str) -> Address | Several | None:
    return checked_address(context.ports.addresses, said, at=("input", name)) if said is not None else None


def _lines(context: Context, said: Sequence[DraftOrderLineInput], currency: Currency) -> tuple[DraftLine, ...] | UserError:
    lines: list[DraftLine] = []
    for position, each in enumerate(said):
        price = amount_of(each.price, currency) if each.price is not None else None
        if each.price is not None and price is None:
            return Invalid(path=("input", "lines", str(position), "price"), reason=f"This is no amount of {currency}.")
        variant_id = context.id_of("Variant", each.variant_id)
        lines.append(DraftLine(VariantId(variant_id) if variant_id is not None else None, each.quantity, price))
    return tuple(lines)


def _reduction(said: DraftOrderDiscountInput, currency: Currency) -> Reduction | UserError:
    at: Path = ("input", "discount")
    if (said.percentage is None) == (said.amount is None):
        return Invalid(path=at, reason="Say either `percentage` or `amount`.")
    benefit: Benefit | None = None
    if said.percentage is not None:
        match = _PERCENTAGE.match(said.percentage)
        basis_points = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match is not None else -1
        if not 0 <= basis_points <= 10_000:
            return Invalid(path=(*at, "percentage"), reason="A percentage is 0 to 100, with two digits at most.")
        benefit = Percentage(basis_points) if basis_points else None
    elif said.amount is not None:
        amount = amount_of(said.amount, currency)
        if amount is None:
            return Invalid(path=(*at, "amount"), reason=f"This is no amount of {currency}.")
        benefit = FixedAmount(amount) if amount.minor else None
    return Reduction(benefit, said.reason)
