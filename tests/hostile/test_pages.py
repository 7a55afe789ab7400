"""Paging with figures and cursors that no list ever gave: refused or answered, in coded words, at every list."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx2

from tests.hostile.doors import Door
from tests.hostile.world import World, is_refused

IMPOSSIBLE: tuple[dict[str, Any], ...] = (
    {"first": -1},
    {"last": -1},
    {"first": 101},
    {"first": 10**9},
    {"last": 2**31 - 1},
    {"first": 1, "last": 1},
    {"first": 1, "after": ""},
    {"first": 1, "after": "not a cursor"},
    {"first": 1, "after": base64.urlsafe_b64encode(b'["a",1]').decode()},
    {"first": 1, "after": base64.urlsafe_b64encode(json.dumps([[]] * 50).encode()).decode()},
    {"last": 1, "before": "'; DROP TABLE orders; --"},
    {"first": 1, "after": "é\0" * 50},
    {"first": 1, "after": "A" * 50_000},
)
POSSIBLE: tuple[dict[str, Any], ...] = ({"first": 0}, {"last": 0}, {"first": 100}, {"last": 1}, {})


def _lists(world: World) -> list[Door]:
    return [door for door in world.doors if {"first", "after"} <= set(door.field.args)]


async def test_impossible_pages_are_refused_and_possible_ones_given_at_every_list(world: World) -> None:
    await world.new_shelves()
    wrong = []
    for door in _lists(world):
        for said in (*IMPOSSIBLE, *POSSIBLE):
            if not said.keys() <= door.field.args.keys():
                continue  # a log is read onwards only
            answer = await _asked(world, door, said)
            problem = world.wrong_with(answer)
            if problem is None and is_refused(answer) != (said in IMPOSSIBLE):
                problem = "given" if said in IMPOSSIBLE else "refused"
            if problem is not None:
                wrong.append(f"{door.of} {door.name} {str(said)[:100]}: {problem}: {answer.text[:200]}")
    assert wrong == []
    assert len(_lists(world)) > 5


async def test_a_cursor_of_one_list_is_no_cursor_of_another(world: World) -> None:
    """It is refused; or, where two lists are sorted alike, it is a place in the other list too. Never is it an accident."""
    await world.new_shelves()
    cursors = {}
    for door in _lists(world):
        for edge in await _edges(world, door):
            cursors[door.of, door.name] = edge["cursor"]
    wrong = []
    for door in _lists(world):
        for origin, cursor in cursors.items():
            answer = await _asked(world, door, {"first": 5, "after": cursor})
            if problem := world.wrong_with(answer):
                wrong.append(f"{door.of} {door.name} after a cursor of {origin}: {problem}: {answer.text[:200]}")
    assert wrong == []
    assert len(cursors) >= 4


async def _asked(world: World, door: Door, said: dict[str, Any], *, depth: int = 0) -> httpx2.Response:
    """A list as whoever may see it: customers' own lists are shown to them alone, the rest to staff."""
    person = world.victim if door.of == "Customer" else world.staff
    return await world.sends(person, door, {**door.arguments(world.pick(person)), **said}, depth=depth)


async def _edges(world: World, door: Door) -> list[dict[str, Any]]:
    answer = await _asked(world, door, {"first": 1}, depth=1)
    data = answer.json()["data"]
    found = (data["node"] if door.of else data) or {}
    edges: list[dict[str, Any]] = (found.get(door.name) or {}).get("edges", [])
    return edges
