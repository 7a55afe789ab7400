"""Payments that nobody but staff can tell about: bank transfers and cash. What staff says counts as a provider's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.error import Invalid, NotFound, Path, UserError
from domain.idempotency import Answered, Claim, Fresh
from domain.ids import PaymentId
from domain.money import Money, zero
from domain.payments.actions.returning import record_refund
from domain.payments.actions.settling import apply_seen, locked
from domain.payments.errors import CaptureTooLarge
from domain.payments.model import Payment, ProviderPayment, ProviderStatus, RefundState
from domain.unit import Unit
from domain.viewer import Permission, Viewer, holds_in


async def mark_received(
    unit: Unit, *, payment_id: PaymentId, amount: Money | None, account: str, claim: Claim, by: Viewer, now: datetime
) -> PaymentId | UserError:
    """Staff says that money came in, all that is missing unless said otherwise; once per claim."""
    match await unit.idempotency.claim(claim):
        case Answered(outcome):
            return PaymentId(UUID(outcome["payment_id"]))
        case Fresh():
            pass
        case reused:
            return reused
    scene = await locked(unit, payment_id)
    if scene is None or not holds_in(by, Permission.MANAGE_PAYMENTS, scene.order.channel_id):
        return NotFound(path=("input", "payment_id"), what="payment")
    payment, at = scene.payment, ("input", "amount")
    left = payment.amount - payment.captured
    came = amount or left
    if amount is not None and (amount.currency != left.currency or amount.minor <= 0):
        return Invalid(path=at, reason=f"Say an amount of {left.currency} above zero.")
    if came.minor <= 0 or left < came:
        return CaptureTooLarge(path=at, capturable=left)
    captured = payment.captured + came
    seen = _told(payment, account, ProviderStatus.CAPTURED)
    authorized = max(payment.authorized, captured)
    await apply_seen(unit, scene, replace(seen, captured=captured, authorized=authorized), account=account, now=now)
    await unit.idempotency.record(claim, {"payment_id": str(payment_id)})
    return payment_id


async def mark_returned(unit: Unit, *, refund_id: UUID, account: str, by: Viewer, now: datetime) -> UUID | UserError:
    """Staff says that a promised refund was paid out; nothing more when it was said before."""
    at: Path = ("input", "refund_id")
    refund = await unit.payments.refund(refund_id)
    scene = await locked(unit, refund.payment_id) if refund is not None else None
    # Under the lock it may have been settled meanwhile.
    refund = await unit.payments.refund(refund_id) if scene is not None else None
    if refund is None or scene is None or not holds_in(by, Permission.MANAGE_PAYMENTS, scene.order.channel_id):
        return NotFound(path=at, what="refund")
    if refund.state is RefundState.PENDING:
        payment = scene.payment
        refunded = payment.refunded + refund.amount
        status = ProviderStatus.REFUNDED if refunded == payment.captured else ProviderStatus.PARTIALLY_REFUNDED
        seen = replace(_told(payment, account, status), refunded=refunded)
        await record_refund(unit, refund=refund, answer=seen, account=account, now=now)
    return refund_id


async def call_off(unit: Unit, *, payment_id: PaymentId, account: str, now: datetime) -> None:
    """Nobody waits for the money any more; what comes all the same can still be marked."""
    scene = await locked(unit, payment_id)
    if scene is None or scene.payment.captured.minor > 0:
        return
    seen = _told(scene.payment, account, ProviderStatus.CANCELLED)
    none = zero(scene.payment.amount.currency)
    await apply_seen(unit, scene, replace(seen, authorized=none), account=account, now=now)


def _told(payment: Payment, account: str, status: ProviderStatus) -> ProviderPayment:
    """The payment as its provider would tell it next."""
    return ProviderPayment(
        provider=payment.provider,
        account=account,
        reference=payment.reference or str(payment.id),
        attempt_key=str(payment.id),
        amount=payment.amount,
        authorized=payment.authorized,
        captured=payment.captured,
        refunded=payment.refunded,
        status=status,
        version=payment.version + 1,
        created_at=payment.created_at,
    )
