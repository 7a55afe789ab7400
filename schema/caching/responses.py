"""Whole answers to strangers, kept in front of parsing and made once for all who ask at the same time.

Only queries by nobody in particular, of fields that are everybody's, whose reads looked at public tables alone, are kept.
What they read they depend on; commits of this process drop them before they are answered, those of others when they are
heard of. While others cannot be heard, nothing is kept and nothing kept is used.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from graphql import GraphQLSchema

from persistence.moments import Coming
from persistence.tags import PREFIX, Dependence, without_levels
from schema.caching.kept import Kept, KeptAnswers, Question, Sent, etag_of
from schema.caching.public import Reach, reach_of
from schema.context import Context
from schema.execution.prepared import Prepared
from schema.transport.answers import Answer
from schema.transport.bodies import Ask
from schema.transport.caller import Caller

FLIGHTS_MAX = 1_000
"""So many different questions are answered once for all at the same time; more are answered one by one."""
_REACHES_MAX = 1_000
_PERSISTED = {"persistedQuery"}


@dataclass(slots=True)
class Reading:
    """One run of an operation whose answer may be kept. `since` is the stamp before anything was read."""

    key: bytes
    since: int
    reach: Reach
    dependence: Dependence = field(default_factory=lambda: Dependence(set(), set()))
    is_shared: bool = False
    """Whether the answer turned out to be everybody's."""


class Responses:
    """The response cache. `hears` tells whether other processes are heard; an answer is kept `seconds_max` at most.

    `looked_up` is told what each look-up came to: hit, miss, joined or bypassed. `coming` may be shared with other caches.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        bytes_max: int,
        seconds_max: float,
        hears: Callable[[], bool],
        now: Callable[[], datetime],
        looked_up: Callable[[str], None] = lambda _outcome: None,
        coming: Coming | None = None,
    ) -> None:
        self.kept = KeptAnswers(bytes_max=bytes_max)
        self.hears = hears
        self._schema = schema
        self._seconds_max = seconds_max
        self._now = now
        self._looked_up = looked_up
        self._flights: dict[bytes, _Flight] = {}
        self._reaches: OrderedDict[Prepared, Reach] = OrderedDict()
        self._coming = coming or Coming(self.kept.changes)

    def heard(self, topics: Collection[str] | None) -> None:
        """Drops what these tags, as topics of hints, touch; everything for None. For `domain.live.Live.attend`."""
        if topics is None:
            self.kept.flush()
        else:
            self.kept.touch([topic.removeprefix(PREFIX) for topic in topics])

    def key_of(self, text: str, ask: Ask, caller: Caller) -> bytes | None:
        """Under what the answer would be kept; None for who is somebody, or asks for more than data."""
        if caller.token is not None or caller.idempotency_key is not None or ask.extensions.keys() - _PERSISTED:
            return None
        place = (ask.operation_name, caller.channel, caller.currency, caller.country, caller.language)
        try:
            said = orjson.dumps((text, place, ask.variables), option=orjson.OPT_SORT_KEYS)
        except TypeError:
            return None
        return hashlib.sha256(said).digest()

    def get(self, key: bytes) -> Kept | None:
        """The answer, if it is there and still true."""
        if not self.hears():
            return None
        kept = self.kept.get(key, at=self._now().timestamp())
        if kept is not None:
            self._looked_up("hit")
        return kept

    def sent(self, question: Question) -> Sent | None:
        """What was sent to the same question, if that is still true; who uses it counts the look-up."""
        return self.kept.sent(question, at=self._now().timestamp()) if self.hears() else None

    async def through(self, key: bytes, prepared: Prepared, run: Callable[[Reading | None], Awaitable[Answer]]) -> Answer:
        """The answer of `run`, or of somebody else's run of the same that began since the last change."""
        reach = self._reach(prepared)
        if not reach.is_public or not self.hears():
            self._looked_up("bypassed")
            return await run(None)
        while (flight := self._flights.get(key)) is not None and flight.since == self.kept.changes.stamp:
            await flight.ended.wait()
            if flight.answer is not None:
                self._looked_up("joined")
                return flight.answer
            if not flight.was_lost:
                # It was nobody else's answer: everybody asks alone.
                break
        self._looked_up("miss")
        reading = Reading(key, self.kept.changes.stamp, reach)
        # Not after a flight that ended with nobody else's answer: who waited for it would wait for one another.
        if (flight is None or not flight.ended.is_set()) and len(self._flights) < FLIGHTS_MAX:
            return await self._fly(reading, run)
        return await run(reading)

    async def keep(self, reading: Reading, answer: Answer, context: Context, name: str | None) -> Answer:
        """Stores the answer that was made in the context, if it is everybody's and still true; gives it with its headers."""
        dependence = reading.dependence
        if answer.code is not None or dependence.is_own:
            return answer
        reading.is_shared = True
        until = self._now().timestamp() + self._seconds_max
        if dependence.until is not None:
            until = min(until, dependence.until.timestamp())
        if dependence.moments:
            coming = await context.reader.next_of(self._coming, frozenset(dependence.moments), after=context.began)
            until = min(until, coming.timestamp()) if coming is not None else until
        tags = frozenset(dependence.tags) if reading.reach.counts else without_levels(dependence.tags)
        kept = Kept(answer.body, etag_of(answer.body), tags, until, name)
        if self.hears() and self.kept.put(reading.key, kept, since=reading.since):
            return Answer(answer.body, kept=kept)
        return answer

    async def _fly(self, reading: Reading, run: Callable[[Reading | None], Awaitable[Answer]]) -> Answer:
        flight = self._flights[reading.key] = _Flight(reading.since)
        flight.was_lost = True
        try:
            answer = await run(reading)
            flight.was_lost = False
            if reading.is_shared:
                flight.answer = answer
            return answer
        finally:
            if self._flights.get(reading.key) is flight:
                del self._flights[reading.key]
            flight.ended.set()

    def _reach(self, prepared: Prepared) -> Reach:
        known = self._reaches.get(prepared)
        if known is None:
            known = self._reaches[prepared] = reach_of(self._schema, prepared)
            if len(self._reaches) > _REACHES_MAX:
                self._reaches.popitem(last=False)
        return known


@dataclass(slots=True, eq=False)
class _Flight:
    """A run that others wait for. `answer` is None when it is nobody else's, or when whoever ran it was lost."""

    since: int
    answer: Answer | None = None
    was_lost: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)
