"""The inbox of providers' notifications: taken in with one insert, applied later under the order's lock, ended with an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from domain.ids import PaymentId
from domain.orders.model import OrderStatus
from domain.payments.actions.settling import apply_seen, locked
from domain.payments.events import NotificationReceived, PaymentNamed
from domain.payments.model import OPEN, KeptNotification, Notification, NotificationState, ProviderPayment
from domain.payments.rules import Advance, Decision, Mismatch, Stale
from domain.unit import Unit

WAIT_MAX = timedelta(hours=72)
"""So long a notification waits for a payment that we do not know (yet)."""
_PAUSE_SECONDS = 2
_PAUSE_SECONDS_MAX = 3600


async def accept_notification(unit: Unit, *, notification: Notification) -> None:
    """Keeps a genuine notification and announces it. A repeat of one that still waits wakes it; of one that ended, does nothing."""
    kept = await unit.payments.receive(notification)
    if kept is not None:
        is_whole = notification.payment is not None
        unit.announce(NotificationReceived(notification_id=kept) if is_whole else PaymentNamed(notification_id=kept))


async def apply_notification(
    unit: Unit, *, notification_id: UUID, accounts: Mapping[str, str], now: datetime, seen: ProviderPayment | None = None
) -> NotificationState | None:
    """Applies a waiting notification, once; where it stands then, None when it is not there.

    `accounts` are ours, by provider; `seen` is what the provider said when a notification only named the payment. One about
    a payment that is not known yet, or of a provider that is not set up or does not answer, waits.
    """
    kept = await unit.payments.notification(notification_id)
    if kept is None or kept.state is not NotificationState.PENDING:
        return kept.state if kept is not None else None
    told = seen or kept.payment
    if told is None:
        return await _wait(unit, kept, "the provider does not tell of the payment", now)
    payment_id, account = _payment_id(told.attempt_key), accounts.get(kept.provider)
    scene = await locked(unit, payment_id) if payment_id is not None else None
    if scene is None or account is None:
        return await _wait(unit, kept, "no such payment" if scene is None else "the provider is not set up", now)
    if seen is not None:
        await unit.payments.learn_notification(notification_id, seen)
    # A rival that waited for the order's lock finds the snapshot stale, and the notification ended.
    decision = await apply_seen(unit, scene, told, account=account, now=now)
    state, outcome = _end(told, decision)
    await unit.payments.end_notification(notification_id, state, outcome=outcome)
    return state


async def find_notification(unit: Unit, *, notification_id: UUID) -> KeptNotification | None:
    """A message of the inbox."""
    return await unit.payments.notification(notification_id)


async def is_wanted(unit: Unit, *, attempt_key: str) -> bool:
    """Whether an attempt may still come to something: it is open, and its order is not off."""
    payment_id = _payment_id(attempt_key)
    scene = await locked(unit, payment_id) if payment_id is not None else None
    return scene is not None and scene.payment.state in OPEN and scene.order.states.status is not OrderStatus.CANCELLED


def _end(told: ProviderPayment, decision: Decision) -> tuple[NotificationState, str]:
    match decision:
        case Advance():
            after = decision.payment
            return NotificationState.DONE, f"applied: {after.state.value} at version {after.version}"
        case Stale():
            return NotificationState.DONE, f"stale: version {told.version}, {decision.version} was applied"
        case Mismatch():
            return NotificationState.PARKED, f"mismatch: {decision.what}"


async def due_notifications(unit: Unit, *, limit: int) -> list[UUID]:
    """Waiting notifications whose next try is due."""
    return await unit.payments.due_notifications(limit=limit)


async def _wait(unit: Unit, kept: KeptNotification, why: str, now: datetime) -> NotificationState:
    if now - kept.received_at > WAIT_MAX:
        await unit.payments.end_notification(kept.id, NotificationState.PARKED, outcome=f"{why}, for 72 hours")
        return NotificationState.PARKED
    seconds = min(_PAUSE_SECONDS * 2 ** min(kept.attempts, 20), _PAUSE_SECONDS_MAX)
    await unit.payments.put_off_notification(kept.id, seconds=seconds)
    return NotificationState.PENDING


def _payment_id(attempt_key: str) -> PaymentId | None:
    try:
        return PaymentId(UUID(attempt_key))
    except ValueError:
        return None
