"""The tasks about accounts: letters with a secret in them, which is made here and now, and letters about what was done.

A secret is made in the transaction that writes its letter, and the letter has a slot in its place: neither the outbox nor
the kept letter nor a log ever holds it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from domain.access import mailed
from domain.access.model import EmailChange, Purpose
from domain.access.rules import email_key
from domain.customers import privacy
from domain.error import UserError
from domain.ids import AccountId, CustomerId, ExportId
from domain.notices.model import AccountFacts, NoticeKind
from gateways.letters.render import account_letter
from persistence.unit import UnitOfWork
from workers.notices import queue_letter
from workers.tasks import Fact, InTransaction, Tools

_ERASED_AT_ONCE = 100
_PAGES = {
    Purpose.VERIFY_EMAIL: "verify-email",
    Purpose.RESET_PASSWORD: "reset-password",
    Purpose.LEAVE_EMAIL: "confirm-email",
    Purpose.TAKE_EMAIL: "confirm-email",
}
"""The storefront's pages that the links lead to, each with `?token=`."""


def mail_secret(kind: NoticeKind, purpose: Purpose) -> InTransaction:
    """The task that writes an account's owner a letter with a secret."""

    async def mail(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
        account_id = AccountId(fact.id("account_id"))
        facts = await unit.notices.account_facts(account_id)
        if facts is not None:
            await _mail(unit, fact, tools, kind=kind, purpose=purpose, facts=facts, recipient=facts.email)
        return None

    return mail


async def welcome(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Welcomes a newcomer; who has not verified their address is asked to, in the same letter."""
    account_id = AccountId(fact.id("account_id"))
    facts = await unit.notices.account_facts(account_id)
    if facts is None:
        return None
    slot = await mailed.make(
        unit, account_id=account_id, purpose=Purpose.VERIFY_EMAIL, secrets=tools.secrets, now=datetime.now(UTC)
    )
    link, code = _way(tools, Purpose.VERIFY_EMAIL, slot)
    letter = account_letter(NoticeKind.WELCOME, facts, link=link, code=code)
    await queue_letter(unit, fact, tools.addresses, NoticeKind.WELCOME, recipient=facts.email, letter=letter)
    return None


async def ask_old_mailbox(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Asks the mailbox that is to be left whether the change of address is its owner's wish."""
    wish = await _wish(unit, fact)
    if wish is not None:
        change, facts = wish
        kind, purpose = NoticeKind.EMAIL_CHANGE_LEAVING, Purpose.LEAVE_EMAIL
        await _mail(unit, fact, tools, kind=kind, purpose=purpose, facts=facts, recipient=change.old_email)
    return None


async def ask_new_mailbox(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Asks the mailbox that is to be taken; if it is somebody's log-in already, they are told that, and nobody else is."""
    wish = await _wish(unit, fact)
    if wish is None:
        return None
    change, facts = wish
    owner = await unit.access.account_by_key(email_key(change.new_email))
    if owner is None or owner.id == change.account_id:
        kind = NoticeKind.EMAIL_CHANGE_TAKING
        await _mail(unit, fact, tools, kind=kind, purpose=Purpose.TAKE_EMAIL, facts=facts, recipient=change.new_email)
    elif (theirs := await unit.notices.account_facts(owner.id)) is not None:
        letter = account_letter(NoticeKind.ALREADY_REGISTERED, theirs)
        await queue_letter(unit, fact, tools.addresses, NoticeKind.ALREADY_REGISTERED, recipient=theirs.email, letter=letter)
    return None


async def tell_old_mailbox(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Tells the mailbox that was left."""
    account_id = AccountId(fact.id("account_id"))
    change = await unit.access.last_email_change(account_id)
    facts = await unit.notices.account_facts(account_id)
    if change is not None and facts is not None:
        letter = account_letter(NoticeKind.EMAIL_CHANGED, facts)
        await queue_letter(unit, fact, tools.addresses, NoticeKind.EMAIL_CHANGED, recipient=change.old_email, letter=letter)
    return None


async def tell_erasure(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Tells the owner by when their account will be erased."""
    account_id = AccountId(fact.id("account_id"))
    planned = await unit.customers.erasure_planned(CustomerId(account_id))
    facts = await unit.notices.account_facts(account_id)
    if planned is not None and facts is not None:
        letter = account_letter(NoticeKind.ERASURE_PLANNED, facts, day=planned.date())
        await queue_letter(unit, fact, tools.addresses, NoticeKind.ERASURE_PLANNED, recipient=facts.email, letter=letter)
    return None


async def make_export(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    """Makes the copy of a customer's data that was asked for."""
    del tools
    await privacy.make_export(unit, export_id=ExportId(fact.id("export_id")), now=datetime.now(UTC))
    return None


async def erase_due(tools: Tools) -> None:
    """Erases whose time has come, one in a transaction, and drops copies of data whose time is over."""
    now = datetime.now(UTC)
    await tools.transact(privacy.forget_exports, now=now)
    for _ in range(_ERASED_AT_ONCE):
        if await tools.transact(privacy.erase_due, now=now) is None:
            return


async def _wish(unit: UnitOfWork, fact: Fact) -> tuple[EmailChange, AccountFacts] | None:
    account_id = AccountId(fact.id("account_id"))
    change = await unit.access.email_change(account_id)
    facts = await unit.notices.account_facts(account_id)
    return None if change is None or facts is None else (change, facts)


async def _mail(
    unit: UnitOfWork, fact: Fact, tools: Tools, *, kind: NoticeKind, purpose: Purpose, facts: AccountFacts, recipient: str
) -> None:
    account_id = AccountId(fact.id("account_id"))
    slot = await mailed.make(unit, account_id=account_id, purpose=purpose, secrets=tools.secrets, now=datetime.now(UTC))
    if slot is None:
        return  # verified or closed since: there is nothing to ask for
    link, code = _way(tools, purpose, slot)
    letter = account_letter(kind, facts, link=link, code=code)
    await queue_letter(unit, fact, tools.addresses, kind, recipient=recipient, letter=letter)


def _way(tools: Tools, purpose: Purpose, slot: str | None) -> tuple[str, str]:
    """A link to the shop's page; without pages, the secret itself, for whoever calls the API by hand."""
    pages = tools.addresses.storefront_url.rstrip("/")
    if slot is None:
        return "", ""
    return (f"{pages}/{_PAGES[purpose]}?token={slot}", "") if pages else ("", slot)
