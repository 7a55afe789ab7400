"""Comparing our books with a provider's: what no notification told is found here, repaired by the same rules, and written down.

No notification is ever relied upon. Two runs beside each other are harmless: the second finds nothing left to repair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from domain.ids import PaymentId, ReconciliationRunId
from domain.payments.actions import reconciliation as actions
from domain.payments.flows.capturing import take
from domain.payments.flows.giving_back import give_back
from domain.payments.flows.looking_up import carried_on
from domain.payments.flows.paying import asked_for
from domain.payments.model import Finding, FindingKind, Payment, ProviderPayment
from domain.payments.provider import Ability, Provider, ProviderUnavailable
from domain.unit import Transact

BATCH = 50
SILENT_MAX = 3
"""After so many questions in a row without an answer a run asks no more."""
FAILURE_LENGTH_MAX = 500
LISTED = timedelta(days=3)
"""How far back the provider's list is read."""


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
    failures: list[str] = field(default_factory=list)
    silent: int = 0
    """How often in a row the provider did not say."""

    @property
    def is_hopeless(self) -> bool:
        """Whether to stop asking about single payments for now: each question may take ten seconds."""
        return self.silent >= SILENT_MAX

    def said(self) -> None:
        self.silent = 0

    def said_nothing(self, unavailable: ProviderUnavailable) -> None:
        self.silent += 1
        self.failures.append(str(unavailable))

    def found(self, finding: Finding | None) -> None:
        if finding is not None:
            self.findings += (finding,)


async def reconcile(
    transact: Transact, provider: Provider, *, unfinished_after: timedelta, with_list: bool, now: datetime
) -> Outcome | None:
    """Asks about every attempt unfinished for so long and, `with_list`, compares the last three days charge by charge.

    Leaves no record (None) when it was to ask about nothing. What a provider did not answer is the failure of
    the run, and is asked again by the next.
    """
    before = now - unfinished_after
    if Ability.OFFLINE in provider.abilities:
        return None
    first = await transact(actions.unfinished, provider=provider.name, before=before, unasked_since=now, limit=BATCH)
    overdue = await transact(actions.overdue, provider=provider.name, before=before, limit=BATCH)
    if not (first or overdue.refunds or overdue.captures or with_list):
        return None
    run = _Run(transact, provider, await transact(actions.open_run, provider=provider.name, now=now), now)
    await _ask(run, first, before)
    await _settle(run, overdue)
    if with_list:
        await _compare(run, before)
    failure = "; ".join(dict.fromkeys(run.failures))[:FAILURE_LENGTH_MAX] or None
    await transact(
        actions.close_run,
        run_id=run.id,
        provider=provider.name,
        payments_checked=run.checked,
        unrepaired=sum(not each.was_repaired for each in run.findings),
        failure=failure,
    )
    return Outcome(run.checked, run.findings, failure)


async def _ask(run: _Run, batch: Sequence[Payment], before: datetime) -> None:
    """Asks about attempts one by one. A silent provider ends it, and then the next run begins with whom this one left out."""
    while batch:
        for payment in batch:
            if run.is_hopeless:
                return
            await run.transact(actions.note_asked, payment_id=payment.id, now=run.now)
            try:
                await _ask_about(run, payment)
            except ProviderUnavailable as unavailable:
                run.said_nothing(unavailable)
            else:
                run.said()
                run.checked += 1
        batch = await run.transact(
            actions.unfinished, provider=run.provider.name, before=before, unasked_since=run.now, limit=BATCH
        )


async def _ask_about(run: _Run, payment: Payment) -> None:
    seen = await asked_for(run.provider, payment)
    if seen is not None:
        further = await carried_on(run.transact, run.provider, seen)
        await _repair(run, payment.id, further if isinstance(further, ProviderPayment) else seen)
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


async def _settle(run: _Run, overdue: actions.Overdue) -> None:
    """Asks again for refunds and captures whose answer was lost."""
    own = {run.provider.name: run.provider}
    for asked in (
        *(partial(give_back, run.transact, own, refund_id=each, now=run.now) for each in overdue.refunds),
        *(partial(take, run.transact, own, capture_id=each, now=run.now) for each in overdue.captures),
    ):
        if run.is_hopeless:
            return
        try:
            await asked()
        except ProviderUnavailable as unavailable:
            run.said_nothing(unavailable)
        else:
            run.said()


async def _compare(run: _Run, before: datetime) -> None:
    """Reads the provider's list a batch at a time. What is younger than `before` may still be told by notifications."""
    batch: list[ProviderPayment] = []
    try:
        async for seen in run.provider.list_since(run.now - LISTED):
            if seen.created_at <= before:
                batch.append(seen)
            if len(batch) == BATCH:
                await _compare_batch(run, batch)
                batch = []
    except ProviderUnavailable as unavailable:  # what came before is true all the same
        run.said_nothing(unavailable)
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
