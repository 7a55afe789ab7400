"""Reads by key that go together: some, and what is asked about their rows right after, in one statement and one round trip.

Each round trip costs the asking process more than the reading does: it falls asleep and wakes with cold caches. The rows
come as one array a column, which are decoded faster than rows are.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import orjson
from asyncpg import Record
from sqlalchemy import String

from persistence.statement import Question

PARTS_MAX = 12
"""How many questions go together at most: what is further down is read when it is asked for."""
COMBINATIONS_MAX = 64
"""How many statements are made of questions that go together: PostgreSQL keeps a plan of each for every connection, of about
half a megabyte, and strangers can think of any number. Who comes later is answered as well, in more round trips."""
PREPARED_SECONDS = 300
"""How long a connection keeps a statement prepared."""
_PLACE = re.compile(r"\$(\d+)(::[A-Z ]+\[\])?")
T = TypeVar("T", bound=tuple[Any, ...])


class Read(Generic[T]):
    """A question for many keys at once, its parameter `ids`, with its other values: one row for each key, or many.

    `place` is what its answers are remembered under for a request, `lasting` for longer: without the `present`, the time
    that it compares dates with, which is another one each time.
    """

    __slots__ = ("has_many", "lasting", "place", "present", "question", "values")

    def __init__(self, question: Question[T], *, has_many: bool = False, values: Mapping[str, Hashable] | None = None) -> None:
        self.question = question
        self.has_many = has_many
        self.values = values or {}
        self.place: Hashable = (question, has_many, *self.values.items())
        self.present, others = without_present(self.values)
        self.lasting: Hashable = (question, has_many, *others)


class Ahead(NamedTuple):
    """A read for the keys in a column of rows that are about to be read, and what is read for its own rows in turn."""

    column: str
    read: Read[Any]
    then: tuple[Ahead, ...] = ()


class Following(Protocol):
    """What will be asked about the rows of a question that is about to be asked."""

    def concerns(self, view: type) -> bool:
        """Whether anything will be asked about rows of that view."""

    async def about(self, view: type) -> tuple[Ahead, ...]:
        """What will be asked about them."""


class Wanted(NamedTuple):
    """A read for keys that are known, and what is read for its rows in turn."""

    read: Read[Any]
    keys: Sequence[Any]
    then: tuple[Ahead, ...] = ()


class Step(NamedTuple):
    """One of the reads that go together: for known `keys`, or for those in a `column` of the rows of the step `above`."""

    read: Read[Any]
    keys: Sequence[Any] | None = None
    above: int = -1
    column: str = ""


class Owed(NamedTuple):
    """What will be asked about rows that are there."""

    following: Following
    question: Question[Any]
    rows: Sequence[Any]


def without_present(values: Mapping[str, object]) -> tuple[datetime | None, tuple[Hashable, ...]]:
    """The present among a question's values, and all others."""
    now = values.get("now")
    present = now if isinstance(now, datetime) else None
    others = [(name, tuple(value) if isinstance(value, list) else value) for name, value in values.items()]
    return present, tuple(each for each in others if present is None or each[0] != "now")


def wanted(aheads: Iterable[Ahead], fields: Sequence[str], rows: Sequence[Any]) -> list[Wanted]:
    """What is read for rows that are there, each read once."""
    found = []
    for each in aheads:
        place = fields.index(each.column)
        keys = {row[place]: None for row in rows if row[place] is not None}
        found.append(Wanted(each.read, list(keys), each.then))
    return merged(found)


def merged(several: Iterable[Wanted]) -> list[Wanted]:
    """Each read once, for all of its keys."""
    found: dict[Hashable, Wanted] = {}
    for read, keys, then in several:
        known = found.get(read.place)
        found[read.place] = Wanted(
            read,
            keys if known is None else list(dict.fromkeys((*known.keys, *keys))),
            then if known is None else (*known.then, *then),
        )
    return list(found.values())


def steps(roots: Sequence[Wanted]) -> list[Step]:
    """The reads with what follows them, each once and after what it takes its keys from; no more than go together."""
    made = [Step(each.read, each.keys) for each in roots[:PARTS_MAX]]
    found: dict[tuple[int, str, Hashable], int] = {}
    level = [(number, then) for number, each in enumerate(roots[:PARTS_MAX]) for then in each.then]
    while level:
        below: list[tuple[int, Ahead]] = []
        for above, each in level:
            known = (above, each.column, each.read.place)
            if known not in found and len(made) < PARTS_MAX:
                found[known] = len(made)
                made.append(Step(each.read, above=above, column=each.column))
            if known in found:
                below += [(found[known], then) for then in each.then]
        level = below
    return made


class Together:
    """One statement for several questions, which answers with one row: for each question an array a column."""

    def __init__(self, parts: Sequence[tuple[Question[Any], int, str]]) -> None:
        if any(kind is not None and not isinstance(kind, String) for part in parts for kind in part[0].lists):
            raise TypeError("lists of anything but text would not be the same by way of JSON")
        self._questions = [question for question, _, _ in parts]
        self._names: list[list[str]] = []
        self._columns: list[tuple[int, int, tuple[int, ...]]] = []
        taken = width = 0
        made = []
        for number, (question, above, column) in enumerate(parts):
            keys = f'SELECT DISTINCT "{column}" FROM a{above}' if above >= 0 else None  # noqa: S608 - made of the code's own names
            text, names = _part(question, keys, taken)
            lists = tuple(place for place, kind in enumerate(question.lists) if kind is not None)
            self._columns.append((width, width + len(question.lists), lists))
            taken += len(names)
            width += len(question.lists)
            self._names.append(names)
            made.append(f"a{number} ({_quoted(question)}) AS MATERIALIZED ({text})")
        arrays = (
            f"(SELECT {_arrays(question, number)} FROM a{number}) AS r{number}"  # noqa: S608 - the same
            for number, question in enumerate(self._questions)
        )
        self.text = f"WITH {', '.join(made)} SELECT * FROM {', '.join(arrays)}"  # noqa: S608 - the same

    def arguments(self, values: Sequence[Mapping[str, object]]) -> list[object]:
        """The values of each question in the order of $1, $2, ..."""
        found: list[object] = []
        for question, names, own in zip(self._questions, self._names, values, strict=True):
            found += [own[name] if name in own else question.fixed(name) for name in names]
        return found

    def answers(self, row: Record) -> list[list[Any]]:
        """The rows of each question, as its views."""
        found: list[list[Any]] = []
        for question, (begin, end, lists) in zip(self._questions, self._columns, strict=True):
            columns = list(row[begin:end])
            if columns[0] is None:
                found.append([])
                continue
            for place in lists:
                # The same lists come again and again: the option names of a product with each of its variants.
                known = {each: orjson.loads(each) for each in set(columns[place]) if each is not None}
                columns[place] = list(map(known.get, columns[place]))
            found.append(list(map(question.make, zip(*columns, strict=True))))
        return found


class Combinations:
    """The statements of reads that go together on the connections of one database.

    A new one takes the place of one that no connection has prepared any more, if there is any.
    """

    def __init__(self, most: int = COMBINATIONS_MAX, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._monotonic = monotonic
        self._known: OrderedDict[tuple[tuple[Question[Any], int, str], ...], tuple[Together, float]] = OrderedDict()
        """With when each was asked for last, the longest unused first."""

    def __len__(self) -> int:
        return len(self._known)

    def of(self, made: Sequence[Step]) -> Together | None:
        """The statement of these reads; None when they are one combination too many, and each is read by itself."""
        parts = tuple((step.read.question, step.above, step.column) for step in made)
        known, now = self._known.pop(parts, None), self._monotonic()
        if known is None and len(self._known) >= self._most:
            longest = next(iter(self._known), None)
            if longest is None or now - self._known[longest][1] <= PREPARED_SECONDS:
                return None
            del self._known[longest]
        statement = known[0] if known is not None else Together(parts)
        self._known[parts] = statement, now
        return statement


def _part(question: Question[Any], keys: str | None, taken: int) -> tuple[str, list[str]]:
    """The question's text, its parameters counted on from `taken`, and their names. `keys` are asked for its `ids`."""
    names: list[str] = []

    def renumbered(match: re.Match[str]) -> str:
        name = question.name(int(match[1]))
        if name == "ids" and keys is not None:
            return f"ARRAY({keys})"
        names.append(name)
        place = f"${taken + len(names)}{match[2] or ''}"
        # PostgreSQL plans a statement anew each time that a plan for these very keys looks cheaper than one for any, and
        # planning several reads takes longer than they do. What it cannot see into looks alike.
        return f"ARRAY(SELECT unnest({place}))" if name == "ids" else place

    return _PLACE.sub(renumbered, question.text), names


def _quoted(question: Question[Any]) -> str:
    return ", ".join(f'"{name}"' for name in question.fields)


def _arrays(question: Question[Any], number: int) -> str:
    # PostgreSQL would make arrays of arrays two-dimensional, and refuse those of different lengths.
    return ", ".join(
        f'array_agg(array_to_json(a{number}."{name}")::text)' if kind is not None else f'array_agg(a{number}."{name}")'
        for name, kind in zip(question.fields, question.lists, strict=True)
    )
