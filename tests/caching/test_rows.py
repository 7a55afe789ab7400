"""Answers made anew of kept rows: for buyers alone, and always those of the database."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from domain.viewer import Staff
from gateways.embedded.launcher import Embedded
from gateways.settings import Settings
from persistence.unit import Transactions
from schema.context import Contexts
from schema.ids import global_id
from schema.transport.caller import Caller
from tests.caching.deeds import ANSWERS, DEEDS, ROWS, a_street, appears_soon, buys
from tests.caching.world import READS, Process, Street
from tests.conftest import Clone
from tests.makers.people import a_customer_token
from tests.makers.trade import a_channel
from tests.shop import open_api

LIST = "{ products(first: 20) { nodes { slug name variants { sku price { amount } } } } }"


@pytest.fixture(autouse=True)
def _patience(shelves: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered for some seconds does not run out in the middle of a count, however slow the machine is."""
    monkeypatch.setattr("schema.places.KEPT_SECONDS", 3600.0)
    monkeypatch.setattr("schema.access.standings.KEPT_SECONDS", 3600.0)
    shelves.here.api._ports.places.forget()


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


async def test_who_turns_out_to_be_staff_is_told_from_kept_rows_no_more(shelves: Street) -> None:
    api = shelves.here.api
    contexts = Contexts(
        database=api.database,
        transact=Transactions(api.database, published=lambda _topics: None),
        ports=api.supplies.ports(),
        identify=api.supplies.ports().standings,
        clock=lambda: datetime.now(UTC),
        rows=shelves.here.rows,
    )
    async with contexts.open(Caller(request_id="staff", token=shelves.staff)) as context:
        assert context.reader.cache is None
    async with contexts.open(Caller(request_id="guest")) as context:
        assert context.reader.cache is shelves.here.rows
        context.caller = replace(context.caller, token=shelves.staff)
        await context.recheck(0)
        assert isinstance(context.viewer, Staff)
        assert context.reader.cache is None


async def test_a_change_by_hand_is_seen_when_the_stated_time_is_over_whatever_was_made_of_what(
    clone: Clone, settings_on: Callable[[str], Settings]
) -> None:
    settings = settings_on(await clone()).model_copy(update={"response_cache_seconds": 3})
    async with a_street(settings, ANSWERS | ROWS) as street:
        here, document = street.here, "query($slug: String!) { product(slug: $slug) { name } }"
        of_product = {"slug": street.products[0]["slug"]}
        here.rows.heard(None)
        clock = asyncio.get_running_loop().time
        before = clock()
        await here.ask(document, of_product, Authorization=f"Bearer {await a_customer_token(street.shop)}")
        after = clock()
        await street.shop.rows.execute("UPDATE product SET name = 'By hand' WHERE slug = $1", of_product["slug"])
        await asyncio.sleep(2)
        # Made of rows that are two seconds old, this answer may be kept for one more.
        kept = await here.ask(document, of_product)
        assert clock() - before > 3 or kept["data"]["product"]["name"] != "By hand"
        await asyncio.sleep(max(after + 3.1 - clock(), 0))
        assert (await here.ask(document, of_product))["data"]["product"]["name"] == "By hand"


async def test_a_channel_that_is_new_is_there_within_the_few_seconds_that_channels_are_remembered(
    clone: Clone, settings_on: Callable[[str], Settings]
) -> None:
    settings = settings_on(await clone()).model_copy(update=ROWS)
    async with open_api(settings) as api:
        client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://shop", timeout=30)
        async with client, asyncio.timeout(30):
            process = Process(api, client)
            await process.hears()
            assert "errors" in await process.ask("{ localization { channel } }")
            async with api.database.writing() as connection:
                await a_channel(connection, slug="web", prices_include_tax=True)
            # As `server.py seed` does, this tells nobody; that there is none is not remembered at all.
            assert (await process.ask("{ localization { channel } }"))["data"]["localization"]["channel"] == "web"


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
    name, slug, soon = await appears_soon(shelves)
    page = {"slug": slug}
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
