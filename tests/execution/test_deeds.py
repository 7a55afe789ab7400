"""Deeds are done once, whatever becomes of their answers; live fields tell each event by a plan."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import ExecutionResult

from domain.viewer import GUEST
from schema.context import Context
from schema.execution.engine import Engine, Opened
from schema.transport.caller import Caller
from tests.conftest import NOW
from tests.execution import small
from tests.execution.world import WIDE, Both
from tests.shop import Shop

SCHEMA = small.small_schema()
GROW = """mutation ($name: String!, $with: Boolean = true) {
  grow(input: {name: $name}) @idempotent(key: "abc") {
    branch { name size leaf { name } twigs @include(if: $with) { twigs(first: 1) { name size } } }
    userErrors { __typename code message path ... on NotFound { what } } warnings { code }
  } }"""


@pytest.fixture
async def trees(shop: Shop) -> Both:
    """Both executors over the small schema."""
    small.CALLS.clear()
    return Both(SCHEMA, shop.api._transport().open_context, {"guest": GUEST}, NOW)


async def _done(trees: Both, text: str, variables: dict[str, Any]) -> tuple[ExecutionResult, int, int]:
    """The same answer from both, and how many payloads were answered and handed over; each did the deed once."""
    plans = trees.fast.plans
    assert plans is not None
    before = (plans.answered, plans.handed_over)
    compared = await trees.compare(text, variables)
    return compared.result, plans.answered - before[0], plans.handed_over - before[1]


async def test_the_answer_of_a_deed_is_compiled(trees: Both) -> None:
    result, answered, handed_over = await _done(trees, GROW, {"name": "oak"})
    assert (result.errors, answered, handed_over) == (None, 1, 0)
    assert [call for call in small.CALLS if call[0] == "grow"] == [("grow", ("oak", "abc"))] * 2
    assert [what for name, what in small.CALLS if name == "twigs"][-2:] == [(1, 2, None), (2, 1, None)]


async def test_an_expected_failure_is_told_by_its_type(trees: Both) -> None:
    result, answered, _ = await _done(trees, GROW, {"name": "nowhere", "with": False})
    told = {"__typename": "NotFound", "code": "NOT_FOUND", "message": "There is no such place.", "path": ["input", "name"]}
    assert result.data == {"grow": {"branch": None, "userErrors": [{**told, "what": "place"}], "warnings": []}}
    assert answered == 1


async def test_a_deed_whose_answer_cannot_be_told_is_not_done_again(trees: Both) -> None:
    result, answered, handed_over = await _done(trees, GROW, {"name": "null"})
    assert result.data == {
        "grow": {
            "branch": {
                "name": "x",
                "size": 0,
                "leaf": None,
                "twigs": [{"twigs": [{"name": "x.0.0", "size": 1}]}, {"twigs": [{"name": "x.1.0", "size": 1}]}],
            },
            "userErrors": [],
            "warnings": [],
        }
    }
    assert [(each.message, each.path) for each in result.errors or ()] == [
        ("Cannot return null for non-nullable field Leaf.name.", ["grow", "branch", "leaf", "name"])
    ]
    assert (answered, handed_over) == (0, 1)
    assert len([call for call in small.CALLS if call[0] == "grow"]) == 2, "once by each of the two executors"


async def test_a_deed_that_fails_is_tried_once(trees: Both) -> None:
    result, answered, handed_over = await _done(trees, GROW, {"name": "raise"})
    assert (answered, handed_over) == (0, 0)
    assert len(result.errors or ()) == 1
    assert len([call for call in small.CALLS if call[0] == "grow"]) == 2


async def test_deeds_are_done_one_after_the_other(trees: Both) -> None:
    part = "{ branch { name twigs { name } } }"
    deeds = [f'{name}: grow(input: {{name: "{how}"}}) {part}' for name, how in (("a", "a"), ("b", "null"), ("c", "c"))]
    text = f"mutation {{ {' '.join(deeds)} }}"
    result, answered, handed_over = await _done(trees, text, {})
    assert list(result.data or {}) == ["a", "b", "c"]
    assert (answered, handed_over) == (3, 0)
    assert [name for name, _ in small.CALLS[:6]] == ["grow", "twigs"] * 3


async def test_each_event_of_a_live_field_is_told_by_a_plan_or_by_graphql_core(trees: Both) -> None:
    text = "subscription { seasons(to: 3) { name size leaves { name } } }"
    told = []
    for compiled in (False, True):
        engine = Engine(SCHEMA, ceilings=WIDE, open_about_itself=True, compiled=compiled)
        async with trees.open_context(Caller(request_id="test")) as context:
            assert isinstance(context, Context)
            events = await engine.subscribe(await engine.prepare(text, None), {}, context)
            assert isinstance(events, Opened)
            told.append([(await events.result(each)).formatted async for each in events.events])
        assert engine.plans is None or (engine.plans.answered, engine.plans.handed_over) == (2, 1)
    assert told[0] == told[1]
    assert [bool(each.get("errors")) for each in told[1]] == [False, True, False]


async def test_the_switch_turns_plans_off() -> None:
    assert Engine(SCHEMA, ceilings=WIDE, open_about_itself=True, compiled=False).plans is None
