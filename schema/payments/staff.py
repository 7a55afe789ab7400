"""What staff does with money: takes what was promised, marks what came without a provider, and gives back."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from uuid import UUID

from domain.error import Invalid, NotFound, UserError
from domain.ids import ChannelId, OrderId, OrderLineId, PaymentId, RefundRequestId
from domain.money import Currency
from domain.payments.actions.captures import request_capture
from domain.payments.actions.offline import mark_received, mark_returned
from domain.payments.actions.refunds import Back, Requested, reject_refund, request_refund
from domain.payments.errors import ProviderCannot
from domain.payments.flows.capturing import take
from domain.payments.provider import Ability, Provider, ProviderUnavailable
from domain.payments.refunding import BackLine
from domain.returns.actions.settling import approve_refund
from domain.viewer import Permission, holds_in
from persistence.orders.reads import OrderView, orders_of_holders
from persistence.payments.reads import PaymentView, payments_by_id, refunds_by_id, refunds_of_requests
from persistence.payments.staff_reads import captures_by_id, requests_by_id
from schema.context import Context
from schema.mutations import Answer, Keyed, answered, deed, keyed, moves_money
from schema.orders.types import Order
from schema.payments.claims import amount_in, claim_of
from schema.payments.inputs import (
    REASON_LENGTH_MAX,
    REFUND_LINES_MAX,
    PaymentCaptureInput,
    PaymentMarkReceivedInput,
    RefundApproveInput,
    RefundCreateInput,
    RefundLineInput,
    RefundMarkPaidInput,
    RefundRejectInput,
)
from schema.payments.mutations import THE_PAYMENT
from schema.payments.types import PaymentCapture, Refund, RefundRequest
from schema.permissions import may

MONEY = may(Permission.MANAGE_PAYMENTS, by_channel=True)
THE_ORDER = (Order, "Its order as it is now.")
THE_REFUNDS = (list[Refund], "The refunds: one, or one for each payment that the amount was taken from.")
THE_REQUEST = (RefundRequest, "The decision; WAITING while a second person has to agree.")


@deed(
    "Takes money that was promised, all or a part. Needs an idempotency key. The provider is asked at once; while it does not "
    "answer, the capture is PENDING and is asked for again.",
    allow=MONEY,
    capture=(PaymentCapture, "What was asked for, and what came of it."),
    payment=THE_PAYMENT,
    order=THE_ORDER,
)
@moves_money
@keyed(Keyed.REQUIRED)
async def payment_capture(context: Context, *, input: PaymentCaptureInput) -> Answer | UserError:
    found = await _found(context, input.payment_id)
    if isinstance(found, UserError):
        return found
    payment, provider = found
    amount = amount_in(payment.currency, input.amount) if input.amount is not None else None
    if isinstance(amount, UserError):
        return amount
    if Ability.MANUAL_CAPTURE not in provider.abilities:
        return ProviderCannot(path=("input", "payment_id"), ability=Ability.MANUAL_CAPTURE.value)
    said = {"payment": payment.id, "amount": input.amount}
    outcome = await context.act(
        request_capture,
        payment_id=PaymentId(payment.id),
        amount=amount,
        abilities=provider.abilities,
        claim=claim_of(context, "paymentCapture", said, guest="", key=context.key or ""),
        by=context.viewer,
        now=context.now,
    )
    if isinstance(outcome, UserError):
        return outcome
    # While the provider is silent it stays PENDING, and a task asks again.
    with contextlib.suppress(ProviderUnavailable):
        await take(context.transact, context.ports.payments.offers.all, capture_id=outcome, now=context.now)
    context.forget()
    capture = (await captures_by_id(context.reader, [outcome]))[0]
    after, order = await _payment_and_order(context, payment.id, payment.order_id)
    return answered(capture=capture, payment=after, order=order)


@deed(
    "Notes that money came in for a payment that no provider tells about: a bank transfer, or cash. Needs an idempotency key.",
    allow=MONEY,
    payment=THE_PAYMENT,
    order=THE_ORDER,
)
@moves_money
@keyed(Keyed.REQUIRED)
async def payment_mark_received(context: Context, *, input: PaymentMarkReceivedInput) -> Answer | UserError:
    found = await _found(context, input.payment_id)
    if isinstance(found, UserError):
        return found
    payment, provider = found
    amount = amount_in(payment.currency, input.amount) if input.amount is not None else None
    if isinstance(amount, UserError):
        return amount
    if Ability.OFFLINE not in provider.abilities:
        return ProviderCannot(path=("input", "payment_id"), ability=Ability.OFFLINE.value)
    said = {"payment": payment.id, "amount": input.amount}
    outcome = await context.act(
        mark_received,
        payment_id=PaymentId(payment.id),
        amount=amount,
        account=provider.account,
        claim=claim_of(context, "paymentMarkReceived", said, guest="", key=context.key or ""),
        by=context.viewer,
        now=context.now,
    )
    if isinstance(outcome, UserError):
        return outcome
    after, order = await _payment_and_order(context, payment.id, payment.order_id)
    return answered(payment=after, order=order)


@deed(
    "Gives money back: all, for goods with or without putting them back on the shelf, for the delivery, or an amount. Needs an "
    "idempotency key. The refunds are PENDING until the provider has answered; their sum never passes what came in. Above the "
    "shop's limit for one person the request is WAITING until somebody else agrees.",
    allow=MONEY,
    refunds=THE_REFUNDS,
    request=THE_REQUEST,
    order=THE_ORDER,
)
@moves_money
@keyed(Keyed.REQUIRED)
async def refund_create(context: Context, *, input: RefundCreateInput) -> Answer | UserError:
    if not 0 < len(input.reason) <= REASON_LENGTH_MAX:
        return Invalid(path=("input", "reason"), reason=f"A reason has 1 to {REASON_LENGTH_MAX} characters.")
    place = await _refunded(context, input)
    if isinstance(place, UserError):
        return place
    order_id, payment_id, currency = place
    back = _back(context, input, place)
    if isinstance(back, UserError):
        return back
    said = {
        "order": order_id,
        "payment": payment_id,
        "amount": input.amount,
        "lines": [(each.line_id, each.quantity, each.restocks) for each in back.lines],
        "shipping": input.shipping,
        "reason": input.reason,
    }
    outcome = await context.act(
        request_refund,
        back=back,
        limit=context.ports.payments.refund_limits.get(Currency(currency)),
        claim=claim_of(context, "refundCreate", said, guest="", key=context.key or ""),
        by=context.viewer,
        now=context.now,
    )
    return await _with_refunds(context, outcome.request_id if isinstance(outcome, Requested) else outcome)


@deed(
    "Agrees to a refund that waits for a second person. Who asked for it cannot.",
    allow=MONEY,
    refunds=THE_REFUNDS,
    request=THE_REQUEST,
    order=THE_ORDER,
)
@moves_money
@keyed(Keyed.KEPT)
async def refund_approve(context: Context, *, input: RefundApproveInput) -> Answer | UserError:
    request_id = context.id_of("RefundRequest", input.request_id)
    if request_id is None:
        return NotFound(path=("input", "request_id"), what="refund request")
    by, now = context.viewer, context.now
    outcome = await context.act(approve_refund, request_id=RefundRequestId(request_id), by=by, now=now)
    return await _with_refunds(context, outcome)


@deed(
    "Refuses a refund that waits for a second person. Who asked for it cannot.",
    allow=MONEY,
    request=THE_REQUEST,
    order=THE_ORDER,
)
@moves_money
@keyed(Keyed.KEPT)
async def refund_reject(context: Context, *, input: RefundRejectInput) -> Answer | UserError:
    request_id = context.id_of("RefundRequest", input.request_id)
    if request_id is None:
        return NotFound(path=("input", "request_id"), what="refund request")
    by, now = context.viewer, context.now
    outcome = await context.act(reject_refund, request_id=RefundRequestId(request_id), by=by, now=now)
    return await _with_refunds(context, outcome)


@deed(
    "Notes that a refund of a payment without a provider was paid out. To say it twice changes nothing.",
    allow=MONEY,
    refund=(Refund, "The refund as it is now."),
    order=THE_ORDER,
)
@moves_money
@keyed(Keyed.KEPT)
async def refund_mark_paid(context: Context, *, input: RefundMarkPaidInput) -> Answer | UserError:
    at = ("input", "refund_id")
    refund_id = context.id_of("Refund", input.refund_id)
    refund = (await refunds_by_id(context.reader, [refund_id]))[0] if refund_id is not None else None
    payment = (await payments_by_id(context.reader, [refund.payment_id]))[0] if refund is not None else None
    provider = context.ports.payments.offers.all.get(payment.provider) if payment is not None else None
    if refund is None or payment is None or provider is None or not await _is_in_reach(context, refund.order_id):
        return NotFound(path=at, what="refund")
    if Ability.OFFLINE not in provider.abilities:
        return ProviderCannot(path=at, ability=Ability.OFFLINE.value)
    outcome = await context.act(
        mark_returned, refund_id=refund.id, account=provider.account, by=context.viewer, now=context.now
    )
    if isinstance(outcome, UserError):
        return outcome
    orders = await orders_of_holders(context.reader, [refund.order_id])
    return answered(refund=(await refunds_by_id(context.reader, [outcome]))[0], order=orders[0])


async def _found(context: Context, said: str) -> tuple[PaymentView, Provider] | UserError:
    """A payment and who is asked about it."""
    payment_id = context.id_of("Payment", said)
    payment = (await payments_by_id(context.reader, [payment_id]))[0] if payment_id is not None else None
    provider = context.ports.payments.offers.all.get(payment.provider) if payment is not None else None
    if payment is None or provider is None or not await _is_in_reach(context, payment.order_id):
        return NotFound(path=("input", "payment_id"), what="payment")
    return payment, provider


async def _is_in_reach(context: Context, order_id: UUID) -> bool:
    """Whether the order is of a channel in which the caller deals with payments: before anything is told of it."""
    order = (await orders_of_holders(context.reader, [order_id]))[0]
    return order is not None and holds_in(context.viewer, Permission.MANAGE_PAYMENTS, ChannelId(order.channel_id))


async def _payment_and_order(context: Context, payment_id: UUID, order_id: UUID) -> tuple[PaymentView | None, OrderView | None]:
    payments = await payments_by_id(context.reader, [payment_id])
    orders = await orders_of_holders(context.reader, [order_id])
    return payments[0], orders[0]


def _lines(context: Context, said: Sequence[RefundLineInput]) -> tuple[BackLine, ...] | UserError:
    if len(said) > REFUND_LINES_MAX:
        return Invalid(path=("input", "lines"), reason=f"At most {REFUND_LINES_MAX} lines at once.")
    lines: list[BackLine] = []
    for place, line in enumerate(said):
        line_id = context.id_of("OrderLine", line.line_id)
        if line_id is None:
            return NotFound(path=("input", "lines", str(place), "line_id"), what="order line")
        lines.append(BackLine(OrderLineId(line_id), line.quantity, line.restock))
    return tuple(lines)


def _back(context: Context, said: RefundCreateInput, place: tuple[UUID, UUID | None, str]) -> Back | UserError:
    """What is to go back, in the domain's words."""
    order_id, payment_id, currency = place
    amount = amount_in(currency, said.amount) if said.amount is not None else None
    if isinstance(amount, UserError):
        return amount
    lines = _lines(context, said.lines or [])
    if isinstance(lines, UserError):
        return lines
    return Back(
        order_id=OrderId(order_id),
        payment_id=PaymentId(payment_id) if payment_id is not None else None,
        amount=amount,
        lines=lines,
        shipping=said.shipping,
        reason=said.reason,
        whole_only=context.ports.payments.whole_refunds,
    )


async def _refunded(context: Context, said: RefundCreateInput) -> tuple[UUID, UUID | None, str] | UserError:
    """What is given back of: order, payment unless all of the order, and currency."""
    if (said.payment_id is None) == (said.order_id is None):
        return Invalid(path=("input",), reason="Say either `paymentId` or `orderId`.")
    if said.payment_id is not None:
        payment_id = context.id_of("Payment", said.payment_id)
        payment = (await payments_by_id(context.reader, [payment_id]))[0] if payment_id is not None else None
        if payment is None or not await _is_in_reach(context, payment.order_id):
            return NotFound(path=("input", "payment_id"), what="payment")
        return payment.order_id, payment.id, payment.currency
    order_id = context.id_of("Order", said.order_id or "")
    order = (await orders_of_holders(context.reader, [order_id]))[0] if order_id is not None else None
    if order is None or not await _is_in_reach(context, order.id):
        return NotFound(path=("input", "order_id"), what="order")
    return order.id, None, order.currency


async def _with_refunds(context: Context, outcome: RefundRequestId | UserError) -> Answer | UserError:
    if isinstance(outcome, UserError):
        return outcome
    request = (await requests_by_id(context.reader, [outcome]))[0]
    orders = await orders_of_holders(context.reader, [request.order_id] if request is not None else [])
    refunds = (await refunds_of_requests(context.reader, [outcome]))[0]
    return answered(refunds=refunds, request=request, order=orders[0] if orders else None)
