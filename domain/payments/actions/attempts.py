"""The transactions around one attempt to pay: begun before the provider is called, recorded after, ended when it is dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.error import Invalid, NotFound, Path, UserError
from domain.idempotency import Answered, Claim, Fresh
from domain.ids import OrderId, PaymentId, new_id
from domain.live import order_topic
from domain.money import Money, zero
from domain.orders.model import Entry, EventKind, Order, OrderStatus
from domain.orders.rules import payment_status
from domain.payments import figures, rules
from domain.payments.actions.settling import apply_seen, carry_out, locked, promise
from domain.payments.errors import AlreadyPaid, AmountExceedsOutstanding, OrderNotPayable, PaymentCoversOrder, PaymentInProgress
from domain.payments.events import PaymentAbandoned
from domain.payments.model import OPEN, Payment, PaymentState, ProviderPayment
from domain.payments.provider import Answer, Declined, Unknown
from domain.payments.rules import Advance, Decision
from domain.unit import Unit
from domain.viewer import Customer, Permission, Viewer, actor_name, holds_in

ORDER: Path = ("input", "order_id")
CANCELLED_BY_SHOP = "The order was cancelled."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a buyer wants to pay: `amount` None is all that is left. `holds_token`: they have shown the order's token."""

    order_id: OrderId
    holds_token: bool
    provider: str
    amount: Money | None
    keeps_method: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that is committed, and the number of its order, which the provider is told. Nobody was asked for a new one."""

    payment: Payment
    order_number: int
    is_new: bool


def may_pay(order: Order, viewer: Viewer, *, holds_token: bool) -> bool:
    """Whether the order is the viewer's to pay: by its token, by being its customer, or as staff for payments."""
    owns = isinstance(viewer, Customer) and order.customer_id == viewer.id
    return holds_token or owns or holds_in(viewer, Permission.MANAGE_PAYMENTS, order.channel_id)


async def begin_attempt(
    unit: Unit, *, wanted: Wanted, claim: Claim, reservation_seconds: int, by: Viewer, now: datetime
) -> Begun | UserError:
    """Writes the attempt down, or says why not. The same claim gives the same attempt again, however it stands by then."""
    payment_id = PaymentId(new_id())
    match await unit.idempotency.claim(claim, {"payment_id": str(payment_id)}):
        case Answered(outcome):
            return await _begun_before(unit, PaymentId(UUID(outcome["payment_id"])))
        case Fresh():
            pass
        case reused:
            return reused
    order = await unit.orders.lock(wanted.order_id)
    if order is None or not may_pay(order, by, holds_token=wanted.holds_token):
        return NotFound(path=ORDER, what="order")
    attempts = await unit.payments.lock_all(order.id)
    left = figures.outstanding(order, attempts)
    if (problem := _problem(order, wanted.amount, left)) is not None:
        return problem
    payment = _attempt(payment_id, order, wanted, wanted.amount or left, now)
    await unit.payments.add(payment)
    await unit.stock.extend(order.id, seconds=reservation_seconds)
    money = payment_status(
        order, authorized=order.authorized, captured=order.captured, refunded=order.refunded, is_pending=True
    )
    data = {
        "payment": str(payment.id),
        "provider": payment.provider,
        "amount": payment.amount.minor,
        "currency": payment.amount.currency,
    }
    entry = Entry(kind=EventKind.PAYMENT_STARTED, data=data)
    await unit.orders.record(order, replace(order.states, payment=money), [entry], actor=actor_name(by), now=now)
    unit.hint(order_topic(order.id))
    return Begun(payment, order.number, is_new=True)


async def _begun_before(unit: Unit, payment_id: PaymentId) -> Begun | UserError:
    payment = await unit.payments.find(payment_id)
    order = await unit.orders.lock(payment.order_id) if payment is not None else None
    if payment is None or order is None:
        return NotFound(path=ORDER, what="payment")
    return Begun(payment, order.number, is_new=False)


def _problem(order: Order, amount: Money | None, left: Money) -> UserError | None:
    if order.states.status is OrderStatus.CANCELLED:
        return OrderNotPayable(path=ORDER)
    if order.billed <= order.captured:
        return AlreadyPaid(path=ORDER)
    if left.minor <= 0:
        return PaymentInProgress(path=ORDER)
    if amount is None:
        return None
    at: Path = ("input", "amount")
    if amount.currency != order.currency or amount.minor <= 0:
        return Invalid(path=at, reason=f"Pay an amount of {order.currency} above zero.")
    return AmountExceedsOutstanding(path=at, outstanding=left) if left < amount else None


def _attempt(payment_id: PaymentId, order: Order, wanted: Wanted, amount: Money, now: datetime) -> Payment:
    none = zero(order.currency)
    return Payment(
        id=payment_id,
        order_id=order.id,
        provider=wanted.provider,
        reference=None,
        state=PaymentState.PENDING,
        amount=amount,
        authorized=none,
        captured=none,
        refunded=none,
        version=0,
        next_action=None,
        failure_code=None,
        failure_message=None,
        method=None,
        keeps_method=wanted.keeps_method,
        created_at=now,
    )


async def record_answer(unit: Unit, *, payment_id: PaymentId, answer: Answer, account: str, now: datetime) -> Decision | None:
    """Applies what the provider answered. An unknown outcome changes nothing: the attempt stays open until it is known."""
    scene = await locked(unit, payment_id)
    if scene is None:
        return None
    match answer:
        case Unknown():
            return None
        case ProviderPayment() as seen:
            return await apply_seen(unit, scene, seen, account=account, now=now)
        case Declined(payment=ProviderPayment() as kept):
            return await apply_seen(unit, scene, kept, account=account, now=now)
        case Declined(code=code, message=message):
            closed = rules.close(
                scene.payment, scene.order, PaymentState.FAILED, code=code, message=message, around=scene.around
            )
            if isinstance(closed, Advance):
                await carry_out(unit, scene.order, closed, now=now)
            return closed


async def close_attempt(
    unit: Unit, *, payment_id: PaymentId, state: PaymentState, code: str, message: str, now: datetime
) -> Decision | None:
    """Ends an attempt that the provider certainly does not have."""
    scene = await locked(unit, payment_id)
    if scene is None:
        return None
    closed = rules.close(scene.payment, scene.order, state, code=code, message=message, around=scene.around)
    if isinstance(closed, Advance):
        await carry_out(unit, scene.order, closed, now=now)
    return closed


async def settle_cancelled(unit: Unit, *, order_id: OrderId, takes_two: bool, now: datetime) -> None:
    """After a cancellation: promises back all that was taken, and announces what is still open, to be dropped.

    With `takes_two` what was taken is a second person's to decide, and stays for now.
    """
    order = await unit.orders.lock(order_id)
    if order is None or order.states.status is not OrderStatus.CANCELLED:
        return
    promised = await unit.payments.promised(order_id)
    for payment in await unit.payments.lock_all(order_id):
        left = figures.refundable(payment, promised.get(payment.id, zero(order.currency)))
        if left.minor > 0 and not takes_two:
            await promise(
                unit,
                order,
                order.states,
                payment,
                left,
                reason=CANCELLED_BY_SHOP,
                actor="machine:payments",
                now=now,
            )
        if payment.state in (*OPEN, PaymentState.AUTHORIZED):
            unit.announce(PaymentAbandoned(payment_id=payment.id, order_id=order_id))


async def check_payer(unit: Unit, *, payment_id: PaymentId, token_of: OrderId | None, by: Viewer) -> PaymentId | UserError:
    """Whether the payment is the viewer's to call off; `token_of` is the order whose token they have shown.

    What is promised already only staff may release, and not while a confirmed order rests on it.
    """
    at: Path = ("input", "payment_id")
    scene = await locked(unit, payment_id)
    if scene is None or not may_pay(scene.order, by, holds_token=token_of == scene.order.id):
        return NotFound(path=at, what="payment")
    order, payment = scene.order, scene.payment
    if payment.state is not PaymentState.AUTHORIZED or order.states.status is OrderStatus.CANCELLED:
        return payment_id
    is_bearing = order.states.status is not OrderStatus.PENDING and order.authorized - payment.authorized < order.billed
    if is_bearing or not holds_in(by, Permission.MANAGE_PAYMENTS, order.channel_id):
        return PaymentCoversOrder(path=at)
    return payment_id


async def find_payment(unit: Unit, *, payment_id: PaymentId) -> Payment | None:
    """An attempt as it stands."""
    return await unit.payments.find(payment_id)
