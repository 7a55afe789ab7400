"""Following a notification, across transactions: one that only names its payment sends us to the provider first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from domain.payments.actions.inbox import apply_notification, find_notification, is_wanted
from domain.payments.model import NotificationState, ProviderPayment, ProviderStatus
from domain.payments.provider import Provider, Unknown
from domain.unit import Transact


async def follow(
    transact: Transact, providers: Mapping[str, Provider], *, notification_id: UUID, now: datetime
) -> NotificationState | None:
    """Applies a waiting notification; where it stands then, None when it is not there. A silent provider lets it wait."""
    kept = await transact(find_notification, notification_id=notification_id)
    if kept is None or kept.state is not NotificationState.PENDING:
        return kept.state if kept is not None else None
    provider = providers.get(kept.provider)
    seen: ProviderPayment | Unknown | None = None
    if kept.payment is None and provider is not None:
        seen = await provider.fetch(kept.reference)
        if isinstance(seen, ProviderPayment):
            seen = await carried_on(transact, provider, seen)
    return await transact(
        apply_notification,
        notification_id=notification_id,
        accounts={name: each.account for name, each in providers.items()},
        now=now,
        seen=None if isinstance(seen, Unknown) else seen,
    )


async def carried_on(transact: Transact, provider: Provider, seen: ProviderPayment) -> ProviderPayment | Unknown | None:
    """The payment after our part of it: what the buyer has approved is taken, while the order still wants it."""
    if seen.status is not ProviderStatus.PENDING or not await transact(is_wanted, attempt_key=seen.attempt_key):
        return seen
    return await provider.proceed(seen.reference)
