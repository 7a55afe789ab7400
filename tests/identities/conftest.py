"""Fixtures of log-ins at other providers: one provider on a real port, and an API that takes log-ins from it in three ways."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from domain.identities.provider import IdentityPorts
from domain.seal import Seal
from gateways.federation.facebook import Facebook, FacebookAddresses
from gateways.federation.github import GitHub, GitHubAddresses
from gateways.federation.http import BoundedTransport, Client
from gateways.federation.oidc import OpenIdProvider
from gateways.identity.passwords import Argon2Hasher, ZxcvbnJudge
from persistence.engine import Database
from persistence.unit import Transactions
from tests.gateways.fake_issuer import BACK, CLIENT_ID, CLIENT_SECRET, FakeIssuer, issuing
from tests.makers.access import SECRETS, Api, access_of, an_api, hasher, judge

__all__ = ["hasher", "judge"]
_CLIENT = Client(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, scope="openid email profile")


@pytest.fixture
async def issuer() -> AsyncIterator[FakeIssuer]:
    async with issuing() as opened:
        yield opened


@pytest.fixture
async def api(
    database: Database, transact: Transactions, hasher: Argon2Hasher, judge: ZxcvbnJudge, issuer: FakeIssuer
) -> AsyncIterator[Api]:
    """An API that takes log-ins from the fake provider as "acme", and from its other faces."""
    transport = BoundedTransport()
    acme = OpenIdProvider(_CLIENT, transport, label="Acme", issuer=issuer.url)
    ports = IdentityPorts(
        seal=Seal((SECRETS[0].encode(),)),
        providers={
            "acme": acme,
            "github": GitHub(_CLIENT, transport, GitHubAddresses(pages=issuer.url, api=issuer.url)),
            "facebook": Facebook(_CLIENT, transport, FacebookAddresses(pages=issuer.url, graph=issuer.url)),
            "trusted": Facebook(_CLIENT, transport, FacebookAddresses(pages=issuer.url, graph=issuer.url), trusts_emails=True),
        },
        redirect_urls=frozenset({BACK}),
    )
    async with an_api(database, transact, access_of(hasher, judge), ports) as made:
        issuer.clock = lambda: made.clock.now
        yield made
    await transport.aclose()
