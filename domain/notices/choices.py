"""The use cases of what people decline, one transaction each, and the question that every message is asked before it goes."""

from __future__ import annotations

from collections.abc import Sequence

from domain.error import Invalid, NotFound
from domain.ids import ChannelId, NoticeId
from domain.notices.model import Letter
from domain.notices.preferences import CHOICES, Choice, QuietHours, is_transactional, is_zone, quiet_until
from domain.unit import Unit


async def may_go(unit: Unit, letter: Letter) -> bool:
    """Whether a claimed message goes now. If not, it was given back until quiet hours end, or ended because nobody wants it."""
    if is_transactional(letter.kind):
        return True
    if await unit.preferences.declines(letter.recipient, Choice(kind=letter.kind, medium=letter.medium)):
        await unit.preferences.withhold(letter.id, fence=letter.fence)
        return False
    until = quiet_until(await unit.preferences.quiet_hours(letter.channel_id), now=letter.claimed_at)
    if until is not None:
        await unit.preferences.put_off(letter.id, fence=letter.fence, until=until)
    return until is None


async def choose(unit: Unit, *, address: str, wanted: Sequence[Choice], declined: Sequence[Choice]) -> None:
    """Keeps what somebody who is known to own the address wants and what not; what is not said stays."""
    await unit.preferences.accept(address, wanted)
    await unit.preferences.decline(address, declined)


async def unsubscribe(unit: Unit, *, notice_id: NoticeId, from_all: bool) -> None:
    """Declines for the reader of a message what it was, or all that can be declined; nothing when nobody reads it any more."""
    found = await unit.preferences.addressed(notice_id)
    if found is not None:
        address, choice = found
        await unit.preferences.decline(address, CHOICES if from_all else [choice])


async def set_quiet_hours(unit: Unit, *, slug: str, quiet: QuietHours | None) -> ChannelId | Invalid | NotFound:
    """Says when a channel writes nothing that can wait, or that it always writes (None)."""
    if quiet is not None and not is_zone(quiet.zone):
        return Invalid(
            path=("input", "quiet_hours", "time_zone"), reason="There is no such time zone. Name one like Europe/Berlin."
        )
    if quiet is not None and quiet.starts == quiet.ends:
        return Invalid(path=("input", "quiet_hours", "ends"), reason="Quiet hours end at another time than they start.")
    found = await unit.preferences.set_quiet_hours(slug, quiet)
    return found if found is not None else NotFound(path=("input", "channel"), what="channel")
