"""Giving money back, across transactions: the promise is committed, the provider is asked under its id, the answer recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from domain.payments.actions.returning import DueRefund, due_refund, record_if_done, record_refund
from domain.payments.provider import Ability, Provider, ProviderUnavailable, Unknown
from domain.payments.rules import Mismatch
from domain.unit import Transact

KEYS_KEPT = timedelta(hours=20)
"""So long a provider surely remembers a key. For an older refund its figures are looked at before it is asked again."""


async def give_back(transact: Transact, providers: Mapping[str, Provider], *, refund_id: UUID, now: datetime) -> None:
    """Asks for a promised refund and settles it. Raises ProviderUnavailable while nobody can say what came of it.

    Where nobody can be asked, as for a bank transfer, it waits for staff.
    """
    due = await transact(due_refund, refund_id=refund_id)
    if due is None:
        return
    provider = providers.get(due.payment.provider)
    if provider is None or due.payment.reference is None:
        raise ProviderUnavailable(f"{due.payment.provider} is not set up, or never answered for {due.payment.id}")
    if Ability.OFFLINE in provider.abilities:
        return
    if now - due.refund.created_at > KEYS_KEPT and await _was_done(transact, provider, due, now):
        return
    answer = await provider.refund(due.payment.reference, due.refund.amount, str(refund_id))
    if isinstance(answer, Unknown):
        raise ProviderUnavailable(answer.reason)
    mismatch = await transact(record_refund, refund=due.refund, answer=answer, account=provider.account, now=now)
    if mismatch is not None:
        raise ProviderUnavailable(mismatch.what)


async def _was_done(transact: Transact, provider: Provider, due: DueRefund, now: datetime) -> bool:
    """Whether the provider's own figures say that the refund was made long ago."""
    seen = await provider.fetch(due.payment.reference or "")
    if seen is None or isinstance(seen, Unknown):
        raise ProviderUnavailable("the payment cannot be looked at" if seen is None else seen.reason)
    done = await transact(record_if_done, refund=due.refund, seen=seen, account=provider.account, now=now)
    if isinstance(done, Mismatch):
        raise ProviderUnavailable(done.what)
    return done
