"""Comparing our books with a provider's: what no notification told is found here, repaired by the same rules, and written down.

No notification is ever relied upon. Two runs beside each other are harmless: the second finds nothing left to repair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.ids import PaymentId, ReconciliationRunId
from domain.payments.actions import reconciliation as actions
from domain.payments.flows.giving_back import give_back
from domain.payments.flows.paying import asked_for
from domain.payments.model import Finding, FindingKind, Payment, ProviderPayment
from domain.payments.provider import Provider, ProviderUnavailable
from domain.unit import Transact

BATCH = 50
LISTED = timedelta(days=3)
"""How far back the provider's list is read."""
KEYS_KEPT = timedelta(hours=20)
"""So long a provider surely remembers a key; an older refund is not asked for again by itself."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: how many payments it compared and what it found. `failure`: why it ended before its end."""

    payments_checked: int
    findings: tuple[Finding, ...]
    failure: str | None


@dataclass(slots=True)
class _Run:
    transact: Transact
    provider: Provider
    id: ReconciliationRunId
    now: datetime
    checked: int = 0
    findings: tuple[Finding, ...] = ()

    def found(self, finding: Finding | None) -> None:
        if finding is not None:
            self.findings += (finding,)


async def reconcile(
    transact: Transact, provider: Provider, *, unfinished_after: timedelta, with_list: bool, now: datetime
) -> Outcome | None:
    """Asks about every attempt unfinished for so long and, `with_list`, compares the last three days charge by charge.

    Leaves no record (None) when it was to ask about nothing. A provider that does not answer ends the run as failed.
    """
    before = now - unfinished_after
    first = await transact(actions.unfinished, provider=provider.name, before=before, after=None, limit=BATCH)
    overdue = await transact(actions.overdue_refunds, provider=provider.name, since=now - KEYS_KEPT, until=before, limit=BATCH)
    if not (first or overdue or with_list):
        return None
    run = _Run(transact, provider, await transact(actions.open_run, provider=provider.name, now=now), now)
    failure: str | None = None
    try:
        await _ask(run, first, before)
        await _give_back(run, overdue)
        if with_list:
            await _compare(run, before)
    except ProviderUnavailable as unavailable:
        failure = str(unavailable)
    await transact(actions.close_run, run_id=run.id, payments_checked=run.checked, failure=failure)
    return Outcome(run.checked, run.findings, failure)


async def _ask(run: _Run, batch: Sequence[Payment], before: datetime) -> None:
    """Asks about attempts one by one. One that the provider cannot tell of now stops nobody else, until all have been asked."""
    unanswered: ProviderUnavailable | None = None
    while batch:
        for payment in batch:
            try:
                await _ask_about(run, payment)
            except ProviderUnavailable as unavailable:
                unanswered = unavailable
            run.checked += 1
        batch = await run.transact(
            actions.unfinished, provider=run.provider.name, before=before, after=batch[-1].id, limit=BATCH
        )
    if unanswered is not None:
        raise unanswered


async def _ask_about(run: _Run, payment: Payment) -> None:
    seen = await asked_for(run.provider, payment)
    if seen is not None:
        await _repair(run, payment.id, seen)
    elif payment.reference is None:
        run.found(await run.transact(actions.give_up, run_id=run.id, payment_id=payment.id, now=run.now))
    else:
        finding = Finding(
            kind=FindingKind.UNKNOWN_TO_PROVIDER,
            payment_id=payment.id,
            reference=payment.reference,
            was_repaired=False,
            detail={},
        )
        run.found(await run.transact(actions.report, run_id=run.id, finding=finding))


async def _give_back(run: _Run, overdue: Sequence[UUID]) -> None:
    for refund_id in overdue:
        await give_back(run.transact, {run.provider.name: run.provider}, refund_id=refund_id, now=run.now)


async def _compare(run: _Run, before: datetime) -> None:
    """Reads the provider's list a batch at a time. What is younger than `before` may still be told by notifications."""
    batch: list[ProviderPayment] = []
    async for seen in run.provider.list_since(run.now - LISTED):
        if seen.created_at <= before:
            batch.append(seen)
        if len(batch) == BATCH:
            await _compare_batch(run, batch)
            batch = []
    await _compare_batch(run, batch)


async def _compare_batch(run: _Run, batch: Sequence[ProviderPayment]) -> None:
    for difference in await run.transact(actions.differences, listed=batch):
        seen = difference.seen
        if difference.payment is not None:
            await _repair(run, difference.payment.id, seen)
            continue
        finding = Finding(
            kind=FindingKind.UNKNOWN_TO_US,
            payment_id=None,
            reference=seen.reference,
            was_repaired=False,
            detail={
                "attempt": seen.attempt_key[:100],
                "captured": seen.captured.minor,
                "currency": seen.amount.currency,
            },
        )
        run.found(await run.transact(actions.report, run_id=run.id, finding=finding))
    run.checked += len(batch)


async def _repair(run: _Run, payment_id: PaymentId, seen: ProviderPayment) -> None:
    run.found(
        await run.transact(
            actions.repair,
            run_id=run.id,
            payment_id=payment_id,
            seen=seen,
            account=run.provider.account,
            now=run.now,
        )
    )
