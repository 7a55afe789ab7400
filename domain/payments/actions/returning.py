"""The transactions around money that was promised back: asked for at the provider, settled by what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.live import order_topic
from domain.orders.model import Entry, EventKind
from domain.payments.actions.settling import Scene, apply_seen, locked
from domain.payments.events import RefundFailed, RefundSettled
from domain.payments.model import Payment, ProviderPayment, Refund, RefundState
from domain.payments.provider import Declined
from domain.payments.rules import TEXT_LENGTH_MAX, Mismatch
from domain.unit import Unit


@dataclass(frozen=True, slots=True)
class DueRefund:
    """A refund to ask the provider for, and the payment it is of."""

    refund: Refund
    payment: Payment


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
    else:
        await _settled(unit, refund, now)
    return None


async def record_if_done(unit: Unit, *, refund: Refund, seen: ProviderPayment, account: str, now: datetime) -> bool | Mismatch:
    """Settles a refund that the provider's figures say was made, although nobody answered then; whether it is settled."""
    scene = await locked(unit, refund.payment_id)
    if scene is None:
        return False
    decision = await apply_seen(unit, scene, seen, account=account, now=now)
    if isinstance(decision, Mismatch):
        return decision
    kept = await unit.payments.refund(refund.id)
    if kept is None or kept.state is not RefundState.PENDING:
        return True
    if seen.refunded.minor - await unit.payments.given_back(refund.payment_id) < refund.amount.minor:
        return False
    await _settled(unit, refund, now)
    return True


async def _settled(unit: Unit, refund: Refund, now: datetime) -> None:
    if await unit.payments.settle_refund(refund.id, RefundState.DONE, failure=None, now=now):
        unit.announce(
            RefundSettled(
                payment_id=refund.payment_id, order_id=refund.order_id, refund_id=refund.id, amount=refund.amount.minor
            )
        )


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
    unit.announce(RefundFailed(payment_id=refund.payment_id, order_id=refund.order_id, refund_id=refund.id, failure=failure))
    unit.hint(order_topic(order.id))
