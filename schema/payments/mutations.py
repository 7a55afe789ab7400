"""What buyers and staff do with payments. Deeds that move money are done under an idempotency key only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID

from domain.error import Invalid, NotFound, UserError
from domain.idempotency import Claim, fingerprint
from domain.ids import OrderId, PaymentId
from domain.money import Currency
from domain.money import Money as Amount
from domain.payments.actions.attempts import Wanted
from domain.payments.actions.refunds import Back, request_refund
from domain.payments.errors import IdempotencyKeyRequired
from domain.payments.flows.paying import Means, cancel_payment, pay
from domain.payments.provider import Buyer
from domain.viewer import Guest, Permission, actor_name
from persistence.orders.reads import OrderView, orders_by_id, orders_of_holders
from persistence.payments.reads import payments_by_id, refunds_by_id
from schema.context import Context
from schema.mutations import Answer, answered, deed, moves_money
from schema.orders.types import Order
from schema.payments.inputs import (
    METHOD_LENGTH_MAX,
    REASON_LENGTH_MAX,
    URL_LENGTH_MAX,
    PaymentCancelInput,
    PaymentCreateInput,
    RefundCreateInput,
)
from schema.payments.types import Payment, Refund
from schema.permissions import EVERYONE, may
from schema.scalars import amount_of

_URL = re.compile(r"https?://[!-~]+\Z")
_METHOD = re.compile(r"[!-~]+\Z")
THE_PAYMENT = (Payment, "The payment as it is now.")
THE_ORDER = (Order, "Its order as it is now.")


@deed(
    "Starts a payment of an order. Needs an idempotency key: the same key with the same input is charged once, however often "
    "it is sent. A declined payment is answered with its `failure`; one that is PENDING or REQUIRES_ACTION goes on by itself "
    "or by its `nextAction`, and the order's history tells how it ends.",
    allow=EVERYONE,
    payment=THE_PAYMENT,
    order=THE_ORDER,
)
@moves_money
async def payment_create(context: Context, *, input: PaymentCreateInput) -> Answer | UserError:
    if context.key is None:
        return IdempotencyKeyRequired(path=("input",))
    ports = context.ports
    name = input.provider if input.provider is not None else ports.default_provider
    provider = ports.providers.get(name)
    if provider is None:
        return NotFound(path=("input", "provider"), what="payment provider")
    if (problem := _form_problem(input)) is not None:
        return problem
    by_token, order = await _order_to_pay(context, input)
    if order is None:
        return NotFound(path=("input", "order_token" if input.order_token is not None else "order_id"), what="order")
    order_id = OrderId(order.id)
    amount = _amount_in(order.currency, input.amount) if input.amount is not None else None
    if isinstance(amount, UserError):
        return amount
    outcome = await pay(
        context.transact,
        provider,
        wanted=Wanted(order_id=order_id, holds_token=by_token, provider=name, amount=amount),
        means=Means(
            buyer=_buyer(order),
            method=input.method,
            return_url=input.return_url or ports.storefront_url or ports.public_url,
            webhook_url=f"{ports.webhook_url}/webhooks/payments/{name}",
        ),
        claim=_claim(
            context,
            "paymentCreate",
            {
                "order": order_id,
                "provider": name,
                "method": input.method,
                "return_url": input.return_url,
                "amount": input.amount,
            },
            guest=f"order:{order_id}",
            key=context.key,
        ),
        reservation_seconds=ports.reservation_seconds,
        by=context.viewer,
        now=context.now,
    )
    return await _with_payment(context, outcome)


def _form_problem(said: PaymentCreateInput) -> UserError | None:
    if not 0 < len(said.method) <= METHOD_LENGTH_MAX or _METHOD.match(said.method) is None:
        reason = f"A method is 1 to {METHOD_LENGTH_MAX} printable ASCII characters without spaces."
        return Invalid(path=("input", "method"), reason=reason)
    url = said.return_url
    if url is not None and (len(url) > URL_LENGTH_MAX or _URL.match(url) is None):
        reason = f"This is an http(s) address of at most {URL_LENGTH_MAX} ASCII characters."
        return Invalid(path=("input", "return_url"), reason=reason)
    return None


def _order_of(context: Context, said: PaymentCreateInput) -> tuple[bool, OrderId | None]:
    """Whether it was named by its token, and its id; the token counts when both are given."""
    if said.order_token is not None:
        known = context.ports.seal.open("order", said.order_token)
        return known is not None, OrderId(known) if known is not None else None
    by_id = context.id_of("Order", said.order_id) if said.order_id is not None else None
    return False, OrderId(by_id) if by_id is not None else None


async def _order_to_pay(context: Context, said: PaymentCreateInput) -> tuple[bool, OrderView | None]:
    """Whether it was named by its token, and the order; who may not see it is told that there is none."""
    by_token, order_id = _order_of(context, said)
    if order_id is None:
        return by_token, None
    if by_token:
        return True, (await orders_of_holders(context.reader, [order_id]))[0]
    return False, (await orders_by_id(context.reader, [order_id], viewer=context.viewer))[0]


def _buyer(order: OrderView) -> Buyer:
    """Who pays, by what the order says."""
    address = order.billing_address
    name = f"{address.get('first_name', '')} {address.get('last_name', '')}".strip()
    return Buyer(email=order.email, name=name, phone=address.get("phone") or None, country=address.get("country") or None)


def _amount_in(currency: str, said: str) -> Amount | UserError:
    amount = amount_of(said, Currency(currency))
    return amount if amount is not None else Invalid(path=("input", "amount"), reason=f"This is no amount of {currency}.")


def _claim(context: Context, mutation: str, said: Mapping[str, object], *, guest: str, key: str) -> Claim:
    """The caller's key for this deed; a guest's keys are those of the order."""
    actor = guest if isinstance(context.viewer, Guest) else actor_name(context.viewer)
    return Claim(actor=actor, mutation=mutation, key=key, fingerprint=fingerprint(said))


async def _with_payment(context: Context, outcome: PaymentId | UserError) -> Answer | UserError:
    context.forget()
    if isinstance(outcome, UserError):
        return outcome
    payment = (await payments_by_id(context.reader, [outcome]))[0]
    orders = await orders_of_holders(context.reader, [payment.order_id] if payment is not None else [])
    return answered(payment=payment, order=orders[0] if orders else None)


@deed(
    "Calls off a payment that has no outcome yet, so that the order can be paid another way. One that has ended meanwhile "
    "stays as it is; look at its `state`.",
    allow=EVERYONE,
    payment=THE_PAYMENT,
    order=THE_ORDER,
)
@moves_money
async def payment_cancel(context: Context, *, input: PaymentCancelInput) -> Answer | UserError:
    payment_id = context.id_of("Payment", input.payment_id)
    if payment_id is None:
        return NotFound(path=("input", "payment_id"), what="payment")
    token_of = context.ports.seal.open("order", input.order_token) if input.order_token is not None else None
    outcome = await cancel_payment(
        context.transact,
        context.ports.providers,
        payment_id=PaymentId(payment_id),
        token_of=OrderId(token_of) if token_of is not None else None,
        by=context.viewer,
        now=context.now,
    )
    return await _with_payment(context, outcome)


@deed(
    "Gives money back, in part or in whole. Needs an idempotency key. The refunds are PENDING until the provider has "
    "answered; their sum never passes what came in.",
    allow=may(Permission.MANAGE_PAYMENTS, by_channel=True),
    refunds=(list[Refund], "The refunds: one, or one for each payment that the amount was taken from."),
    order=THE_ORDER,
)
async def refund_create(context: Context, *, input: RefundCreateInput) -> Answer | UserError:
    if context.key is None:
        return IdempotencyKeyRequired(path=("input",))
    if not 0 < len(input.reason) <= REASON_LENGTH_MAX:
        return Invalid(path=("input", "reason"), reason=f"A reason has 1 to {REASON_LENGTH_MAX} characters.")
    place = await _refunded(context, input)
    if isinstance(place, UserError):
        return place
    order_id, payment_id, currency = place
    amount = _amount_in(currency, input.amount) if input.amount is not None else None
    if isinstance(amount, UserError):
        return amount
    said = {"order": order_id, "payment": payment_id, "amount": input.amount, "reason": input.reason}
    outcome = await context.act(
        request_refund,
        back=Back(
            order_id=OrderId(order_id),
            payment_id=PaymentId(payment_id) if payment_id is not None else None,
            amount=amount,
            reason=input.reason,
        ),
        limit=None,
        claim=_claim(context, "refundCreate", said, guest="", key=context.key),
        by=context.viewer,
        now=context.now,
    )
    if isinstance(outcome, UserError):
        return outcome
    orders = await orders_of_holders(context.reader, [order_id])
    return answered(refunds=await refunds_by_id(context.reader, outcome.refund_ids), order=orders[0])


async def _refunded(context: Context, said: RefundCreateInput) -> tuple[UUID, UUID | None, str] | UserError:
    """What is given back of: order, payment unless all of the order, and currency."""
    if (said.payment_id is None) == (said.order_id is None):
        return Invalid(path=("input",), reason="Say either `paymentId` or `orderId`.")
    if said.payment_id is not None:
        payment_id = context.id_of("Payment", said.payment_id)
        payment = (await payments_by_id(context.reader, [payment_id]))[0] if payment_id is not None else None
        if payment is None:
            return NotFound(path=("input", "payment_id"), what="payment")
        return payment.order_id, payment.id, payment.currency
    order_id = context.id_of("Order", said.order_id or "")
    order = (await orders_of_holders(context.reader, [order_id]))[0] if order_id is not None else None
    if order is None:
        return NotFound(path=("input", "order_id"), what="order")
    return order.id, None, order.currency
