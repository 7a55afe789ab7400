"""What only staff sees: providers' messages, and what comparisons with their books found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import strawberry

import schema.payments.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.payments.model import FindingKind, NotificationState
from persistence.payments.reads import (
    FindingView,
    NotificationView,
    PaymentView,
    RunView,
    findings_of_runs,
    payments_by_id,
)
from schema.context import Context
from schema.execution.fields import batch, plain, shows
from schema.node import identity
from schema.paging import connection
from schema.payments.types import STAFF, Payment
from schema.scalars import Json


@strawberry.type(name="PaymentNotification", description="What a provider told by webhook, and what became of it.")
@shows(NotificationView, allow=STAFF)
class PaymentNotification:
    """Shown from `persistence.payments.reads.NotificationView`."""

    id: strawberry.ID = identity("PaymentNotification")
    provider: str = plain("The provider's name.")
    notification_id: str = plain("The provider's own name for the message.")
    kind: str = plain("What it is about, in the provider's word.")
    state: NotificationState = plain("Where it stands.")
    outcome: str | None = plain("What became of it; null while it waits.")
    attempts: int = plain("How often it was tried.")
    payload: Json = plain("The payment as the provider told it, in our words; empty while it has only been named.")
    received_at: datetime = plain("When it first came.")


async def _found_payments(findings: Sequence[FindingView], context: Context) -> list[PaymentView | None]:
    """Staff who may read payments may read all of them."""
    known = [each.payment_id for each in findings if each.payment_id is not None]
    by_id = dict(zip(known, await payments_by_id(context.reader, known), strict=True))
    return [by_id.get(each.payment_id) if each.payment_id is not None else None for each in findings]


@strawberry.type(name="ReconciliationFinding", description="A difference between a provider's books and ours.")
@shows(FindingView, allow=STAFF)
class ReconciliationFinding:
    """Shown from `persistence.payments.reads.FindingView`."""

    kind: FindingKind = plain("What was found.")
    was_repaired: bool = plain("Whether our books were set right; what was not is for a person, and told by one run only.")
    payment: Payment | None = batch(_found_payments, "The payment, where it is one of ours.")
    reference: str | None = plain("The provider's own name for the payment.")
    detail: Json = plain("What differed.")


async def _findings(runs: Sequence[RunView], context: Context) -> list[list[FindingView]]:
    return await findings_of_runs(context.reader, [each.id for each in runs])


@strawberry.type(name="ReconciliationRun", description="A comparison with a provider's books.")
@shows(RunView, allow=STAFF)
class ReconciliationRun:
    """Shown from `persistence.payments.reads.RunView`."""

    id: strawberry.ID = identity("ReconciliationRun")
    provider: str = plain("The provider's name.")
    started_at: datetime = plain("When it began.")
    finished_at: datetime | None = plain("When it ended; null while it runs.")
    payments_checked: int = plain("How many payments were compared.")
    failure: str | None = plain("Why it ended before its end.")
    findings: list[ReconciliationFinding] = batch(_findings, "What it found.")


ReconciliationRunConnection = connection(ReconciliationRun, "ReconciliationRun", allow=STAFF)
PaymentNotificationConnection = connection(PaymentNotification, "PaymentNotification", allow=STAFF)
