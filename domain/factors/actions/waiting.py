"""Log-ins that wait for a second factor: begun when the password was right, ended by an answer that does, in time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.access.model import Proved
from domain.factors import rules
from domain.factors.actions.proving import looked_at
from domain.factors.errors import ChallengeInvalid
from domain.factors.model import CHALLENGE_LIFETIME, CHALLENGE_TRIES_MAX, Challenged, Given, Unproved, Waiting
from domain.factors.provider import FactorPorts
from domain.ids import AccountId, new_id
from domain.unit import Unit

_CHALLENGE = ("input", "challenge")
_FORGOTTEN_AT_ONCE = 5_000


async def challenge(unit: Unit, *, ports: FactorPorts, proved: Proved, now: datetime) -> Challenged | None:
    """Has the log-in of an account with a second factor wait for it; None for an account without one, which may go on."""
    account = proved.account
    held = await unit.factors.held(account.id)
    if not held.any:
        return None
    current = await unit.access.lock_account(account.id)
    if current is not None and current.password_hash == account.password_hash and proved.better_hash is not None:
        await unit.access.set_password_hash(account.id, proved.better_hash)
        current = await unit.access.account(account.id)
    # A password that was changed meanwhile makes a challenge that nobody can answer: the caller need not know.
    waiting = Waiting(
        id=new_id(),
        account_id=account.id,
        proof=rules.proof_of(current if proved.better_hash is not None and current is not None else account),
        tries=0,
        expires_at=now + CHALLENGE_LIFETIME,
    )
    await unit.factors.add_waiting(waiting)
    return Challenged(secret=ports.challenge_secret(waiting.id), methods=rules.methods(held), expires_at=waiting.expires_at)


async def whose(unit: Unit, *, challenge_id: UUID, now: datetime) -> AccountId | ChallengeInvalid:
    """Whose log-in waits."""
    waiting = await unit.factors.waiting(challenge_id)
    if waiting is None or now >= waiting.expires_at:
        return ChallengeInvalid(path=_CHALLENGE)
    return waiting.account_id


async def answer(
    unit: Unit, *, ports: FactorPorts, challenge_id: UUID, account_id: AccountId, given: Given, now: datetime
) -> Proved | ChallengeInvalid | Unproved:
    """Goes on with a log-in that waited, once. A few wrong answers end it."""
    invalid = ChallengeInvalid(path=_CHALLENGE)
    account = await unit.access.lock_account(account_id)
    waiting = await unit.factors.lock_waiting(challenge_id)
    if account is None or waiting is None or waiting.account_id != account_id:
        return invalid
    is_alive = now < waiting.expires_at and waiting.tries < CHALLENGE_TRIES_MAX
    if not is_alive or not account.is_active or waiting.proof != rules.proof_of(account):
        return invalid
    unproved = await looked_at(unit, ports=ports, account_id=account_id, given=given, now=now)
    if unproved is not None:
        await unit.factors.count_try(challenge_id)
        return unproved
    await unit.factors.end_waiting(challenge_id)
    return Proved(account=account)


async def forget_expired(unit: Unit, *, now: datetime) -> int:
    """Drops log-ins and ceremonies that nobody can end any more; how many, 0 when it is done."""
    return await unit.factors.forget_expired(before=now, count_max=_FORGOTTEN_AT_ONCE)
