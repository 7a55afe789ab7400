"""Every route of OAuth 2.0 and OpenID Connect, put together from what the composition root has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.routing import BaseRoute

from domain.access.provider import AccessPorts
from domain.apps.provider import AppPorts
from domain.factors.provider import FactorPorts
from edge.oauth.consent import ConsentPage
from edge.oauth.endpoints import OAuthEndpoints
from edge.oauth.keys import KeyRing
from edge.oauth.protocol import Lifetimes
from persistence.unit import Transactions

PATHS = ("/oauth", "/.well-known")
"""What the paths begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """What an OAuth provider is made of; `issuer` is our own address without a slash at its end."""

    issuer: str
    shop_name: str
    transact: Transactions
    access: AccessPorts
    factors: FactorPorts
    apps: AppPorts
    secret_keys: tuple[bytes, ...] = field(repr=False)
    clock: Callable[[], datetime]


def oauth_routes(provider: Provider) -> Sequence[BaseRoute]:
    """The endpoints for machines, and the page for people."""
    machines = OAuthEndpoints(
        issuer=provider.issuer,
        transact=provider.transact,
        keys=KeyRing(provider.transact, provider.apps),
        lifetimes=Lifetimes(access=provider.apps.access_seconds, refresh=provider.apps.refresh_seconds),
        clock=provider.clock,
    )
    people = ConsentPage(
        issuer=provider.issuer,
        shop_name=provider.shop_name,
        transact=provider.transact,
        access=provider.access,
        factors=provider.factors,
        secret_keys=provider.secret_keys,
        clock=provider.clock,
    )
    return (*machines.routes(), *people.routes())
