"""The use cases of messages that were handed over, or could not be: to send one again, and to hear what became of it."""

from __future__ import annotations

from domain.error import NotFound, Path, UserError
from domain.ids import NoticeId
from domain.notices.errors import MessageNotResendable
from domain.notices.events import NoticeQueued
from domain.notices.model import NoticeState, Receipt, Report, Standing
from domain.unit import Unit

_ID: Path = ("input", "id")


async def resend(unit: Unit, *, notice_id: NoticeId, is_forced: bool) -> NoticeId | UserError:
    """Has a message sent again, under the message id that it has, with as many tries as a new one.

    Only what was given up or did not arrive; with `is_forced` also what was sent, waits, or may have been sent.
    """
    standing = await unit.notices.standing(notice_id)
    if standing is None:
        return NotFound(path=_ID, what="message")
    reason = why_not(standing, is_forced=is_forced)
    if reason is not None:
        return MessageNotResendable(path=_ID, reason=reason)
    await unit.notices.send_again(notice_id)
    unit.announce(NoticeQueued(notice_id=notice_id, medium=standing.medium.value))
    return notice_id


async def take_report(unit: Unit, *, report: Report) -> bool:
    """Keeps what a carrier tells of a message. The first word on its arrival stands; False for later ones, and for strangers'."""
    return await unit.notices.record_report(report)


def why_not(standing: Standing, *, is_forced: bool) -> str | None:
    """Why a message may not be sent again; None when it may."""
    if standing.is_erased:
        return "Whoever it was for has been erased."
    if standing.state is NoticeState.SENDING:
        return "It is being sent right now."
    if standing.state is NoticeState.WITHHELD:
        return "Its reader wants no messages of this kind."
    has_failed = standing.state is NoticeState.DEAD or standing.receipt is Receipt.UNDELIVERED
    if is_forced or (has_failed and not standing.is_unsure):
        return None
    if standing.is_unsure:
        return "Nobody knows whether it was sent: it may arrive twice. Say `force` if that does no harm."
    is_waiting = standing.state is NoticeState.QUEUED
    return f"It {'waits for its next try' if is_waiting else 'was sent'}. Say `force` to have it sent all the same."
