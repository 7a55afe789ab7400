"""How rows are kept: for buyers alone, bounded, dropped by tag and by date; answers made anew of them are those of the database."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from gateways.embedded.launcher import Embedded
from gateways.settings import Settings
from persistence.catalog import groups, reads
from persistence.catalog.groups import CategoryView
from persistence.catalog.views import ImageView
from persistence.orders import reads as orders
from persistence.row_cache import RowCache, Rows
from persistence.tags import PREFIX, Dependence
from schema.ids import global_id
from tests.caching.deeds import DEEDS, ROWS, a_street, buys
from tests.caching.world import READS, Process, Street
from tests.conftest import NOW, Clone
from tests.makers.people import a_customer_token

THUMBNAIL = reads.THUMBNAILS.question
LIST = "{ products(first: 20) { nodes { slug name variants { sku price { amount } } } } }"


class Clock:
    """A present that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def _cache(*, bytes_max: int = 1_000_000, clock: Clock | None = None) -> RowCache:
    return RowCache(bytes_max=bytes_max, seconds_max=60, hears=lambda: True, now=clock or Clock())


def _id(number: int) -> UUID:
    return UUID(int=number)


def _picture(number: int, version: int = 0, *, words: int = 0) -> ImageView:
    return ImageView(_id(1_000 + number), _id(number), 1, f"https://pictures.example/{version}", "x" * words)


def _keep(cache: RowCache, found: dict[Any, Rows], *, since: int | None = None) -> None:
    stamp = cache.changes.stamp if since is None else since
    cache.keep(THUMBNAIL, "place", found, since=stamp, begin=None, until=None)


def _recall(cache: RowCache, *numbers: int, into: Dependence | None = None) -> dict[Hashable, Rows]:
    return cache.recall("place", [_id(each) for each in numbers], present=None, into=into)


def _touch(cache: RowCache, *tags: str) -> None:
    cache.heard([PREFIX + tag for tag in tags])


@given(st.lists(st.tuples(st.sampled_from("rptf"), st.integers(0, 3)), max_size=60))
def test_what_was_read_before_a_change_is_never_recalled_after_it(steps: list[tuple[str, int]]) -> None:
    cache, version, started = _cache(), dict.fromkeys(range(4), 0), dict[int, tuple[int, int]]()
    for what, thing in steps:
        match what:
            case "r":  # begin to read
                started[thing] = (cache.changes.stamp, version[thing])
            case "p" if thing in started:  # and keep what was read
                since, seen = started.pop(thing)
                _keep(cache, {_id(thing): (_picture(thing, seen),)}, since=since)
            case "t":
                version[thing] += 1
                _touch(cache, f"product:{_id(thing)}")
            case "f":
                version[thing] += 1
                cache.heard(None)
        for number in range(4):
            for [row] in _recall(cache, number).values():
                assert row == _picture(number, version[number])


def test_a_change_that_names_no_thing_drops_all_of_a_read_and_nothing_of_others() -> None:
    cache = _cache()
    _keep(cache, {_id(1): (_picture(1),), _id(2): ()})
    category = CategoryView(_id(7), None, "lamps", "Lamps", "", 0, None, None, NOW, None)
    cache.keep(groups.CATEGORIES.question, "categories", {_id(7): (category,)}, since=0, begin=None, until=None)
    _touch(cache, f"product:{_id(3)}", "product", "product_image")
    assert _recall(cache, 1, 2, 3) == {_id(1): (_picture(1),), _id(2): ()}
    _touch(cache, "product_image*")
    assert _recall(cache, 1, 2) == {}
    assert cache.recall("categories", [_id(7)], present=None, into=None) == {_id(7): (category,)}
    _touch(cache, "category")
    assert (cache.recall("categories", [_id(7)], present=None, into=None), len(cache), cache.bytes) == ({}, 0, 0)


def test_who_is_told_of_kept_rows_depends_on_what_they_depend_on() -> None:
    cache, dependence = _cache(), Dependence(set(), set())
    _keep(cache, {_id(1): (_picture(1),), _id(2): (_picture(2),)})
    _recall(cache, 1, 3, into=dependence)
    assert dependence.tags == {"product_image*", f"product:{_id(1)}"}
    assert not dependence.is_own


def test_the_bytes_are_bounded_and_what_nobody_asked_for_leaves_first() -> None:
    cache = _cache(bytes_max=100_000)
    for number in range(1, 400):
        _keep(cache, {_id(number): (_picture(number, words=2_000),)})
        assert _recall(cache, 1) == {_id(1): (_picture(1, words=2_000),)}
        assert cache.bytes <= 100_000
    assert _recall(cache, 2) == {}
    assert len(_recall(cache, 399)) == 1
    assert 15 < len(cache) < 40
    _keep(cache, {_id(500): (_picture(500, words=20_000),)})
    assert _recall(cache, 500) == {}
    cache.heard(None)
    assert (len(cache), cache.bytes, cache.flushes) == (0, 0, 1)


def test_rows_are_kept_for_the_stated_time_and_not_over_a_date_that_changes_them() -> None:
    clock = Clock()
    cache, soon, later = _cache(clock=clock), NOW + timedelta(seconds=10), NOW + timedelta(seconds=61)
    keys = [_id(1)]
    cache.keep(THUMBNAIL, "dated", {_id(1): (_picture(1),)}, since=0, begin=NOW, until=soon)
    cache.keep(THUMBNAIL, "place", {_id(1): (_picture(1),)}, since=0, begin=None, until=None)
    assert len(cache.recall("dated", keys, present=NOW, into=None)) == 1
    assert cache.recall("dated", keys, present=NOW - timedelta(seconds=1), into=None) == {}
    clock.now = soon
    assert cache.recall("dated", keys, present=soon, into=None) == {}
    assert len(_recall(cache, 1)) == 1
    clock.now = later
    assert _recall(cache, 1) == {}


def test_rows_of_what_is_not_everybodys_are_never_kept() -> None:
    cache = _cache()
    cache.keep(orders.BY_ID, "orders", {_id(1): ()}, since=0, begin=None, until=None)
    assert (len(cache), cache.recall("orders", [_id(1)], present=None, into=None)) == (0, {})


async def _asked(process: Process, document: str, variables: dict[str, Any] | None = None, token: str = "") -> tuple[Any, int]:
    """The data, and how many statements it took."""
    said = {"query": document, "variables": variables or {}, "extensions": {"statements": True}}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = (await process.client.post("/graphql", json=said, headers=headers)).json()
    assert "errors" not in body, body
    return body["data"], body["extensions"]["statements"]


async def test_buyers_are_told_from_the_same_rows_and_staff_always_from_the_database(shelves: Street) -> None:
    here = shelves.here
    customer = await a_customer_token(shelves.shop)
    for name in ("page", "list", "tree"):
        variables = {"slug": shelves.products[0]["slug"]} if name == "page" else {}
        await _asked(here, READS[name], variables)
        data, statements = await _asked(here, READS[name], variables)
        assert statements == 0, name
        assert data == (await _asked(shelves.bare, READS[name], variables))[0], name
    of_nobody, _ = await _asked(here, LIST)
    of_nobody_again, statements = await _asked(here, LIST.replace("slug", "slug also: slug"))
    assert statements == 0
    assert [each["also"] for each in of_nobody_again["products"]["nodes"]] == [
        each["slug"] for each in of_nobody["products"]["nodes"]
    ]
    for token in (customer, shelves.staff):
        await _asked(here, "{ __typename }", token=token)
    assert await _asked(here, LIST, token=customer) == (of_nobody, 0)
    for _ in range(2):
        _, statements = await _asked(here, LIST, token=shelves.staff)
        assert statements == 2


async def test_only_what_a_change_concerns_is_read_again(shelves: Street) -> None:
    here, document = shelves.here, READS["page"]
    one, other = ({"slug": each["slug"]} for each in shelves.products[:2])
    for variables in (one, other):
        await _asked(here, document, variables)
    await shelves.deed(here, "productUpdate", "product { id }", id=shelves.products[0]["id"], vendor=shelves.name("Maker"))
    assert (await _asked(here, document, other))[1] == 0
    # The rows, and when the next product is published: a product was changed.
    assert (await _asked(here, document, one))[1] == 2
    assert (await _asked(here, document, one))[1] == 0


async def test_what_was_sold_is_gone_from_the_next_answer_of_whoever_buys(shelves: Street) -> None:
    here, chance = shelves.here, random.Random(9)
    customer = await a_customer_token(shelves.shop)
    document = "{ products(first: 50) { nodes { slug variants { sku availability { quantity } } } } }"
    for _ in range(3):
        before = await _asked(here, document, token=customer)
        await buys(shelves, here, chance)
        after = await _asked(here, document, token=customer)
        assert before[0] != after[0]
        assert after[0] == (await _asked(shelves.bare, document))[0]


async def test_a_product_appears_at_its_date_among_kept_rows(shelves: Street) -> None:
    name = shelves.name("Soon")
    await DEEDS["product_create"](shelves, shelves.here, random.Random(5))
    product = shelves.products[-1]
    soon = (datetime.now(UTC) + timedelta(seconds=1.5)).isoformat()
    await shelves.deed(shelves.here, "productUpdate", "product { id }", id=product["id"], name=name)
    await shelves.deed(shelves.here, "productPublish", "product { id }", id=product["id"], publishedAt=soon)
    page = {"slug": product["slug"]}
    for document, variables in ((LIST, {}), (READS["page"], page)):
        assert name not in str(await shelves.here.ask(document, variables))
        assert name not in str(await shelves.here.ask(document, variables))
    async with asyncio.timeout(30):
        while name not in str(await shelves.here.ask(LIST)):  # noqa: ASYNC110 - there is no event: that is the point
            await asyncio.sleep(0.1)
    assert datetime.now(UTC).isoformat() >= soon
    assert (await shelves.here.ask(READS["page"], page))["data"]["product"] is not None


async def test_without_redis_every_row_is_read_until_it_is_back(
    clone: Clone, settings_on: Callable[[str], Settings], own_valkey: Embedded
) -> None:
    settings = settings_on(await clone()).model_copy(update={"redis_url": own_valkey.redis_url})
    async with a_street(settings, ROWS) as street:
        chance = random.Random(3)
        questions = street.questions(chance)
        for process in (street.here, street.there):
            await street.settles(process, questions)
            assert len(process.rows) > 5
        own_valkey.valkey.kill()
        for process in (street.here, street.there):
            await process.hears(is_so=False)
        await DEEDS["product_update"](street, street.here, chance)
        for process in (street.here, street.there):
            assert await street.differences(process, questions) == []
            assert len(process.rows) == 0
        await asyncio.to_thread(own_valkey.revive)
        for process in (street.here, street.there):
            await process.hears()
            assert await street.differences(process, questions) == []
        hits = street.there.rows.hits
        # A Valkey that has just come back may be lost once more on a busy machine.
        async with asyncio.timeout(60):
            while street.there.rows.hits == hits:
                assert await street.differences(street.there, questions) == []
        await DEEDS["product_update"](street, street.here, chance)
        await street.settles(street.there, questions)


async def test_a_list_of_what_is_to_be_had_is_kept_until_something_is_sold_out(shelves: Street) -> None:
    here, shop = shelves.here, shelves.shop
    goods = await shop.goods(stock=3)
    here.rows.heard(None)  # goods that were made in SQL
    of_lists = "{ products(first: 50, where: {available: true}) { totalCount nodes { id } } }"
    of_levels = "query($sku: String!) { variant(sku: $sku) { availability { quantity } } }"

    async def told() -> tuple[bool, int, int, int]:
        """Whether it is in the list, how many are left, and what either took to say."""
        listed, for_lists = await _asked(here, of_lists)
        left, for_levels = await _asked(here, of_levels, {"sku": goods.sku})
        product_id = global_id("Product", goods.product_id)
        assert listed["products"]["totalCount"] == len(listed["products"]["nodes"])
        return (
            {"id": product_id} in listed["products"]["nodes"],
            left["variant"]["availability"]["quantity"],
            for_lists,
            for_levels,
        )

    await told()
    assert await told() == (True, 3, 0, 0)
    await shop.shopper().orders((goods, 1))
    assert await told() == (True, 2, 0, 1)
    await shop.shopper().orders((goods, 2))
    assert await told() == (False, 0, 1, 1)
    assert await told() == (False, 0, 0, 0)
