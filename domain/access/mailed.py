"""Use cases of access by mail, one transaction each: showing that an address is one's own, a new password, another address.

What is asked for is announced, and the secret made when its letter is written: no request ever holds it. Whoever asks by
an address is answered, in words and in work, as if it had an account.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.access import rules
from domain.access.errors import EmailTaken, MailedTokenInvalid, PasswordWrong
from domain.access.events import (
    EmailChanged,
    EmailChangeRequested,
    EmailVerificationRequested,
    PasswordChanged,
    PasswordResetRequested,
)
from domain.access.model import Account, EmailChange, Ended, MailedToken, Purpose
from domain.access.secrets import OneTimeSecrets
from domain.audit import actions as audit
from domain.audit.model import SecurityKind
from domain.error import Path
from domain.ids import AccountId, new_id
from domain.unit import Unit

LIFETIMES = {
    Purpose.VERIFY_EMAIL: timedelta(days=3),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
    Purpose.LEAVE_EMAIL: timedelta(days=1),
    Purpose.TAKE_EMAIL: timedelta(days=1),
}
TOKEN: Path = ("input", "token")


@dataclass(frozen=True, slots=True)
class Change:
    """How far a change of address is; `is_done` once both mailboxes have confirmed it."""

    is_done: bool


async def request_verification(unit: Unit, *, email_key: str) -> None:
    """Has the owner of an address mailed a secret by which to verify it, if there is one who has not."""
    account = await unit.access.account_by_key(email_key)
    unit.announce(EmailVerificationRequested(account_id=account.id if account else new_id()))


async def request_reset(unit: Unit, *, email_key: str) -> None:
    """Has the owner of an address mailed a secret by which to set a new password, if there is one."""
    account = await unit.access.account_by_key(email_key)
    unit.announce(PasswordResetRequested(account_id=account.id if account else new_id()))


async def request_email_change(
    unit: Unit, *, account: Account, email: str, at: Path, now: datetime
) -> AccountId | PasswordWrong:
    """Notes the wish of who proved the password of `account`; both mailboxes are written to. A newer wish replaces an older."""
    current = await unit.access.lock_account(account.id)
    if current is None or not current.is_active or current.password_hash != account.password_hash:
        return PasswordWrong(path=at)
    change = EmailChange(account_id=account.id, old_email=current.email, new_email=email)
    await unit.access.keep_email_change(change, now=now)
    await unit.access.replace_mailed(account.id, (Purpose.LEAVE_EMAIL, Purpose.TAKE_EMAIL), now=now)
    await audit.note(unit, account_id=account.id, kind=SecurityKind.EMAIL_CHANGE_REQUESTED, now=now)
    unit.announce(EmailChangeRequested(account_id=account.id))
    return account.id


async def make(unit: Unit, *, account_id: AccountId, purpose: Purpose, secrets: OneTimeSecrets, now: datetime) -> str | None:
    """Makes a secret and gives the slot that stands for it in a letter; what was mailed before for this purpose is good no more.

    None when there is nobody, or nothing left, that it would be for.
    """
    account = await unit.access.lock_account(account_id)
    if account is None or not account.is_active or (purpose is Purpose.VERIFY_EMAIL and account.is_verified):
        return None
    change = await unit.access.email_change(account_id) if purpose in _OF_CHANGE else None
    if purpose in _OF_CHANGE and change is None:
        return None
    await unit.access.replace_mailed(account_id, (purpose,), now=now)
    token_id = new_id()
    kept = rules.token_hash(secrets.text(token_id))
    assert kept is not None
    await unit.access.add_mailed(
        MailedToken(
            id=token_id,
            account_id=account_id,
            purpose=purpose,
            token_hash=kept,
            bound_hash=rules.bound_hash(purpose, account, change),
            expires_at=now + LIFETIMES[purpose],
        ),
        now=now,
    )
    return secrets.slot(token_id)


async def verify(unit: Unit, *, token: str, now: datetime) -> AccountId | MailedTokenInvalid:
    """Uses a secret that was mailed to verify an address."""
    taken = await _taken(unit, token, (Purpose.VERIFY_EMAIL,), now)
    if taken is None:
        return MailedTokenInvalid(path=TOKEN)
    account, _ = taken
    await unit.access.verify_email(account.id, now=now)
    await audit.note(unit, account_id=account.id, kind=SecurityKind.EMAIL_VERIFIED, now=now)
    return account.id


async def look_at_reset(unit: Unit, *, token: str, now: datetime) -> Account | None:
    """Whose password a secret would set, before the slow work of hashing; nothing is used up."""
    found = await _found(unit, token, (Purpose.RESET_PASSWORD,), now)
    return found[0] if found is not None else None


async def reset_password(unit: Unit, *, token: str, password_hash: str, now: datetime) -> AccountId | MailedTokenInvalid:
    """Uses a secret that was mailed to set a password. Every session ends; the mailbox has been shown to be the owner's.

    Second factors and linked providers stay, unless it is shown for the first time: then a stranger may have opened the
    account with an address that was not theirs, and left themselves other ways in.
    """
    taken = await _taken(unit, token, (Purpose.RESET_PASSWORD,), now)
    if taken is None:
        return MailedTokenInvalid(path=TOKEN)
    account, _ = taken
    if not account.is_verified:
        await _close_other_ways(unit, account.id, now)
    await unit.access.set_password_hash(account.id, password_hash)
    await unit.access.verify_email(account.id, now=now)
    await unit.access.end_sessions(account.id, because=Ended.PASSWORD_RESET, now=now)
    await audit.note(unit, account_id=account.id, kind=SecurityKind.PASSWORD_RESET, now=now)
    unit.announce(PasswordChanged(account_id=account.id))
    return account.id


async def confirm_email_change(unit: Unit, *, token: str, now: datetime) -> Change | MailedTokenInvalid | EmailTaken:
    """Uses a secret of one of the two mailboxes; with the second one the address changes, and every session ends."""
    taken = await _taken(unit, token, _OF_CHANGE, now)
    change = await unit.access.email_change(taken[0].id) if taken is not None else None
    if taken is None or change is None:
        return MailedTokenInvalid(path=TOKEN)
    account, purpose = taken
    if not await unit.access.confirm_email_change(account.id, is_new=purpose is Purpose.TAKE_EMAIL, now=now):
        return Change(is_done=False)
    key = rules.email_key(change.new_email)
    if not await unit.access.set_email(account.id, email=change.new_email, email_key=key, now=now):
        return EmailTaken(path=TOKEN)
    await unit.preferences.carry_over(account.email, change.new_email)
    await unit.access.end_sessions(account.id, because=Ended.EMAIL_CHANGED, now=now)
    await audit.note(unit, account_id=account.id, kind=SecurityKind.EMAIL_CHANGED, now=now)
    unit.announce(EmailChanged(account_id=account.id))
    return Change(is_done=True)


_OF_CHANGE = (Purpose.LEAVE_EMAIL, Purpose.TAKE_EMAIL)


async def _close_other_ways(unit: Unit, account_id: AccountId, now: datetime) -> None:
    """Unlinks every provider and forgets every second factor of a locked account."""
    unlinked = await unit.identities.remove_all(account_id)
    forgotten = await unit.factors.remove_all(account_id)
    for kind, count in ((SecurityKind.IDENTITY_UNLINKED, unlinked), (SecurityKind.FACTOR_REMOVED, forgotten)):
        if count > 0:
            await audit.note(unit, account_id=account_id, kind=kind, count=count, now=now)


async def _found(unit: Unit, token: str, purposes: Collection[Purpose], now: datetime) -> tuple[Account, MailedToken] | None:
    """The account of a secret that is good for one of the purposes, locked; None for every other, told alike."""
    shown = rules.token_hash(token)
    kept = await unit.access.mailed(shown, now=now) if shown else None
    account = await unit.access.lock_account(kept.account_id) if kept is not None and kept.purpose in purposes else None
    if kept is None or account is None or not account.is_active:
        return None
    change = await unit.access.email_change(account.id) if kept.purpose in _OF_CHANGE else None
    return (account, kept) if kept.bound_hash == rules.bound_hash(kept.purpose, account, change) else None


async def _taken(unit: Unit, token: str, purposes: Collection[Purpose], now: datetime) -> tuple[Account, Purpose] | None:
    """As `_found`, and used up: of many who show it at once, one gets it."""
    found = await _found(unit, token, purposes, now)
    if found is None or not await unit.access.use_mailed(found[1].id, now=now):
        return None
    return found[0], found[1].purpose
