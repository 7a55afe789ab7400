"""Letters to the staff's mailbox about what somebody has to look at; where there is no mailbox, nobody is written to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from domain.error import UserError
from domain.notices.model import NoticeKind
from gateways.letters.render import staff_letter
from persistence.unit import UnitOfWork
from workers.notices import queue_letter
from workers.tasks import Fact, InTransaction, Tools

Said = Callable[[UnitOfWork, Fact], Awaitable[Mapping[str, str] | None]]
"""What the words of a letter are filled with; None when there is nothing to tell any more."""


def tell_staff_of(kind: NoticeKind, said: Said) -> InTransaction:
    """The task that writes this letter to staff."""

    async def tell(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
        mailbox = tools.addresses.staff_email
        told = await said(unit, fact) if mailbox else None
        if told is not None:
            letter = staff_letter(kind, await unit.notices.shop_facts(), said=told)
            await queue_letter(unit, fact, tools.addresses, kind, recipient=mailbox, letter=letter)
        return None

    return tell
