"""What can be wrong with a log-in at another provider: each expected failure with its code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectNotAllowed(UserError):
    """The page to come back to is none of the shop's."""

    code: ClassVar[str] = "REDIRECT_NOT_ALLOWED"

    @property
    def message(self) -> str:
        return "Nobody is sent to this address. It has to be one of those that the shop has listed, to the letter."


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyInvalid(UserError):
    """Late, done already, begun in another browser, or refused by the provider: the reasons are told alike."""

    code: ClassVar[str] = "SOCIAL_LOG_IN_INVALID"

    @property
    def message(self) -> str:
        return "This log-in did not come back as it was begun. Please begin again."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderUnavailable(UserError):
    """The provider does not answer."""

    code: ClassVar[str] = "PROVIDER_UNAVAILABLE"

    @property
    def message(self) -> str:
        return "The provider does not answer at the moment. Please try again, or log in another way."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEmailUnverified(UserError):
    """The provider does not vouch for an address, so there is none to open an account with."""

    code: ClassVar[str] = "PROVIDER_EMAIL_UNVERIFIED"

    @property
    def message(self) -> str:
        return "The provider does not vouch for an e-mail address of yours. Register here, and link the provider then."


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityNotLinked(UserError):
    """There is an account with this address. An address is not enough to come in: it has to be linked from inside."""

    code: ClassVar[str] = "IDENTITY_NOT_LINKED"

    @property
    def message(self) -> str:
        return "There is an account with your e-mail address. Log in as you do otherwise, and link this provider then."


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityTaken(UserError):
    """The log-in at the provider opens another account, or this account has another one there."""

    code: ClassVar[str] = "IDENTITY_TAKEN"

    @property
    def message(self) -> str:
        return "This log-in belongs to another account, or this account has another one at the provider. Unlink that first."
