"""What buyers do to pay. Deeds that move money are done under an idempotency key only; what staff does is in `staff`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.error import Invalid, NotFound, Path, UserError
from domain.ids import OrderId, PaymentId, PaymentMethodId
from domain.payments.actions.attempts import Wanted
from domain.payments.actions.methods import forget_method, own_method
from domain.payments.errors import ProviderCannot, ReturnUrlNotAllowed
from domain.payments.flows.paying import Means, cancel_payment, pay
from domain.payments.means import looks_like_card_number, may_return_to
from domain.payments.model import SavedMethod
from domain.payments.provider import Ability, Buyer, CaptureMode, Provider
from domain.viewer import Customer
from persistence.customers import reads as customers
from persistence.orders.reads import OrderView, orders_by_id, orders_of_holders
from persistence.payments.reads import payments_by_id
from schema.context import Context
from schema.customers.types import Customer as CustomerType
from schema.mutations import Answer, Keyed, Later, answered, deed, keyed, moves_money
from schema.orders.types import Order
from schema.payments.claims import amount_in, claim_of
from schema.payments.inputs import (
    METHOD_LENGTH_MAX,
    URL_LENGTH_MAX,
    PaymentCancelInput,
    PaymentCreateInput,
    PaymentMethodDeleteInput,
)
from schema.payments.types import Payment
from schema.payments.ways import offered_to
from schema.permissions import CUSTOMER, EVERYONE

_METHOD = re.compile(r"[!-~]*\Z")
THE_PAYMENT = (Payment, "The payment as it is now.")


async def _order_of(answer: Answer, context: Context) -> OrderView | None:
    payment = answer.things.get("payment")
    return (await orders_of_holders(context.reader, [payment.order_id]))[0] if payment is not None else None


THE_ORDER = Later(Order, "Its order as it is now.", _order_of)


@dataclass(frozen=True, slots=True)
class _Asked:
    """An order that the caller may ask to pay, and by what it was named."""

    order: OrderView
    by_token: bool


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Through whom, and with which kept method."""

    provider: Provider
    saved: SavedMethod | None


@deed(
    "Starts a payment of an order. Needs an idempotency key: the same key with the same input is charged once, however often "
    "it is sent. A declined payment is answered with its `failure`; one that is PENDING or REQUIRES_ACTION goes on by itself "
    "or by its `nextAction`, and the order's history tells how it ends.",
    allow=EVERYONE,
    payment=THE_PAYMENT,
    order=THE_ORDER,
)
@moves_money
@keyed(Keyed.REQUIRED)
async def payment_create(context: Context, *, input: PaymentCreateInput) -> Answer | UserError:
    if (problem := _form_problem(context, input)) is not None:
        return problem
    asked = await _asked(context, input)
    return asked if isinstance(asked, UserError) else await _pay(context, asked, input, context.key or "")


async def _pay(context: Context, asked: _Asked, said: PaymentCreateInput, key: str) -> Answer | UserError:
    order = asked.order
    chosen = await _chosen(context, order, said)
    if isinstance(chosen, UserError):
        return chosen
    amount = amount_in(order.currency, said.amount) if said.amount is not None else None
    if isinstance(amount, UserError):
        return amount
    order_id, provider = OrderId(order.id), chosen.provider
    about = {
        "order": order_id,
        "provider": provider.name,
        "method": said.method,
        "return_url": said.return_url,
        "amount": said.amount,
        "saved": said.saved_method_id,
        "keep": said.keep_method,
    }
    outcome = await pay(
        context.transact,
        provider,
        wanted=Wanted(
            order_id=order_id,
            holds_token=asked.by_token,
            provider=provider.name,
            amount=amount,
            keeps_method=said.keep_method,
        ),
        means=_means(context, order, chosen, said),
        claim=claim_of(context, "paymentCreate", about, guest=f"order:{order_id}", key=key),
        reservation_seconds=context.ports.reservation_seconds,
        by=context.viewer,
        now=context.now,
    )
    return await _with_payment(context, outcome)


def _form_problem(context: Context, said: PaymentCreateInput) -> UserError | None:
    method, url = said.method or "", said.return_url
    if len(method) > METHOD_LENGTH_MAX or _METHOD.match(method) is None:
        reason = f"A method is at most {METHOD_LENGTH_MAX} printable ASCII characters without spaces."
        return Invalid(path=("input", "method"), reason=reason)
    if looks_like_card_number(method):
        reason = "This looks like a card number. Send the token that the provider's own form gave for it, and nothing else."
        return Invalid(path=("input", "method"), reason=reason)
    if method and said.saved_method_id is not None:
        return Invalid(path=("input", "method"), reason="Say either `method` or `savedMethodId`.")
    if url is not None and len(url) > URL_LENGTH_MAX:
        return Invalid(path=("input", "return_url"), reason=f"An address has at most {URL_LENGTH_MAX} characters.")
    if url is not None and not may_return_to(url, context.ports.payments.return_urls):
        return ReturnUrlNotAllowed(path=("input", "return_url"))
    return None


async def _asked(context: Context, said: PaymentCreateInput) -> _Asked | UserError:
    """The order; the token counts when both are given, and who may not see it is told that there is none."""
    order: OrderView | None = None
    if said.order_token is not None:
        known = context.ports.seal.open("order", said.order_token)
        order = (await orders_of_holders(context.reader, [known]))[0] if known is not None else None
    elif said.order_id is not None and (by_id := context.id_of("Order", said.order_id)) is not None:
        order = (await orders_by_id(context.reader, [by_id], viewer=context.viewer))[0]
    if order is None:
        return NotFound(path=("input", "order_token" if said.order_token is not None else "order_id"), what="order")
    return _Asked(order, said.order_token is not None)


async def _chosen(context: Context, order: OrderView, said: PaymentCreateInput) -> _Chosen | UserError:
    """One of the providers that are offered for the order, and the caller's own kept method where they named one."""
    saved: SavedMethod | None = None
    if said.saved_method_id is not None:
        method_id = context.id_of("SavedPaymentMethod", said.saved_method_id)
        if method_id is not None and _owns(context, order):
            saved = await context.transact(own_method, method_id=PaymentMethodId(method_id), by=context.viewer)
        if saved is None:
            return NotFound(path=("input", "saved_method_id"), what="payment method")
    offered = await offered_to(context, order.channel_id, order.currency)
    named = saved.provider if saved is not None else said.provider
    provider = next((each for each in offered if named in (None, each.name)), None)
    if provider is None or (saved is not None and said.provider not in (None, saved.provider)):
        return NotFound(path=("input", "provider"), what="payment provider")
    at: Path = ("input", "keep_method")
    if said.keep_method and not _owns(context, order):
        return Invalid(path=at, reason="Methods are kept for customers who pay their own order.")
    if said.keep_method and Ability.SAVED_METHODS not in provider.abilities:
        return ProviderCannot(path=at, ability=Ability.SAVED_METHODS.value)
    return _Chosen(provider, saved)


def _owns(context: Context, order: OrderView) -> bool:
    return isinstance(context.viewer, Customer) and order.customer_id == context.viewer.id


def _means(context: Context, order: OrderView, chosen: _Chosen, said: PaymentCreateInput) -> Means:
    ports, provider = context.ports.payments, chosen.provider
    by_staff = ports.capture is CaptureMode.MANUAL and Ability.MANUAL_CAPTURE in provider.abilities
    return Means(
        buyer=_buyer(order),
        method=said.method or "",
        return_url=said.return_url or next(iter(ports.return_urls), context.ports.public_url),
        webhook_url=f"{ports.webhook_url}/webhooks/payments/{provider.name}",
        capture=CaptureMode.MANUAL if by_staff else CaptureMode.AUTOMATIC,
        customer_key=str(order.customer_id) if _owns(context, order) else None,
        saved_method=chosen.saved.token if chosen.saved is not None else None,
    )


def _buyer(order: OrderView) -> Buyer:
    """Who pays, by what the order says."""
    address = order.billing_address
    name = f"{address.get('first_name', '')} {address.get('last_name', '')}".strip()
    return Buyer(email=order.email, name=name, phone=address.get("phone") or None, country=address.get("country") or None)


async def _with_payment(context: Context, outcome: PaymentId | UserError) -> Answer | UserError:
    context.forget()
    if isinstance(outcome, UserError):
        return outcome
    payment = (await payments_by_id(context.reader, [outcome]))[0]
    return answered(payment=payment)


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
        context.ports.payments.offers.all,
        payment_id=PaymentId(payment_id),
        token_of=OrderId(token_of) if token_of is not None else None,
        by=context.viewer,
        now=context.now,
    )
    return await _with_payment(context, outcome)


@deed(
    "Forgets a kept payment method. It is gone for you at once, and its provider is told.",
    allow=CUSTOMER,
    customer=(CustomerType, "You, as you are now."),
)
async def payment_method_delete(context: Context, *, input: PaymentMethodDeleteInput) -> Answer | UserError:
    method_id = context.id_of("SavedPaymentMethod", input.method_id)
    if method_id is None:
        return NotFound(path=("input", "method_id"), what="payment method")
    outcome = await context.act(forget_method, method_id=PaymentMethodId(method_id), by=context.viewer, now=context.now)
    if isinstance(outcome, UserError):
        return outcome
    return answered(customer=(await customers.customers(context.reader, [outcome]))[0])
