"""Global object identification: the Node interface, and `node` and `nodes` over every type that has an id.

Each concept registers how its type is loaded for a viewer; what they may not see is null, like what is not there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.context import Context
from schema.execution.fields import computed, query, shows
from schema.ids import global_id, parse_id
from schema.permissions import EVERYONE
from schema.refusal import Refusal

NODES_MAX = 100
Load = Callable[[Context, Sequence[UUID]], Awaitable[Sequence[Any | None]]]
_LOADS: dict[str, Load] = {}


def loads_nodes(kind: str) -> Callable[[Load], Load]:
    """Registers how things of a type are loaded by id: one value or None per id, in the ids' order."""

    def register(load: Load) -> Load:
        _LOADS[kind] = load
        return load

    return register


def identity(kind: str) -> Any:
    """The `id` field of a type whose views have a UUID `id`."""
    return computed(lambda view: global_id(kind, view.id), "The opaque, globally unique id.")


def _unknown(view: object) -> str:
    raise TypeError(f"{type(view).__name__} is of no known type")


@strawberry.interface(name="Node", description="A thing with a globally unique id.")
@shows()
class Node:
    """Types say their own `id = identity(...)`."""

    id: strawberry.ID = computed(_unknown, "The opaque, globally unique id.")


async def _load(context: Context, ids: Sequence[str]) -> list[Any | None]:
    """One load per type, whatever the number of ids."""
    found: dict[str, Any] = {}
    wanted: dict[str, dict[UUID, str]] = {}
    for text in dict.fromkeys(ids):
        parsed = parse_id(text)
        if parsed is None:
            cart = context.cart_id(text)
            parsed = ("Cart", cart) if cart is not None else None
        elif parsed[0] == "Cart":
            parsed = None
        if parsed is not None and parsed[0] in _LOADS:
            wanted.setdefault(parsed[0], {})[parsed[1]] = text
    for kind, texts in wanted.items():
        things = await _LOADS[kind](context, list(texts))
        found.update(zip(texts.values(), things, strict=True))
    return [found.get(text) for text in ids]


@query(Node | None, "The thing with this id, whatever its type; null when there is none for this caller.", allow=EVERYONE)
async def node(
    context: Context,
    *,
    id: Annotated[strawberry.ID, strawberry.argument(description="The thing's id.")],
) -> Any:
    return (await _load(context, [id]))[0]


@query(list[Node | None], "The things with these ids, in their order, null for each that there is not.", allow=EVERYONE)
async def nodes(
    context: Context,
    *,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"The things' ids, {NODES_MAX} at most.")],
) -> list[Any]:
    if len(ids) > NODES_MAX:
        raise Refusal("BAD_USER_INPUT", f"Ask for {NODES_MAX} ids at most.")
    return await _load(context, ids)
