"""Relay connections (GraphQL Cursor Connections Specification) over keyset pages.

A concept reads a page and says how to count; the types, the checks of `first` and `last`, and the cursors are one for all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from persistence.paging import Page
from schema.context import Context
from schema.execution.fields import batch, plain, shows
from schema.permissions import EVERYONE, Rule
from schema.refusal import Refusal

FIRST_DEFAULT = 20
FIRST_MAX = 100

First = Annotated[
    int | None,
    strawberry.argument(description=f"How many from the start, 0 to {FIRST_MAX}; by default {FIRST_DEFAULT}."),
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[
    int | None, strawberry.argument(description=f"How many from the end, 0 to {FIRST_MAX}. Not together with `first`.")
]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]

Count = Callable[[Context, Sequence[Hashable]], Awaitable[Sequence[int]]]
"""Counts many lists at once: one number per key, in the keys' order."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for: `count` rows from the start, or from the end when `backwards`."""

    count: int
    backwards: bool
    cursor: str | None


def window(first: int | None, after: str | None, last: int | None, before: str | None) -> Window:
    """Checks a connection's arguments; `Refusal` says what is wrong with them."""
    if first is not None and last is not None:
        raise Refusal("BAD_USER_INPUT", "Say either `first` or `last`, not both.")
    backwards = last is not None or (first is None and before is not None)
    if (backwards and after is not None) or (not backwards and before is not None):
        raise Refusal("BAD_USER_INPUT", "`first` goes with `after`, `last` with `before`.")
    count = last if last is not None else first if first is not None else FIRST_DEFAULT
    if not 0 <= count <= FIRST_MAX:
        raise Refusal("BAD_USER_INPUT", f"A page has 0 to {FIRST_MAX} entries.")
    return Window(count, backwards, before if backwards else after)


@dataclass(frozen=True, slots=True)
class EdgeView:
    """One entry of a connection; its cursor is made when somebody asks."""

    node: Any
    cursor_of: Callable[[Any], str]

    @property
    def cursor(self) -> str:
        return self.cursor_of(self.node)


@dataclass(frozen=True, slots=True)
class PageInfoView:
    """Where the page stands in its list; its cursors are made when somebody asks."""

    page: Page[Any]
    cursor_of: Callable[[Any], str]

    @property
    def has_next_page(self) -> bool:
        return self.page.has_next

    @property
    def has_previous_page(self) -> bool:
        return self.page.has_previous

    @property
    def start_cursor(self) -> str | None:
        return self.cursor_of(self.page.rows[0]) if self.page.rows else None

    @property
    def end_cursor(self) -> str | None:
        return self.cursor_of(self.page.rows[-1]) if self.page.rows else None


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A page of a list; `count` with `key` finds the whole list's length when somebody asks."""

    page: Page[Any]
    cursor: Callable[[Any], str]
    count: Count
    key: Hashable = None
    extra: Any = None
    """What the concept shows beside the list (facets, say)."""

    @property
    def nodes(self) -> Sequence[Any]:
        return self.page.rows

    @property
    def edges(self) -> list[EdgeView]:
        return [EdgeView(row, self.cursor) for row in self.page.rows]

    @property
    def page_info(self) -> PageInfoView:
        return PageInfoView(self.page, self.cursor)


@strawberry.type(name="PageInfo", description="Where a page stands in its list.")
@shows(PageInfoView)
class PageInfo:
    """As the Relay specification has it."""

    has_next_page: bool = plain("Whether there is more after this page.")
    has_previous_page: bool = plain("Whether there is more before this page.")
    start_cursor: str | None = plain("The cursor of the page's first entry.")
    end_cursor: str | None = plain("The cursor of the page's last entry.")


async def _totals(connections: Sequence[ConnectionView], context: Context) -> list[int]:
    """One count per way of counting, whatever the number of connections; none for a page that is the whole list."""
    totals: dict[tuple[Count, Hashable], int] = {}
    in_part = [each for each in connections if not each.page.is_whole]
    for count in dict.fromkeys(each.count for each in in_part):
        keys = list(dict.fromkeys(each.key for each in in_part if each.count == count))
        totals.update(zip(((count, key) for key in keys), await count(context, keys), strict=True))
    return [len(each.page.rows) if each.page.is_whole else totals[each.count, each.key] for each in connections]


def connection(kind: Any, name: str, *, allow: Rule = EVERYONE, **extra: tuple[Any, Any]) -> Any:
    """The connection type of a node type, with its edge type; `extra` fields are `name=(type, field)`."""
    edge = type(
        f"{name}Edge",
        (),
        {
            "__annotations__": {"node": kind, "cursor": str},
            "node": plain(f"The {name}."),
            "cursor": plain("The place of this entry, for `after` and `before`."),
        },
    )
    shows(EdgeView, allow=allow)(strawberry.type(edge, name=f"{name}Edge", description=f"A {name} and its place in a list."))
    annotations: dict[str, Any] = {
        "edges": list[edge],  # type: ignore[valid-type]
        "nodes": list[kind],
        "page_info": PageInfo,
        "total_count": int,
    }
    fields: dict[str, Any] = {
        "edges": plain("The entries of this page, each with its cursor."),
        "nodes": plain("The things of this page, without cursors."),
        "page_info": plain("Where this page stands in the list."),
        "total_count": batch(_totals, "How many there are in the whole list; counted only when asked for."),
    }
    for each, (extra_kind, extra_field) in extra.items():
        annotations[each], fields[each] = extra_kind, extra_field
    made = type(f"{name}Connection", (), {"__annotations__": annotations, **fields})
    return shows(ConnectionView, allow=allow)(
        strawberry.type(made, name=f"{name}Connection", description=f"A page of a list of {name} entries.")
    )
