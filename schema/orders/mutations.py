"""What buyers and staff do to orders, and the checkout that makes them."""

from __future__ import annotations

from uuid import UUID

from domain.checkout.actions import Agreement, complete_checkout
from domain.error import Invalid, NotFound, UserError
from domain.fulfillments.actions import change_fulfillment
from domain.idempotency import Claim, fingerprint
from domain.ids import CartId, OrderId
from domain.orders import actions
from domain.payments.actions import calling_off
from domain.viewer import Guest, Permission, actor_name
from persistence.orders.reads import notes_by_id, orders_of_holders
from schema.carts.inputs import CheckoutCompleteInput
from schema.carts.queries import cart_of_holder
from schema.context import Context
from schema.mutations import Answer, Keyed, answered, deed, keyed, moves_money
from schema.orders.inputs import OrderCancelInput, OrderTransitionInput
from schema.orders.notes import OrderNote, OrderNoteAddInput, note_of
from schema.orders.types import Order
from schema.permissions import EVERYONE, may
from schema.scalars import amount_of

THE_ORDER = (Order, "The order as it is now.")


async def _with_order(context: Context, outcome: OrderId | UserError) -> Answer | UserError:
    if isinstance(outcome, UserError):
        return outcome
    return answered(order=(await orders_of_holders(context.reader, [outcome]))[0])


@deed(
    "Makes an order of a cart: its goods are reserved, and it waits to be paid with `paymentCreate`. A cart completes once; "
    "completing it again answers with the same order. Whatever is missing or has changed comes back, all at once.",
    allow=EVERYONE,
    order=THE_ORDER,
)
@keyed(Keyed.CLAIMED)
async def checkout_complete(context: Context, *, input: CheckoutCompleteInput) -> Answer | UserError:
    cart_id = context.cart_id(input.cart_id)
    if cart_id is None:
        return NotFound(path=("input", "cart_id"), what="cart")
    expected = None
    if input.expected_total is not None:
        cart = await cart_of_holder(context, cart_id)
        if cart is None:
            return NotFound(path=("input", "cart_id"), what="cart")
        if (expected := amount_of(input.expected_total, cart.currency)) is None:
            return Invalid(path=("input", "expected_total"), reason=f"This is no amount of {cart.currency}.")
    outcome = await context.act(
        complete_checkout,
        cart_id=CartId(cart_id),
        agreement=Agreement(expected_total=expected, accept_changes=input.accept_changes),
        reservation_seconds=context.ports.reservation_seconds,
        claim=_claim(context, cart_id, input),
        by=context.viewer,
        now=context.now,
    )
    return await _with_order(context, outcome)


def _claim(context: Context, cart_id: UUID, said: CheckoutCompleteInput) -> Claim | None:
    """The caller's key for this deed; a guest's keys are those of their cart."""
    if context.key is None:
        return None
    actor = f"cart:{cart_id}" if isinstance(context.viewer, Guest) else actor_name(context.viewer)
    digest = fingerprint({"cart": cart_id, "total": said.expected_total, "accept": said.accept_changes})
    return Claim(actor=actor, mutation="checkoutComplete", key=context.key, fingerprint=digest)


@deed(
    "Calls an order off: stock and coupon are given back at once, money by the provider. Buyers may until the shop begins "
    "to work on it, staff until it ships. What comes to more than the shop's limit for one person waits, when staff calls off, "
    "until somebody else agrees (`refundApprove`).",
    allow=EVERYONE,
    order=THE_ORDER,
)
@moves_money
@keyed(Keyed.KEPT)
async def order_cancel(context: Context, *, input: OrderCancelInput) -> Answer | UserError:
    by_token = context.ports.seal.open("order", input.order_token) if input.order_token is not None else None
    by_id = context.id_of("Order", input.order_id) if input.order_id is not None else None
    order_id = by_token or by_id
    if order_id is None:
        field = "order_token" if input.order_token is not None else "order_id"
        return NotFound(path=("input", field), what="order")
    outcome = await context.act(
        calling_off.cancel_order,
        order_id=OrderId(order_id),
        reason=input.reason,
        holds_token=by_token is not None,
        limits=context.ports.payments.refund_limits,
        by=context.viewer,
        now=context.now,
        if_version=input.if_version,
    )
    return await _with_order(context, outcome)


@deed(
    "Takes an order on by hand: its status, or its fulfillment. SHIPPED sends all that is still to be sent, a shipment for each "
    "warehouse; DELIVERED says that all shipments have arrived, and completes the order. Parts go by `fulfillmentCreate`.",
    allow=may(Permission.MANAGE_ORDERS, by_channel=True),
    order=THE_ORDER,
)
@keyed(Keyed.KEPT)
async def order_transition(context: Context, *, input: OrderTransitionInput) -> Answer | UserError:
    order_id = context.id_of("Order", input.order_id)
    if order_id is None:
        return NotFound(path=("input", "order_id"), what="order")
    one_of_two = Invalid(path=("input",), reason="Say either `status` or `fulfillmentStatus`.")
    if input.status is not None and input.fulfillment_status is not None:
        return one_of_two
    outcome: OrderId | UserError = one_of_two
    if input.status is not None:
        outcome = await context.act(
            calling_off.change_status,
            order_id=OrderId(order_id),
            to=input.status,
            reason=input.reason,
            limits=context.ports.payments.refund_limits,
            by=context.viewer,
            now=context.now,
            if_version=input.if_version,
        )
    elif input.fulfillment_status is not None:
        outcome = await context.act(
            change_fulfillment,
            order_id=OrderId(order_id),
            to=input.fulfillment_status,
            by=context.viewer,
            now=context.now,
            if_version=input.if_version,
        )
    return await _with_order(context, outcome)


@deed(
    "Writes a note about an order: for staff alone, or for its buyer as well, who then finds it in the order's history. Notes "
    "are never changed.",
    allow=may(Permission.MANAGE_ORDERS, by_channel=True),
    note=(OrderNote, "The note."),
    order=THE_ORDER,
)
@keyed(Keyed.KEPT)
async def order_note_add(context: Context, *, input: OrderNoteAddInput) -> Answer | UserError:
    note = note_of(context, input)
    if isinstance(note, UserError):
        return note
    outcome = await context.act(actions.add_note, note=note, by=context.viewer, now=context.now)
    if isinstance(outcome, UserError):
        return outcome
    kept = (await notes_by_id(context.reader, [outcome]))[0]
    named = [kept.order_id] if kept is not None else []
    orders = await orders_of_holders(context.reader, named)
    return answered(note=kept, order=orders[0] if orders else None)
