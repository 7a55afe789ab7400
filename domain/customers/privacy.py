"""Use cases of a customer's own data, one transaction each: a copy of it, and its erasure after time to think again.

What is erased is the person: orders stay as the law asks, with amounts and goods, and nobody's name on them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.access.errors import PasswordWrong
from domain.access.model import Account, Ended
from domain.access.rules import email_key, failure_key
from domain.audit import actions as audit
from domain.audit.model import SecurityKind
from domain.customers.errors import NothingToCancel
from domain.customers.events import DataExportReady, DataExportRequested, ErasureCancelled, ErasureRequested
from domain.error import NotFound, Path
from domain.ids import AccountId, CustomerId, ExportId, new_id
from domain.unit import Unit

GRACE = timedelta(days=14)
"""How long a customer may change their mind about being erased."""
EXPORT_KEPT = timedelta(days=7)


async def request_erasure(unit: Unit, *, account: Account, at: Path, now: datetime) -> datetime | PasswordWrong | NotFound:
    """Plans the erasure of who proved the password of `account`, and logs them out everywhere; when it will be done.

    Asking again changes nothing. Logging in stays possible until then.
    """
    current = await unit.access.lock_account(account.id)
    if current is None or not current.is_active or current.password_hash != account.password_hash:
        return PasswordWrong(path=at)
    if await unit.customers.lock(CustomerId(account.id)) is None:
        return NotFound(path=("input",), what="customer")
    planned = await unit.customers.plan_erasure(CustomerId(account.id), after=now + GRACE)
    await unit.access.end_sessions(account.id, because=Ended.ERASED, now=now)
    await audit.note(unit, account_id=account.id, kind=SecurityKind.ERASURE_REQUESTED, now=now)
    unit.announce(ErasureRequested(account_id=account.id))
    return planned


async def cancel_erasure(unit: Unit, *, customer_id: CustomerId, now: datetime) -> CustomerId | NothingToCancel:
    """Keeps an account that was going to be erased."""
    if not await unit.customers.cancel_erasure(customer_id):
        return NothingToCancel(path=())
    await audit.note(unit, account_id=AccountId(customer_id), kind=SecurityKind.ERASURE_CANCELLED, now=now)
    unit.announce(ErasureCancelled(account_id=customer_id))
    return customer_id


async def erase_due(unit: Unit, *, now: datetime) -> CustomerId | None:
    """Erases one customer whose time has come; None when there is none, or others are at it."""
    due = await unit.customers.lock_due_erasure(now=now)
    if due is None:
        return None
    account = await unit.access.account(AccountId(due))
    assert account is not None
    await unit.access.end_sessions(account.id, because=Ended.ERASED, now=now)
    await unit.customers.erase(due, failure_key=failure_key(email_key(account.email)), now=now)
    return due


async def request_export(unit: Unit, *, customer_id: CustomerId, now: datetime) -> ExportId | NotFound:
    """Has a copy of what is kept about the customer made; while one is being made, that one is meant."""
    if await unit.customers.lock(customer_id) is None:
        return NotFound(path=(), what="customer")
    queued = await unit.customers.queued_export(customer_id)
    if queued is not None:
        return queued
    export_id = ExportId(new_id())
    await unit.customers.add_export(export_id, customer_id, now=now, until=now + EXPORT_KEPT)
    await audit.note(unit, account_id=AccountId(customer_id), kind=SecurityKind.DATA_EXPORTED, now=now)
    unit.announce(DataExportRequested(account_id=customer_id, export_id=export_id))
    return export_id


async def make_export(unit: Unit, *, export_id: ExportId, now: datetime) -> CustomerId | None:
    """Makes a copy that was asked for; whose, or None when it is made already or nobody's any more."""
    customer_id = await unit.customers.lock_export(export_id)
    if customer_id is None:
        return None
    content = await unit.customers.gather(customer_id)
    await unit.customers.keep_export(export_id, content, now=now, until=now + EXPORT_KEPT)
    unit.announce(DataExportReady(account_id=customer_id))
    return customer_id


async def forget_exports(unit: Unit, *, now: datetime) -> int:
    """Drops copies whose time is over; how many."""
    return await unit.customers.forget_exports(before=now)
