"""Decides what makes two addresses one, which passwords do, and what a refresh token that is shown again means. Pure."""

from __future__ import annotations

import base64
import enum
import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from domain.access import errors
from domain.access.model import (
    PASSWORD_LENGTH_MAX,
    PASSWORD_LENGTH_MIN,
    Account,
    Device,
    EmailChange,
    Family,
    Purpose,
    RefreshToken,
    Weakness,
)
from domain.audit.rules import network_of
from domain.error import Path, UserError

GRACE = timedelta(seconds=10)
"""How long a used refresh token may come again because its answer was lost, as long as nobody used its follower."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_SAID_OF = {
    Weakness.COMMON: errors.PasswordCommon,
    Weakness.PERSONAL: errors.PasswordPersonal,
    Weakness.PATTERN: errors.PasswordPattern,
    Weakness.GUESSABLE: errors.PasswordGuessable,
}


def email_key(email: str) -> str:
    """What makes two spellings one address: compatibility forms and case folded (NFKC, case folding, NFKC again)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email).casefold())


def printable(text: str) -> str:
    """What a client calls itself, without what terminals and databases choke on."""
    return "".join(letter for letter in text if letter.isprintable())


def length_failure(password: str, *, at: Path) -> UserError | None:
    """What is wrong with a password's length alone; judging a longer one would cost too much."""
    if len(password) < PASSWORD_LENGTH_MIN:
        return errors.PasswordTooShort(path=at, length_min=PASSWORD_LENGTH_MIN)
    if len(password) > PASSWORD_LENGTH_MAX:
        return errors.PasswordTooLong(path=at, length_max=PASSWORD_LENGTH_MAX)
    return None


def weakness_failures(weaknesses: Collection[Weakness], *, at: Path) -> tuple[UserError, ...]:
    """Each weakness as a failure of its own, in a fixed order."""
    return tuple(_SAID_OF[weakness](path=at) for weakness in Weakness if weakness in weaknesses)


class Refresh(enum.Enum):
    """What to do for who shows a refresh token."""

    ROTATE = "ROTATE"
    """The token is good: it is used up, and a follower takes its place."""
    REPEAT = "REPEAT"
    """The answer was lost: the same follower is told again."""
    END_FAMILY = "END_FAMILY"
    """Two hold the token, one of them a thief: nobody goes on with it."""
    REFUSE = "REFUSE"


def refresh(family: Family, token: RefreshToken, *, now: datetime) -> Refresh:
    """What a shown token means. Only tokens of living sessions end anything; expiry alone is no theft."""
    if family.is_ended or not family.is_active or token.is_revoked:
        return Refresh.REFUSE
    if token.used_at is not None:
        lives = token.follower_is_fresh and token.follower_expires_at is not None and now < token.follower_expires_at
        return Refresh.REPEAT if lives and now - token.used_at <= GRACE else Refresh.END_FAMILY
    return Refresh.ROTATE if now < token.expires_at else Refresh.REFUSE


def token_hash(token: str) -> bytes | None:
    """SHA-256 of a refresh token; None for what was never one. The token's 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).digest() if _TOKEN.match(token) else None


def bound_hash(purpose: Purpose, account: Account, change: EmailChange | None) -> bytes:
    """SHA-256 of what a mailed secret is bound to: once any of it has changed, the secret is good for nothing.

    Verifying an address outlives a new password; everything else does not.
    """
    parts = [purpose.value, str(account.id), email_key(account.email)]
    if purpose is not Purpose.VERIFY_EMAIL:
        parts.append(account.password_hash)
    if change is not None:
        parts.append(change.new_email)
    return hashlib.sha256("\x00".join(parts).encode()).digest()


def device_hash(account_id: UUID, device: Device) -> bytes:
    """What makes two log-ins of an account one device: what the client calls itself, and the network it comes from."""
    return hashlib.sha256(f"{account_id}\x00{device.agent}\x00{network_of(device.address)}".encode()).digest()


def failure_key(email_key: str) -> bytes:
    """Under what failed log-ins of an address are counted: neither staff nor thieves can read an address off it."""
    return hashlib.sha256(b"failed log-ins\x00" + email_key.encode()).digest()


@dataclass(frozen=True, slots=True)
class RefreshSecrets:
    """Makes refresh tokens: 256 bits each, 43 characters of URL-safe base64.

    The first of a family is random. A follower is HMAC-SHA-256 (RFC 2104) of its forerunner and its own random id, so
    that a lost answer can be repeated although only hashes are kept: it takes the key, the forerunner and the row.
    `keys`: the first makes, all are tried when repeating; at least 32 bytes each.
    """

    keys: tuple[bytes, ...] = field(repr=False)

    def first(self) -> str:
        """The first token of a family."""
        return secrets.token_urlsafe(32)

    def follower(self, token: str, follower_id: UUID) -> str:
        """The token that follows `token` under this id."""
        return self._derived(self.keys[0], token, follower_id)

    def repeated(self, token: str, follower_id: UUID, follower_hash: bytes) -> str | None:
        """The follower made before, or None when the key that made it is gone."""
        for key in self.keys:
            follower = self._derived(key, token, follower_id)
            if token_hash(follower) == follower_hash:
                return follower
        return None

    @staticmethod
    def _derived(key: bytes, token: str, follower_id: UUID) -> str:
        code = hmac.digest(key, b"refresh token\x00" + follower_id.bytes + token.encode(), "sha256")
        return base64.urlsafe_b64encode(code).decode().rstrip("=")
