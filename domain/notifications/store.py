"""What notifications need kept: the port that persistence makes true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.ids import AccountId
from domain.notifications.model import NewNotification, Reach


class NotificationsStore(Protocol):
    """Notifications, inside one transaction."""

    async def write(self, made: Sequence[NewNotification]) -> int:
        """Writes those whose order is there, and those for a buyer who has an account, once an event; how many.

        The caller holds the event log's lock, so that what is visible is never followed by something before it.
        """

    async def seen(self, reach: Reach, ids: Sequence[UUID]) -> list[UUID]:
        """Those of these that somebody reads."""

    async def mark(self, account_id: AccountId, ids: Sequence[UUID]) -> None:
        """An account has read these; nothing the second time."""

    async def mark_until(self, account_id: AccountId, last: UUID) -> None:
        """An account has read this and everything before it; never takes anything back."""

    async def forget_old(self, *, days: int) -> int:
        """Drops what is older, a thousand at a time; how many."""
