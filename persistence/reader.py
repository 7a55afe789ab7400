"""The reads of one request: one connection taken at the first statement, statements one after the other, and a memo.

Loads that several fields of an operation need are made once: the memo is keyed by question and context, and filled only
after the answer is there, so that a concurrent asker never sees half of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeVar

from persistence.engine import Database
from persistence.failures import LOST, Unavailable
from persistence.statement import Borrowed, Question, V, fetch
from persistence.tags import Dependence

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class RequestOver(Exception):
    """A field that nobody waits for any more would have read something."""


class Reader:
    """Reads for one request. `statements` counts what was sent; `dependence` collects what the answer depends on, if wanted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Borrowed | None = None
        self._lock = asyncio.Lock()
        self._is_over = False
        self._is_sound = True
        self._memo: dict[Hashable, dict[Any, Any]] = {}
        self._values: dict[Hashable, Any] = {}
        self.statements = 0
        self.dependence: Dependence | None = None

    async def rows(self, question: Question[V], **values: object) -> list[V]:
        """All rows of an answer; no memo."""
        async with self._lock:
            if self._is_over:
                raise RequestOver
            self.statements += 1
            try:
                if self._connection is None:
                    self._connection = await self._database.borrow_for_reads()
                self._is_sound = False
                rows = await fetch(self._connection, question, values)
                self._is_sound = True
            except LOST as lost:
                raise Unavailable(str(lost)) from lost
        if self.dependence is not None:
            self.dependence.note(question, values, rows)
        return rows

    def depends_on(self, question: Question[V]) -> None:
        """Notes a question whose answer was remembered beyond this request."""
        if self.dependence is not None:
            self.dependence.note(question, {}, ())

    async def row(self, question: Question[V], **values: object) -> V | None:
        """The first row, or None."""
        found = await self.rows(question, **values)
        return found[0] if found else None

    async def one_each(self, question: Question[V], ids: Sequence[K], **context: Hashable) -> list[V | None]:
        """For each id, in the ids' order, its row or None. One statement for all that the memo lacks; parameter `ids`."""
        memo = self._memo.setdefault((question, "one", tuple(context.items())), {})
        if missing := [each for each in dict.fromkeys(ids) if each not in memo]:
            found = {row[question.by]: row for row in await self.rows(question, ids=missing, **context)}
            memo.update({each: found.get(each) for each in missing})
        return [memo[each] for each in ids]

    async def many_each(self, question: Question[V], ids: Sequence[K], **context: Hashable) -> list[list[V]]:
        """For each id, in the ids' order, its rows in the statement's order. One statement for all that the memo lacks."""
        memo = self._memo.setdefault((question, "many", tuple(context.items())), {})
        if missing := [each for each in dict.fromkeys(ids) if each not in memo]:
            found: dict[Any, list[V]] = {each: [] for each in missing}
            for row in await self.rows(question, ids=missing, **context):
                found[row[question.by]].append(row)
            memo.update(found)
        return [memo[each] for each in ids]

    async def once(self, key: Hashable, load: Callable[[], Awaitable[T]]) -> T:
        """A value loaded once per request under a key."""
        if key not in self._values:
            self._values[key] = await load()
        value: T = self._values[key]
        return value

    def forget(self) -> None:
        """Empties the memo: after a change, the payload must read what was written."""
        self._memo.clear()
        self._values.clear()

    async def close(self) -> None:
        """Gives the connection back, once the statement that may be running on it has ended."""
        if self._lock.locked():
            await asyncio.shield(self._close_in_turn())
        else:
            await self._give_back()

    async def end(self) -> None:
        """Closes for good, at the end of the request: fields that an error left running behind it read no more.

        graphql-core leaves them when a field beside them fails; the connection must not go to another request before.
        """
        self._is_over = True
        await self.close()

    async def _close_in_turn(self) -> None:
        async with self._lock:
            await self._give_back()

    async def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._database.return_from_reads(connection, is_sound=self._is_sound)
            self._is_sound = True
