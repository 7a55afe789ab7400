"""The tasks that write to people, and those that see it sent. A task makes one letter; the letter's own tries follow.

What a letter tells is read when it is written, not when it was caused: facts carry ids only. A letter about a step of an
order tells of that step, even when the order has moved on meanwhile.
"""

from __future__ import annotations

from uuid import UUID

from domain.error import UserError
from domain.ids import NoticeId, OrderId, new_id
from domain.notices import flows
from domain.notices.actions import queue
from domain.notices.model import Medium, NewNotice, NoticeKind, OrderFacts, Rendered, TemplateKey
from gateways.letters.render import NO_WAY, Draft, Way, account_letter, order_letter, order_way
from gateways.letters.texts import SMS_KINDS, text_of
from gateways.mail.message import message_domain
from persistence.unit import UnitOfWork
from workers.tasks import Addresses, Fact, Failed, InTransaction, Tools

_UNTOLD = frozenset({"CONFIRMED"})
_IN_TRANSIT = frozenset({"PARTIALLY_SHIPPED", "DELIVERED", "PARTIALLY_RETURNED", "RETURNED"})


def about_order(kind: NoticeKind) -> InTransaction:
    """The task that writes this letter to an order's buyer."""

    async def tell(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
        return await _tell_buyer(unit, fact, tools, kind, status="")

    return tell


def about_account(kind: NoticeKind) -> InTransaction:
    """The task that writes this letter to an account's owner."""

    async def tell(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
        account = await unit.notices.account_facts(fact.id("account_id"))
        if account is None:
            return None  # closed since: there is nobody to write to
        letter = account_letter(kind, account)
        await queue_letter(unit, fact, tools.addresses, kind, recipient=account.email, letter=letter)
        return None

    return tell


async def confirm_order(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Tells the buyer that their order has come in; of what has a cause, the fact of that tells."""
    return None if fact.fields.get("cause") else await _tell_buyer(unit, fact, tools, NoticeKind.ORDER_CONFIRMED, status="")


async def tell_of_draft(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Tells the buyer of the order that staff made for them, and asks for the money where that was wanted."""
    return await _tell_buyer(unit, fact, tools, NoticeKind(str(fact.fields["letter"])), status="")


async def tell_status(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Tells the buyer how an order moved on. That it is confirmed, the letter about its payment has told already.

    What has a cause with a letter of its own is told there.
    """
    if fact.fields.get("cause"):
        return None
    status, fulfillment = str(fact.fields["status"]), str(fact.fields["fulfillment_status"])
    if fulfillment == "SHIPPED" and status == "PROCESSING":
        return await _tell_buyer(unit, fact, tools, NoticeKind.ORDER_SHIPPED, status=fulfillment)
    told = fulfillment if fulfillment in _IN_TRANSIT else status
    if told in _UNTOLD:
        return None
    # By text only what somebody waits for: that goods travel or arrive.
    return await _tell_buyer(unit, fact, tools, NoticeKind.ORDER_STATUS_CHANGED, status=told, by_text=told in _IN_TRANSIT)


async def tell_staff(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Tells the staff's mailbox of a new order, where there is one."""
    kind, mailbox = NoticeKind.STAFF_ORDER_PLACED, tools.addresses.staff_email
    if not mailbox:
        return None
    order = await unit.notices.order_facts(OrderId(fact.id("order_id")))
    if order is None:
        return _no_order(fact)
    letter = order_letter(kind, order, status=order.status, way=NO_WAY)
    await queue_letter(unit, fact, tools.addresses, kind, recipient=mailbox, letter=letter, order_id=order.id)
    return None


async def send(fact: Fact, tools: Tools) -> None:
    """The first try of a message; the clock sees to later ones, and to all while its carrier rests."""
    # Facts of an earlier version are all of letters, and do not say so.
    medium = Medium(fact.fields.get("medium", Medium.EMAIL.value))
    if tools.carrier.rests(medium):
        return
    is_well = await flows.deliver(tools.transact, tools.post, notice_id=NoticeId(fact.id("notice_id")), delivery=tools.delivery)
    tools.carrier.note(medium, is_well=is_well)


async def send_due(tools: Tools) -> None:
    """Sends the letters that are due: later tries, what a crash left half sent, and what rested."""
    await flows.deliver_due(tools.transact, tools.post, delivery=tools.delivery, medium=Medium.EMAIL)


async def send_due_texts(tools: Tools) -> None:
    """Sends the text messages that are due. By itself, so that neither carrier in trouble holds up the other's messages."""
    await flows.deliver_due(tools.transact, tools.post, delivery=tools.delivery, medium=Medium.SMS)


async def _tell_buyer(
    unit: UnitOfWork, fact: Fact, tools: Tools, kind: NoticeKind, *, status: str, by_text: bool = True
) -> UserError | None:
    order = await unit.notices.order_facts(OrderId(fact.id("order_id")))
    if order is None:
        return _no_order(fact)
    letter = order_letter(kind, order, status=status or order.status, way=way_to(tools, order.id))
    await write_to_buyer(unit, fact, tools, order, letter, by_text=by_text)
    return None


async def write_to_buyer(
    unit: UnitOfWork, fact: Fact, tools: Tools, order: OrderFacts, letter: Draft, *, by_text: bool = True
) -> None:
    """Queues the one letter of a task for an order's buyer, and one text message where they have chosen that."""
    await queue_letter(unit, fact, tools.addresses, letter.kind, recipient=order.email, letter=letter, order_id=order.id)
    if by_text and tools.sends_sms and order.sms_phone is not None and letter.kind in SMS_KINDS:
        wording = await unit.notices.wording(TemplateKey(kind=letter.kind, language=letter.language, medium=Medium.SMS))
        text = text_of(letter, wording)
        await _queue(
            unit, fact, tools.addresses, letter.kind, Medium.SMS, recipient=order.sms_phone, rendered=text, order_id=order.id
        )


async def queue_letter(
    unit: UnitOfWork,
    fact: Fact,
    addresses: Addresses,
    kind: NoticeKind,
    *,
    recipient: str,
    letter: Draft,
    order_id: UUID | None = None,
) -> None:
    """Queues the one letter of a task, in the words that staff has chosen for it."""
    wording = await unit.notices.wording(TemplateKey(kind=kind, language=letter.language, medium=Medium.EMAIL))
    rendered = letter.written(wording)
    await _queue(unit, fact, addresses, kind, Medium.EMAIL, recipient=recipient, rendered=rendered, order_id=order_id)


async def _queue(
    unit: UnitOfWork,
    fact: Fact,
    addresses: Addresses,
    kind: NoticeKind,
    medium: Medium,
    *,
    recipient: str,
    rendered: Rendered,
    order_id: UUID | None,
) -> None:
    """Queues a message; a task makes one of each medium at most, however often it runs."""
    notice_id = NoticeId(new_id())
    domain = message_domain(addresses.mail_from)
    await queue(
        unit,
        notice=NewNotice(
            id=notice_id,
            cause=str(fact.task_id) if medium is Medium.EMAIL else f"{fact.task_id}:{medium.value}",
            kind=kind,
            recipient=recipient,
            language=rendered.language,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            message_id=f"<{notice_id}@{domain}>",
            order_id=OrderId(order_id) if order_id is not None else None,
            medium=medium,
        ),
    )


def way_to(tools: Tools, order_id: UUID) -> Way:
    """The shop's page of the order; without pages, the key that the API's `orderByToken` opens it with."""
    return order_way(tools.addresses.storefront_url, tools.seal.secret("order", order_id))


def _no_order(fact: Fact) -> Failed:
    return Failed(reason=f"{fact.kind} names no order")
