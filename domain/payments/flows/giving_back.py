"""Giving money back, across transactions: the promise is committed, the provider is asked under its id, the answer recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from domain.payments.actions.refunds import due_refund, record_refund
from domain.payments.provider import Provider, ProviderUnavailable, Unknown
from domain.unit import Transact


async def give_back(transact: Transact, providers: Mapping[str, Provider], *, refund_id: UUID, now: datetime) -> None:
    """Asks for a promised refund and settles it. Raises ProviderUnavailable while nobody can say what came of it."""
    due = await transact(due_refund, refund_id=refund_id)
    if due is None:
        return
    refund, payment = due.refund, due.payment
    provider = providers.get(payment.provider)
    if provider is None or payment.reference is None:
        raise ProviderUnavailable(f"{payment.provider} is not set up, or never answered for {payment.id}")
    answer = await provider.refund(payment.reference, refund.amount, str(refund.id))
    if isinstance(answer, Unknown):
        raise ProviderUnavailable(answer.reason)
    mismatch = await transact(record_refund, refund=refund, answer=answer, account=provider.account, now=now)
    if mismatch is not None:
        raise ProviderUnavailable(mismatch.what)
