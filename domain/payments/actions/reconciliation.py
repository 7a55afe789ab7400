"""The transactions of a reconciliation: its record, what to ask about, and each repair with its finding in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.ids import PaymentId, ReconciliationRunId, new_id
from domain.payments import rules
from domain.payments.actions.settling import apply_seen, carry_out, locked
from domain.payments.events import BooksDiffered
from domain.payments.model import Finding, FindingKind, Payment, PaymentState, ProviderPayment
from domain.payments.rules import Advance, Mismatch
from domain.unit import Unit


@dataclass(frozen=True, slots=True)
class Difference:
    """A payment of the provider that is not as ours is; `payment` None: we have none."""

    seen: ProviderPayment
    payment: Payment | None


@dataclass(frozen=True, slots=True)
class Overdue:
    """What a provider has not answered for: ids of refunds and of captures."""

    refunds: Sequence[UUID]
    captures: Sequence[UUID]


async def open_run(unit: Unit, *, provider: str, now: datetime) -> ReconciliationRunId:
    run_id = ReconciliationRunId(new_id())
    await unit.payments.open_run(run_id, provider, now=now)
    return run_id


async def close_run(
    unit: Unit, *, run_id: ReconciliationRunId, provider: str, payments_checked: int, unrepaired: int, failure: str | None
) -> None:
    """Ends a run's record; announces what is left to a person."""
    await unit.payments.close_run(run_id, payments_checked=payments_checked, failure=failure)
    if unrepaired:
        unit.announce(BooksDiffered(run_id=run_id, provider=provider, found=unrepaired))


async def unfinished(unit: Unit, *, provider: str, before: datetime, unasked_since: datetime, limit: int) -> list[Payment]:
    """Attempts to ask about, those that were not asked about for the longest first."""
    return await unit.payments.unfinished(provider, before=before, unasked_since=unasked_since, limit=limit)


async def note_asked(unit: Unit, *, payment_id: PaymentId, now: datetime) -> None:
    """The provider is asked about an attempt now: whatever comes of it, the next to be asked about is another."""
    await unit.payments.note_asked(payment_id, now=now)


async def overdue(unit: Unit, *, provider: str, before: datetime, limit: int) -> Overdue:
    """Refunds and captures asked for before a time that are still not settled."""
    return Overdue(
        await unit.payments.overdue_refunds(provider, before=before, limit=limit),
        await unit.payments.overdue_captures(provider, before=before, limit=limit),
    )


async def differences(unit: Unit, *, listed: Sequence[ProviderPayment]) -> list[Difference]:
    """Of what a provider lists, that which is newer than ours, unknown to us, or of the same version and yet another."""
    known = await unit.payments.known([key for each in listed if (key := _key(each)) is not None])
    found: list[Difference] = []
    for seen in listed:
        key = _key(seen)
        payment = known.get(key) if key is not None else None
        if payment is None or payment.reference is None or payment.version < seen.version or _differs(payment, seen):
            found.append(Difference(seen, payment))
    return found


def _key(seen: ProviderPayment) -> PaymentId | None:
    try:
        return PaymentId(UUID(seen.attempt_key))
    except ValueError:
        return None


def _differs(payment: Payment, seen: ProviderPayment) -> bool:
    ours = (payment.reference, payment.amount, payment.authorized, payment.captured, payment.refunded)
    theirs = (seen.reference, seen.amount, seen.authorized, seen.captured, seen.refunded)
    return payment.version == seen.version and ours != theirs


async def repair(
    unit: Unit,
    *,
    run_id: ReconciliationRunId,
    payment_id: PaymentId,
    seen: ProviderPayment,
    account: str,
    now: datetime,
) -> Finding | None:
    """Applies what the provider says and writes down that it was needed; None when it was not (any more)."""
    scene = await locked(unit, payment_id)
    if scene is None:
        return None
    decision = await apply_seen(unit, scene, seen, account=account, now=now)
    match decision:
        case Advance(payment=after):
            detail: dict[str, str | int] = {
                "from": scene.payment.state.value,
                "to": after.state.value,
                "version": after.version,
            }
            kind, was_repaired = FindingKind.BEHIND, True
        case Mismatch(what):
            detail, kind, was_repaired = {"what": what}, FindingKind.DIFFERENT, False
        case _:
            if not _differs(scene.payment, seen):
                return None
            detail, kind, was_repaired = {"what": "figures of one version"}, FindingKind.DIFFERENT, False
    finding = Finding(kind=kind, payment_id=payment_id, reference=seen.reference, was_repaired=was_repaired, detail=detail)
    return finding if await unit.payments.add_finding(run_id, finding) else None


async def give_up(unit: Unit, *, run_id: ReconciliationRunId, payment_id: PaymentId, now: datetime) -> Finding | None:
    """Closes an attempt that the provider never heard of, long after it could have been asked."""
    scene = await locked(unit, payment_id)
    if scene is None:
        return None
    closed = rules.close(
        scene.payment,
        scene.order,
        PaymentState.FAILED,
        code=rules.NOT_STARTED,
        message="The payment was not started; nothing was taken.",
        around=scene.around,
    )
    if not isinstance(closed, Advance):
        return None
    await carry_out(unit, scene.order, closed, now=now)
    finding = Finding(kind=FindingKind.NEVER_ARRIVED, payment_id=payment_id, reference=None, was_repaired=True, detail={})
    await unit.payments.add_finding(run_id, finding)
    return finding


async def report(unit: Unit, *, run_id: ReconciliationRunId, finding: Finding) -> Finding | None:
    """Writes down what a person has to look at; None when an earlier run has."""
    return finding if await unit.payments.add_finding(run_id, finding) else None
