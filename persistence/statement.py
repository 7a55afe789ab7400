"""Statements written in SQLAlchemy Core, compiled to PostgreSQL text once, and run on raw asyncpg connections.

Compiling and result handling per execution cost more than the query itself on short statements, so both are left out:
a `Statement` is text with named parameters, a `Question` adds the view (a NamedTuple) that each row becomes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from sys import getsizeof
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, cast

import asyncpg
from sqlalchemy import ClauseElement, Select, String, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.types import TypeEngine, Uuid

V = TypeVar("V", bound=tuple[Any, ...])
Borrowed: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | Borrowed"
Touches = Callable[[Mapping[str, object], Sequence[Any]], Iterable[str]]
"""The tags (see `persistence.tags`) that a run with these values, answered by these rows, touches."""
_CELL_BYTES = 60
_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]


class Counter(Protocol):
    """Whoever counts the statements of a request or a unit of work."""

    statements: int


class Statement:
    """A statement that answers with a count of rows. Parameters are named; those the text fixed itself are filled in.

    `touches` narrows what is told of a change; without, it is told of every row of each table that the text writes.
    """

    __slots__ = ("_fixed", "_known", "_names", "text", "touches")

    def __init__(self, statement: Executable, *, touches: Touches | None = None) -> None:
        compiled = cast("ClauseElement", statement).compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self.text = str(compiled)
        self._names: tuple[str, ...] = tuple(getattr(compiled, "positiontup", None) or ())
        self._known = frozenset(self._names)
        binds: Mapping[str, BindParameter[Any]] = getattr(compiled, "binds", {})
        self._fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
        self.touches = touches

    def arguments(self, values: Mapping[str, object]) -> list[object]:
        """The values in the order of $1, $2, ...; KeyError for one that is missing, TypeError for one too many."""
        fixed = self._fixed
        if not values.keys() <= self._known:
            raise TypeError(f"the statement has no parameter {', '.join(sorted(values.keys() - self._known))}")
        return [values[name] if name in values else fixed[name] for name in self._names]

    def fixed(self, name: str) -> object:
        """The value that the text fixed itself; KeyError for a parameter that must be given."""
        return self._fixed[name]

    def name(self, place: int) -> str:
        """The name of the parameter with that number in the text, counted from 1."""
        return self._names[place - 1]

    def places(self, name: str) -> list[int]:
        """The numbers of the parameters of that name in the text, counted from 1."""
        return [place for place, known in enumerate(self._names, start=1) if known == name]


class Question(Statement, Generic[V]):
    """A statement that answers with rows; `view` is what a row becomes, `by` names the column that batches are keyed by.

    `about` narrows what an answer depends on: owners of `persistence.tags.OWNERS` with the column that has their ids. Of
    the owner's tables only rows of the things in that column may then have made the answer what it is. `levels` says
    whether the answer changes with each unit of stock, and not only when a thing becomes available or stops being so;
    `lasts`, whether its rows may be kept for others when they are everybody's.
    """

    __slots__ = ("_texts", "about", "by", "fields", "lasts", "levels", "lists", "make", "view")

    def __init__(
        self,
        view: type[V],
        statement: Executable,
        *,
        by: str | None = None,
        about: Mapping[str, str] | None = None,
        levels: bool = True,
        lasts: bool = True,
        touches: Touches | None = None,
    ) -> None:
        super().__init__(statement, touches=touches)
        fields: tuple[str, ...] = view._fields  # type: ignore[attr-defined]
        if isinstance(statement, Select):
            names = tuple(column.key for column in statement.selected_columns)
            if names != fields:
                raise TypeError(f"{view.__name__} has {fields}, the statement answers {names}")
            kinds = [column.type for column in statement.selected_columns]
            self.lists = tuple(each.item_type if isinstance(each, ARRAY) else None for each in kinds)
            """What the values of each column are lists of; None for a column of anything else."""
            self._texts = [place for place, kind in enumerate(kinds) if isinstance(kind, String)]
            # What a NamedTuple does itself when it is called, without its Python around it; the number of values is known.
            self.make: Callable[[Iterable[Any]], V] = partial(tuple.__new__, view)
        else:
            self.lists = (None,) * len(fields)
            self._texts = []
            self.make = view._make  # type: ignore[attr-defined]
        self.view = view
        self.fields = fields
        self.by = fields.index(by) if by is not None else 0
        self.about = about or {}
        self.levels = levels
        self.lasts = lasts

    def size(self, row: V) -> int:
        """About how many bytes a row takes in memory."""
        told = sum(getsizeof(row[place]) for place in self._texts if row[place] is not None)
        listed = sum(getsizeof(each) for place, kind in enumerate(self.lists) if kind is not None for each in row[place] or ())
        return _CELL_BYTES * len(row) + told + listed


async def fetch(connection: Connection, question: Question[V], values: Mapping[str, object]) -> list[V]:
    """All rows as views, in the statement's order."""
    rows = await connection.fetch(question.text, *question.arguments(values))
    return list(map(question.make, rows))


async def run(connection: Connection, statement: Statement, values: Mapping[str, object]) -> int:
    """Runs a statement for its effect; the number of rows it touched, from the command tag."""
    tag = await connection.execute(statement.text, *statement.arguments(values))
    last = tag.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


async def run_each(connection: Connection, statement: Statement, rows: Iterable[Mapping[str, object]]) -> None:
    """Runs one statement for many rows in one round trip, in the rows' order."""
    arguments: Sequence[Sequence[object]] = [statement.arguments(row) for row in rows]
    if arguments:
        await connection.executemany(statement.text, arguments)


def ids(name: str = "ids") -> BindParameter[Any]:
    """A parameter for a list of ids, for `column == any_(ids())`."""
    return bindparam(name, type_=ARRAY(Uuid()))


def many(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """A parameter for a list of values of a kind."""
    return bindparam(name, type_=ARRAY(kind))
