"""What actors and the clock do with payments: apply notifications, give money back, drop attempts, compare with providers.

Everything decided here is decided by the flows and actions of the domain; a provider that does not answer is asked again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import structlog

from domain.error import UserError
from domain.ids import OrderId, PaymentId, PaymentMethodId
from domain.payments.actions.attempts import settle_cancelled
from domain.payments.actions.inbox import apply_notification, due_notifications
from domain.payments.flows.capturing import take
from domain.payments.flows.forgetting import forget
from domain.payments.flows.giving_back import give_back
from domain.payments.flows.looking_up import follow
from domain.payments.flows.paying import drop
from domain.payments.flows.reconciling import reconcile
from domain.payments.model import NotificationState
from persistence.failures import Overloaded, Unavailable
from persistence.unit import UnitOfWork
from workers.tasks import Fact, Tools

log = structlog.stdlib.get_logger(__name__)
_BATCH = 100


async def apply_received(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Applies the notification that came in. One that cannot be applied yet waits in the inbox for the clock."""
    notification_id = fact.id("notification_id")
    state = await apply_notification(unit, notification_id=notification_id, accounts=_accounts(tools), now=_now())
    _told(notification_id, state)
    return None


async def look_up(fact: Fact, tools: Tools) -> None:
    """Asks the provider about a payment that a notification only named, and applies it. A silent one leaves it to the clock."""
    notification_id = fact.id("notification_id")
    _told(notification_id, await follow(tools.transact, tools.providers, notification_id=notification_id, now=_now()))


async def settle_cancelled_order(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Promises money back, and announces attempts to be dropped."""
    del tools
    # Facts from before there was a limit to it do not say.
    takes_two = bool(fact.fields.get("takes_two", False))
    await settle_cancelled(unit, order_id=OrderId(fact.id("order_id")), takes_two=takes_two, now=_now())
    return None


async def give_money_back(fact: Fact, tools: Tools) -> None:
    """Asks the provider for a promised refund. Raises ProviderUnavailable: the task is tried again."""
    await give_back(tools.transact, tools.providers, refund_id=fact.id("refund_id"), now=_now())


async def take_money(fact: Fact, tools: Tools) -> None:
    """Asks the provider for what staff wants taken. Raises ProviderUnavailable: the task is tried again."""
    await take(tools.transact, tools.providers, capture_id=fact.id("capture_id"), now=_now())


async def forget_method(fact: Fact, tools: Tools) -> None:
    """Tells the provider to drop a kept method. Raises ProviderUnavailable: the task is tried again."""
    await forget(tools.transact, tools.providers, method_id=PaymentMethodId(fact.id("method_id")))


async def drop_attempt(fact: Fact, tools: Tools) -> None:
    """Cancels an attempt of an order that is off. Raises ProviderUnavailable: the task is tried again."""
    await drop(tools.transact, tools.providers, payment_id=PaymentId(fact.id("payment_id")), now=_now())


async def apply_waiting(tools: Tools) -> None:
    """Applies notifications that could not be applied when they came, one a transaction."""
    for notification_id in await tools.transact(due_notifications, limit=_BATCH):
        try:
            state = await follow(tools.transact, tools.providers, notification_id=notification_id, now=_now())
        except (Unavailable, Overloaded):
            raise
        except Exception:
            log.exception("notification.not_applied", notification_id=str(notification_id))
        else:
            _told(notification_id, state)


async def ask_unfinished(tools: Tools) -> None:
    """Asks providers about attempts that should have ended by now."""
    await _reconcile(tools, with_list=False)


async def compare_books(tools: Tools) -> None:
    """Compares the last days with what providers list, charge by charge."""
    await _reconcile(tools, with_list=True)


async def _reconcile(tools: Tools, *, with_list: bool) -> None:
    for name, provider in tools.providers.items():
        outcome = await reconcile(
            tools.transact, provider, unfinished_after=tools.unfinished_after, with_list=with_list, now=_now()
        )
        if outcome is None:
            continue
        for finding in outcome.findings:
            log.warning(
                "payments.differed",
                provider=name,
                kind=finding.kind.value,
                payment_id=str(finding.payment_id),
                was_repaired=finding.was_repaired,
            )
        if outcome.failure is not None:
            log.warning("payments.not_compared", provider=name, reason=outcome.failure)


def _accounts(tools: Tools) -> dict[str, str]:
    return {name: provider.account for name, provider in tools.providers.items()}


def _told(notification_id: UUID, state: NotificationState | None) -> None:
    if state is NotificationState.PARKED:
        log.error("notification.parked", notification_id=str(notification_id))


def _now() -> datetime:
    return datetime.now(UTC)
