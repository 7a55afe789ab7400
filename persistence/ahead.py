"""Reads that go together: a question and what is asked about its rows right after it, in one statement and one round trip.

Each round trip costs the asking process more than the reading does: it falls asleep and wakes with cold caches. The rows
come as one array a column, which are decoded faster than rows are.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from asyncpg import Record

from persistence.statement import Question, V

PARTS_MAX = 12
"""How many questions go together at most: what is further down is read when it is asked for."""
_PLACE = re.compile(r"\$(\d+)")
T = TypeVar("T", bound=tuple[Any, ...])


class Read(NamedTuple, Generic[T]):
    """A question for many keys at once, its parameter `ids`, with its other values: one row for each key, or many."""

    question: Question[T]
    has_many: bool = False
    values: Mapping[str, Hashable] = {}

    @property
    def place(self) -> Hashable:
        """What its answers are remembered under."""
        return (self.question, self.has_many, tuple(self.values.items()))


class Ahead(NamedTuple):
    """A read for the keys in a column of rows that are about to be read, and what is read for its own rows in turn."""

    column: str
    read: Read[Any]
    then: tuple[Ahead, ...] = ()


class Step(NamedTuple):
    """One of the reads that go together; its keys are in the `column` of the rows of an earlier one."""

    above: int
    column: str
    read: Read[Any]


def steps(aheads: Iterable[Ahead], above: int = 0) -> list[Step]:
    """What is read beside a question, each once and after what it takes its keys from; no more than go together."""
    found: dict[tuple[int, str, Hashable], int] = {}
    made: list[Step] = []
    level = [(above, each) for each in aheads]
    while level:
        below: list[tuple[int, Ahead]] = []
        for place, each in level:
            known = (place, each.column, each.read.place)
            if known not in found and len(made) + 1 < PARTS_MAX:
                made.append(Step(place, each.column, each.read))
                found[known] = len(made)
            if known in found:
                below += [(found[known], then) for then in each.then]
        level = below
    return made


class Together:
    """One statement for several questions, which answers with one row: for each question an array a column."""

    def __init__(self, questions: Sequence[Question[Any]], keys: Sequence[tuple[int, str]]) -> None:
        self._questions = questions
        self._names: list[list[str]] = []
        taken = 0
        parts = []
        for number, question in enumerate(questions):
            text, names = _part(question, keys[number - 1] if number else None, taken)
            taken += len(names)
            self._names.append(names)
            parts.append(f"a{number} ({_quoted(question)}) AS MATERIALIZED ({text})")
        arrays = (
            f"(SELECT {_arrays(question, number)} FROM a{number}) AS r{number}"  # noqa: S608 - made of the code's own names
            for number, question in enumerate(questions)
        )
        self.text = f"WITH {', '.join(parts)} SELECT * FROM {', '.join(arrays)}"  # noqa: S608 - the same

    def place_of(self, step: Step) -> int:
        """Where in the rows above a step the keys are that it is read for."""
        return self._questions[step.above].fields.index(step.column)

    def arguments(self, values: Sequence[Mapping[str, object]]) -> list[object]:
        """The values of each question in the order of $1, $2, ..."""
        found: list[object] = []
        for question, names, own in zip(self._questions, self._names, values, strict=True):
            found += [own[name] if name in own else question.fixed(name) for name in names]
        return found

    def answers(self, row: Record) -> Iterator[list[Any]]:
        """The rows of each question, as its views."""
        begin = 0
        for question in self._questions:
            end = begin + len(question.lists)
            columns = list(row[begin:end])
            begin = end
            if columns[0] is None:
                yield []
                continue
            for place, is_list in enumerate(question.lists):
                if is_list:
                    columns[place] = [each[0] for each in columns[place]]
            yield list(map(question.make, zip(*columns, strict=True)))


@lru_cache(maxsize=1_000)
def together(question: Question[Any], *others: tuple[int, str, Question[Any]]) -> Together:
    """The statement of a question and others, each with the place and the column of the rows that it takes its keys from."""
    return Together((question, *(each[2] for each in others)), tuple(each[:2] for each in others))


def _part(question: Question[V], keys: tuple[int, str] | None, taken: int) -> tuple[str, list[str]]:
    """The question's text, its parameters counted on from `taken`, and their names. `keys` stand in for the parameter `ids`."""
    names: list[str] = []

    def renumbered(match: re.Match[str]) -> str:
        name = question.name(int(match[1]))
        if name == "ids" and keys is not None:
            above, column = keys
            return f'ARRAY(SELECT DISTINCT a{above}."{column}" FROM a{above} WHERE a{above}."{column}" IS NOT NULL)'  # noqa: S608 - the same
        names.append(name)
        return f"${taken + len(names)}"

    return _PLACE.sub(renumbered, question.text), names


def _quoted(question: Question[Any]) -> str:
    return ", ".join(f'"{name}"' for name in question.fields)


def _arrays(question: Question[Any], number: int) -> str:
    # PostgreSQL would make arrays of arrays two-dimensional, and refuse those of different lengths: rows keep them apart.
    return ", ".join(
        f'array_agg(ROW(a{number}."{name}"))' if is_list else f'array_agg(a{number}."{name}")'
        for name, is_list in zip(question.fields, question.lists, strict=True)
    )
