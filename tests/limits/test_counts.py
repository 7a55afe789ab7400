"""Allowances counted in real Redis, without it, and with one that says nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import redis.asyncio

from domain.access.model import Asker, Left, Throttled
from domain.ids import AccountId, new_id
from gateways.embedded.launcher import Embedded
from gateways.limiting.allowances import CountedAllowances
from gateways.limiting.counts import AWAY_SECONDS
from gateways.limiting.leases import LEASE_SECONDS
from tests.limits.callers import PATIENT

NOWHERE = "redis://127.0.0.1:1/0"


@asynccontextmanager
async def counting(
    url: str,
    *,
    requests: int = 10,
    cost: int = 0,
    mutations: int = 6,
    monotonic: Callable[[], float] = time.monotonic,
    seconds: float = PATIENT,
) -> AsyncIterator[CountedAllowances]:
    """One process's allowances; an operation counts at least 1 unless there is more `cost`."""
    made = CountedAllowances(
        url,
        cost_per_minute=cost or requests,
        requests_per_minute=requests,
        mutations_per_minute=mutations,
        monotonic=monotonic,
        seconds=seconds,
    )
    try:
        yield made
    finally:
        await made.close()


def guest(address: str) -> Asker:
    return Asker(account=None, address=address)


async def taken(allowances: CountedAllowances, asker: Asker, *, times: int, cost: int = 1, mutations: int = 0) -> list[bool]:
    """Which of so many operations in a row may go on."""
    return [await allowances.take(asker, cost=cost, mutations=mutations) is None for _ in range(times)]


async def test_exactly_as_many_as_are_allowed_go_on_and_the_next_hears_how_long_to_wait(redis_url: str, address: str) -> None:
    async with counting(redis_url) as allowances:
        assert await taken(allowances, guest(address), times=10) == [True] * 10
        refused = await allowances.take(guest(address), cost=1, mutations=0)
        assert refused is not None
        assert 1 <= refused.retry_after <= 60
        assert allowances.exhausted(guest(address)) is not None, "known from now on without asking"
        assert not allowances.is_alone


async def test_calls_at_once_over_two_processes_pass_no_more_than_are_allowed(redis_url: str, address: str) -> None:
    async with counting(redis_url) as one, counting(redis_url) as other:
        outcomes = await asyncio.gather(*(each.take(guest(address), cost=1, mutations=0) for each in (one, other) * 15))
        # Never too many is the promise; one less may be, for a question asked again after a lost connection counts twice.
        assert 9 <= [outcome is None for outcome in outcomes].count(True) <= 10


async def test_each_mutation_counts_and_a_document_that_does_not_fit_uses_up_no_mutation(redis_url: str, address: str) -> None:
    async with counting(redis_url) as allowances:
        assert await taken(allowances, guest(address), times=2, mutations=4) == [True, False]
        left = await allowances.left(guest(address), of_mutations=True)
        assert (left.limit, left.remaining) == (6, 2)
        assert 1 <= left.reset_seconds <= 60
        assert await taken(allowances, guest(address), times=2, mutations=2) == [True, False]
        assert (await allowances.left(guest(address), of_mutations=False)).remaining == 6, "each was an attempt"


async def test_large_allowances_are_taken_by_the_fiftieth_and_spent_to_the_last(redis_url: str, address: str) -> None:
    seconds = [0.0]
    async with (
        counting(redis_url, requests=400, monotonic=lambda: seconds[0]) as one,
        counting(redis_url, requests=400, monotonic=lambda: seconds[0]) as other,
    ):
        assert await taken(one, guest(address), times=1) == [True]
        left = [(await each.left(guest(address), of_mutations=False)).remaining for each in (one, other)]
        assert left == [399, 392], "eight are taken at once"
        outcomes = [await each.take(guest(address), cost=1, mutations=0) for each in (one, other) * 220]
        assert [outcome is None for outcome in outcomes].count(True) == 399


async def test_dear_operations_use_up_more_and_cheap_ones_at_least_their_part(redis_url: str, address: str) -> None:
    async with counting(redis_url, requests=10, cost=40) as allowances:
        assert await taken(allowances, guest(address), times=1, cost=30) == [True]
        assert await taken(allowances, guest(address), times=1, cost=11) == [False]
        assert (await allowances.left(guest(address), of_mutations=False)).remaining == 10, "what was refused is not counted"
        assert await taken(allowances, guest(address), times=3, cost=1) == [True, True, False], "four each"
        assert allowances.exhausted(guest(address)) is not None


async def test_who_asked_for_too_much_may_ask_for_less(redis_url: str, address: str) -> None:
    async with counting(redis_url, requests=10, cost=40) as allowances:
        assert await taken(allowances, guest(address), times=2, cost=41) == [False, False]
        assert allowances.exhausted(guest(address)) is None
        assert await taken(allowances, guest(address), times=1, cost=40) == [True]


async def test_an_operation_that_costs_more_than_is_left_of_a_lease_takes_what_it_needs(redis_url: str, address: str) -> None:
    async with counting(redis_url, requests=1_000) as allowances:
        assert await taken(allowances, guest(address), times=1, cost=5) == [True]
        assert await taken(allowances, guest(address), times=1, cost=100) == [True]
        assert (await allowances.left(guest(address), of_mutations=False)).remaining == 895


async def test_what_was_taken_and_not_spent_in_time_is_lost(redis_url: str, address: str) -> None:
    seconds = [0.0]
    async with counting(redis_url, requests=400, monotonic=lambda: seconds[0]) as allowances:
        assert await taken(allowances, guest(address), times=1) == [True]
        seconds[0] = LEASE_SECONDS
        assert (await allowances.left(guest(address), of_mutations=False)).remaining == 392


async def test_an_account_is_one_caller_wherever_it_is_and_does_not_use_up_its_address(redis_url: str, address: str) -> None:
    account = AccountId(new_id())
    async with counting(redis_url) as allowances:
        here, there = (Asker(account=account, address=place) for place in (address, "203.0.113.9"))
        assert await taken(allowances, here, times=10) == [True] * 10
        assert await taken(allowances, there, times=1) == [False]
        assert await taken(allowances, guest(address), times=10) == [True] * 10
        assert await taken(allowances, Asker(account=AccountId(new_id()), address=address), times=1) == [True]


async def test_a_whole_ipv6_network_is_one_caller(redis_url: str) -> None:
    async with counting(redis_url, requests=3) as allowances:
        outcomes = [await allowances.take(guest(f"2001:db8:99::{number:x}"), cost=1, mutations=0) for number in range(5)]
        assert [each is None for each in outcomes] == [True, True, True, False, False]


async def test_room_comes_back_little_by_little_and_the_turn_of_the_minute_gives_nobody_twice_as_much(
    own_valkey: Embedded, address: str
) -> None:
    hours = [0.0]
    client = redis.asyncio.Redis.from_url(own_valkey.redis_url)
    async with counting(own_valkey.redis_url, monotonic=lambda: hours[0]) as allowances:
        assert await taken(allowances, guest(address), times=11) == [True] * 10 + [False]
        hours[0] += 3_600.0
        [key] = await client.keys("vitrine:allowances*")
        # A window is kept for two minutes from its first count: with just under half a minute left it is a minute and a half later.
        await client.pexpire(key, 29_500)
        assert await taken(allowances, guest(address), times=7) == [True] * 6 + [False]
        hours[0] += 3_600.0
        await client.flushall()
        assert await taken(allowances, guest(address), times=11) == [True] * 10 + [False]
    await client.aclose()


async def test_without_redis_each_process_counts_for_itself_and_allows_half() -> None:
    seconds = [0.0]
    async with counting(NOWHERE, monotonic=lambda: seconds[0]) as allowances:
        ada, ben = guest("192.0.2.1"), guest("192.0.2.2")
        assert await taken(allowances, ada, times=6) == [True] * 5 + [False]
        assert allowances.is_alone
        assert await allowances.take(ada, cost=1, mutations=0) == Throttled(retry_after=60)
        assert await allowances.left(ada, of_mutations=False) == Left(limit=5, remaining=0, reset_seconds=60)
        assert await taken(allowances, ben, times=2, mutations=2) == [True, False]
        seconds[0] = 60.0
        assert await taken(allowances, ada, times=6) == [True] * 5 + [False]


async def test_a_redis_that_is_killed_is_done_without_and_counts_again_when_it_is_back(
    own_valkey: Embedded, address: str
) -> None:
    seconds = [0.0]
    async with counting(own_valkey.redis_url, monotonic=lambda: seconds[0]) as allowances:
        assert await taken(allowances, guest(address), times=4) == [True] * 4
        own_valkey.valkey.kill()
        assert await taken(allowances, guest(address), times=6) == [True] * 5 + [False]
        assert allowances.is_alone
        await asyncio.to_thread(own_valkey.revive)
        assert await taken(allowances, guest(address), times=1) == [False], "left alone for a while"
        seconds[0] += AWAY_SECONDS
        assert await taken(allowances, guest(address), times=11) == [True] * 10 + [False]
        assert not allowances.is_alone


@pytest.mark.parametrize("many", [1, 50])
async def test_a_redis_that_says_nothing_keeps_callers_waiting_once(many: int) -> None:
    calls = 0

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silence, "127.0.0.1", 0) as server:
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        async with counting(url, requests=1_000, seconds=0.05) as allowances:
            askers = [guest(f"192.0.2.{number}") for number in range(many)]
            assert await asyncio.gather(*(allowances.take(each, cost=1, mutations=0) for each in askers)) == [None] * many
            assert allowances.is_alone
            before = calls
            assert await taken(allowances, askers[0], times=100) == [True] * 100
            assert calls == before, "nobody asks it again so soon"
