"""Passkeys: introduced, named, removed, and asked to sign. Each challenge is signed once, and in time."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from domain.access.model import Account, Proved
from domain.error import NotFound
from domain.factors.actions.enrolling import factor_added, factor_removed
from domain.factors.actions.proving import passkey_signed, proved_again
from domain.factors.errors import LastWayIn, PasskeyRefused, PasskeysFull
from domain.factors.model import (
    CHALLENGE_LIFETIME,
    PASSKEYS_MAX,
    Added,
    Again,
    Begun,
    Ceremony,
    Method,
    PasskeyGiven,
    Purpose,
    Unproved,
)
from domain.factors.provider import FactorPorts
from domain.ids import AccountId, new_id
from domain.unit import Unit

_INPUT = ("input",)
_ID = ("input", "id")
_CHALLENGE_BYTES = 32


async def start_registration(unit: Unit, *, ports: FactorPorts, again: Again, now: datetime) -> Begun | Unproved | PasskeysFull:
    """What the browser needs to make a passkey. Whoever may have one more has proved themselves again."""
    unproved = await proved_again(unit, ports=ports, again=again, now=now)
    if unproved is not None:
        return unproved
    account = again.account
    known = await unit.factors.passkeys(account.id)
    if len(known) >= PASSKEYS_MAX:
        return PasskeysFull(path=_INPUT, count_max=PASSKEYS_MAX)
    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    options = ports.passkeys.creation_options(challenge, account_id=account.id, email=account.email, known=known)
    ceremony = Ceremony(
        purpose=Purpose.REGISTER, account_id=account.id, challenge=challenge, expires_at=now + CHALLENGE_LIFETIME
    )
    return await _begun(unit, ports, ceremony, options)


async def register(
    unit: Unit, *, ports: FactorPorts, account_id: AccountId, ceremony: Ceremony, given: PasskeyGiven, name: str, now: datetime
) -> Added | PasskeyRefused | PasskeysFull:
    """Keeps the passkey that answered; from now on the account asks for it, or for another factor."""
    account = await unit.access.lock_account(account_id)
    if account is None or not account.is_active or ceremony.account_id != account_id:
        return PasskeyRefused(path=_INPUT)
    introduced = ports.passkeys.introduced(given.credential, challenge=ceremony.challenge)
    if introduced is None:
        return PasskeyRefused(path=_INPUT)
    held = await unit.factors.held(account_id)
    if held.passkeys >= PASSKEYS_MAX:
        return PasskeysFull(path=_INPUT, count_max=PASSKEYS_MAX)
    passkey_id = await unit.factors.add_passkey(account_id, introduced, name=name, now=now)
    if passkey_id is None:
        return PasskeyRefused(path=_INPUT)
    codes = await factor_added(unit, account_id, Method.PASSKEY, now, is_first=not held.any)
    return Added(passkey_id=passkey_id, recovery_codes=codes)


async def rename(unit: Unit, *, account_id: AccountId, passkey_id: UUID, name: str) -> UUID | NotFound:
    """Calls a passkey something else."""
    if not await unit.factors.rename_passkey(account_id, passkey_id, name=name):
        return NotFound(path=_ID, what="passkey")
    return passkey_id


async def remove(
    unit: Unit, *, ports: FactorPorts, again: Again, passkey_id: UUID, now: datetime
) -> UUID | Unproved | NotFound | LastWayIn:
    """Forgets a passkey, as long as another way in is left."""
    unproved = await proved_again(unit, ports=ports, again=again, now=now)
    if unproved is not None:
        return unproved
    account = again.account
    if not await unit.factors.remove_passkey(account.id, passkey_id):
        return NotFound(path=_ID, what="passkey")
    if not (account.has_password or await unit.identities.count(account.id) or (await unit.factors.held(account.id)).passkeys):
        return LastWayIn(path=_ID)
    await factor_removed(unit, again.account.id, Method.PASSKEY, now)
    return passkey_id


async def start_log_in(unit: Unit, *, ports: FactorPorts, now: datetime) -> Begun:
    """A challenge that any passkey of anybody's may sign."""
    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    ceremony = Ceremony(purpose=Purpose.LOG_IN, account_id=None, challenge=challenge, expires_at=now + CHALLENGE_LIFETIME)
    return await _begun(unit, ports, ceremony, ports.passkeys.request_options(challenge, known=()))


async def start_proof(unit: Unit, *, ports: FactorPorts, account_id: AccountId, now: datetime) -> Begun:
    """A challenge for the passkeys of one account, as its second factor."""
    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    ceremony = Ceremony(purpose=Purpose.PROVE, account_id=account_id, challenge=challenge, expires_at=now + CHALLENGE_LIFETIME)
    known = await unit.factors.passkeys(account_id)
    return await _begun(unit, ports, ceremony, ports.passkeys.request_options(challenge, known=known))


async def take(unit: Unit, *, ceremony_id: UUID, purpose: Purpose, now: datetime) -> Ceremony | None:
    """Takes a challenge out of the keeping, in a transaction of its own: whatever comes of the answer, there is no second."""
    return await unit.factors.take_ceremony(ceremony_id, purpose=purpose, now=now)


async def log_in(unit: Unit, *, ports: FactorPorts, ceremony: Ceremony, given: PasskeyGiven, now: datetime) -> Proved | None:
    """Whose passkey signed, having verified its user: that is two factors at once. None commits, for a clone is told."""
    credential_id = ports.passkeys.credential_id(given.credential)
    passkey = await unit.factors.passkey(credential_id) if credential_id is not None else None
    account: Account | None = await unit.access.lock_account(passkey.account_id) if passkey is not None else None
    if account is None or not account.is_active:
        return None
    signed_by = await passkey_signed(
        unit,
        ports=ports,
        given=given,
        challenge=ceremony.challenge,
        account_id=account.id,
        must_verify_user=True,
        now=now,
    )
    return Proved(account=account) if signed_by is not None else None


async def _begun(unit: Unit, ports: FactorPorts, ceremony: Ceremony, options: Mapping[str, object]) -> Begun:
    ceremony_id = new_id()
    await unit.factors.add_ceremony(ceremony_id, ceremony)
    return Begun(secret=ports.ceremony_secret(ceremony_id), options=options, expires_at=ceremony.expires_at)
