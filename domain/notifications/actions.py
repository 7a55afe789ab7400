"""The use cases of notifications, one transaction each."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.error import NotFound
from domain.ids import AccountId
from domain.live import NOTIFICATIONS
from domain.notifications.model import KEPT_DAYS, Reach
from domain.notifications.rules import told_of
from domain.unit import Unit
from domain.webhooks.model import LoggedFact


async def note(unit: Unit, *, facts: Sequence[LoggedFact]) -> int:
    """Writes the notifications of facts that have just got into the event log; part of the same transaction."""
    made = told_of(facts)
    written = await unit.notifications.write(made) if made else 0
    if written:
        unit.hint(NOTIFICATIONS)
    return written


async def mark_read(unit: Unit, *, account_id: AccountId, reach: Reach, ids: Sequence[UUID | None]) -> NotFound | None:
    """Marks notifications as read; all of them or none."""
    named = [each for each in ids if each is not None]
    seen = set(await unit.notifications.seen(reach, named))
    for place, each in enumerate(ids):
        if each not in seen:
            return NotFound(path=("input", "ids", str(place)), what="notification")
    await unit.notifications.mark(account_id, named)
    return None


async def mark_read_until(unit: Unit, *, account_id: AccountId, reach: Reach, last: UUID | None) -> NotFound | None:
    """Marks a notification as read, and all before it."""
    if last is None or not await unit.notifications.seen(reach, [last]):
        return NotFound(path=("input", "up_to"), what="notification")
    await unit.notifications.mark_until(account_id, last)
    return None


async def forget_old(unit: Unit) -> int:
    """Drops what nobody looks at any more, a thousand at a time; how many."""
    return await unit.notifications.forget_old(days=KEPT_DAYS)
