"""What operations cost: exact sums over the real schema, declared in its SDL, refused above the limit, told to who asks."""

from __future__ import annotations

import time
from typing import Any

import pytest
from graphql import parse

from domain.viewer import Permission
from gateways.settings import Mode
from schema.cost.lots import COST_MAX
from schema.cost.pricing import PAGE_SIZE, Prices
from schema.limits import Ceilings, weigh
from schema.paging import FIRST_DEFAULT, FIRST_MAX
from schema.root import build, executable
from tests.limits.callers import Apis, CallerAt
from tests.makers.people import a_staff_token
from tests.shop import open_api

SCHEMA = build()
PRICES = Prices(executable(SCHEMA))
WIDE = Ceilings(fields=1 << 40, depth=1_000, aliases=1 << 30, definitions=1_000, mutations=100)
COSTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "leaves are free": ("{ __typename products { totalCount } }", {}, 1),
    "a page by default": ("{ products { nodes { id } } }", {}, 1 + 20),
    "a page as asked for": ("{ products(first: 7) { nodes { id } } }", {}, 1 + 7),
    "from the end": ("{ products(last: 8) { nodes { id } } }", {}, 1 + 8),
    "the larger of both": ("{ products(first: 7, last: 8) { nodes { id } } }", {}, 1 + 8),
    "a page too long is as long as one may be": ("{ products(first: 1000000000) { nodes { id } } }", {}, 1 + 100),
    "digits without end": (f"{{ products(first: {'9' * 900}) {{ nodes {{ id }} }} }}", {}, 1 + 100),
    "a page below none": ("{ products(first: -3) { nodes { id } } }", {}, 1),
    "null is the default": ("{ products(first: null) { nodes { id } } }", {}, 1 + 20),
    "nodes, edges and where they stand": (
        "{ products(first: 5) { nodes { id } edges { node { id } } pageInfo { endCursor } } }",
        {},
        1 + 5 + (5 + 5) + 1,
    ),
    "lists within lists": (
        "{ products(first: 3) { nodes { variants { options { name } price { amount } } } } }",
        {},
        1 + 3 * (1 + 20 * (1 + 3 + 1)),
    ),
    "a variable": ("query($n: Int!) { products(first: $n) { nodes { id } } }", {"n": 9}, 1 + 9),
    "a variable of another kind": ("query($n: Int!) { products(first: $n) { nodes { id } } }", {"n": "many"}, 1 + 1),
    "a variable that says null": ("query($n: Int = 4) { products(first: $n) { nodes { id } } }", {"n": None}, 1 + 20),
    "a variable's default": ("query($n: Int = 4) { products(first: $n) { nodes { id } } }", {}, 1 + 4),
    "a variable that nobody sends": ("query($n: Int) { products(first: $n) { nodes { id } } }", {}, 1 + 20),
    "as many as are named": ('{ nodes(ids: ["a", "b", "c"]) { id } }', {}, 3),
    "as many as a variable names": ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a"] * 6}, 6),
    "one named without brackets": ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": "a"}, 1),
    "fragments where they are spread": (
        """
        { a: products(first: 2) { ...P } b: products(first: 5) { ...P } }
        fragment P on ProductConnection { ... on ProductConnection { nodes { ...Q } } pageInfo { endCursor } }
        fragment Q on Product { options { name } }
        """,
        {},
        (1 + 2 * (1 + 3) + 1) + (1 + 5 * (1 + 3) + 1),
    ),
    "every branch of an interface": (
        '{ node(id: "x") { ... on Product { options { name } } ... on Variant { options { name } } } }',
        {},
        1 + 3 + 3,
    ),
    "a mutation": ('mutation { cartClear(input: { cartId: "x" }) { cart { id } } }', {}, 10 + 1),
    "its failures": ('mutation { cartClear(input: { cartId: "x" }) { userErrors { code } } }', {}, 10 + 10),
    "the schema about itself": ('{ __schema { types { name } } __type(name: "Cart") { name } }', {}, 2_000 + 100),
    "what there is not": ("{ nothing { of { theKind } } ...Nowhere }", {}, 0),
}


def cost(text: str, variables: dict[str, Any] | None = None) -> int:
    return weigh(parse(text), WIDE, PRICES)[""].bill.total(variables or {})


@pytest.mark.parametrize(("text", "variables", "expected"), COSTS.values(), ids=COSTS.keys())
def test_the_sum(text: str, variables: dict[str, Any], expected: int) -> None:
    assert cost(text, variables) == expected


def test_pages_are_priced_as_they_are_cut() -> None:
    assert (PAGE_SIZE, 100) == (FIRST_DEFAULT, FIRST_MAX)


def test_a_bomb_of_lists_and_fragments_is_summed_up_in_one_pass() -> None:
    levels = " ".join(
        f"fragment F{n} on Category {{ ...F{n + 1} ...F{n + 1} products {{ nodes {{ categories {{ ...F{n + 1} }} }} }} }}"
        for n in range(300)
    )
    text = f"{{ categories {{ nodes {{ ...F0 }} }} }} {levels} fragment F300 on Category {{ children {{ id }} }}"
    document = parse(text)
    started = time.process_time()
    assert weigh(document, WIDE, PRICES)[""].bill.total({}) == COST_MAX
    assert time.process_time() - started < 5


def test_the_schema_says_what_lists_and_mutations_cost() -> None:
    text = SCHEMA.as_str()
    assert "directive @listSize(assumedSize: Int!, slicingArguments: [String!]" in text
    paged = 'ProductConnection! @listSize(assumedSize: 20, slicingArguments: ["first", "last"], sizedFields: ["edges", "nodes"]'
    assert paged in text
    assert "variants: [Variant!]! @listSize(assumedSize: 20)" in text
    assert '[Node]! @listSize(assumedSize: 100, slicingArguments: ["ids"]' in text


async def test_what_may_cost_too_much_is_refused_with_both_figures_and_does_not_run(apis: Apis, address: str) -> None:
    caller = CallerAt(address, await a_staff_token(apis.shop, Permission.READ_CATALOG))
    dear = (
        "query($n: Int) { products(first: $n) { nodes { categories { products(first: $n) { nodes { variants { id } } } } } } }"
    )
    answer = await caller.posts(apis.first, dear, variables={"n": 100})
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "COST_LIMIT_EXCEEDED"
    assert (error["extensions"]["requested"], error["extensions"]["limit"]) == (1 + 100 * (1 + 10 * (2 + 100 * 21)), 20_000)
    assert "data" not in answer.json()
    assert await caller.code(apis.first, dear, variables={"n": 2}) == "OK", "the variables decide"


async def test_who_asks_is_told_what_it_costs_and_nobody_else(apis: Apis, address: str) -> None:
    caller = CallerAt(address)
    page = "query($n: Int) { products(first: $n) { nodes { id } } }"
    answer = await caller.posts(apis.first, page, variables={"n": 3}, extensions={"cost": True})
    assert answer.json()["extensions"] == {"cost": {"requested": 4, "limit": 20_000}}
    for asked in ({}, {"cost": False}, {"cost": "yes"}):
        assert "extensions" not in (await caller.posts(apis.first, page, variables={"n": 3}, extensions=asked)).json()
    async with caller.socket(apis.second) as socket:
        payload = {"query": page, "variables": {"n": 5}, "extensions": {"cost": True}}
        await socket.says(type="subscribe", id="1", payload=payload)
        assert (await socket.hears())["payload"]["extensions"] == {"cost": {"requested": 6, "limit": 20_000}}


async def test_statements_are_told_to_anybody_in_development_and_to_staff_elsewhere(apis: Apis, address: str) -> None:
    asking: dict[str, Any] = {"extensions": {"statements": True}}
    page = "{ products { nodes { variants { id } } } }"
    await apis.shop.goods()
    told = (await CallerAt(address).posts(apis.first, page, **asking)).json()["extensions"]["statements"]
    assert told >= 2
    staff = CallerAt(address, await a_staff_token(apis.shop, Permission.READ_CATALOG))
    earnest = apis.first.settings.model_copy(update={"mode": Mode.PRODUCTION, "public_url": apis.first.settings.own_url})
    async with open_api(earnest) as production:
        assert "extensions" not in (await CallerAt(address).posts(production, page, **asking)).json()
        assert (await staff.posts(production, page, **asking)).json()["extensions"]["statements"] >= 2
