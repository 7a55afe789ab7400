"""What can be wrong with a log-in: each expected failure with its code. None tells whether an address is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidCredentials(UserError):
    """No active account has this address and this password: the three reasons are told alike."""

    code: ClassVar[str] = "INVALID_CREDENTIALS"

    @property
    def message(self) -> str:
        return "The e-mail address and the password do not belong together."


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshTokenInvalid(UserError):
    """The refresh token is unknown, expired, used, or its session has ended: the reasons are told alike."""

    code: ClassVar[str] = "REFRESH_TOKEN_INVALID"

    @property
    def message(self) -> str:
        return "This refresh token is not good any more. Please log in again."


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailInvalid(UserError):
    """No address that mail can be sent to."""

    code: ClassVar[str] = "EMAIL_INVALID"

    @property
    def message(self) -> str:
        return "This is no e-mail address."


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailTaken(UserError):
    """The address belongs to an account. Only told to who runs the shop, never to who registers."""

    code: ClassVar[str] = "EMAIL_TAKEN"

    @property
    def message(self) -> str:
        return "This e-mail address belongs to an account already."


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordTooShort(UserError):
    """The password has too few characters."""

    code: ClassVar[str] = "PASSWORD_TOO_SHORT"
    length_min: int

    @property
    def message(self) -> str:
        return f"A password needs at least {self.length_min} characters."


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordTooLong(UserError):
    """The password has too many characters."""

    code: ClassVar[str] = "PASSWORD_TOO_LONG"
    length_max: int

    @property
    def message(self) -> str:
        return f"A password may have at most {self.length_max} characters."


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordCommon(UserError):
    """The password is on the lists that attackers try first."""

    code: ClassVar[str] = "PASSWORD_COMMON"

    @property
    def message(self) -> str:
        return "Very many people use this password; it is among the first to be tried."


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPersonal(UserError):
    """The password is made of the address or the name that it protects."""

    code: ClassVar[str] = "PASSWORD_PERSONAL"

    @property
    def message(self) -> str:
        return "This is made of your name or your e-mail address."


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPattern(UserError):
    """The password repeats itself, or follows the alphabet, the calendar or the keyboard."""

    code: ClassVar[str] = "PASSWORD_PATTERN"

    @property
    def message(self) -> str:
        return "Repeats, sequences, dates and keyboard rows are easy to guess."


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordGuessable(UserError):
    """The password falls to too few guesses, whatever it is made of."""

    code: ClassVar[str] = "PASSWORD_GUESSABLE"

    @property
    def message(self) -> str:
        return "This can be guessed too soon. Three or four words that do not belong together are good."


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordWrong(UserError):
    """The present password, asked again before it is changed, is another one."""

    code: ClassVar[str] = "PASSWORD_WRONG"

    @property
    def message(self) -> str:
        return "This is not your present password."


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailUnverified(UserError):
    """The password is right, and the shop lets in only who has verified the address. Told to nobody who does not know the password."""

    code: ClassVar[str] = "EMAIL_UNVERIFIED"

    @property
    def message(self) -> str:
        return "Please verify your e-mail address first: we have sent you a letter, and can send another."


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedTokenInvalid(UserError):
    """The secret of a letter is unknown, used, expired, replaced, or meant for something else: the reasons are told alike."""

    code: ClassVar[str] = "MAILED_TOKEN_INVALID"

    @property
    def message(self) -> str:
        return "This link is not good any more. Please ask for a new one."
