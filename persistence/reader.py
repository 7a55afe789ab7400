"""The reads of one request: one connection taken at the first statement, statements one after the other, and a memo.

Loads that several fields of an operation need are made once: the memo is keyed by question and values, and filled only
after the answer is there, so that a concurrent asker never sees half of it. Whoever knows what will be asked about the
rows of the next question says so: below a read by key all of it is read in the same statement, below any other question
(whose plan depends on its values) in the next one. Who asks then finds it in the memo.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from persistence.ahead import Ahead, Read, Step, Together, Wanted, steps, wanted
from persistence.engine import Database
from persistence.failures import LOST, Unavailable
from persistence.statement import Borrowed, Question, V, fetch
from persistence.tags import Dependence

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class RequestOver(Exception):
    """A field that nobody waits for any more would have read something."""


class Following(Protocol):
    """What will be asked about the rows of a question that is about to be asked."""

    def concerns(self, view: type) -> bool:
        """Whether anything will be asked about rows of that view."""

    async def about(self, view: type) -> tuple[Ahead, ...]:
        """What will be asked about them."""


class Reader:
    """Reads for one request. `statements` counts what was sent; `dependence` collects what the answer depends on, if wanted.

    `following` is for the next question whose rows it concerns.
    """

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
        self.following: Following | None = None
        self._owed: Sequence[Wanted] = ()
        """What will be asked about rows that are there."""

    async def rows(self, question: Question[V], **values: object) -> list[V]:
        """All rows of an answer; no memo. What will be asked about them is read with the first that is."""
        then = await self._then(question)
        rows = await self._alone(question, values)
        if then:
            self._owed = wanted(then, question.fields, rows)
        return rows

    async def _then(self, question: Question[Any]) -> tuple[Ahead, ...]:
        """What will be asked about a question's rows."""
        following = self.following
        if following is None or not following.concerns(question.view):
            return ()
        self.following = None
        return await following.about(question.view)

    async def _alone(self, question: Question[V], values: Mapping[str, object]) -> list[V]:
        async with self._lock:
            rows = await self._sent(lambda connection: fetch(connection, question, values))
        if self.dependence is not None:
            self.dependence.note(question, values, rows)
        return rows

    async def _together(self, statement: Together, made: Sequence[Step]) -> None:
        """Reads in one statement what the memo will be asked for."""
        arguments = statement.arguments([{**step.read.values, "ids": step.keys} for step in made])
        async with self._lock:
            [row] = await self._sent(lambda connection: connection.fetch(statement.text, *arguments))
        answers: list[list[Any]] = []
        for step, rows in zip(made, statement.answers(row), strict=True):
            keys = step.keys
            if keys is None:
                place = made[step.above].read.question.fields.index(step.column)
                keys = list(dict.fromkeys(each[place] for each in answers[step.above] if each[place] is not None))
            answers.append(rows)
            if self.dependence is not None:
                self.dependence.note(step.read.question, {"ids": keys, **step.read.values}, rows)
            self._remember(step.read, keys, rows)

    async def _sent(self, send: Callable[[Borrowed], Awaitable[T]]) -> T:
        """What a statement answers, on the request's connection; whoever calls holds the lock."""
        if self._is_over:
            raise RequestOver
        self.statements += 1
        try:
            if self._connection is None:
                self._connection = await self._database.borrow_for_reads()
            self._is_sound = False
            answer = await send(self._connection)
            self._is_sound = True
        except LOST as lost:
            raise Unavailable(str(lost)) from lost
        return answer

    def depends_on(self, question: Question[V]) -> None:
        """Notes a question whose answer was remembered beyond this request."""
        if self.dependence is not None:
            self.dependence.note(question, {}, ())

    async def row(self, question: Question[V], **values: object) -> V | None:
        """The first row, or None."""
        found = await self.rows(question, **values)
        return found[0] if found else None

    async def each(self, read: Read[Any], keys: Sequence[Any]) -> list[Any]:
        """For each key, in the keys' order, its row or None, or its rows in the statement's order. None has nothing.

        One statement for all that the memo lacks.
        """
        memo = self._memo.setdefault(read.place, {})
        if missing := [each for each in dict.fromkeys(keys) if each not in memo and each is not None]:
            then = await self._then(read.question)
            owed, self._owed = self._owed, ()
            made = steps([Wanted(read, missing, then), *(each for each in owed if each.read.place != read.place)])
            statement = self._database.combinations.of(made) if len(made) > 1 else None
            if statement is not None:
                await self._together(statement, made)
            else:
                self._remember(read, missing, await self._alone(read.question, {"ids": missing, **read.values}))
            # Not the one of before: what was remembered may have been forgotten meanwhile.
            memo = self._memo[read.place]
        if read.has_many:
            return [memo[each] if each is not None else [] for each in keys]
        return [memo[each] if each is not None else None for each in keys]

    async def one_each(self, question: Question[V], ids: Sequence[K], **context: Hashable) -> list[V | None]:
        """For each id, in the ids' order, its row or None."""
        return await self.each(Read(question, has_many=False, values=context), ids)

    async def many_each(self, question: Question[V], ids: Sequence[K], **context: Hashable) -> list[list[V]]:
        """For each id, in the ids' order, its rows in the statement's order."""
        return await self.each(Read(question, has_many=True, values=context), ids)

    def _remember(self, read: Read[Any], keys: Sequence[Any], rows: Sequence[Any]) -> None:
        by = read.question.by
        memo = self._memo.setdefault(read.place, {})
        if read.has_many:
            lists: dict[Any, list[Any]] = {each: [] for each in keys}
            for row in rows:
                lists[row[by]].append(row)
            memo.update(lists)
        else:
            found = {row[by]: row for row in rows}
            memo.update({each: found.get(each) for each in keys})

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
        self._owed, self.following = (), None

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
        self.following = None
        await self.close()

    async def _close_in_turn(self) -> None:
        async with self._lock:
            await self._give_back()

    async def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._database.return_from_reads(connection, is_sound=self._is_sound)
            self._is_sound = True
