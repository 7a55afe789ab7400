"""Use cases of access that are one transaction each. Hashing is slow and stays outside: see `flows`."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from domain.access import rules
from domain.access.errors import EmailTaken, PasswordWrong
from domain.access.events import DeviceSeen, LogInsFailed, PasswordChanged, RefreshTokenReused
from domain.access.model import (
    ADMINISTRATOR,
    USER_AGENT_LENGTH_MAX,
    Account,
    Device,
    Ended,
    Family,
    NewSession,
    NewToken,
    OpenSession,
    RefreshToken,
)
from domain.access.rules import Refresh, RefreshSecrets
from domain.audit import actions as audit
from domain.audit.model import SecurityKind
from domain.error import NotFound, Path
from domain.ids import AccountId, SessionId, new_id
from domain.unit import Unit
from domain.viewer import Permission

_KEPT_AFTER_EXPIRY = timedelta(days=30)
"""So long the reuse of an old token still gives its thief away, and staff can see when and where somebody was logged in."""
_FORGOTTEN_AT_ONCE = 5_000
_FAILURES_NOTED = (5, 25, 100)


async def find_account(unit: Unit, *, email_key: str) -> Account | None:
    """The account of an address."""
    return await unit.access.account_by_key(email_key)


async def read_account(unit: Unit, *, account_id: AccountId) -> Account | None:
    """An account by its id."""
    return await unit.access.account(account_id)


async def note_failure(unit: Unit, *, email_key: str, account_id: AccountId | None, now: datetime) -> None:
    """Counts a failed log-in on an address, known or not, with the same work; the 5th, 25th and 100th of an hour are noted.

    Of the 5th the owner is told.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    count = await unit.access.count_failure(rules.failure_key(email_key), hour=hour)
    if count in _FAILURES_NOTED:
        await audit.note(unit, account_id=account_id, kind=SecurityKind.LOG_INS_FAILED, count=count, now=now)
    if count == _FAILURES_NOTED[0]:
        unit.announce(LogInsFailed(account_id=account_id or new_id()))


async def open_session(
    unit: Unit,
    *,
    account: Account,
    better_hash: str | None,
    device: Device,
    secrets: RefreshSecrets,
    lifetime: timedelta,
    now: datetime,
) -> OpenSession | None:
    """Opens a session for who proved the password of `account`; None when it was changed or closed since it was read."""
    current = await unit.access.lock_account(account.id)
    if current is None or not current.is_active or current.password_hash != account.password_hash:
        return None
    if better_hash is not None:
        await unit.access.set_password_hash(account.id, better_hash)
    session_id = SessionId(new_id())
    device_hash = rules.device_hash(account.id, device)
    is_known = await unit.access.knows_device(account.id, device_hash)
    await unit.access.add_session(
        NewSession(
            id=session_id,
            account_id=account.id,
            device=rules.printable(device.agent)[:USER_AGENT_LENGTH_MAX],
            device_hash=device_hash,
            opened_at=now,
        )
    )
    if is_known is False:
        await audit.note(unit, account_id=account.id, kind=SecurityKind.NEW_DEVICE, session_id=session_id, now=now)
        unit.announce(DeviceSeen(account_id=account.id, session_id=session_id))
    token = secrets.first()
    await unit.access.add_token(_kept(token, session_id, lifetime, now))
    return OpenSession(account_id=account.id, session_id=session_id, refresh_token=token, refresh_expires_at=now + lifetime)


async def rotate(unit: Unit, *, token: str, secrets: RefreshSecrets, lifetime: timedelta, now: datetime) -> OpenSession | None:
    """Takes a refresh token and gives its follower; None when it is no good. Reuse ends the session, which is recorded."""
    shown = rules.token_hash(token)
    family = await unit.access.lock_family(shown) if shown else None
    kept = await unit.access.token(shown) if shown and family else None
    if family is None or kept is None:
        return None
    match rules.refresh(family, kept, now=now):
        case Refresh.REFUSE:
            return None
        case Refresh.END_FAMILY:
            await unit.access.end_session(family.session_id, because=Ended.TOKEN_REUSED, now=now)
            await audit.note(
                unit, account_id=family.account_id, kind=SecurityKind.TOKEN_REUSED, session_id=family.session_id, now=now
            )
            unit.announce(RefreshTokenReused(account_id=family.account_id, session_id=family.session_id))
            return None
        case Refresh.REPEAT:
            return _repeated(family, kept, token, secrets)
        case Refresh.ROTATE:
            follower_id = new_id()
            follower = secrets.follower(token, follower_id)
            await unit.access.use_token(kept.id, now=now)
            await unit.access.add_token(_kept(follower, family.session_id, lifetime, now, follower_id))
            await unit.access.link_follower(kept.id, follower_id, session_id=family.session_id, now=now)
            return _going_on(family, follower, now + lifetime)


async def revoke_token(unit: Unit, *, token: str, now: datetime) -> SessionId | None:
    """Ends the session of a refresh token, used or not (RFC 7009: an unknown token is no error); which one."""
    shown = rules.token_hash(token)
    family = await unit.access.lock_family(shown) if shown else None
    if family is None:
        return None
    await unit.access.end_session(family.session_id, because=Ended.LOGGED_OUT, now=now)
    return family.session_id


async def end_session(
    unit: Unit, *, account_id: AccountId, session_id: SessionId, at: Path, now: datetime
) -> SessionId | NotFound:
    """Ends one of the account's own sessions. Ending it twice is fine; a foreign one is not found."""
    if not await unit.access.end_session(session_id, because=Ended.LOGGED_OUT, now=now, account_id=account_id):
        return NotFound(path=at, what="session")
    await audit.note(unit, account_id=account_id, kind=SecurityKind.SESSION_ENDED, session_id=session_id, now=now)
    return session_id


async def end_sessions(unit: Unit, *, account_id: AccountId, now: datetime) -> int:
    """Logs the account out everywhere; how many sessions that ended."""
    await audit.note(unit, account_id=account_id, kind=SecurityKind.SESSIONS_ENDED, now=now)
    return await unit.access.end_sessions(account_id, because=Ended.LOGGED_OUT_EVERYWHERE, now=now)


async def change_password(
    unit: Unit, *, account: Account, password_hash: str, session_id: SessionId, at: Path, now: datetime
) -> AccountId | PasswordWrong:
    """Replaces the password that was proved before, and ends every other session of the account."""
    current = await unit.access.lock_account(account.id)
    if current is None or not current.is_active or current.password_hash != account.password_hash:
        return PasswordWrong(path=at)
    await unit.access.set_password_hash(account.id, password_hash)
    await unit.access.end_sessions(account.id, because=Ended.PASSWORD_CHANGED, now=now, but=session_id)
    await audit.note(unit, account_id=account.id, kind=SecurityKind.PASSWORD_CHANGED, session_id=session_id, now=now)
    unit.announce(PasswordChanged(account_id=account.id))
    return account.id


async def forget_old(unit: Unit, *, now: datetime) -> int:
    """Drops refresh tokens a month after their time, and sessions that have none left; how many tokens, 0 when it is done."""
    return await unit.access.forget_tokens(before=now - _KEPT_AFTER_EXPIRY, count_max=_FORGOTTEN_AT_ONCE)


async def add_administrator(unit: Unit, *, email: str, name: str, password_hash: str, now: datetime) -> AccountId | EmailTaken:
    """Makes an account of staff with the role that holds every permission; the role is made, or completed, on the way."""
    account_id = AccountId(new_id())
    key = rules.email_key(email)
    if not await unit.access.add_account(account_id, email=email, email_key=key, password_hash=password_hash, now=now):
        return EmailTaken(path=("input", "email"))
    role_id = await unit.access.keep_role(ADMINISTRATOR, tuple(Permission))
    await unit.access.add_staff(account_id, name=name, role_id=role_id)
    return account_id


def _repeated(family: Family, kept: RefreshToken, token: str, secrets: RefreshSecrets) -> OpenSession | None:
    """The follower that was made before, told again; None when the key it was made with is gone."""
    if kept.follower_id is None or kept.follower_hash is None or kept.follower_expires_at is None:
        return None
    follower = secrets.repeated(token, kept.follower_id, kept.follower_hash)
    return _going_on(family, follower, kept.follower_expires_at) if follower else None


def _going_on(family: Family, follower: str, expires_at: datetime) -> OpenSession:
    return OpenSession(
        account_id=family.account_id, session_id=family.session_id, refresh_token=follower, refresh_expires_at=expires_at
    )


def _kept(token: str, session_id: SessionId, lifetime: timedelta, now: datetime, token_id: UUID | None = None) -> NewToken:
    kept = rules.token_hash(token)
    assert kept is not None
    return NewToken(id=token_id or new_id(), session_id=session_id, token_hash=kept, issued_at=now, expires_at=now + lifetime)
