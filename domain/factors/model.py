"""The words of what is shown besides a password: methods, answers to them, passkeys and their ceremonies, and waiting log-ins."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from domain.access.model import Account, Throttled
from domain.error import UserError
from domain.ids import AccountId, SessionId

CHALLENGE_LIFETIME = timedelta(minutes=5)
"""How long a log-in waits for its second factor, and a passkey may take to sign."""
CHALLENGE_TRIES_MAX = 5
"""Wrong answers to one waiting log-in; then it takes the password again."""
RECENT = timedelta(minutes=10)
"""How long a log-in counts as proof for who has neither password nor factor to show again."""
RECOVERY_CODES = 10
PASSKEYS_MAX = 20
PASSKEY_NAME_LENGTH_MAX = 60
STEP_SECONDS = 30
"""The time step of RFC 6238 section 4.1."""


class Method(enum.Enum):
    """What a second factor can be; the value is the published name."""

    TOTP = "TOTP"
    PASSKEY = "PASSKEY"
    RECOVERY_CODE = "RECOVERY_CODE"


class Purpose(enum.Enum):
    """What a passkey's signature is for; the value is what is kept."""

    REGISTER = "REGISTER"
    LOG_IN = "LOG_IN"
    """Without a password: the passkey says whose it is."""
    PROVE = "PROVE"
    """As a second factor of an account that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGiven:
    """What an authenticator app shows, as typed."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodeGiven:
    """One of the recovery codes, as typed."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyGiven:
    """What the browser answered a ceremony with (the JSON form of PublicKeyCredential), and the ceremony's secret."""

    ceremony: str = field(repr=False)
    credential: Mapping[str, object] = field(repr=False)


Given = CodeGiven | RecoveryCodeGiven | PasskeyGiven


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What an account can be asked for: whether its app is confirmed, how many passkeys and unused recovery codes it has."""

    totp: bool = False
    passkeys: int = 0
    recovery_codes: int = 0

    @property
    def any(self) -> bool:
        """Whether a log-in needs a second factor. Recovery codes stand in for one and are none."""
        return self.totp or self.passkeys > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Totp:
    """An authenticator app under its row's lock. `secret` is sealed; `last_step` is None until it is confirmed."""

    secret: bytes = field(repr=False)
    last_step: int | None
    failures: int
    paused_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasskey:
    """A passkey as its authenticator introduced it: the public key in COSE form (RFC 9052)."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    is_backed_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey that is kept."""

    id: UUID
    account_id: AccountId
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """A signature that a passkey made for us: the counter that it showed, and whose key it says it is, if it does."""

    sign_count: int
    user_handle: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """A challenge that a passkey is to sign, taken from the keeping: nobody else gets it."""

    purpose: Purpose
    account_id: AccountId | None
    challenge: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A ceremony for the browser: its secret, and the options that `navigator.credentials` takes in JSON form."""

    secret: str = field(repr=False)
    options: Mapping[str, object]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A log-in that waits for its second factor, under its row's lock."""

    id: UUID
    account_id: AccountId
    proof: bytes
    tries: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenged:
    """The password was right and is not enough: with `secret` and one of `methods` the log-in goes on, until `expires_at`."""

    secret: str = field(repr=False)
    methods: tuple[Method, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """What an authenticator app is fed with: the secret in base32, the otpauth URI, and the URI as a QR code in SVG."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    qr_svg: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Somebody who is logged in knows the password still, if there is one. Whether `given` does is looked at under the lock."""

    account: Account
    session_id: SessionId
    given: Given | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproved:
    """The proof did not do, which is kept (counted, told): a fact, so its transaction commits. `why` is what the caller is told."""

    why: UserError | Throttled


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A factor was added. `recovery_codes` are there with the first one only, to be shown once; they are not kept."""

    passkey_id: UUID | None = None
    recovery_codes: tuple[str, ...] = field(default=(), repr=False)
