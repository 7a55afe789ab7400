"""Things of others: whoever knows their ids learns and does no more with them than with ids of nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLInputType, get_named_type, get_nullable_type, is_list_type

from domain.viewer import Permission, Viewer
from schema.root import rule_of
from tests.authorization.roles import ROLES
from tests.hostile.doors import Door, Path
from tests.hostile.people import Person
from tests.hostile.world import World, is_refused, without_fresh
from tests.makers.people import PASSWORD, a_staff_token

PUBLIC = frozenset({"DeliveryOption", "Product", "Variant"})
_OWNED = {
    *("Cart", "CartLine", "Customer", "CustomerAddress", "Order", "OrderLine", "Payment", "Refund"),
    *("Identity", "Passkey", "SecurityEvent", "Session"),
}
_SECRET = ("token", "code")
"""Texts that open doors are named so."""


def _keyholes(door: Door) -> Iterator[tuple[Path, GraphQLInputType]]:
    """Where a door takes an id, or a secret."""
    for place, kind in door.places():
        if is_list_type(get_nullable_type(kind)):
            continue
        named, name = str(get_named_type(kind)), place[-1].lower()
        if named == "ID" or (named == "String" and name.endswith(_SECRET)):
            yield place, kind


def _opens(world: World, door: Door, viewer: Viewer) -> bool:
    """Whether a door opens to a viewer at all; fields of things open with the thing."""
    root = {"query": world.schema.query_type, "mutation": world.schema.mutation_type}[door.operation]
    return bool(door.of) or (root is not None and rule_of(root, door.name).admits(viewer))


async def _difference(world: World, person: Person, door: Door, place: Path, kind: str) -> str | None:
    """How the answers about the victim's thing and about nothing differ; None when they do not."""
    pick = world.pick(person)
    answers: list[str] = []
    for identity in (world.victim.ids[kind], world.nobodys(kind)):
        arguments: dict[str, Any] = door.arguments(pick, place, identity)
        answers.append(without_fresh(await world.sends(person, door, arguments, depth=1)).replace(identity, "ID"))
    if answers[0] == answers[1]:
        return None
    return f"{person.name}: {door.of} {door.name} {'.'.join(place)} told of {kind}: {answers[0][:300]} != {answers[1][:300]}"


async def test_anothers_id_of_any_type_is_answered_like_an_id_of_nothing_at_every_door(world: World) -> None:
    wrong, asked = [], 0
    before = await world.others()
    everything_nowhere = Person("limited", await a_staff_token(world.shop, *Permission, channels=()))
    for person in (world.guest, world.customer, everything_nowhere):
        for door in world.doors:
            if person is everything_nowhere and not _opens(world, door, ROLES["staff@channel"]):
                continue
            for place, _ in _keyholes(door):
                for kind in sorted(world.victim.ids.keys() - PUBLIC):
                    asked += 1
                    difference = await _difference(world, person, door, place, kind)
                    if difference is not None:
                        wrong.append(difference)
        assert await world.others() == before, person.name
    assert wrong == []
    assert asked > 500
    assert set(world.victim.ids) >= _OWNED


async def test_logging_in_with_anothers_cart_brings_it_along_no_more_than_a_cart_of_nobody(world: World) -> None:
    before = await world.others()
    [door] = [each for each in world.doors if each.name == "tokenCreate"]
    answers = []
    for cart in (world.victim.ids["Cart"], world.nobodys("Cart"), "nonsense"):
        said = {"email": world.customer.email, "password": PASSWORD, "cartId": cart}
        answers.append(without_fresh(await world.sends(world.guest, door, {"input": said}, depth=1)))
    assert len(set(answers)) == 1
    assert '"warnings":[{"__typename":"Warning","code":"NOT_FOUND"' in answers[0]
    assert await world.others() == before


async def test_an_id_of_another_type_never_stands_for_the_right_one(world: World) -> None:
    """Staff, who may see and do all, tries every type's id in every place: what is not of the type is not there."""
    wrong = []
    for door in world.doors:
        if door.is_mutation:
            continue
        for place, _ in _keyholes(door):
            for kind, identity in sorted(world.victim.ids.items()):
                arguments = door.arguments(world.pick(world.staff), place, identity)
                answer = await world.sends(world.staff, door, arguments)
                found = (answer.json().get("data") or {}).get(door.name)
                shown = found.get("__typename") if isinstance(found, dict) else None
                is_meant = place[-1] == f"{kind[0].lower()}{kind[1:]}Id"
                fits = shown in (None, kind) or is_meant or door.name in {"nodes", "node"} or shown.endswith("Connection")
                if world.wrong_with(answer) or not (fits or is_refused(answer)):
                    wrong.append(f"{door.name} {'.'.join(place)} showed {shown} for the id of a {kind}: {answer.text[:200]}")
    assert wrong == []
