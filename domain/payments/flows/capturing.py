"""Taking what was promised, across transactions: asked for and committed, then the provider is asked under its id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from domain.payments.actions.captures import due_capture, record_capture
from domain.payments.provider import Provider, ProviderUnavailable, Unknown
from domain.unit import Transact


async def take(transact: Transact, providers: Mapping[str, Provider], *, capture_id: UUID, now: datetime) -> None:
    """Asks for money that is to be taken and settles it. Raises ProviderUnavailable while nobody can say what came of it."""
    due = await transact(due_capture, capture_id=capture_id)
    if due is None:
        return
    capture, payment = due.capture, due.payment
    provider = providers.get(payment.provider)
    if provider is None or payment.reference is None:
        raise ProviderUnavailable(f"{payment.provider} is not set up, or never answered for {payment.id}")
    answer = await provider.capture(payment.reference, capture.amount, str(capture.id))
    if isinstance(answer, Unknown):
        raise ProviderUnavailable(answer.reason)
    mismatch = await transact(record_capture, capture=capture, answer=answer, account=provider.account, now=now)
    if mismatch is not None:
        raise ProviderUnavailable(mismatch.what)
