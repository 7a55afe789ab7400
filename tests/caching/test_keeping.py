"""How answers are kept: bounded, made once, told apart, dropped by date, and not at all while others cannot be heard."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gateways.embedded.launcher import Embedded
from gateways.settings import Settings
from schema.caching.kept import Kept, KeptAnswers
from tests.caching.deeds import DEEDS, a_street, appears_soon
from tests.caching.world import Process, Street
from tests.conftest import Clone

LIST = "{ products(first: 20) { totalCount nodes { slug name } } }"
FOREVER = 1e12


def _kept(body: bytes = b"x", *tags: str, until: float = FOREVER) -> Kept:
    return Kept(body, b'"tag"', frozenset(tags), until, None)


def _lookups(process: Process, outcome: str) -> float:
    value = process.api.metrics.registry.get_sample_value("vitrine_response_lookups_total", {"outcome": outcome})
    return value or 0.0


@given(st.lists(st.tuples(st.sampled_from("prt"), st.integers(0, 5), st.integers(0, 3)), max_size=60))
def test_what_was_read_before_a_change_is_never_answered_after_it(steps: list[tuple[str, int, int]]) -> None:
    answers, version, started = KeptAnswers(bytes_max=100_000), dict.fromkeys(range(4), 0), dict[int, tuple[int, int, int]]()
    for what, key, thing in steps:
        match what:
            case "r":  # begin to read
                started[key] = (answers.changes.stamp, thing, version[thing])
            case "p" if key in started:  # and keep what was read
                since, read, seen = started.pop(key)
                answers.put(b"%d" % key, _kept(b"%d:%d" % (read, seen), f"thing:{read}"), since=since)
            case "t":
                version[thing] += 1
                answers.touch([f"thing:{thing}"])
        for each in range(6):
            if found := answers.get(b"%d" % each, at=0):
                read, seen = map(int, found.body.split(b":"))
                assert seen == version[read]


def test_the_bytes_are_bounded_and_the_longest_unused_leave_first() -> None:
    answers = KeptAnswers(bytes_max=20_000)
    for number in range(100):
        assert answers.put(b"%d" % number, _kept(b"x" * 1_000, "a", f"b:{number}"), since=0)
        assert answers.get(b"0", at=0) is not None
        assert answers.bytes <= 20_000
    assert len(answers) == 10
    assert answers.get(b"1", at=0) is None
    assert answers.get(b"99", at=0) is not None
    assert not answers.put(b"large", _kept(b"x" * 10_000), since=0)
    answers.touch(["a"])
    assert (len(answers), answers.bytes) == (0, 0)


def test_after_a_flush_nothing_that_was_read_before_it_is_kept() -> None:
    answers = KeptAnswers(bytes_max=20_000)
    before = answers.changes.stamp
    answers.flush()
    assert not answers.put(b"1", _kept(), since=before)
    assert answers.put(b"1", _kept(b"x", until=5.0), since=answers.changes.stamp)
    assert answers.get(b"1", at=4.9) is not None
    assert answers.get(b"1", at=5.0) is None
    assert (len(answers), answers.bytes, answers.flushes) == (0, 0, 1)


async def test_many_who_ask_the_same_at_once_are_answered_by_one_run(street: Street) -> None:
    street.here.responses.kept.flush()
    misses, joined = _lookups(street.here, "miss"), _lookups(street.here, "joined")
    answers = await asyncio.gather(*(street.here.ask(LIST) for _ in range(50)))
    assert answers == [answers[0]] * 50
    assert _lookups(street.here, "miss") - misses == 1
    assert _lookups(street.here, "joined") - joined > 0


async def test_place_variables_and_operation_names_are_told_apart(street: Street) -> None:
    document = "query A { localization { currency language } } query B { localization { country } }"
    for _ in range(2):
        told = [
            (await street.here.client.post("/graphql", json={"query": document, "operationName": name}, headers=headers)).json()
            for name, headers in (("A", {}), ("B", {}), ("A", {"X-Currency": "USD"}), ("A", {"Accept-Language": "de"}))
        ]
        assert [each["data"]["localization"] for each in told] == [
            {"currency": "EUR", "language": "en"},
            {"country": "DE"},
            {"currency": "USD", "language": "en"},
            {"currency": "EUR", "language": "de"},
        ]


async def test_a_get_may_be_kept_by_others_and_asked_for_again_by_its_tag(street: Street) -> None:
    client = street.here.client
    for _ in range(2):
        answer = await client.get("/graphql", params={"query": LIST})
        assert answer.headers["cache-control"] == "public, max-age=0, s-maxage=5"
        assert {"product", "channel", "listing"} <= set(answer.headers["surrogate-key"].split())
    tag = (await client.get("/graphql", params={"query": LIST})).headers["etag"]
    again = await client.get("/graphql", params={"query": LIST}, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    own = await client.get("/graphql", params={"query": LIST}, headers={"Authorization": f"Bearer {street.staff}"})
    assert own.headers["cache-control"] == "private, no-cache"
    assert "surrogate-key" not in own.headers
    changed = street.name("Renamed")
    await street.deed(street.here, "productUpdate", "product { id }", id=street.products[0]["id"], name=changed)
    fresh = await client.get("/graphql", params={"query": LIST}, headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert changed in fresh.text


async def test_a_product_appears_at_its_date_without_anybody_doing_anything(street: Street) -> None:
    name, _, soon = await appears_soon(street)
    assert name not in str(await street.here.ask(LIST))
    async with asyncio.timeout(30):
        while name not in str(await street.here.ask(LIST)):  # noqa: ASYNC110 - there is no event: that is the point
            await asyncio.sleep(0.1)
    assert datetime.now(UTC).isoformat() >= soon


async def test_without_redis_nothing_is_kept_until_it_is_back(
    clone: Clone, settings_on: Callable[[str], Settings], own_valkey: Embedded
) -> None:
    settings = settings_on(await clone()).model_copy(update={"redis_url": own_valkey.redis_url})
    async with a_street(settings) as street:
        chance = random.Random(3)
        questions = street.questions(chance)
        for process in (street.here, street.there):
            await street.settles(process, questions)
        assert len(street.there.responses.kept) > 5
        own_valkey.valkey.kill()
        for process in (street.here, street.there):
            await process.hears(is_so=False)
        await DEEDS["product_update"](street, street.here, chance)
        for process in (street.here, street.there):
            assert await street.differences(process, questions) == []
            assert len(process.responses.kept) == 0
        await asyncio.to_thread(own_valkey.revive)
        for process in (street.here, street.there):
            await process.hears()
            assert await street.differences(process, questions) == []
        hits = _lookups(street.there, "hit")
        # A Valkey that has just come back may be lost once more on a busy machine.
        async with asyncio.timeout(60):
            while _lookups(street.there, "hit") == hits:
                assert await street.differences(street.there, questions) == []
        await DEEDS["product_update"](street, street.here, chance)
        await street.settles(street.there, questions)
