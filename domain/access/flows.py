"""Use cases of access around the slow work of hashing: attempts are counted first, no transaction is open meanwhile.

Every answer takes the same steps whether or not the address is known, so that neither words nor time tell.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.access import actions, mailed, rules
from domain.access.errors import (
    EmailInvalid,
    EmailTaken,
    InvalidCredentials,
    MailedTokenInvalid,
    PasswordWrong,
    RefreshTokenInvalid,
)
from domain.access.model import (
    PASSWORD_LENGTH_MAX,
    STAFF_NAME_LENGTH_MAX,
    Account,
    Device,
    LoggedIn,
    OpenSession,
    Proved,
    Purpose,
    Throttled,
)
from domain.access.provider import AccessPorts, EmailRules, PasswordHasher, PasswordJudge
from domain.error import Invalid, Path, Several, UserError
from domain.ids import AccountId, SessionId
from domain.unit import Transact

PASSWORD = ("input", "password")


async def prove(
    transact: Transact, ports: AccessPorts, *, email: str, password: str, device: Device, now: datetime
) -> Proved | InvalidCredentials | Throttled:
    """The first half of a log-in: who knows the password of an active account. Nothing is opened yet. Raises `Busy`.

    What else the account asks for (a second factor, say) comes between this and `enter`.
    """
    refused = InvalidCredentials(path=("input",))
    written = ports.emails.normalised(email)
    if written is None or len(password) > PASSWORD_LENGTH_MAX:
        return refused
    key = rules.email_key(written)
    if (throttled := await ports.throttle.attempt("log in", account=key, address=device.address)) is not None:
        return throttled
    account = await transact(actions.find_account, email_key=key)
    verified = await ports.hasher.verified(password, account.password_hash if account else None)
    if account is None or not verified.is_right or not account.is_active:
        await transact(actions.note_failure, email_key=key, account_id=account.id if account else None, now=now)
        return refused
    return Proved(account=account, better_hash=verified.better_hash)


async def enter(
    transact: Transact, ports: AccessPorts, proved: Proved, *, device: Device, now: datetime
) -> LoggedIn | InvalidCredentials:
    """The second half of a log-in: opens a session for who proved to own the account, whichever way, and issues its tokens."""
    opened = await transact(
        actions.open_session,
        account=proved.account,
        better_hash=proved.better_hash,
        device=device,
        secrets=ports.secrets,
        lifetime=timedelta(seconds=ports.refresh_seconds),
        now=now,
    )
    return InvalidCredentials(path=("input",)) if opened is None else _logged_in(ports, opened, now)


async def refresh(transact: Transact, ports: AccessPorts, *, token: str, now: datetime) -> LoggedIn | RefreshTokenInvalid:
    """Exchanges a refresh token for its follower and a new access token."""
    rotated = await transact(
        actions.rotate, token=token, secrets=ports.secrets, lifetime=timedelta(seconds=ports.refresh_seconds), now=now
    )
    if rotated is None:
        return RefreshTokenInvalid(path=("input", "refresh_token"))
    return _logged_in(ports, rotated, now)


async def change_password(
    transact: Transact,
    ports: AccessPorts,
    *,
    account_id: AccountId,
    session_id: SessionId,
    current: str,
    password: str,
    address: str | None,
    now: datetime,
) -> AccountId | UserError | Throttled:
    """Changes the password of who proves the present one; every other session ends. Raises `Busy`."""
    at = ("input", "current_password")
    if (throttled := await ports.throttle.attempt("password", account=str(account_id), address=address)) is not None:
        return throttled
    account = await transact(actions.read_account, account_id=account_id)
    if account is None:
        return PasswordWrong(path=at)
    broken = await password_failure(ports.judge, password, about=(account.email,), at=("input", "new_password"))
    verified = await ports.hasher.verified(current[: PASSWORD_LENGTH_MAX + 1], account.password_hash)
    if not verified.is_right:
        return PasswordWrong(path=at)
    if broken is not None:
        return broken
    return await transact(
        actions.change_password,
        account=account,
        password_hash=await ports.hasher.hashed(password),
        session_id=session_id,
        at=at,
        now=now,
    )


async def ask_by_mail(
    transact: Transact, ports: AccessPorts, *, email: str, purpose: Purpose, address: str | None
) -> str | EmailInvalid | Throttled:
    """Asks for a letter to verify an address or to set a new password; the address, whether or not it has an account."""
    written = ports.emails.normalised(email)
    if written is None:
        return EmailInvalid(path=("input", "email"))
    key = rules.email_key(written)
    if (throttled := await ports.throttle.attempt(purpose.value, account=key, address=address)) is not None:
        return throttled
    if purpose is Purpose.VERIFY_EMAIL:
        await transact(mailed.request_verification, email_key=key)
    else:
        await transact(mailed.request_reset, email_key=key)
    return written


async def use_mailed(
    transact: Transact, ports: AccessPorts, *, token: str, purpose: Purpose, address: str | None, now: datetime
) -> mailed.Change | AccountId | UserError | Throttled:
    """Uses a secret of a letter to verify an address, or to confirm a change of one."""
    if (throttled := await ports.throttle.attempt("mailed", account=None, address=address)) is not None:
        return throttled
    if purpose is Purpose.VERIFY_EMAIL:
        return await transact(mailed.verify, token=token, now=now)
    return await transact(mailed.confirm_email_change, token=token, now=now)


async def reset_password(
    transact: Transact, ports: AccessPorts, *, token: str, password: str, address: str | None, now: datetime
) -> AccountId | UserError | Throttled:
    """Sets a new password by a secret that was mailed; every session ends. Raises `Busy`."""
    if (throttled := await ports.throttle.attempt("mailed", account=None, address=address)) is not None:
        return throttled
    # Looked at first: who only guesses secrets is given no hashing to do.
    account = await transact(mailed.look_at_reset, token=token, now=now)
    if account is None:
        return MailedTokenInvalid(path=mailed.TOKEN)
    if (
        broken := await password_failure(ports.judge, password, about=(account.email,), at=("input", "new_password"))
    ) is not None:
        return broken
    password_hash = await ports.hasher.hashed(password)
    return await transact(mailed.reset_password, token=token, password_hash=password_hash, now=now)


async def change_email(
    transact: Transact,
    ports: AccessPorts,
    *,
    account_id: AccountId,
    password: str,
    email: str,
    address: str | None,
    now: datetime,
) -> AccountId | UserError | Throttled:
    """Notes that who proves the password wishes for another address; both mailboxes are asked. Raises `Busy`."""
    if (throttled := await ports.throttle.attempt("password", account=str(account_id), address=address)) is not None:
        return throttled
    account = await proved_again(transact, ports, account_id=account_id, password=password)
    if isinstance(account, UserError):
        return account
    written = ports.emails.normalised(email)
    if written is None:
        return EmailInvalid(path=("input", "email"))
    if rules.email_key(written) == rules.email_key(account.email):
        return Invalid(path=("input", "email"), reason="This is the address that the account has already.")
    return await transact(mailed.request_email_change, account=account, email=written, at=PASSWORD, now=now)


async def proved_again(
    transact: Transact, ports: AccessPorts, *, account_id: AccountId, password: str
) -> Account | PasswordWrong:
    """The account of who proves their present password again. Count the attempt first. Raises `Busy`."""
    account = await transact(actions.read_account, account_id=account_id)
    verified = await ports.hasher.verified(password[: PASSWORD_LENGTH_MAX + 1], account.password_hash if account else None)
    return account if account is not None and verified.is_right else PasswordWrong(path=PASSWORD)


async def create_admin(
    transact: Transact,
    *,
    email: str,
    password: str,
    name: str,
    emails: EmailRules,
    judge: PasswordJudge,
    hasher: PasswordHasher,
    now: datetime,
) -> AccountId | UserError:
    """Makes an administrator: who runs the shop says so, by the command `create-admin`. `EmailTaken` when there is one."""
    address = emails.normalised(email)
    if address is None:
        return EmailInvalid(path=("input", "email"))
    if not name.strip() or len(name) > STAFF_NAME_LENGTH_MAX:
        return Invalid(path=("input", "name"), reason=f"A name has 1 to {STAFF_NAME_LENGTH_MAX} characters.")
    if (broken := await password_failure(judge, password, about=(address, name), at=PASSWORD)) is not None:
        return broken
    outcome: AccountId | EmailTaken = await transact(
        actions.add_administrator,
        email=address,
        name=name.strip(),
        password_hash=await hasher.hashed(password),
        now=now,
    )
    return outcome


async def password_failure(judge: PasswordJudge, password: str, *, about: tuple[str, ...], at: Path) -> UserError | None:
    """Everything that is wrong with a new password, or None. Raises `Busy`."""
    if (failure := rules.length_failure(password, at=at)) is not None:
        return failure
    failures = rules.weakness_failures(await judge.weaknesses(password, about=about), at=at)
    return Several(errors=failures) if failures else None


def _logged_in(ports: AccessPorts, session: OpenSession, now: datetime) -> LoggedIn:
    return LoggedIn(session=session, access=ports.tokens.issued(session.account_id, session.session_id, now=now))
