"""Use cases of second factors around counting attempts and hashing: attempts first, and no transaction open meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from domain.access import flows as access
from domain.access.actions import read_account
from domain.access.errors import InvalidCredentials, PasswordWrong
from domain.access.model import PASSWORD_LENGTH_MAX, Device, LoggedIn, Proved, Throttled
from domain.access.provider import AccessPorts
from domain.error import UserError
from domain.factors import rules
from domain.factors.actions import enrolling, passkeys, waiting
from domain.factors.errors import ChallengeInvalid, PasskeyRefused
from domain.factors.model import Added, Again, Begun, Challenged, Given, PasskeyGiven, Purpose, Unproved
from domain.factors.provider import FactorPorts
from domain.ids import AccountId, SessionId
from domain.unit import Transact

_CHALLENGE = ("input", "challenge")
_PASSKEY = ("input", "passkey")
SECOND_FACTOR = "second factor"
Admit = Callable[[Proved], Awaitable[UserError | None]]
"""Why somebody who has proved to own an account may not come in all the same (an address to be verified first), or None."""


async def enter(
    transact: Transact, ports: AccessPorts, factors: FactorPorts, proved: Proved, *, device: Device, now: datetime
) -> LoggedIn | Challenged | InvalidCredentials:
    """The second half of a log-in: a challenge for an account with a second factor, for any other its session."""
    challenged = await transact(waiting.challenge, ports=factors, proved=proved, now=now)
    if challenged is not None:
        return challenged
    return await access.enter(transact, ports, proved, device=device, now=now)


async def complete(
    transact: Transact,
    ports: AccessPorts,
    factors: FactorPorts,
    *,
    challenge: str,
    given: Given,
    device: Device,
    now: datetime,
) -> LoggedIn | UserError | Throttled:
    """Ends a log-in that waited for a second factor: opens its session."""
    proved = await proved_by(transact, ports, factors, challenge=challenge, given=given, device=device, now=now)
    return await access.enter(transact, ports, proved, device=device, now=now) if isinstance(proved, Proved) else proved


async def proved_by(
    transact: Transact,
    ports: AccessPorts,
    factors: FactorPorts,
    *,
    challenge: str,
    given: Given,
    device: Device,
    now: datetime,
) -> Proved | UserError | Throttled:
    """Whose log-in waited for this second factor. What they came for is the caller's to do."""
    challenge_id = factors.challenge_id(challenge)
    if challenge_id is None:
        return ChallengeInvalid(path=_CHALLENGE)
    account_id = await transact(waiting.whose, challenge_id=challenge_id, now=now)
    if isinstance(account_id, UserError):
        return account_id
    if (throttled := await _attempt(ports, account_id, device)) is not None:
        return throttled
    proved = await transact(
        waiting.answer, ports=factors, challenge_id=challenge_id, account_id=account_id, given=given, now=now
    )
    return proved.why if isinstance(proved, Unproved) else proved


async def again(
    transact: Transact,
    ports: AccessPorts,
    *,
    account_id: AccountId,
    session_id: SessionId,
    password: str | None,
    given: Given | None,
    device: Device,
) -> Again | PasswordWrong | Throttled:
    """Has somebody who is logged in show the password again, where there is one. Raises `Busy`."""
    wrong = PasswordWrong(path=("input", "current_password"))
    if (throttled := await ports.throttle.attempt("password", account=str(account_id), address=device.address)) is not None:
        return throttled
    account = await transact(read_account, account_id=account_id)
    if account is None:
        return wrong
    if account.has_password:
        verified = await ports.hasher.verified((password or "")[: PASSWORD_LENGTH_MAX + 1], account.password_hash)
        if not verified.is_right:
            return wrong
    return Again(account=account, session_id=session_id, given=given)


async def confirm(
    transact: Transact,
    ports: AccessPorts,
    factors: FactorPorts,
    *,
    account_id: AccountId,
    code: str,
    device: Device,
    now: datetime,
) -> Added | UserError | Unproved | Throttled:
    """Confirms a new authenticator app by a first code of it."""
    if (throttled := await _attempt(ports, account_id, device)) is not None:
        return throttled
    return await transact(enrolling.confirm, ports=factors, account_id=account_id, code=code, now=now)


async def register_passkey(
    transact: Transact, factors: FactorPorts, *, account_id: AccountId, given: PasskeyGiven, name: str, now: datetime
) -> Added | UserError:
    """Keeps a passkey that the browser has made."""
    written = rules.passkey_name(name, at=("input", "name"))
    if isinstance(written, UserError):
        return written
    ceremony_id = factors.ceremony_id(given.ceremony)
    if ceremony_id is None:
        return PasskeyRefused(path=_PASSKEY)
    ceremony = await transact(passkeys.take, ceremony_id=ceremony_id, purpose=Purpose.REGISTER, now=now)
    if ceremony is None:
        return PasskeyRefused(path=_PASSKEY)
    return await transact(
        passkeys.register, ports=factors, account_id=account_id, ceremony=ceremony, given=given, name=written, now=now
    )


async def start_proof(
    transact: Transact, factors: FactorPorts, *, account_id: AccountId | None, challenge: str | None, now: datetime
) -> Begun | ChallengeInvalid:
    """A challenge for the passkeys of who is logged in, or else of whose log-in waits."""
    if account_id is None:
        challenge_id: UUID | None = factors.challenge_id(challenge) if challenge is not None else None
        if challenge_id is None:
            return ChallengeInvalid(path=_CHALLENGE)
        found = await transact(waiting.whose, challenge_id=challenge_id, now=now)
        if isinstance(found, UserError):
            return found
        account_id = found
    return await transact(passkeys.start_proof, ports=factors, account_id=account_id, now=now)


async def log_in_by_passkey(
    transact: Transact,
    ports: AccessPorts,
    factors: FactorPorts,
    *,
    given: PasskeyGiven,
    admit: Admit,
    device: Device,
    now: datetime,
) -> LoggedIn | UserError | Throttled:
    """Opens a session for whose passkey signed, without a password."""
    refused = PasskeyRefused(path=_PASSKEY)
    if (throttled := await ports.throttle.attempt("passkey", account=None, address=device.address)) is not None:
        return throttled
    ceremony_id = factors.ceremony_id(given.ceremony)
    if ceremony_id is None:
        return refused
    ceremony = await transact(passkeys.take, ceremony_id=ceremony_id, purpose=Purpose.LOG_IN, now=now)
    if ceremony is None:
        return refused
    proved = await transact(passkeys.log_in, ports=factors, ceremony=ceremony, given=given, now=now)
    if proved is None:
        return refused
    return await admit(proved) or await access.enter(transact, ports, proved, device=device, now=now)


async def _attempt(ports: AccessPorts, account_id: AccountId, device: Device) -> Throttled | None:
    """Counted before anything is compared, like passwords and apart from them."""
    return await ports.throttle.attempt(SECOND_FACTOR, account=str(account_id), address=device.address)
