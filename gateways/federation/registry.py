"""Which sign-in providers this installation has, by name: the three everybody knows where their values are set, and any issuer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import httpx2

from domain.identities.provider import IdentityProvider
from gateways.federation.facebook import Facebook
from gateways.federation.github import GitHub
from gateways.federation.http import Client
from gateways.federation.oidc import OpenIdProvider
from gateways.federation.values import OidcIssuer

GOOGLE_ISSUER = "https://accounts.google.com"
_SCOPE = "openid email profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class FederationValues:
    """What settings say about providers: an id and a secret each, None turns one off. `trusted`: whose addresses count as verified."""

    google: tuple[str, str] | None = None
    github: tuple[str, str] | None = None
    facebook: tuple[str, str] | None = None
    issuers: Sequence[OidcIssuer] = ()
    trusted: Collection[str] = ()


def identity_providers(values: FederationValues, transport: httpx2.AsyncBaseTransport) -> Mapping[str, IdentityProvider]:
    """The providers that are set up, by name, in the order in which they are offered."""
    made: dict[str, IdentityProvider] = {}
    if values.google is not None:
        made["google"] = OpenIdProvider(_client(values.google, _SCOPE), transport, label="Google", issuer=GOOGLE_ISSUER)
    if values.github is not None:
        made["github"] = GitHub(_client(values.github, "read:user user:email"), transport)
    if values.facebook is not None:
        made["facebook"] = Facebook(
            _client(values.facebook, "email public_profile"), transport, trusts_emails="facebook" in values.trusted
        )
    for each in values.issuers:
        made[each.name] = OpenIdProvider(
            _client((each.client_id, each.client_secret.get_secret_value()), _SCOPE),
            transport,
            label=each.label,
            issuer=each.issuer,
            trusts_emails=each.name in values.trusted,
        )
    return made


def _client(known_as: tuple[str, str], scope: str) -> Client:
    return Client(client_id=known_as[0], client_secret=known_as[1], scope=scope)
