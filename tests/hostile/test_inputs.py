"""Bad input at every door of the schema: refused in coded words, nothing told that is not theirs, nothing changed."""

from __future__ import annotations

import asyncio
from typing import Any

from graphql import GraphQLInputType, get_named_type, get_nullable_type, is_list_type

from tests.hostile.doors import Door, Path, live_doors, sample
from tests.hostile.people import Person, log_in
from tests.hostile.values import hostile
from tests.hostile.world import World, is_refused

REFUSAL_SECONDS = 30.0
"""What is not refused by then is being watched."""
HARMLESS = {("collectionProductsChange", "input", "remove", "*")}
"""Where an id of nothing may be said: what is not there need not be taken away."""
NONSENSE_IDS = ("", "x", 5, "a\0b", "*" * 20_000, "T3JkZXI6", "UHJvZHVjdDrDvw", "é", "'; DROP TABLE orders; --")


def _sent(world: World, person: Person, door: Door) -> list[tuple[str, dict[str, Any], bool]]:
    """Every call through a door with one bad value in it: what it is about, its arguments, whether it can be right."""
    pick = world.pick(person)
    calls = []
    for place, kind in door.places():

        def some(kind: GraphQLInputType, place: Path = place) -> Any:
            return sample((door.name, *place), kind, pick)

        values = list(hostile(kind, some))
        if str(get_named_type(kind)) == "ID" and not is_list_type(get_nullable_type(kind)):
            # A question about nothing has an answer: null. A deed on nothing has none.
            is_never = door.is_mutation and (door.name, *place) not in HARMLESS
            values += [(each, is_never) for each in (*NONSENSE_IDS, *map(world.nobodys, ("Product", "Order", "Cart")))]
        for value, is_never in values:
            about = f"{person.name}: {door.of or door.operation} {door.name} {'.'.join(place)} = {repr(value)[:80]}"
            calls.append((about, door.arguments(pick, place, value), is_never))
    return calls


NOTED = {"tokenCreate": frozenset({"log_in_failure", "security_event", "outbox_event"})}
"""By door the tables in which a refused attempt is counted, and told when there are many."""


async def _is_let_in(world: World, person: Person, door: Door) -> bool:
    """Whether the door's own rule admits the person; to whom it does not, that is all there is to say."""
    answer = await world.sends(person, door, door.arguments(world.pick(person)))
    errors = [error for error in answer.json().get("errors", ()) if len(error.get("path", ())) == 1]
    return not {error["extensions"]["code"] for error in errors} & {"PERMISSION_DENIED", "UNAUTHENTICATED"}


async def test_what_can_never_be_right_is_refused_at_every_door_and_changes_nothing(world: World) -> None:
    sent, wrong = 0, []
    for door in world.doors:
        before = await world.everything() if door.is_mutation else {}
        for about, arguments, is_never in _sent(world, world.staff, door):
            if is_never:
                sent += 1
                answer = await world.sends(world.staff, door, arguments)
                problem = world.wrong_with(answer) or (None if is_refused(answer) else "taken")
                if problem is not None:
                    wrong.append(f"{about}: {problem}: {answer.text[:300]}")
        after = await world.everything() if door.is_mutation else {}
        if changed := {name for name, kept in after.items() if before[name] != kept} - NOTED.get(door.name, frozenset()):
            wrong.append(f"{door.name} changed {sorted(changed)}")
    assert wrong == []
    assert sent > 1000


async def test_odd_values_from_anybody_are_answered_in_coded_words_and_touch_nobody_elses_things(world: World) -> None:
    sent, wrong = 0, []
    before = await world.others()
    for person in (world.guest, world.customer, world.staff):
        for door in world.doors:
            if not await _is_let_in(world, person, door):
                continue
            if door.name.startswith(("cart", "checkout")) and door.is_mutation:
                await world.new_cart(person)
            for about, arguments, is_never in _sent(world, person, door):
                if is_never:
                    continue
                sent += 1
                answer = await world.sends(person, door, arguments)
                if (problem := world.wrong_with(answer)) is not None:
                    wrong.append(f"{about}: {problem}: {answer.text[:300]}")
        if person is not world.staff and await world.others() != before:
            wrong.append(f"{person.name} changed what is not theirs")
            before = await world.others()
    assert wrong == []
    assert await world.broken_rules() == []
    assert sent > 1000


async def test_nothing_can_be_watched_by_saying_what_is_wrong_or_somebody_elses(world: World) -> None:
    wrong, sent = [], 0
    for door in live_doors(world.schema):
        for person in (world.guest, Person("stranger", await log_in(world.shop, world.customer.email))):
            calls = [(about, arguments) for about, arguments, _ in _sent(world, person, door)]
            theirs = [place for place, kind in door.places() if str(get_named_type(kind)) in {"ID", "String"}]
            for identity in world.victim.ids.values():
                calls += [(f"{place} = {identity}", door.arguments(world.pick(person), place, identity)) for place in theirs]
            for about, arguments in calls:
                sent += 1
                async with asyncio.timeout(REFUSAL_SECONDS):
                    answer = await world.sends(person, door, arguments)
                if problem := world.wrong_with(answer) or (None if is_refused(answer) else "shown"):
                    wrong.append(f"{about}: {problem}: {answer.text[:300]}")
    assert wrong == []
    assert sent > 50
