"""The use cases of messages that are one transaction each: to queue one, to claim, and to record what came of it."""

from __future__ import annotations

from domain.ids import NoticeId
from domain.notices.events import NoticeQueued
from domain.notices.model import Delivery, Letter, NewNotice
from domain.notices.provider import Accepted, NotAccepted
from domain.unit import Unit


async def queue(unit: Unit, *, notice: NewNotice) -> bool:
    """Keeps a message and announces it; False, and nothing done, when its cause has one already."""
    if not await unit.notices.queue(notice):
        return False
    unit.announce(NoticeQueued(notice_id=notice.id))
    return True


async def claim(unit: Unit, *, notice_id: NoticeId, delivery: Delivery) -> Letter | None:
    """Takes one message for sending; None when it is sent, given up, not due, or in other hands."""
    return await unit.notices.claim(notice_id, delivery)


async def claim_next(unit: Unit, *, delivery: Delivery) -> Letter | None:
    """Takes the message that has been due longest, after giving up on those that were tried too often."""
    await unit.notices.bury_exhausted(delivery)
    return await unit.notices.claim_next(delivery)


async def record(unit: Unit, *, letter: Letter, outcome: Accepted | NotAccepted, delivery: Delivery) -> bool:
    """Keeps what came of a try. False when a later try has taken over: then its outcome counts, not this one."""
    match outcome:
        case Accepted():
            return await unit.notices.record_sent(letter.id, fence=letter.fence)
        case NotAccepted(reason, is_final):
            pause = None if is_final else delivery.pause_after(letter.fence)
            return await unit.notices.record_failure(letter.id, fence=letter.fence, reason=reason, pause_seconds=pause)
