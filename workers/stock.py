"""What the clock does about stock: tells who waited for goods that they are there again, and notes what runs low."""

from __future__ import annotations

from domain.error import UserError
from domain.ids import NoticeId
from domain.notices.actions import queue
from domain.notices.model import Medium, NewNotice, NoticeKind, TemplateKey
from domain.notices.waiting import tell_of_goods
from domain.stock.watching import note_low_stock
from gateways.letters.render import stock_letter
from gateways.mail.message import message_domain
from persistence.unit import UnitOfWork
from workers.tasks import Fact, Tools

_BATCH = 100
_KIND = NoticeKind.BACK_IN_STOCK
PURPOSE = "unsubscribe"
"""What the secrets in links that end messages are sealed for."""


async def find_goods(tools: Tools) -> None:
    """Ends the wishes for goods that are there again."""
    await tools.transact(tell_of_goods, limit=_BATCH)


async def note_low(tools: Tools) -> None:
    """Notes what runs low, if the shop wants to know."""
    if tools.low_stock_at >= 0:
        await tools.transact(note_low_stock, at_most=tools.low_stock_at, limit=_BATCH)


async def tell_of_return(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Writes to who waited for goods. The letter goes by the wish's id, and so does the link that ends such letters."""
    wish_id, addresses = fact.id("wish_id"), tools.addresses
    wish = await unit.waiting.fulfilled(wish_id)
    if wish is None:
        return None  # gone with its goods or its person: there is nothing to tell
    link = f"{addresses.storefront_url.rstrip('/')}/{wish.facts.path}" if addresses.storefront_url else ""
    unsubscribe = f"{addresses.public_url.rstrip('/')}/unsubscribe/{tools.seal.secret(PURPOSE, wish_id)}"
    letter = stock_letter(wish.facts, link=link, unsubscribe=unsubscribe)
    wording = await unit.notices.wording(TemplateKey(kind=_KIND, language=letter.language, medium=Medium.EMAIL))
    rendered = letter.written(wording)
    notice = NewNotice(
        id=NoticeId(wish_id),
        cause=str(fact.task_id),
        kind=_KIND,
        recipient=wish.email,
        language=rendered.language,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=f"<{wish_id}@{message_domain(addresses.mail_from)}>",
        order_id=None,
        channel_id=wish.channel_id,
        unsubscribe_url=unsubscribe,
    )
    await queue(unit, notice=notice)
    return None
