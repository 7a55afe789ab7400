"""The use cases of messages that are one transaction each: to queue one, to claim, to record what came of it, and to change
what they say.
"""

from __future__ import annotations

from datetime import datetime

from domain.error import NotFound, UserError, VersionConflict
from domain.ids import AccountId, NoticeId
from domain.notices.choices import may_go
from domain.notices.errors import TooManyTestSends
from domain.notices.events import NoticeQueued
from domain.notices.model import Delivery, Letter, Medium, NewNotice, NoticeKind, Rendered, TemplateKey, Wording
from domain.notices.provider import Accepted, NotAccepted
from domain.unit import Unit

TESTS_A_MINUTE = 5
"""How many messages staff may send themselves to look at."""


async def queue(unit: Unit, *, notice: NewNotice) -> bool:
    """Keeps a message and announces it; False, and nothing done, when its cause has one already."""
    if not await unit.notices.queue(notice):
        return False
    unit.announce(NoticeQueued(notice_id=notice.id, medium=notice.medium.value))
    return True


async def claim(unit: Unit, *, notice_id: NoticeId, delivery: Delivery) -> Letter | None:
    """Takes one message for sending; None when it is sent, given up, not due, or in other hands."""
    letter = await unit.notices.claim(notice_id, delivery)
    return letter if letter is not None and await may_go(unit, letter) else None


async def claim_next(unit: Unit, *, delivery: Delivery, medium: Medium = Medium.EMAIL) -> Letter | None:
    """Takes the message that has been due longest, after giving up on those that were tried too often.

    Passes over a batch at most of those that nobody wants or that wait for the end of quiet hours.
    """
    await unit.notices.bury_exhausted(delivery)
    for _ in range(delivery.batch):
        letter = await unit.notices.claim_next(medium, delivery)
        if letter is None or await may_go(unit, letter):
            return letter
    return None


async def record(unit: Unit, *, letter: Letter, outcome: Accepted | NotAccepted, delivery: Delivery) -> bool:
    """Keeps what came of a try. False when a later try has taken over: then its outcome counts, not this one."""
    match outcome:
        case Accepted(reference):
            return await unit.notices.record_sent(letter.id, fence=letter.fence, reference=reference)
        case NotAccepted(reason, is_final, may_be_taken):
            pause = None if is_final else delivery.pause_after(letter.tries)
            return await unit.notices.record_failure(
                letter.id, fence=letter.fence, reason=reason, may_be_taken=may_be_taken, pause_seconds=pause
            )


async def change_template(unit: Unit, *, key: TemplateKey, wording: Wording | None, expected: int) -> int | UserError:
    """Puts words in place of those that come with the shop, or takes them away again (None); the new version."""
    current = await unit.notices.template_version(key)
    if current != expected:
        return VersionConflict(path=("input", "version"), current=current)
    if not await unit.notices.put_template(key, wording, expected=expected):
        # Two made the first version at once: the other's is kept.
        return VersionConflict(path=("input", "version"), current=await unit.notices.template_version(key))
    return expected + 1


async def send_test(
    unit: Unit,
    *,
    account_id: AccountId,
    kind: NoticeKind,
    rendered: Rendered,
    phone: str | None,
    notice_id: NoticeId,
    mail_domain: str,
    now: datetime,
) -> NoticeId | UserError:
    """Sends a member of staff a message to look at: a letter to the address that they log in with, a text to a number."""
    account = await unit.notices.account_facts(account_id)
    if account is None:
        return NotFound(what="account")
    minute = f"test:{account_id}:{now:%Y%m%d%H%M}:"
    # The number is part of what is unique: two at once cannot both be the last one of a minute.
    number = await unit.notices.count_causes(minute)
    notice = NewNotice(
        id=notice_id,
        cause=f"{minute}{number}",
        kind=kind,
        recipient=account.email if phone is None else phone,
        language=rendered.language,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=f"<{notice_id}@{mail_domain}>",
        order_id=None,
        medium=Medium.EMAIL if phone is None else Medium.SMS,
    )
    if number >= TESTS_A_MINUTE or not await queue(unit, notice=notice):
        return TooManyTestSends()
    return notice_id
