"""Ceilings of documents: each bomb is answered by its name, at once, before it is validated or run."""

from __future__ import annotations

import asyncio
import time

import httpx2
import pytest
from graphql import get_introspection_query, parse

from schema.cost.pricing import Prices
from schema.limits import Ceilings, weigh
from tests.transport.world import World, core_schema

PRICES = Prices(core_schema())

CHAIN = 45

BOMBS = {
    "10,000 aliases": ("{" + " ".join(f"a{n}: hello" for n in range(10_000)) + "}", "characters"),
    "350 aliases": ("{" + " ".join(f"a{n}: hello" for n in range(350)) + "}", "aliases"),
    "5 mutations": ("mutation {" + " ".join(f"a{n}: count" for n in range(5)) + "}", "mutations"),
    "5 mutations in fragments": (
        """mutation { ...A ... { c: count } }
        fragment A on Mutation { a: count b: count ...B } fragment B on Mutation { d: count e: count }""",
        "mutations",
    ),
    "aliases behind fragments": (
        "{ ...A ...A ...A ...A } fragment A on Query {" + " ".join(f"a{n}: hello" for n in range(9)) + "}",
        "aliases",
    ),
    "a fragment bomb": (
        "{ ...F0 } "
        + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(CHAIN))
        + f" fragment F{CHAIN} on Query {{ hello }}",
        "fields",
    ),
    "fan-out of ten, three deep": (
        "{ "
        + " ".join(["...A"] * 10)
        + " } fragment A on Query { "
        + " ".join(["...B"] * 10)
        + " } fragment B on Query { "
        + " ".join(["...C"] * 10)
        + " } fragment C on Query { hello }",
        "fields",
    ),
    "5,000 inline fragments": ("{" + "... { hello } " * 5_000 + "}", "characters"),
    "600 inline fragments": ("{" + "... { hello } " * 600 + "}", "tokens"),
    "10,000 directives": ("{ hello " + "@include(if: true) " * 10_000 + "}", "characters"),
    "200 directives": ("{ hello " + "@skip(if: false) " * 200 + "}", "directives"),
    "5,000 operations": (" ".join(f"query Q{n} {{ hello }}" for n in range(5_000)), "characters"),
    "60 operations": (" ".join(f"query Q{n} {{ hello }}" for n in range(60)), "definitions"),
    "20 deep": ("{ query " * 20 + "{ hello }" + "}" * 20, "levels of depth"),
    "20 deep by fragments": (
        "{ ...F0 } "
        + " ".join(f"fragment F{n} on Query {{ query {{ ...F{n + 1} }} }}" for n in range(20))
        + " fragment F20 on Query { hello }",
        "levels of depth",
    ),
    "a flood of comments": ("#\n" * 10_000 + "{ hello }", "comments"),
    "a long string": ('{ hello(name: "' + "x" * 100_000 + '") }', "characters"),
    "1,000 arguments": ("{ hello(" + " ".join(f"a{n}: 1" for n in range(1_000)) + ") }", "tokens"),
    "1,000 variables": ("query(" + " ".join(f"$a{n}: Int" for n in range(1_000)) + ") { hello }", "tokens"),
    "an introspection bomb": (
        "{ __schema { types " + "{ fields { type " * 12 + "{ name }" + "} }" * 12 + "} }",
        "levels of depth",
    ),
}

HARMLESS_BUT_WRONG = {
    "5,000 deep": "{ query " * 5_000 + "{ hello }" + "}" * 5_000,
    "deep lists": "{ hello(name: " + "[" * 5_000 + "]" * 5_000 + ") }",
    "deep objects": "{ hello(name: " + "{a: " * 5_000 + "1" + "}" * 5_000 + ") }",
    "a circle of fragments": "{ ...A } fragment A on Query { query { ...B } } fragment B on Query { query { ...A } }",
    "a fragment of itself": "{ ...A } fragment A on Query { hello ...A }",
    "unknown fragments": "{ " + " ".join(f"...X{n}" for n in range(400)) + " }",
    "many unknown fields": "{ " + " ".join(f"x{n}" for n in range(390)) + " }",
    "@defer": "{ ... @defer { hello } }",
    "two of one name": "query A { hello } query A { hello }",
    "__proto__": "{ __proto__ }",
}


async def send(client: httpx2.AsyncClient, query: str) -> tuple[dict[str, object], float]:
    started = time.process_time()
    response = await client.post("/graphql", json={"query": query})
    assert response.status_code == 200
    answer = response.json()
    assert "data" not in answer
    extensions: dict[str, object] = answer["errors"][0]["extensions"]
    return extensions, time.process_time() - started


@pytest.mark.parametrize(("query", "limit"), BOMBS.values(), ids=BOMBS.keys())
async def test_a_bomb_is_refused_by_the_name_of_its_ceiling(
    client: httpx2.AsyncClient, world: World, query: str, limit: str
) -> None:
    extensions, seconds = await send(client, query)
    assert (extensions["code"], extensions["limit"]) == ("DOCUMENT_TOO_LARGE", limit)
    assert seconds < 5
    assert (world.opened, world.counted) == ([], 0)


@pytest.mark.parametrize("query", HARMLESS_BUT_WRONG.values(), ids=HARMLESS_BUT_WRONG.keys())
async def test_a_hostile_document_within_the_ceilings_is_refused_as_quickly(
    client: httpx2.AsyncClient, world: World, query: str
) -> None:
    extensions, seconds = await send(client, query)
    assert extensions["code"] in {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "DOCUMENT_TOO_LARGE"}
    assert seconds < 5
    assert world.opened == []


async def test_as_many_overlapping_fields_as_are_allowed_are_checked_in_time(client: httpx2.AsyncClient) -> None:
    """Validation compares equal fields pair by pair; the ceilings keep the pairs few."""
    started = time.process_time()
    response = await client.post("/graphql", json={"query": "{" + "query { hello } " * 200 + "}"})
    assert response.json() == {"data": {"query": {"hello": "hello world"}}}
    assert time.process_time() - started < 5


async def test_large_documents_take_turns_and_a_small_one_passes_them(client: httpx2.AsyncClient) -> None:
    done: list[str] = []

    async def ask(name: str, query: str) -> None:
        response = await client.post("/graphql", json={"query": query})
        assert "errors" not in response.json()
        done.append(name)

    large = [ask("large", "{" + "query { hello } " * 60 + f"a{n}: hello }}") for n in range(10)]
    asking = [asyncio.create_task(one) for one in large]
    await asyncio.sleep(0)
    await ask("small", "{ __typename }")
    assert done.index("small") <= 3
    await asyncio.gather(*asking)


def test_fragments_count_wherever_they_are_spread() -> None:
    weight = weigh(
        parse("{ query { ...A } ...A @skip(if: false) } fragment A on Query { b: query { hello } ... { hello } }"),
        Ceilings(),
        PRICES,
    )[""]
    assert (weight.fields, weight.aliases, weight.depth, weight.directives, weight.roots) == (7, 2, 3, 1, 3)


def test_a_bomb_of_fragments_is_weighed_in_one_pass() -> None:
    ceilings = Ceilings(definitions=1_000, fields=1 << 40)
    text = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(900))
    started = time.process_time()
    weight = weigh(parse("{ ...F0 } " + text + " fragment F900 on Query { hello }"), ceilings, PRICES)[""]
    assert weight.fields == 1 << 31
    assert time.process_time() - started < 5


async def test_the_standard_introspection_query_is_within_the_ceilings(client: httpx2.AsyncClient) -> None:
    query = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    response = await client.post("/graphql", json={"query": query})
    assert response.json()["data"]["__schema"]["queryType"]["name"] == "Query"
