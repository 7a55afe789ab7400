"""What can be wrong with second factors: each expected failure with its code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorRefused(UserError):
    """The code or the passkey's answer is wrong, used, late or somebody else's: the reasons are told alike."""

    code: ClassVar[str] = "SECOND_FACTOR_REFUSED"

    @property
    def message(self) -> str:
        return "This does not do. A code is good once; wait for the next one, or use another way."


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorNeeded(UserError):
    """The account has a second factor, and nothing of it was shown."""

    code: ClassVar[str] = "SECOND_FACTOR_NEEDED"

    @property
    def message(self) -> str:
        return "Show your second factor as well: a code, a recovery code or a passkey."


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInAgain(UserError):
    """There is nothing else to prove oneself with than a log-in, and the last one is too long ago."""

    code: ClassVar[str] = "REAUTHENTICATION_REQUIRED"

    @property
    def message(self) -> str:
        return "Please log in again, and repeat this within ten minutes."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeInvalid(UserError):
    """The log-in waits no more: too late, too many wrong answers, done already, or never begun. Told alike."""

    code: ClassVar[str] = "CHALLENGE_INVALID"

    @property
    def message(self) -> str:
        return "This log-in does not wait any more. Please begin again."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyEnrolled(UserError):
    """The account has an authenticator app already."""

    code: ClassVar[str] = "ALREADY_ENROLLED"

    @property
    def message(self) -> str:
        return "There is an authenticator app already. Turn it off first."


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEnrolled(UserError):
    """There is nothing to confirm, to turn off or to make codes for."""

    code: ClassVar[str] = "NOT_ENROLLED"

    @property
    def message(self) -> str:
        return "There is no such second factor. Begin with enrolling."


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRefused(UserError):
    """The browser's answer is no good: too late, for another page, for another challenge, signed wrongly, unknown. Told alike."""

    code: ClassVar[str] = "PASSKEY_REFUSED"

    @property
    def message(self) -> str:
        return "This passkey was not accepted. Please begin again."


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeysFull(UserError):
    """The account has as many passkeys as it may."""

    code: ClassVar[str] = "TOO_MANY_PASSKEYS"
    count_max: int

    @property
    def message(self) -> str:
        return f"An account has at most {self.count_max} passkeys."


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWayIn(UserError):
    """Without it nobody could log in to the account any more."""

    code: ClassVar[str] = "LAST_WAY_IN"

    @property
    def message(self) -> str:
        return "This is the only way to log in. Set a password first, or add another way."
