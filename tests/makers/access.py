"""The world of accounts: an API over real stores with cheap hashing and a clock of its own, and people who have accounts."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx2
import pytest
from graphql import GraphQLSchema

from domain.access.errors import InvalidCredentials
from domain.access.flows import create_admin, enter, prove
from domain.access.model import Device, LoggedIn, Proved, Throttled
from domain.access.provider import AccessPorts, PasswordHasher, PasswordJudge, Throttle
from domain.access.rules import RefreshSecrets
from domain.customers.flows import Registered, Registration, register
from domain.error import UserError
from domain.identities.provider import IdentityPorts
from domain.ids import AccountId
from domain.notices.provider import NoticePorts
from domain.payments.provider import Offers, PaymentPorts
from domain.seal import Seal
from domain.unit import Transact
from domain.webhooks.provider import WebhookPorts
from gateways.addresses import WorldRules
from gateways.documents.links import SignedLinks
from gateways.identity.emails import EmailSyntax
from gateways.identity.passwords import Argon2Hasher, HashCost, ZxcvbnJudge
from gateways.identity.throttle import CountedAttempts
from gateways.identity.tokens import SignedTokens
from gateways.letters.written import SheetWriter
from gateways.vault import KeyedVault
from persistence.engine import Database
from persistence.failures import described
from persistence.reader import Reader
from persistence.unit import Transactions
from schema.access.standings import Standings
from schema.context import Context, Contexts, Ports
from schema.notifications.feeds import NotificationFeed
from schema.orders.feeds import OrderFeeds
from schema.places import Places
from schema.root import build, executable
from schema.transport.caller import Caller
from schema.transport.endpoint import GraphQLEndpoint, Transport
from tests.makers.absent import NoHints, Unthrottled
from tests.makers.factors import factors_of, nobody_else

SECRETS = ("first secret of the tests, 32 bytes", "second secret of the tests, 32 byte")
ISSUER = "https://shop.example"
GOOD_PASSWORD = "seven green otters juggle"
CHEAP = HashCost(memory_kib=8, passes=1)
_NUMBERS = itertools.count(1)


def an_email() -> str:
    """An address that nobody else in this run has."""
    return f"person{next(_NUMBERS)}@mail.example"


@dataclass
class Clock:
    """What time it is for the API, and the monotonic seconds that go with it."""

    now: datetime

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def monotonic(self) -> float:
        return self.now.timestamp()


@dataclass
class Api:
    """GraphQL over HTTP, in process. `address` and `agent` are the caller's."""

    client: httpx2.AsyncClient
    clock: Clock
    ports: Ports
    database: Database
    transact: Transactions
    headers: dict[str, str] = field(default_factory=dict)
    opened: list[Context] = field(default_factory=list)

    async def post(self, document: str, *, token: str | None = None, **variables: Any) -> Any:
        """The whole answer, errors and all."""
        headers = dict(self.headers)
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        answer = await self.client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
        assert answer.status_code < 500, answer.text
        return answer.json()

    async def ask(self, document: str, *, token: str | None = None, **variables: Any) -> Any:
        """The data of an answer without errors."""
        answer = await self.post(document, token=token, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    async def refused(self, document: str, *, token: str | None = None, **variables: Any) -> str:
        """The code of an answer that is an error."""
        answer = await self.post(document, token=token, **variables)
        code: str = answer["errors"][0]["extensions"]["code"]
        return code


TOKENS = "accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt userErrors { __typename code message path }"
LOG_IN = f"mutation ($input: TokenCreateInput!) {{ tokenCreate(input: $input) {{ {TOKENS} }} }}"
REFRESH = f"mutation ($input: TokenRefreshInput!) {{ tokenRefresh(input: $input) {{ {TOKENS} }} }}"


@dataclass(frozen=True)
class Person:
    """Somebody with an account, who may log in."""

    api: Api
    id: AccountId
    email: str
    password: str

    async def logs_in(self) -> dict[str, Any]:
        """The tokens of a new session."""
        data = await self.api.ask(LOG_IN, input={"email": self.email, "password": self.password})
        tokens: dict[str, Any] = data["tokenCreate"]
        assert tokens["userErrors"] == []
        return tokens


async def a_customer(api: Api) -> Person:
    """A registered customer."""
    email = an_email()
    registration = Registration(email=email, password=GOOD_PASSWORD, first_name="Ada", last_name="Byron")
    outcome = await register(api.transact, api.ports.access, api.ports.addresses, registration, address=None, now=api.clock.now)
    assert isinstance(outcome, Registered), outcome
    assert outcome.customer_id is not None
    return Person(api, AccountId(outcome.customer_id), email, GOOD_PASSWORD)


async def an_administrator(api: Api) -> Person:
    """A member of staff who may do everything."""
    email, access = an_email(), api.ports.access
    outcome = await create_admin(
        api.transact,
        email=email,
        password=GOOD_PASSWORD,
        name="Grace",
        emails=access.emails,
        judge=access.judge,
        hasher=access.hasher,
        now=api.clock.now,
    )
    assert not isinstance(outcome, UserError), outcome
    return Person(api, outcome, email, GOOD_PASSWORD)


async def logged_in(
    transact: Transact, access: AccessPorts, *, email: str, password: str, now: datetime, agent: str = ""
) -> LoggedIn | InvalidCredentials | Throttled:
    """A whole log-in of who has no second factor."""
    device = Device(agent=agent)
    proved = await prove(transact, access, email=email, password=password, device=device, now=now)
    if not isinstance(proved, Proved):
        return proved
    return await enter(transact, access, proved, device=device, now=now)


@pytest.fixture(scope="session")
async def hasher() -> AsyncIterator[Argon2Hasher]:
    """Hashing that costs next to nothing."""
    made = Argon2Hasher(CHEAP, at_once=2)
    yield made
    made.close()


@pytest.fixture(scope="session")
async def judge() -> AsyncIterator[ZxcvbnJudge]:
    made = ZxcvbnJudge()
    yield made
    made.close()


def ports_of(access: AccessPorts, clock: Clock, database: Database, identities: IdentityPorts | None = None) -> Ports:
    """The world as far as accounts need it."""
    return Ports(
        seal=Seal((SECRETS[0].encode(),)),
        live=NoHints(),
        access=access,
        factors=factors_of(SECRETS, page=ISSUER),
        identities=identities or nobody_else(SECRETS),
        invoice_links=SignedLinks([SECRETS[0].encode()], purpose="invoice", seconds=3600),
        notices=NoticePorts(writer=SheetWriter(), mail_domain="vitrine.example", sends_sms=True),
        webhooks=WebhookPorts(vault=KeyedVault((SECRETS[0].encode(),)), calls_local=True, check_selection=_all_selections),
        standings=Standings(access.tokens, monotonic=clock.monotonic),
        addresses=WorldRules(),
        places=Places(clock.monotonic),
        order_feeds=OrderFeeds(database, NoHints()),
        notification_feed=NotificationFeed(database, NoHints()),
        payments=PaymentPorts(offers=Offers({}), webhook_url=ISSUER),
        reservation_seconds=900,
        draft_reservation_seconds=604_800,
        public_url=ISSUER,
        storefront_url="",
    )


async def _all_selections(_text: str) -> str | None:
    return None


@cache
def _schema() -> GraphQLSchema:
    return executable(build())


@asynccontextmanager
async def an_api(
    database: Database,
    transact: Transactions,
    access: AccessPorts,
    identities: IdentityPorts | None = None,
    *,
    address: str = "203.0.113.7",
) -> AsyncIterator[Api]:
    """An API process over the shared stores, asked from an address; two of them are two processes as far as caches go."""
    clock = Clock(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    ports = ports_of(access, clock, database, identities)
    contexts = Contexts(database=database, transact=transact, ports=ports, identify=ports.standings, clock=lambda: clock.now)
    opened: list[Context] = []

    @asynccontextmanager
    async def noted(caller: Caller) -> AsyncIterator[Context]:
        async with contexts.open(caller) as context:
            opened.append(context)
            yield context

    endpoint = GraphQLEndpoint(Transport(schema=_schema(), open_context=noted, describe=described, explorer=False))
    transport = httpx2.ASGITransport(app=endpoint, client=(address, 1))
    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as client:
        yield Api(client, clock, ports, database, transact, opened=opened)


def access_of(hasher: PasswordHasher, judge: PasswordJudge, *, throttle: Throttle | None = None) -> AccessPorts:
    """The real parts with cheap hashing, unthrottled unless said otherwise."""
    return AccessPorts(
        hasher=hasher,
        judge=judge,
        emails=EmailSyntax(),
        tokens=SignedTokens(SECRETS, issuer=ISSUER, lifetime_seconds=600),
        throttle=throttle or Unthrottled(),
        secrets=RefreshSecrets(tuple(secret.encode() for secret in SECRETS)),
        refresh_seconds=604_800,
    )


@pytest.fixture
async def api(database: Database, transact: Transactions, hasher: Argon2Hasher, judge: ZxcvbnJudge) -> AsyncIterator[Api]:
    """One API process at 2026-03-01 12:00 UTC."""
    async with an_api(database, transact, access_of(hasher, judge)) as made:
        yield made


@pytest.fixture
async def throttled_api(
    database: Database, transact: Transactions, hasher: Argon2Hasher, judge: ZxcvbnJudge, redis_url: str
) -> AsyncIterator[Api]:
    """One API process that counts attempts: three a minute for one address on one account."""
    throttle = CountedAttempts(redis_url, per_minute=3)
    async with an_api(database, transact, access_of(hasher, judge, throttle=throttle)) as made:
        yield made
    await throttle.close()


@asynccontextmanager
async def reading(database: Database) -> AsyncIterator[Reader]:
    """Reads of one test."""
    reader = Reader(database)
    try:
        yield reader
    finally:
        await reader.close()
