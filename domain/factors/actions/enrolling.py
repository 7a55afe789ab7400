"""Authenticator apps and recovery codes: enrolled, confirmed, turned off, replaced."""

from __future__ import annotations

from datetime import datetime

from domain.audit.actions import note
from domain.audit.model import SecurityKind
from domain.factors import rules
from domain.factors.actions.proving import TOTP_SECRET, code_looked_at, proved_again
from domain.factors.errors import AlreadyEnrolled, NotEnrolled
from domain.factors.events import FactorAdded, FactorRemoved, RecoveryCodesReplaced
from domain.factors.model import RECOVERY_CODES, Added, Again, Enrollment, Method, Unproved
from domain.factors.provider import FactorPorts
from domain.ids import AccountId
from domain.unit import Unit

_INPUT = ("input",)


async def enroll(unit: Unit, *, ports: FactorPorts, again: Again, now: datetime) -> Enrollment | Unproved | AlreadyEnrolled:
    """Keeps the secret of a new app, which counts once a code of it was shown. Another one that waited for that is forgotten."""
    unproved = await proved_again(unit, ports=ports, again=again, now=now)
    if unproved is not None:
        return unproved
    account = again.account
    if (await unit.factors.held(account.id)).totp:
        return AlreadyEnrolled(path=_INPUT)
    secret = ports.codes.new_secret()
    sealed = ports.vault.lock(secret, purpose=TOTP_SECRET, owner=str(account.id))
    await unit.factors.set_totp(account.id, secret=sealed, now=now)
    return ports.codes.enrollment(secret, owner=account.email)


async def confirm(
    unit: Unit, *, ports: FactorPorts, account_id: AccountId, code: str, now: datetime
) -> Added | Unproved | NotEnrolled:
    """From now on the account asks for the app's codes, for one of them was right."""
    account = await unit.access.lock_account(account_id)
    totp = await unit.factors.lock_totp(account_id)
    if account is None or not account.is_active or totp is None or totp.last_step is not None:
        return NotEnrolled(path=_INPUT)
    is_first = not (await unit.factors.held(account_id)).any
    unproved = await code_looked_at(unit, ports=ports, account_id=account_id, code=code, now=now)
    if unproved is not None:
        return unproved
    return Added(recovery_codes=await factor_added(unit, account_id, Method.TOTP, now, is_first=is_first))


async def disable(unit: Unit, *, ports: FactorPorts, again: Again, now: datetime) -> AccountId | Unproved | NotEnrolled:
    """Forgets the app. Recovery codes go with the last factor: without one there is nothing they stand in for."""
    unproved = await proved_again(unit, ports=ports, again=again, now=now)
    if unproved is not None:
        return unproved
    account_id = again.account.id
    if not (await unit.factors.held(account_id)).totp:
        return NotEnrolled(path=_INPUT)
    await unit.factors.remove_totp(account_id)
    await factor_removed(unit, account_id, Method.TOTP, now)
    return account_id


async def regenerate(
    unit: Unit, *, ports: FactorPorts, again: Again, now: datetime
) -> tuple[str, ...] | Unproved | NotEnrolled:
    """New recovery codes instead of all that were, used or not."""
    unproved = await proved_again(unit, ports=ports, again=again, now=now)
    if unproved is not None:
        return unproved
    account_id = again.account.id
    if not (await unit.factors.held(account_id)).any:
        return NotEnrolled(path=_INPUT)
    await note(unit, account_id=account_id, kind=SecurityKind.RECOVERY_CODES_MADE, now=now)
    unit.announce(RecoveryCodesReplaced(account_id=account_id))
    return await _new_codes(unit, account_id, now)


async def factor_added(unit: Unit, account_id: AccountId, method: Method, now: datetime, *, is_first: bool) -> tuple[str, ...]:
    """What follows when a factor was added: with the first one there are recovery codes, told here for the only time."""
    await note(unit, account_id=account_id, kind=SecurityKind.FACTOR_ADDED, now=now, detail=method.value)
    unit.announce(FactorAdded(account_id=account_id, method=method.value))
    return await _new_codes(unit, account_id, now) if is_first else ()


async def factor_removed(unit: Unit, account_id: AccountId, method: Method, now: datetime) -> None:
    """What follows when a factor is gone."""
    if not (await unit.factors.held(account_id)).any:
        await unit.factors.replace_recovery_codes(account_id, (), now=now)
    await note(unit, account_id=account_id, kind=SecurityKind.FACTOR_REMOVED, now=now, detail=method.value)
    unit.announce(FactorRemoved(account_id=account_id, method=method.value))


async def _new_codes(unit: Unit, account_id: AccountId, now: datetime) -> tuple[str, ...]:
    """Fresh recovery codes, kept as hashes; their text exists here for the last time."""
    codes = tuple(rules.new_recovery_code() for _ in range(RECOVERY_CODES))
    hashes = [each for code in codes if (each := rules.recovery_code_hash(code)) is not None]
    await unit.factors.replace_recovery_codes(account_id, hashes, now=now)
    return codes
