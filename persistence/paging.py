"""Keyset cursors: a place in an ordered list, told as opaque text, that insertions before or after it do not move."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson

R = TypeVar("R")
CURSOR_LENGTH_MAX = 1_500
"""Room for a name of 200 characters in any script."""


class BadCursor(ValueError):
    """The text is no cursor of this list: of another order, damaged, or made up."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: the sort value of the last row seen, and its id as the tie-break. `value` None: sorted by id."""

    value: str | int | datetime | None
    id: UUID


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Rows in the list's order, with whether there is more before and after them."""

    rows: Sequence[R]
    has_previous: bool
    has_next: bool

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing before or after it: then its rows are all there are."""
        return not (self.has_previous or self.has_next)


def encode_cursor(order: str, place: Place) -> str:
    """The cursor of a place in a list of that order (the order's name goes in, so that a cursor fits only its own list)."""
    value = place.value.isoformat() if isinstance(place.value, datetime) else place.value
    return base64.urlsafe_b64encode(orjson.dumps([order, value, str(place.id)])).rstrip(b"=").decode()


def decode_cursor(order: str, cursor: str, kind: type[str | int | datetime] | None) -> Place:
    """The place behind a cursor; `kind` is the type of the order's sort value. Raises `BadCursor`."""
    try:
        if len(cursor) > CURSOR_LENGTH_MAX or not cursor.isascii():
            raise BadCursor("no cursor")
        named, value, identity = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if named != order:
            raise BadCursor("a cursor of another order")
        return Place(_sort_value(value, kind), UUID(identity))
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as damaged:
        raise BadCursor("no cursor of this list") from damaged


def _sort_value(value: Any, kind: type[str | int | datetime] | None) -> str | int | datetime | None:
    if kind is None and value is None:
        return None
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise BadCursor("a time without its zone")
        return moment
    if kind is str and isinstance(value, str) and "\x00" not in value:
        return value
    if kind is int and type(value) is int and -(2**63) <= value < 2**63:
        return value
    raise BadCursor("a value of another kind")


def page_of(rows: Sequence[R], *, count: int, backwards: bool, from_cursor: bool) -> Page[R]:
    """A page from `count + 1` rows read in the direction of travel: the extra row only says that there is more."""
    more = len(rows) > count
    kept = list(rows[:count])
    if backwards:
        kept.reverse()
        return Page(kept, has_previous=more, has_next=from_cursor)
    return Page(kept, has_previous=from_cursor, has_next=more)


Cursor = Callable[[R], str]
