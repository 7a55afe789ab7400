"""Every construct of the language by itself: answered by a plan, alike, or handed over."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from domain.ids import AccountId, SessionId, new_id
from domain.viewer import GUEST, Permission, Staff, Viewer
from schema.execution.engine import Engine
from schema.execution.run import LARGE, Plans
from tests.conftest import NOW
from tests.execution import small
from tests.execution.world import WIDE, Both
from tests.shop import Shop

SCHEMA = small.small_schema()


@pytest.fixture
async def trees(shop: Shop) -> Both:
    """Both executors over the small schema."""
    small.CALLS.clear()
    viewers: dict[str, Viewer] = {"guest": GUEST}
    return Both(SCHEMA, shop.api._transport().open_context, viewers, NOW)


COMPILED = {
    "aliases and repeated fields keep their order": "{ b: tree { name } a: tree { z: name a: name name z: name } b: tree { size } }",
    "only the type's name": "{ __typename tree { __typename leaf { __typename } leaves { t: __typename } } }",
    "every kind of leaf": "{ tree { leaf { name count yes ratio id colour at price maybe alsoCalled: name } leaves { colour } } }",
    "lists of lists with holes": "{ tree { grid { name maybe } } }",
    "a list of lists above a batch field": "{ tree { twigs { twigs(first: 1) { name size } size } grid { __typename } } }",
    "an empty list": "{ tree { twigs(first: 0) { name twigs { name } } } }",
    "fragments in fragments": """{ tree { ...A ... on Named { n: name } ... { name } } }
        fragment A on Branch { leaf { ...L } ...B leaf { count } } fragment B on Named { ... on Branch { leaf { id } } name }
        fragment L on Leaf { name ...M } fragment M on Named { name }""",
    "an interface": "{ tree { nameds { __typename name ... on Leaf { count } ... on Branch { size twigs { name } } } } }",
    "a union": "{ tree { twigs { either { __typename ... on Leaf { price } ... on Branch { name size } } } } }",
    "nothing for null": '{ crooked(how: "no such") { name leaf { name } twigs { name } } }',
    "literals as arguments": """{ said(wish: {name: "a", colours: [RED], deeper: {name: "é\\""}}, numbers: 5, colour: RED)
        a: said b: said(wish: null, numbers: [1, 2]) c: said(wish: {name: "n", unsaid: null}) }""",
    "a value of another class": '{ crooked(how: "subclass") { leaf { name count id ratio } } }',
    "text of a number": '{ crooked(how: "number") { leaf { name yes } } }',
    "any iterable": '{ crooked(how: "values") { leaves { name } } }',
}
HANDED_OVER = {
    "null where none may be": '{ tree { name } crooked(how: "null") { name leaf { name count } } }',
    "an integer too large": '{ crooked(how: "large") { leaf { count } } }',
    "a value that is in no enum": '{ crooked(how: "colour") { leaf { colour } } }',
    "no list": '{ crooked(how: "list") { leaves { name } } }',
    "no list, of type names": '{ crooked(how: "list") { leaves { __typename } } }',
    "a hole in a list without": '{ crooked(how: "hole") { leaves { name } } }',
    "an exception as a value": '{ crooked(how: "exception") { leaf { name } } }',
    "an exception of which nothing is read": '{ crooked(how: "exception") { leaf { __typename } } }',
    "an exception as a leaf": '{ crooked(how: "leaf exception") { leaf { name } } }',
    "an attribute that is not there": '{ crooked(how: "attribute") { leaf { count } } }',
    "a batch field that raises": "{ tree { name perhaps(first: 13) { name } twigs { perhaps(first: 13) { name } } } }",
    "a batch field that raises where null may not be": "{ tree { twigs { twigs(first: 13) { name } } } }",
    "too few values": "{ tree { perhaps(first: 14) { name } } }",
    "an exception for one parent": "{ tree { twigs { perhaps(first: 15) { name } } } }",
    "a view that is shown as nothing": "{ tree { odd { name } } }",
    "what the viewer may not ask": "{ guarded { name } tree { leaf { secret } } }",
    "introspection": '{ __type(name: "Leaf") { name } tree { name } }',
    "a directive of ours on a field": '{ tree @idempotent(key: "k") { name } }',
}


@pytest.mark.parametrize("what", COMPILED)
async def test_a_plan_answers(trees: Both, what: str) -> None:
    compared = await trees.compare(COMPILED[what])
    assert compared.result.errors is None
    assert compared.is_compiled


@pytest.mark.parametrize("what", HANDED_OVER)
async def test_graphql_core_answers(trees: Both, what: str) -> None:
    compared = await trees.compare(HANDED_OVER[what])
    assert not compared.is_compiled


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("off", [True, False])
async def test_switches_choose_among_plans(trees: Both, on: bool, off: bool) -> None:
    text = """query ($on: Boolean!, $off: Boolean = true) { tree { name @include(if: $on) ... @skip(if: $off) { size }
        a: name @skip(if: true) b: name @include(if: true) @skip(if: false) ...F @include(if: $off) } } fragment F on Branch { f: name }"""
    compared = await trees.compare(text, {"on": on, "off": off})
    assert compared.is_compiled
    expected = {
        **({"name": "tree"} if on else {}),
        **({"size": 2} if not off else {}),
        "b": "tree",
        **({"f": "tree"} if off else {}),
    }
    assert orjson.dumps(compared.result.data) == orjson.dumps({"tree": expected})


VARIABLES: list[tuple[dict[str, Any], bool]] = [
    ({"wish": {"name": "a", "deeper": {"name": "b", "colours": ["BLUE"]}}, "numbers": [1], "colour": "RED"}, True),
    ({"wish": None}, True),
    ({}, True),
    ({"numbers": 3, "colour": "BLUE"}, True),
    ({"wish": {"name": "a", "unsaid": "said"}}, True),
    ({"colour": "GREEN"}, False),
    ({"wish": {"nme": "a"}}, False),
    ({"numbers": ["x"]}, False),
    ({"colour": None}, False),
]


@pytest.mark.parametrize(("variables", "fits"), VARIABLES)
async def test_variables_arrive_as_on_graphql_core(trees: Both, variables: dict[str, Any], fits: bool) -> None:
    text = """query ($wish: WishInput, $numbers: [Int!], $colour: Colour = RED, $name: String! = "in a literal") {
        said(wish: $wish, numbers: $numbers, colour: $colour) b: said(wish: {name: $name, deeper: $wish}) }"""
    compared = await trees.compare(text, variables)
    assert compared.is_compiled is fits


async def test_a_batch_field_is_called_once_for_all_parents_of_its_level(trees: Both) -> None:
    prepared = await trees.fast.prepare("{ tree { twigs(first: 3) { twigs(first: 2) { size } size } } }", None)
    await trees.run(trees.fast, prepared, {}, "guest")
    assert small.CALLS == [("tree", 0), ("twigs", (1, 3, None)), ("twigs", (3, 2, None)), ("sizes", 6), ("sizes", 3)]


async def test_lists_in_arguments_are_made_anew_for_every_run(trees: Both) -> None:
    prepared = await trees.fast.prepare("{ tree { twigs(first: 1, colours: [RED]) { name } } }", None)
    for _ in range(2):
        await trees.run(trees.fast, prepared, {}, "guest")
    given = [what for name, what in small.CALLS if name == "twigs"]
    assert given == [(1, 1, [small.Colour.RED])] * 2


async def test_an_operation_is_compiled_once_and_the_longest_unused_leaves(trees: Both) -> None:
    engine = Engine(SCHEMA, ceilings=WIDE, open_about_itself=True)
    engine.plans = plans = Plans(SCHEMA, fields_max=5)
    texts = ["{ tree { name } }", "{ tree { size name } }", "{ tree { name size } }"]
    prepared = [await engine.prepare(text, None) for text in texts]

    async def run(number: int) -> int:
        await trees.run(engine, prepared[number], {}, "guest")
        return len(plans._kept)

    assert [await run(0), await run(0), await run(1)] == [1, 1, 2]
    kept = list(plans._kept.values())
    assert [await run(0), await run(2)] == [2, 2]
    assert kept[0] in plans._kept.values()
    assert kept[1] not in plans._kept.values()
    assert (plans.answered, plans.handed_over) == (5, 0)


async def test_a_viewer_who_may_is_answered_by_the_plan(trees: Both) -> None:
    may = frozenset({Permission.MANAGE_STAFF})
    trees.viewers["staff"] = Staff(AccountId(new_id()), SessionId(new_id()), NOW, may)
    compared = await trees.compare("{ guarded { name } }", who="staff")
    assert compared.is_compiled
    assert compared.result.data == {"guarded": {"name": "leaf"}}


async def test_a_large_operation_is_compiled_when_it_comes_again(trees: Both) -> None:
    text = f"{{ {' '.join(f'a{number}: tree {{ name }}' for number in range(LARGE))} }}"
    assert [(await trees.compare(text)).is_compiled for _ in range(3)] == [False, True, True]
    assert trees.fast.plans is not None
    assert trees.fast.plans._fields == 2 * LARGE
