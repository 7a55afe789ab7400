"""Decides what a recovery code is, how long wrong codes make wait, and which counters a passkey may show. Pure."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from domain.access.model import Account
from domain.error import Invalid, Path
from domain.factors.model import PASSKEY_NAME_LENGTH_MAX, Held, Method

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O and U, which are read as something else."""
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})
_CODE_LENGTH = 16
_GROUP = 4
_FREE_FAILURES = 5
_PAUSE = timedelta(seconds=30)
_PAUSE_MAX = timedelta(hours=1)


def new_recovery_code() -> str:
    """A fresh code: 80 random bits in four groups, such as 7K2M-QR5T-0XWA-9HBE."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _CODE_LENGTH, _GROUP))


def recovery_code_hash(typed: str) -> bytes | None:
    """SHA-256 of a code however it is typed; None for what was never one. Its 80 random bits need no salt."""
    if len(typed) > 2 * _CODE_LENGTH:
        return None
    letters = "".join(typed.split()).replace("-", "").upper().translate(_MISREAD)
    if len(letters) != _CODE_LENGTH or not set(letters) <= set(_ALPHABET):
        return None
    return hashlib.sha256(letters.encode()).digest()


def pause_after(failures: int) -> timedelta | None:
    """How long an app's codes are not looked at after so many wrong ones in a row; None while a few are free.

    A guess of one code in a million, three of which are good at a time: at one an hour it takes decades.
    """
    if failures < _FREE_FAILURES:
        return None
    return min(_PAUSE * (1 << min(failures - _FREE_FAILURES, 10)), _PAUSE_MAX)


def counts_on(kept: int, shown: int) -> bool:
    """Whether a passkey's counter may follow the one kept: more, or always zero (Web Authentication section 7.2, step 22)."""
    return shown > kept or (kept == 0 and shown == 0)


def methods(held: Held) -> tuple[Method, ...]:
    """What may be shown, the best first."""
    found = [Method.PASSKEY] if held.passkeys else []
    found += [Method.TOTP] if held.totp else []
    found += [Method.RECOVERY_CODE] if held.recovery_codes else []
    return tuple(found)


def proof_of(account: Account) -> bytes:
    """What ties a waiting log-in to the password that it began with: another password, and it waits in vain."""
    return hashlib.sha256(account.password_hash.encode()).digest()


def passkey_name(text: str, *, at: Path) -> str | Invalid:
    """The name of a passkey on one line; it may not be empty, for its owner must know which it is."""
    written = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if not 0 < len(written) <= PASSKEY_NAME_LENGTH_MAX:
        return Invalid(path=at, reason=f"A passkey's name has 1 to {PASSKEY_NAME_LENGTH_MAX} characters.")
    return written
