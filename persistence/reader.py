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
from typing import Any, TypeVar

from asyncpg import PostgresError

from persistence.ahead import PARTS_MAX, Following, Owed, Read, Step, Together, Wanted, merged, steps, wanted, without_present
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
        self._owed: list[Owed] = []

    async def rows(self, question: Question[V], **values: object) -> list[V]:
        """All rows of an answer; no memo. What will be asked about them is read with the first that is."""
        following = self._taken(question)
        rows = await self._listed(question, values)
        if following is not None:
            self._owed.append(Owed(following, question, rows))
        return rows

    def _taken(self, question: Question[Any]) -> Following | None:
        """Who knows what will be asked about a question's rows."""
        following = self.following
        if following is None or not following.concerns(question.view):
            return None
        self.following = None
        return following

    async def _listed(self, question: Question[V], values: Mapping[str, object]) -> list[V]:
        cache = self._cache_of(question)
        if cache is None or question.about:
            # What depends on things one by one is kept by their keys, which `each` is given.
            return await self._alone(question, values)
        present, key = without_present(values)
        kept = cache.recall(question, (key,), present=present, into=self.dependence)
        if key in kept:
            return list(kept[key])
        since = cache.changes.stamp
        rows = await self._alone(question, values)
        await self._keep(question, question, {key: tuple(rows)}, present=present, since=since)
        return rows

    def _cache_of(self, question: Question[Any]) -> RowCache | None:
        """The cache, if it may keep what answers a question."""
        return self.cache if self.cache is not None and question.lasts and public_of(question) is not None else None

    async def _keep(
        self,
        question: Question[Any],
        under: Hashable,
        found: Mapping[Any, tuple[Any, ...]],
        *,
        present: datetime | None,
        since: int,
    ) -> None:
        """Has the cache keep what was read at the stamp `since`, until when dates change what is read."""
        cache, public, until = self._cache_of(question), public_of(question), None
        if cache is None or public is None or not cache.hears():
            return
        if public.moments:
            if present is None:
                return
            try:
                until = await self.next_of(cache.coming, public.moments, after=present)
            except (Unavailable, RequestOver, TimeoutError, PostgresError):
                return  # The rows are there; only others will have to read them again.
        cache.keep(question, under, found, since=since, begin=present, until=until)

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

    async def _together(self, statement: Together, made: Sequence[Step]) -> list[dict[Any, Any]]:
        """Reads in one statement what the memo will be asked for; the answers of each step by key."""
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
            answers.append(self._remember(step.read, keys, rows))
        for step, told in zip(made, answers, strict=True):
            await self._keep_each(step.read, told, since)
        return answers

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
            missing, recalled = self._recalled(read, missing)
            if recalled and following is not None:
                self._owed.append(Owed(following, read.question, recalled))
            if missing:
                answers = await self._read(read, missing, following)
                if self._memo.get(read.place) is not memo:
                    # What was remembered was forgotten meanwhile, but not by who asks here.
                    memo = {**memo, **answers}
        if read.has_many:
            return [memo[each] if each is not None else [] for each in keys]
        return [memo[each] if each is not None else None for each in keys]

    def _recalled(self, read: Read[Any], keys: list[Any]) -> tuple[list[Any], list[Any]]:
        """Remembers what the cache has of these keys: the keys that it lacks, and the rows of the others."""
        cache = self._cache_of(read.question)
        if cache is None or not keys:
            return keys, []
        kept = cache.recall(read.lasting, keys, present=read.present, into=self.dependence)
        memo = self._memo.setdefault(read.place, {})
        if read.has_many:
            memo.update({key: list(rows) for key, rows in kept.items()})
        else:
            memo.update({key: rows[0] if rows else None for key, rows in kept.items()})
        return [each for each in keys if each not in kept], [row for rows in kept.values() for row in rows]

    async def _read(self, read: Read[Any], missing: Sequence[Any], following: Following | None) -> dict[Any, Any]:
        """Reads what the memo lacks, and with it what will be asked about these rows and about those that are there."""
        then = await following.about(read.question.view) if following is not None else ()
        left = await self._left()
        foreseen = next((each.then for each in left if each.read.place == read.place), ())
        own, others = Wanted(read, missing, then or foreseen), [each for each in left if each.read.place != read.place]
        if own.then or any(each.keys for each in others):
            # In the operation's order, and with what lacks nothing: so that the same few statements come again and again.
            wants = [own if each.read.place == read.place else each for each in left][:PARTS_MAX]
            made = steps(wants if own in wants else [own, *others])
            statement = self._database.combinations.of(made)
            if statement is not None:
                place = next(number for number, step in enumerate(made) if step.read is read)
                return (await self._together(statement, made))[place]
        since = self.cache.changes.stamp if self.cache is not None else 0
        rows = await self._alone(read.question, {"ids": missing, **read.values})
        answers = self._remember(read, missing, rows)
        await self._keep_each(read, answers, since)
        return answers

    async def _left(self) -> list[Wanted]:
        """What will be asked about rows that are there, each with the keys that are not there themselves."""
        owed, self._owed = self._owed, []
        found = [
            each
            for following, question, rows in owed
            for each in wanted(await following.about(question.view), question.fields, rows)
        ]
        left = []
        for each in merged(found):
            lacking, recalled = self._lacking(each)
            below = wanted(each.then, each.read.question.fields, recalled)
            left += [each._replace(keys=lacking), *(then._replace(keys=self._lacking(then)[0]) for then in below)]
        return merged(left)

    def _lacking(self, want: Wanted) -> tuple[list[Any], list[Any]]:
        """As `_recalled`, for keys that the memo may have."""
        memo = self._memo.get(want.read.place, {})
        return self._recalled(want.read, [key for key in want.keys if key not in memo])

    async def one_each(self, question: Question[V], ids: Sequence[K], **context: Hashable) -> list[V | None]:
        """For each id, in the ids' order, its row or None."""
        return await self.each(Read(question, has_many=False, values=context), ids)

    async def many_each(self, question: Question[V], ids: Sequence[K], **context: Hashable) -> list[list[V]]:
        """For each id, in the ids' order, its rows in the statement's order."""
        return await self.each(Read(question, has_many=True, values=context), ids)

    def _remember(self, read: Read[Any], keys: Sequence[Any], rows: Sequence[Any]) -> dict[Any, Any]:
        """Takes the rows of these keys into the memo; the answers by key."""
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
        return answers

    async def _keep_each(self, read: Read[Any], answers: Mapping[Any, Any], since: int) -> None:
        """Has the cache keep what answered a read at the stamp `since`."""
        if self._cache_of(read.question) is not None:
            kept = {key: tuple(each) if read.has_many else () if each is None else (each,) for key, each in answers.items()}
            await self._keep(read.question, read.lasting, kept, present=read.present, since=since)

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
