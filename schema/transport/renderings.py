"""Events rendered once for all who get the same bytes: the same event, operation, variables and kind of caller."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import orjson
from graphql import FieldNode, Node, VariableNode, Visitor, visit

from domain.viewer import Guest, Viewer
from schema.execution.prepared import Prepared
from schema.transport.caller import Caller

KEPT_SECONDS = 1.0
"""How long an event's bytes are used: what they tell of the present must not be older."""
KEPT_MAX = 1_000


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Audience:
    """Who gets the same bytes of an event. The variables that only choose what is watched make no difference."""

    prepared: Prepared
    variables: bytes
    viewer: Viewer
    place: tuple[str | None, ...]


class Renderings:
    """The bytes of the latest events. `rendered` counts how many were made, `shared` how often they were used again."""

    def __init__(self) -> None:
        self.rendered = 0
        self.shared = 0
        self._kept: OrderedDict[Hashable, _Rendering] = OrderedDict()
        self._choosing: OrderedDict[Prepared, frozenset[str]] = OrderedDict()
        # Thousands of sockets that are told the same hold one object together.
        self._audiences: WeakValueDictionary[Audience, Audience] = WeakValueDictionary()

    def audience(self, prepared: Prepared, variables: dict[str, Any], viewer: Viewer, caller: Caller) -> Audience:
        """The audience of one subscription. Guests are all alike, others are one by one, since what they may see differs."""
        choosing = self._choosing.get(prepared)
        if choosing is None:
            choosing = self._choosing[prepared] = _choosing(prepared)
            if len(self._choosing) > KEPT_MAX:
                self._choosing.popitem(last=False)
        said = {name: value for name, value in variables.items() if name not in choosing}
        place = (caller.channel, caller.currency, caller.country, caller.language)
        kind = Guest() if isinstance(viewer, Guest) else viewer
        audience = Audience(prepared, orjson.dumps(said, option=orjson.OPT_SORT_KEYS), kind, place)
        return self._audiences.setdefault(audience, audience)

    async def of(self, audience: Audience, event: object, render: Callable[[], Awaitable[tuple[bytes, bool]]]) -> bytes:
        """The event's bytes for an audience. `render` gives them and whether others may have them, which errors may not."""
        loop = asyncio.get_running_loop()
        # Whoever follows the same thing is given the same object, which the rendering keeps alive.
        key = (id(event), audience)
        known = self._kept.get(key)
        while known is not None and known.until > loop.time():
            if not known.ended.is_set():
                await known.ended.wait()
            if known.body is not None:
                self.shared += 1
                return known.body
            known = self._kept.get(key)
        made = self._kept[key] = _Rendering(event, loop.time() + KEPT_SECONDS, asyncio.Event())
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        self.rendered += 1
        try:
            body, is_shared = await render()
            made.body = body if is_shared else None
            return body
        finally:
            if made.body is None and self._kept.get(key) is made:
                del self._kept[key]
            made.ended.set()


@dataclass(slots=True, eq=False)
class _Rendering:
    """One event for one audience; `body` is None until it is there, and when it is nobody else's."""

    event: object
    until: float
    ended: asyncio.Event
    body: bytes | None = None


def _choosing(prepared: Prepared) -> frozenset[str]:
    """The variables that stand in the root field's arguments and nowhere else in the document."""
    roots = [node for node in prepared.operation.selection_set.selections if isinstance(node, FieldNode)]
    in_arguments = [name for root in roots for each in root.arguments or () for name in _used(each)]
    everywhere = [name for node in prepared.document.definitions for name in _used(node)]
    # A definition names its variable once, too.
    return frozenset(name for name in in_arguments if everywhere.count(name) == in_arguments.count(name) + 1)


def _used(node: Node) -> list[str]:
    found: list[str] = []

    class Collector(Visitor):
        def enter_variable(self, variable: VariableNode, *_rest: object) -> None:
            found.append(variable.name.value)

    visit(node, Collector())
    return found
