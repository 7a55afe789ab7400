"""The reads of one request: one connection taken at the first statement, statements one after the other, and a memo.

Loads that several fields of an operation need are made once: the memo is keyed by question and values, and filled only
after the answer is there, so that a concurrent asker never sees half of it. Whoever knows what will be asked about the
rows of the next question says so: below a read by key all of it is read in the same statement, below any other question
(whose plan depends on its values) in the next one. Who asks then finds it in the memo. A reader that is given a
`RowCache` asks that before it asks the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from persistence.ahead import Ahead, Read, Step, Together, Wanted, lasting, merged, steps, wanted
from persistence.engine import Database
from persistence.failures import LOST, Unavailable
from persistence.moments import Coming, next_of
from persistence.row_cache import RowCache
from persistence.statement import Borrowed, Question, V, fetch
from persistence.tags import Dependence, Moment, public_of

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


class _Owed(NamedTuple):
    """What will be asked about rows that are there."""

    following: Following
    question: Question[Any]
    rows: Sequence[Any]


class Reader:
    """Reads for one request. `statements` counts what was sent; `dependence` collects what the answer depends on, if wanted.

    `following` is for the next question whose rows it concerns; `cache` keeps public rows beyond the request, if wanted.
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
        self.cache: RowCache | None = None
        self._owed: list[_Owed] = []

    async def rows(self, question: Question[V], **values: object) -> list[V]:
        """All rows of an answer; no memo. What will be asked about them is read with the first that is."""
        following = self._taken(question)
        rows = await self._listed(question, values)
        if following is not None:
            self._owed.append(_Owed(following, question, rows))
        return rows

    def _taken(self, question: Question[Any]) -> Following | None:
        """Who knows what will be asked about a question's rows."""
        following = self.following
        if following is None or not following.concerns(question.view):
            return None
        self.following = None
        return following

    async def _listed(self, question: Question[V], values: Mapping[str, object]) -> list[V]:
        cache = self.cache
        if cache is None or public_of(question) is None:
            return await self._alone(question, values)
        present, key = lasting(question, values)
        kept = cache.recall(question, (key,), present=present, into=self.dependence)
        if key in kept:
            return list(kept[key])
        since = cache.changes.stamp
        rows = await self._alone(question, values)
        await self._keep(cache, question, question, {key: tuple(rows)}, present=present, since=since)
        return rows

    async def _keep(
        self,
        cache: RowCache,
        question: Question[Any],
        place: Hashable,
        found: Mapping[Any, tuple[Any, ...]],
        *,
        present: datetime | None,
        since: int,
    ) -> None:
        """Has the cache keep what was read, until when dates change what is read."""
        public, until = public_of(question), None
        if public is None:
            return
        if public.moments:
            if present is None:
                return
            until = await self.next_of(cache.coming, public.moments, after=present)
        cache.keep(question, place, found, since=since, begin=present, until=until)

    async def next_of(self, coming: Coming, moments: frozenset[Moment], *, after: datetime) -> datetime | None:
        """The earliest of these times after that one, None when none is to come. No answer depends on what this looks at."""
        found = coming.known(moments, after=after)
        if found is None:
            since = coming.stamp
            async with self._lock:
                [found] = await self._sent(lambda connection: fetch(connection, next_of(moments), {"now": after}))
            coming.learn(moments, found, after=after, since=since)
        return found.at

    async def _alone(self, question: Question[V], values: Mapping[str, object]) -> list[V]:
        async with self._lock:
            rows = await self._sent(lambda connection: fetch(connection, question, values))
        if self.dependence is not None:
            self.dependence.note(question, values, rows)
        return rows

    async def _together(self, statement: Together, made: Sequence[Step]) -> dict[Any, Any]:
        """Reads in one statement what the memo will be asked for; the answers of the first step."""
        arguments = statement.arguments([{**step.read.values, "ids": step.keys} for step in made])
        since = self.cache.changes.stamp if self.cache is not None else 0
        async with self._lock:
            [row] = await self._sent(lambda connection: connection.fetch(statement.text, *arguments))
        found: list[list[Any]] = []
        answers = []
        for step, rows in zip(made, statement.answers(row), strict=True):
            keys = step.keys
            if keys is None:
                place = made[step.above].read.question.fields.index(step.column)
                keys = list(dict.fromkeys(each[place] for each in found[step.above] if each[place] is not None))
            found.append(rows)
            if self.dependence is not None:
                self.dependence.note(step.read.question, {"ids": keys, **step.read.values}, rows)
            answers.append(await self._remember(step.read, keys, rows, since))
        return answers[0]

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
            following = self._taken(read.question)
            if self.cache is not None:
                missing = self._recalled(self.cache, read, missing, following)
            if missing:
                answers = await self._read(read, missing, following)
                if self._memo.get(read.place) is not memo:
                    # What was remembered was forgotten meanwhile, but not by who asks here.
                    memo = {**memo, **answers}
        if read.has_many:
            return [memo[each] if each is not None else [] for each in keys]
        return [memo[each] if each is not None else None for each in keys]

    def _recalled(self, cache: RowCache, read: Read[Any], keys: Sequence[Any], following: Following | None) -> list[Any]:
        """Remembers what the cache has of these keys; the others."""
        if public_of(read.question) is None:
            return list(keys)
        kept = cache.recall(read.lasting, keys, present=read.present, into=self.dependence)
        memo = self._memo.setdefault(read.place, {})
        if read.has_many:
            memo.update({key: list(rows) for key, rows in kept.items()})
        else:
            memo.update({key: rows[0] if rows else None for key, rows in kept.items()})
        if following is not None:
            self._owed.append(_Owed(following, read.question, [row for rows in kept.values() for row in rows]))
        return [each for each in keys if each not in kept]

    async def _read(self, read: Read[Any], missing: Sequence[Any], following: Following | None) -> dict[Any, Any]:
        """Reads what the memo lacks, and with it what will be asked about these rows and about those that are there."""
        then = await following.about(read.question.view) if following is not None else ()
        made = steps([Wanted(read, missing, then), *(await self._left(read))])
        statement = self._database.combinations.of(made) if len(made) > 1 else None
        if statement is not None:
            return await self._together(statement, made)
        since = self.cache.changes.stamp if self.cache is not None else 0
        rows = await self._alone(read.question, {"ids": missing, **read.values})
        return await self._remember(read, missing, rows, since)

    async def _left(self, but: Read[Any]) -> list[Wanted]:
        """What will be asked about rows that are there, and is not there itself."""
        owed, self._owed = self._owed, []
        found: list[Wanted] = []
        for each in owed:
            found += wanted(await each.following.about(each.question.view), each.question.fields, each.rows)
        left = []
        for read, keys, then in merged(found):
            if read.place != but.place:
                lacking = [key for key in keys if key not in self._memo.get(read.place, {})]
                if self.cache is not None and lacking:
                    lacking = self._recalled(self.cache, read, lacking, None)
                if lacking:
                    left.append(Wanted(read, lacking, then))
        return left

    async def one_each(self, question: Question[V], ids: Sequence[K], **context: Hashable) -> list[V | None]:
        """For each id, in the ids' order, its row or None."""
        return await self.each(Read(question, has_many=False, values=context), ids)

    async def many_each(self, question: Question[V], ids: Sequence[K], **context: Hashable) -> list[list[V]]:
        """For each id, in the ids' order, its rows in the statement's order."""
        return await self.each(Read(question, has_many=True, values=context), ids)

    async def _remember(self, read: Read[Any], keys: Sequence[Any], rows: Sequence[Any], since: int) -> dict[Any, Any]:
        """Takes the rows of these keys into the memo, and into the cache as what they were at the stamp `since`."""
        by = read.question.by
        answers: dict[Any, Any]
        if read.has_many:
            answers = {each: [] for each in keys}
            for row in rows:
                answers[row[by]].append(row)
        else:
            found = {row[by]: row for row in rows}
            answers = {each: found.get(each) for each in keys}
        self._memo.setdefault(read.place, {}).update(answers)
        if self.cache is not None and public_of(read.question) is not None:
            kept = {key: tuple(each) if read.has_many else () if each is None else (each,) for key, each in answers.items()}
            await self._keep(self.cache, read.question, read.lasting, kept, present=read.present, since=since)
        return answers

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
        self._owed, self.following = [], None

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
