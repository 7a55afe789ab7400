"""Counting attempts: per account and address, over processes, and without Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from domain.access.model import Throttled
from domain.access.provider import Verified
from domain.access.rules import email_key
from gateways.identity.passwords import Argon2Hasher, ZxcvbnJudge
from gateways.identity.throttle import CountedAttempts
from gateways.limiting.counts import WINDOW_SECONDS
from persistence.engine import Database
from persistence.unit import Transactions
from tests.makers.access import LOG_IN, Api, a_customer, access_of, an_api, an_email

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
async def throttle(redis_url: str) -> AsyncIterator[CountedAttempts]:
    made = CountedAttempts(redis_url, per_minute=3)
    yield made
    await made.close()


async def test_the_attempt_after_the_last_allowed_one_is_refused_with_a_time_to_wait(throttle: CountedAttempts) -> None:
    account = an_email()
    for _ in range(3):
        assert await throttle.attempt("log in", account=account, address="192.0.2.1") is None
    refused = await throttle.attempt("log in", account=account, address="192.0.2.1")
    assert refused is not None
    assert 1 <= refused.retry_after <= 60


async def test_counts_are_shared_by_processes_and_not_by_purposes(throttle: CountedAttempts, redis_url: str) -> None:
    account, other = an_email(), CountedAttempts(redis_url, per_minute=3)
    for _ in range(3):
        assert await throttle.attempt("log in", account=account, address="192.0.2.2") is None
    assert await other.attempt("log in", account=account, address="192.0.2.2") is not None
    assert await other.attempt("register", account=account, address="192.0.2.2") is None
    await other.close()


async def test_who_is_throttled_locks_nobody_else_out_of_the_account(throttle: CountedAttempts) -> None:
    account = an_email()
    for _ in range(40):
        await throttle.attempt("log in", account=account, address="192.0.2.3")
    assert await throttle.attempt("log in", account=account, address="192.0.2.4") is None


async def test_an_account_tried_from_many_places_is_throttled(throttle: CountedAttempts) -> None:
    account = an_email()
    outcomes = [await throttle.attempt("log in", account=account, address=f"198.51.100.{place}") for place in range(20)]
    assert [each is None for each in outcomes] == [True] * 15 + [False] * 5


async def test_one_address_that_tries_many_accounts_is_throttled(throttle: CountedAttempts) -> None:
    outcomes = [await throttle.attempt("log in", account=an_email(), address="192.0.2.5") for _ in range(20)]
    assert [each is None for each in outcomes] == [True] * 15 + [False] * 5


async def test_a_whole_ipv6_network_is_one_place(throttle: CountedAttempts) -> None:
    account = an_email()
    outcomes = [await throttle.attempt("log in", account=account, address=f"2001:db8:7::{place:x}") for place in range(5)]
    assert [each is None for each in outcomes] == [True, True, True, False, False]
    assert await throttle.attempt("log in", account=account, address="2001:db8:8::1") is None


async def test_without_redis_each_process_counts_for_itself_and_stricter() -> None:
    seconds = [0.0]
    alone = CountedAttempts(NOWHERE, per_minute=6, monotonic=lambda: seconds[0])
    account = an_email()
    outcomes = [await alone.attempt("log in", account=account, address="192.0.2.6") for _ in range(4)]
    assert outcomes == [None, None, None, Throttled(retry_after=60)]
    seconds[0] = 59.5
    assert await alone.attempt("log in", account=account, address="192.0.2.6") == Throttled(retry_after=1)
    seconds[0] = float(WINDOW_SECONDS)
    assert await alone.attempt("log in", account=account, address="192.0.2.6") is None
    await alone.close()


async def test_the_api_tells_who_tries_too_often_when_to_come_back(throttled_api: Api) -> None:
    ada = await a_customer(throttled_api)
    wrong = {"email": ada.email, "password": "wrong"}
    for _ in range(3):
        assert (await throttled_api.ask(LOG_IN, input=wrong))["tokenCreate"]["accessToken"] is None
    right = {"email": ada.email.upper(), "password": ada.password}
    answer = await throttled_api.post(LOG_IN, input=right)
    assert answer["data"] is None or answer["data"]["tokenCreate"] is None
    extensions = answer["errors"][0]["extensions"]
    assert extensions["code"] == "RATE_LIMITED"
    assert 1 <= extensions["retryAfter"] <= 60


class Counted:
    """The real hasher, counting the passwords that are compared."""

    def __init__(self, hasher: Argon2Hasher) -> None:
        self._hasher = hasher
        self.compared = 0

    async def hashed(self, password: str) -> str:
        return await self._hasher.hashed(password)

    async def verified(self, password: str, kept: str | None) -> Verified:
        self.compared += 1
        return await self._hasher.verified(password, kept)


@pytest.fixture
async def counted_api(
    database: Database, transact: Transactions, hasher: Argon2Hasher, judge: ZxcvbnJudge, redis_url: str
) -> AsyncIterator[tuple[Api, Counted]]:
    """An API process that allows three attempts a minute, with the number of passwords it compares.

    Its address is nobody else's: what is counted for it lasts longer than a test.
    """
    throttle, counted = CountedAttempts(redis_url, per_minute=3), Counted(hasher)
    async with an_api(database, transact, access_of(counted, judge, throttle=throttle), address="203.0.113.99") as made:
        yield made, counted
    await throttle.close()


async def test_of_a_thousand_aliased_log_ins_not_one_password_is_compared(counted_api: tuple[Api, Counted]) -> None:
    api, counted = counted_api
    ada = await a_customer(api)
    for count in (2, 20, 1_000):
        fields = " ".join(f"a{number}: tokenCreate(input: $input) {{ accessToken }}" for number in range(count))
        document = f"mutation ($input: TokenCreateInput!) {{ {fields} }}"
        answer = await api.post(document, input={"email": ada.email, "password": "wrong"})
        assert "data" not in answer
        assert answer["errors"][0]["extensions"]["code"] in {"MUTATION_NOT_ALONE", "DOCUMENT_TOO_LARGE"}
    assert counted.compared == 0


async def test_aliases_in_fragments_are_seen_as_well(counted_api: tuple[Api, Counted]) -> None:
    api, counted = counted_api
    ada = await a_customer(api)
    document = (
        "mutation ($input: TokenCreateInput!) { ...One ...Two }"
        " fragment One on Mutation { a: tokenCreate(input: $input) { accessToken } }"
        " fragment Two on Mutation { ... on Mutation { b: tokenCreate(input: $input) { accessToken } } }"
    )
    assert await api.refused(document, input={"email": ada.email, "password": "wrong"}) == "MUTATION_NOT_ALONE"
    assert counted.compared == 0


async def test_guessing_one_password_from_a_thousand_addresses_compares_few(counted_api: tuple[Api, Counted]) -> None:
    api, counted = counted_api
    ada = await a_customer(api)
    throttle = api.ports.access.throttle
    compared = 0
    for number in range(1_000):
        address = f"10.{number // 250}.{number % 250}.1"
        if await throttle.attempt("log in", account=email_key(ada.email), address=address) is None:
            compared += 1
    assert compared == 15, "three a minute for an address, and five such for an account"
    assert (await api.post(LOG_IN, input={"email": ada.email, "password": ada.password}))["errors"]
    assert counted.compared == 0


async def test_guessing_a_thousand_accounts_from_one_address_compares_few(counted_api: tuple[Api, Counted]) -> None:
    api, counted = counted_api
    for _ in range(60):
        await api.post(LOG_IN, input={"email": an_email(), "password": "wrong"})
    assert counted.compared <= 15
