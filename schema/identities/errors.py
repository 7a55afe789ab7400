"""The failures of log-ins at other providers as GraphQL types."""

from __future__ import annotations

from domain.factors.errors import LastWayIn
from domain.identities import errors as domain
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(domain.RedirectNotAllowed, "The page to come back to is none that the shop has listed."),
    error_type(domain.JourneyInvalid, "Late, done already, begun in another browser, or refused by the provider."),
    error_type(domain.ProviderUnavailable, "The provider does not answer at the moment."),
    error_type(domain.ProviderEmailUnverified, "The provider does not vouch for an address to open an account with."),
    error_type(domain.IdentityNotLinked, "There is an account with this address: log in to it, and link the provider."),
    error_type(domain.IdentityTaken, "It belongs to another account, or this account has another one at the provider."),
    error_type(LastWayIn, "Without it nobody could log in to the account any more."),
)
