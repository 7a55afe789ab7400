"""Looking at what somebody shows besides a password, under the locks that make a code good once and a counter go up only.

A wrong answer is kept (counted, told), so it comes back as `Unproved`, which commits, and not as a failure, which would not.
"""

from __future__ import annotations

import math
from datetime import datetime
from uuid import UUID

from domain.access.errors import PasswordWrong
from domain.access.model import Account, Throttled
from domain.audit.actions import note
from domain.audit.model import SecurityKind
from domain.error import Path, UserError
from domain.factors import rules
from domain.factors.errors import LogInAgain, SecondFactorNeeded, SecondFactorRefused
from domain.factors.events import PasskeyCloned, RecoveryCodeUsed
from domain.factors.model import (
    RECENT,
    Again,
    CodeGiven,
    Given,
    PasskeyGiven,
    Purpose,
    RecoveryCodeGiven,
    Unproved,
)
from domain.factors.provider import FactorPorts
from domain.ids import AccountId
from domain.unit import Unit

TOTP_SECRET = "totp"  # noqa: S105 - what the vault seals, not the secret
CODE = ("input", "code")
RECOVERY_CODE = ("input", "recovery_code")
PASSKEY = ("input", "passkey")


async def proved_again(unit: Unit, *, ports: FactorPorts, again: Again, now: datetime) -> Unproved | None:
    """None for who may change how they log in: they have shown all that the account can be asked for. Locks the account.

    That is the password, where there is one, and a second factor, where there is one; with neither, a log-in of the last
    ten minutes.
    """
    account = await _locked(unit, again.account)
    if account is None:
        return Unproved(why=PasswordWrong(path=("input", "current_password")))
    held = await unit.factors.held(account.id)
    if held.any:
        if again.given is None:
            return Unproved(why=SecondFactorNeeded(path=("input",)))
        return await looked_at(unit, ports=ports, account_id=account.id, given=again.given, now=now)
    if account.has_password:
        return None
    opened_at = await unit.factors.opened_at(again.session_id)
    if opened_at is None or now - opened_at > RECENT:
        return Unproved(why=LogInAgain(path=("input",)))
    return None


async def looked_at(unit: Unit, *, ports: FactorPorts, account_id: AccountId, given: Given, now: datetime) -> Unproved | None:
    """None when what is shown does, which uses it up. The account is locked by the caller."""
    match given:
        case CodeGiven(code=code):
            return await code_looked_at(unit, ports=ports, account_id=account_id, code=code, now=now)
        case RecoveryCodeGiven(code=code):
            hashed = rules.recovery_code_hash(code)
            if hashed is None or not await unit.factors.use_recovery_code(account_id, hashed, now=now):
                return _refused(RECOVERY_CODE)
            await note(unit, account_id=account_id, kind=SecurityKind.RECOVERY_CODE_USED, now=now)
            unit.announce(RecoveryCodeUsed(account_id=account_id))
            return None
        case PasskeyGiven():
            return await _passkey_looked_at(unit, ports=ports, account_id=account_id, given=given, now=now)


async def code_looked_at(unit: Unit, *, ports: FactorPorts, account_id: AccountId, code: str, now: datetime) -> Unproved | None:
    """None when the app's code is of the present time step or one beside it, and of none that was used or passed over."""
    totp = await unit.factors.lock_totp(account_id)
    if totp is None:
        return _refused(CODE)
    if totp.paused_until is not None and now < totp.paused_until:
        return Unproved(why=Throttled(retry_after=math.ceil((totp.paused_until - now).total_seconds())))
    owner = str(account_id)
    secret = ports.vault.unlock(totp.secret, purpose=TOTP_SECRET, owner=owner)
    step = ports.codes.step(secret, code, now=now)
    if step is None or (totp.last_step is not None and step <= totp.last_step):
        pause = rules.pause_after(totp.failures + 1)
        await unit.factors.count_failure(account_id, paused_until=now + pause if pause else None)
        return _refused(CODE)
    # Sealed anew, so that a key that is on its way out is needed by nobody who logs in.
    sealed = ports.vault.lock(secret, purpose=TOTP_SECRET, owner=owner)
    await unit.factors.accept_step(account_id, step=step, secret=sealed, now=now)
    return None


async def _passkey_looked_at(
    unit: Unit, *, ports: FactorPorts, account_id: AccountId, given: PasskeyGiven, now: datetime
) -> Unproved | None:
    ceremony_id = ports.ceremony_id(given.ceremony)
    ceremony = (
        await unit.factors.take_ceremony(ceremony_id, purpose=Purpose.PROVE, now=now) if ceremony_id is not None else None
    )
    if ceremony is None or ceremony.account_id != account_id:
        return _refused(PASSKEY)
    signed_by = await passkey_signed(
        unit, ports=ports, given=given, challenge=ceremony.challenge, account_id=account_id, must_verify_user=False, now=now
    )
    return None if signed_by is not None else _refused(PASSKEY)


async def passkey_signed(
    unit: Unit,
    *,
    ports: FactorPorts,
    given: PasskeyGiven,
    challenge: bytes,
    account_id: AccountId,
    must_verify_user: bool,
    now: datetime,
) -> UUID | None:
    """Which of the account's passkeys signed the challenge; None when none did. Its counter moves on; a cloned one is told."""
    credential_id = ports.passkeys.credential_id(given.credential)
    passkey = await unit.factors.lock_passkey(credential_id) if credential_id is not None else None
    if passkey is None or passkey.account_id != account_id:
        return None
    assertion = ports.passkeys.asserted(
        given.credential, challenge=challenge, public_key=passkey.public_key, must_verify_user=must_verify_user
    )
    if assertion is None or assertion.user_handle not in (None, account_id.bytes):
        return None
    if not rules.counts_on(passkey.sign_count, assertion.sign_count):
        await note(unit, account_id=account_id, kind=SecurityKind.PASSKEY_CLONED, now=now)
        unit.announce(PasskeyCloned(account_id=account_id, passkey_id=passkey.id))
        return None
    await unit.factors.use_passkey(passkey.id, sign_count=assertion.sign_count, now=now)
    return passkey.id


async def _locked(unit: Unit, account: Account) -> Account | None:
    """The account, locked, as long as nobody changed its password or closed it since it was read."""
    current = await unit.access.lock_account(account.id)
    if current is None or not current.is_active or current.password_hash != account.password_hash:
        return None
    return current


def _refused(at: Path) -> Unproved:
    why: UserError = SecondFactorRefused(path=at)
    return Unproved(why=why)
