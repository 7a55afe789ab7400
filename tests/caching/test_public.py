"""What is somebody's is never kept: by what a field says of itself, by what is read, by who asks."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, OperationDefinitionNode, get_named_type, is_composite_type, parse

from persistence.tables import METADATA
from persistence.tags import PUBLIC
from schema.caching.public import reach_of
from schema.execution.engine import Engine
from schema.execution.fields import rule_of
from schema.execution.prepared import Prepared, prepared
from schema.limits import Ceilings, Weight
from schema.permissions import EVERYONE
from schema.root import build, executable
from tests.caching.world import READS, Street
from tests.execution.documents import leads

SCHEMA: GraphQLSchema = executable(build())


async def _prepared(text: str) -> Prepared:
    engine = Engine(SCHEMA, ceilings=Ceilings(), open_about_itself=True)
    return await engine.prepare(text, None)


def _asked(way: list[tuple[str, str]], field: str) -> Prepared:
    """The operation that asks just this field, by the shortest way; its arguments are left out, which nobody looks at here."""
    text = field
    for _, step in reversed(way):
        text = f"{step} {{ {text} }}"
    document = parse(f"{{ {text} }}")
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return prepared(document, operation, Weight())


def test_an_operation_with_any_field_that_is_not_everybodys_is_not_public() -> None:
    seen = {True: 0, False: 0}
    for name, way in leads(SCHEMA).items():
        kind = SCHEMA.type_map[name]
        if not isinstance(kind, GraphQLObjectType):
            continue
        open_so_far = _is_open(way)
        for field, definition in kind.fields.items():
            below = " { __typename }" if is_composite_type(get_named_type(definition.type)) else ""
            is_open = open_so_far and rule_of(kind, field) == EVERYONE
            assert reach_of(SCHEMA, _asked(way, field + below)).is_public is is_open, f"{name}.{field}"
            seen[is_open] += 1
    assert min(seen.values()) > 50


def _is_open(way: list[tuple[str, str]]) -> bool:
    for owner, step in way:
        kind = SCHEMA.type_map[owner]
        if step.startswith("..."):
            continue
        kinds = [kind] if isinstance(kind, GraphQLObjectType) else SCHEMA.get_possible_types(kind)  # type: ignore[arg-type]  # composite by `leads`
        if all(rule_of(each, step) != EVERYONE for each in kinds if step in each.fields):
            return False
    return True


@pytest.mark.parametrize("name", sorted(READS))
async def test_what_storefronts_read_is_public(name: str) -> None:
    assert reach_of(SCHEMA, await _prepared(READS[name])) == (True, name == "count")


def test_public_tables_are_tables() -> None:
    assert METADATA.tables.keys() >= PUBLIC


async def test_answers_that_came_of_a_secret_are_nobody_elses(street: Street) -> None:
    shopper = street.shop.shopper()
    goods = await street.shop.goods()
    order = await shopper.orders((goods, 1))
    await (other := street.shop.shopper()).adds(goods)
    for document, variables in (
        ("query($t: String!) { orderByToken(token: $t) { number } }", {"t": order["token"]}),
        ("query($id: ID!) { cart(id: $id) { totalQuantity } }", {"id": other.cart["id"]}),
        ("query($id: ID!) { node(id: $id) { id } }", {"id": other.cart["id"]}),
    ):
        before = len(street.here.responses.kept)
        first, second = [await street.here.ask(document, variables) for _ in range(2)]
        assert first == second
        assert None not in first["data"].values()
        assert len(street.here.responses.kept) == before


async def test_who_is_somebody_is_answered_for_themselves_and_leaves_nothing_behind(street: Street) -> None:
    name = street.name("Draft")
    draft = (await street.deed(street.here, "productCreate", "product { id slug }", name=name))["product"]
    question: tuple[str, dict[str, Any]] = ("query($slug: String!) { product(slug: $slug) { name } }", {"slug": draft["slug"]})
    nothing = {"data": {"product": None}}
    assert await street.here.ask(*question) == nothing
    told = await street.here.ask(*question, Authorization=f"Bearer {street.staff}")
    assert told == {"data": {"product": {"name": name}}}
    assert await street.here.ask(*question) == nothing


async def test_failures_and_what_is_told_beside_the_data_are_not_kept(street: Street) -> None:
    await street.here.ask("{ product { name } }")
    before = len(street.here.responses.kept)
    assert "errors" in await street.here.ask("{ product { name } }")
    answer = await street.here.client.post(
        "/graphql", json={"query": "{ products(first: 7) { totalCount } }", "extensions": {"cost": True}}
    )
    assert "cost" in answer.json()["extensions"]
    assert len(street.here.responses.kept) == before
