"""The words of access: accounts, sessions, tokens, and what is judged of a password."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.ids import AccountId, SessionId

EMAIL_LENGTH_MAX = 254
"""Octets of an address (RFC 5321 section 4.5.3.1.3, less the angle brackets)."""
PASSWORD_LENGTH_MIN = 8
PASSWORD_LENGTH_MAX = 128
"""Characters; hashing takes as long for one as for all, but parsing and judging do not."""
STAFF_NAME_LENGTH_MAX = 100
USER_AGENT_LENGTH_MAX = 500
SESSIONS_SHOWN_MAX = 50
ADMINISTRATOR = "administrator"
"""The role that holds every permission there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who can log in, as decisions see it. `email` is as its owner writes it.

    Without a password (`has_password` is false: they log in elsewhere) the hash is of one that nobody knows.
    """

    id: AccountId
    email: str
    password_hash: str = field(repr=False)
    is_active: bool
    has_password: bool = True
    is_verified: bool = False
    """Whether its owner has shown that mail to the address reaches them; of staff the shop knows it."""


class Weakness(enum.Enum):
    """Why a password can be guessed."""

    COMMON = "COMMON"
    """It is on the lists that attackers try first."""
    PERSONAL = "PERSONAL"
    """It is made of what it protects: the address, the name, the shop."""
    PATTERN = "PATTERN"
    """It repeats itself or follows the alphabet, the calendar or the keyboard."""
    GUESSABLE = "GUESSABLE"
    """It falls to fewer than 10^8 guesses, whatever it is made of."""


class Purpose(enum.Enum):
    """What a secret that was mailed is good for, and for nothing else; the value is what is kept."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - a purpose, not a password
    LEAVE_EMAIL = "LEAVE_EMAIL"
    """Confirms a change of address from the mailbox that is left."""
    TAKE_EMAIL = "TAKE_EMAIL"
    """Confirms a change of address from the mailbox that is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedToken:
    """A secret that was mailed: never its text, only the SHA-256 of it, and of what must be unchanged when it comes back."""

    id: UUID
    account_id: AccountId
    purpose: Purpose
    token_hash: bytes
    bound_hash: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChange:
    """An account's wish for another address."""

    account_id: AccountId
    old_email: str
    new_email: str


class Ended(enum.Enum):
    """Why a session was ended; the value is what is kept."""

    LOGGED_OUT = "LOGGED_OUT"
    LOGGED_OUT_EVERYWHERE = "LOGGED_OUT_EVERYWHERE"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - a reason, not a password
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - a reason, not a password
    EMAIL_CHANGED = "EMAIL_CHANGED"
    ERASED = "ERASED"
    DEACTIVATED = "DEACTIVATED"
    TOKEN_REUSED = "TOKEN_REUSED"  # noqa: S105 - a reason, not a token


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where somebody acts from: what the client calls itself (User-Agent, RFC 9110) and its network address, both unverified."""

    agent: str = ""
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """Somebody has proved to own this account, as it was read then. `better_hash` replaces a password hash weaker than today's.

    A session is only opened while the account's password hash is still this one.
    """

    account: Account
    better_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A log-in on one device, about to be kept. `device` is what the client calls itself (User-Agent, RFC 9110)."""

    id: SessionId
    account_id: AccountId
    device: str
    device_hash: bytes
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A refresh token about to be kept: never its text, only the SHA-256 of it."""

    id: UUID
    session_id: SessionId
    token_hash: bytes
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The session that a refresh token belongs to, under its lock."""

    session_id: SessionId
    account_id: AccountId
    is_ended: bool
    is_active: bool
    """Whether the account may log in at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A refresh token and the one that followed it, if any. `follower_is_fresh`: nobody used the follower yet."""

    id: UUID
    expires_at: datetime
    used_at: datetime | None
    is_revoked: bool
    follower_id: UUID | None
    follower_hash: bytes | None
    follower_expires_at: datetime | None
    follower_is_fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A signed access token, to be shown as `Authorization: Bearer` until it expires (UTC)."""

    text: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a verified access token says."""

    account_id: AccountId
    session_id: SessionId
    expires_at: datetime


class TokenRefused(enum.Enum):
    """Why an access token is not taken. Every reason but lateness is one, so that forging teaches nothing."""

    FORGED = "FORGED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A session and the refresh token that goes on with it, good until `refresh_expires_at` (UTC)."""

    account_id: AccountId
    session_id: SessionId
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A session with its tokens, as the client is given them."""

    session: OpenSession
    access: AccessToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled:
    """Too many attempts; another one counts again after `retry_after` seconds."""

    retry_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Whose requests are counted together: an account's, else those of a network address."""

    account: AccountId | None
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Of `limit` a minute `remaining` are left; in `reset_seconds` there is room for more."""

    limit: int
    remaining: int
    reset_seconds: int
