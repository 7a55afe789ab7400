"""Carries out what the rules decided: rows, ledger, the order's history and sums, goods and facts, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.ids import PaymentId, RefundRequestId, new_id
from domain.live import order_topic
from domain.money import Money, sum_of, zero
from domain.orders.events import OrderStatusChanged
from domain.orders.model import Entry, EventKind, Order, States
from domain.orders.store import Sums
from domain.payments import figures, rules
from domain.payments.events import (
    DisputeClosed,
    PaymentCaptured,
    PaymentDisputed,
    PaymentFailed,
    RefundDue,
    RefundFailed,
    RefundSettled,
)
from domain.payments.model import OPEN, DisputeStatus, Payment, ProviderPayment, Refund, RefundState
from domain.payments.rules import Advance, Around, Decision
from domain.unit import Unit

HOLD_MAX = timedelta(days=14)
"""Longer than this no goods are held for a payment, whatever its provider says."""
OVERPAID = "The order is off, or was paid twice."
AT_THE_PROVIDER = "Refunded at the provider."
RETURNED = "The provider gave the money back, and it came back."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A payment and its order under their locks, and what else of the order decisions need."""

    order: Order
    payment: Payment
    attempts: Sequence[Payment]
    around: Around


async def locked(unit: Unit, payment_id: PaymentId) -> Scene | None:
    """Locks the payment's order, then all its attempts; None when there is no such payment."""
    order = await unit.orders.lock_of_payment(payment_id)
    if order is None:
        return None
    attempts = await unit.payments.lock_all(order.id)
    payment = next(each for each in attempts if each.id == payment_id)
    # Nothing is promised back of what was never taken.
    promised = await unit.payments.promised(order.id) if any(each.captured.minor for each in attempts) else {}
    none = zero(order.currency)
    return Scene(
        order=order,
        payment=payment,
        attempts=attempts,
        around=Around(
            others_open=any(each.state in OPEN for each in attempts if each.id != payment_id),
            promised=promised.get(payment_id, none),
            promised_of_order=sum_of(promised.values(), order.currency),
        ),
    )


async def apply_seen(unit: Unit, scene: Scene, seen: ProviderPayment, *, account: str, now: datetime) -> Decision:
    """Applies a provider's snapshot to the payment of the scene; what was decided."""
    disputed = await unit.payments.dispute(scene.payment.id, seen.dispute.reference) if seen.dispute is not None else None
    decision = rules.apply(scene.payment, scene.order, seen, account=account, around=scene.around, disputed=disputed)
    if isinstance(decision, Advance):
        await carry_out(unit, scene.order, decision, now=now)
    return decision


async def carry_out(unit: Unit, order: Order, advance: Advance, *, now: datetime) -> None:
    """Makes a decision true. The order's and the payment's locks are held."""
    payment, actor = advance.payment, f"provider:{advance.payment.provider}"
    await unit.payments.save(payment, advance.transfers, now=now)
    sums = Sums(authorized=advance.authorized, captured=advance.captured, refunded=advance.refunded)
    if advance.transfers and not advance.steps:
        await unit.orders.set_money(order.id, sums)
    states = order.states
    for step in advance.steps:
        seq = await unit.orders.record(
            order, step.states, step.entries, actor=actor, now=now, sums=sums if advance.transfers else None
        )
        if step.captured is not None:
            unit.announce(PaymentCaptured(payment_id=payment.id, order_id=order.id, amount=step.captured.minor))
        if step.has_failed:
            unit.announce(PaymentFailed(payment_id=payment.id, order_id=order.id))
        if step.states.status is not states.status:
            unit.announce(
                OrderStatusChanged(
                    order_id=order.id,
                    seq=seq,
                    status=step.states.status.value,
                    fulfillment_status=step.states.fulfillment.value,
                )
            )
        states = step.states
    await _beside(unit, order, advance, now=now)
    if advance.is_confirmed:
        await unit.stock.allocate(order.id)
    if advance.unasked_refund.minor > 0:
        await _note_refund(unit, payment, advance.unasked_refund, now=now)
    if advance.came_back.minor > 0:
        await _note_failed(unit, payment, advance.came_back, now=now)
    if advance.to_refund.minor > 0:
        await promise(unit, order, states, payment, advance.to_refund, reason=OVERPAID, actor=actor, now=now)
    unit.hint(order_topic(order.id))


async def _beside(unit: Unit, order: Order, advance: Advance, *, now: datetime) -> None:
    """What comes with an advance now and then: a dispute, a method that is kept, goods that wait for a slow payment."""
    payment = advance.payment
    if advance.dispute is not None:
        await unit.payments.save_dispute(payment, advance.dispute, now=now)
        about = {"payment_id": payment.id, "order_id": order.id}
        if advance.is_first_of_dispute:
            unit.announce(PaymentDisputed(**about, dispute=advance.dispute.reference))
        if advance.dispute.status is not DisputeStatus.OPEN:
            unit.announce(DisputeClosed(**about, dispute=advance.dispute.reference))
    if advance.kept is not None and order.customer_id is not None:
        await unit.payments.keep_method(order.customer_id, payment.provider, advance.kept, now=now)
    if advance.hold_until is not None:
        seconds = int((min(advance.hold_until, now + HOLD_MAX) - now).total_seconds())
        await unit.stock.extend(order.id, seconds=max(seconds, 0))


async def promise(
    unit: Unit,
    order: Order,
    states: States,
    payment: Payment,
    amount: Money,
    *,
    reason: str,
    actor: str,
    now: datetime,
    request_id: RefundRequestId | None = None,
) -> Refund:
    """Promises money back under the order's lock; the provider is asked when the promise is committed."""
    refund = Refund(
        id=new_id(),
        payment_id=payment.id,
        order_id=order.id,
        amount=amount,
        reason=reason,
        state=RefundState.PENDING,
        created_at=now,
        request_id=request_id,
    )
    await unit.payments.add_refund(refund, now=now)
    data = {"payment": str(payment.id), "amount": amount.minor, "currency": amount.currency}
    await unit.orders.record(order, states, [Entry(kind=EventKind.REFUND_STARTED, data=data)], actor=actor, now=now)
    unit.announce(RefundDue(payment_id=payment.id, order_id=order.id, refund_id=refund.id))
    unit.hint(order_topic(order.id))
    return refund


async def _note_refund(unit: Unit, payment: Payment, amount: Money, *, now: datetime) -> None:
    """Somebody gave money back in the provider's own pages."""
    refund = Refund(
        id=new_id(),
        payment_id=payment.id,
        order_id=payment.order_id,
        amount=amount,
        reason=AT_THE_PROVIDER,
        state=RefundState.DONE,
        created_at=now,
    )
    await unit.payments.add_refund(refund, now=now)
    unit.announce(RefundSettled(payment_id=payment.id, order_id=payment.order_id, refund_id=refund.id, amount=amount.minor))


async def _note_failed(unit: Unit, payment: Payment, amount: Money, *, now: datetime) -> None:
    """Money that was given back came back: the buyer does not have it, and staff has to find another way."""
    failed = figures.failed_of(await unit.payments.done_refunds(payment.id), amount)
    await unit.payments.fail_done([each.id for each in failed], failure=f"{rules.CAME_BACK}: {RETURNED}", now=now)
    for each in failed:
        unit.announce(
            RefundFailed(
                payment_id=payment.id, order_id=payment.order_id, refund_id=each.id, failure=f"{rules.CAME_BACK}: {RETURNED}"
            )
        )
