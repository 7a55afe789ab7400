"""The transactions around giving money back: promised under the order's lock, settled when the provider has answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.error import Invalid, NotFound, Path, UserError
from domain.idempotency import Answered, Claim, Fresh
from domain.ids import OrderId, PaymentId
from domain.live import order_topic
from domain.money import Money, sum_of, zero
from domain.orders.model import Entry, EventKind, Order
from domain.payments import rules
from domain.payments.actions.settling import Scene, apply_seen, locked, promise
from domain.payments.errors import RefundTooLarge
from domain.payments.events import RefundSettled
from domain.payments.model import Payment, ProviderPayment, Refund, RefundState
from domain.payments.provider import Declined
from domain.payments.rules import TEXT_LENGTH_MAX, Mismatch
from domain.unit import Unit
from domain.viewer import Permission, Viewer, actor_name, holds_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """What staff wants to give back: of one payment, or of all of the order; `amount` None is all that is left."""

    order_id: OrderId
    payment_id: PaymentId | None
    amount: Money | None
    reason: str


@dataclass(frozen=True, slots=True)
class DueRefund:
    """A refund to ask the provider for, and the payment it is of."""

    refund: Refund
    payment: Payment


async def request_refund(unit: Unit, *, back: Back, claim: Claim, by: Viewer, now: datetime) -> list[UUID] | UserError:
    """Promises money back, latest payment first; the ids of the refunds. The sum of promises never passes what came in."""
    match await unit.idempotency.claim(claim):
        case Answered(outcome):
            return [UUID(each) for each in outcome["refund_ids"]]
        case Fresh():
            pass
        case reused:
            return reused
    order = await unit.orders.lock(back.order_id)
    if order is None or not holds_in(by, Permission.MANAGE_PAYMENTS, order.channel_id):
        return NotFound(path=("input", "order_id"), what="order")
    payments = [
        each for each in await unit.payments.lock_all(order.id) if back.payment_id is None or each.id == back.payment_id
    ]
    if back.payment_id is not None and not payments:
        return NotFound(path=("input", "payment_id"), what="payment")
    promised = await unit.payments.promised(order.id)
    none = zero(order.currency)
    left = {each.id: rules.refundable(each, promised.get(each.id, none)) for each in payments}
    total = sum_of(left.values(), order.currency)
    if (problem := _problem(order, back.amount, total)) is not None:
        return problem
    rest, made = back.amount or total, list[UUID]()
    for payment in reversed(payments):
        part = min(rest, left[payment.id])
        if part.minor > 0:
            refund = await promise(unit, order, order.states, payment, part, reason=back.reason, actor=actor_name(by), now=now)
            made.append(refund.id)
            rest -= part
    await unit.idempotency.record(claim, {"refund_ids": [str(each) for each in made]})
    return made


def _problem(order: Order, amount: Money | None, left: Money) -> UserError | None:
    at: Path = ("input", "amount")
    if amount is not None and (amount.currency != order.currency or amount.minor <= 0):
        return Invalid(path=at, reason=f"Give back an amount of {order.currency} above zero.")
    if left.minor <= 0 or (amount is not None and left < amount):
        return RefundTooLarge(path=at, refundable=left)
    return None


async def due_refund(unit: Unit, *, refund_id: UUID) -> DueRefund | None:
    """The refund with its payment while it is to be asked for; None when it is settled."""
    refund = await unit.payments.refund(refund_id)
    if refund is None or refund.state is not RefundState.PENDING:
        return None
    payment = await unit.payments.find(refund.payment_id)
    return DueRefund(refund, payment) if payment is not None else None


async def record_refund(
    unit: Unit, *, refund: Refund, answer: ProviderPayment | Declined, account: str, now: datetime
) -> Mismatch | None:
    """Applies the provider's answer and settles the refund, once; a Mismatch settles nothing."""
    scene = await locked(unit, refund.payment_id)
    if scene is None:
        return None
    seen = answer.payment if isinstance(answer, Declined) else answer
    if seen is not None:
        decision = await apply_seen(unit, scene, seen, account=account, now=now)
        if isinstance(decision, Mismatch):
            return decision
    if isinstance(answer, Declined):
        await _refused(unit, scene, refund, answer, now)
    elif await unit.payments.settle_refund(refund.id, RefundState.DONE, failure=None, now=now):
        unit.announce(
            RefundSettled(
                payment_id=refund.payment_id, order_id=refund.order_id, refund_id=refund.id, amount=refund.amount.minor
            )
        )
    return None


async def _refused(unit: Unit, scene: Scene, refund: Refund, answer: Declined, now: datetime) -> None:
    failure = f"{answer.code}: {answer.message}"[:TEXT_LENGTH_MAX]
    if not await unit.payments.settle_refund(refund.id, RefundState.FAILED, failure=failure, now=now):
        return
    order = await unit.orders.lock(scene.order.id)
    if order is None:
        return
    data = {
        "payment": str(refund.payment_id),
        "amount": refund.amount.minor,
        "currency": refund.amount.currency,
        "code": answer.code,
    }
    entry = Entry(kind=EventKind.REFUND_FAILED, data=data)
    await unit.orders.record(order, order.states, [entry], actor=f"provider:{scene.payment.provider}", now=now)
    unit.hint(order_topic(order.id))
