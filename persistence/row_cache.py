"""Rows of public reads kept in this process, for everybody who is not to see their own changes in them.

What an answer is made of outlives the answer: whoever asks otherwise, or is somebody, is told from the same rows. They are
kept by the key they were read for, with the tags that they depend on. A change is looked up when the rows are asked for
again, which costs next to nothing while there is none. Two generations bound the memory: what nobody asked for during a
whole one leaves with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from persistence.changes import Changes
from persistence.moments import Coming
from persistence.statement import Question
from persistence.tags import PREFIX, Dependence, Public, own_tags, public_of

_OVERHEAD = 600
_TAG_BYTES = 150

Rows = tuple[Any, ...]


@dataclass(slots=True, eq=False)
class _Kept:
    """The rows of one key. They were so at `since`; `begin` and `until` bound the presents that they are true of."""

    rows: Rows
    tags: Collection[str]
    since: int
    begin: datetime
    until: datetime
    bytes: int


@dataclass(slots=True, eq=False)
class _Place:
    """What is kept of one read with the same values, and what all of it depends on. All of it was so at `since`."""

    public: Public
    since: int
    young: dict[Hashable, _Kept] = field(default_factory=dict)
    old: dict[Hashable, _Kept] = field(default_factory=dict)


class RowCache:
    """The rows of one process. `hears` tells whether other processes are heard; rows are kept `seconds_max` at most.

    `bytes` is about what they take; `hits` and `misses` count keys, `flushes` how often all of them were dropped.
    """

    def __init__(self, *, bytes_max: int, seconds_max: float, hears: Callable[[], bool], now: Callable[[], datetime]) -> None:
        self.hears = hears
        self.changes = Changes()
        self.coming = Coming(self.changes)
        self.hits = self.misses = self.flushes = 0
        self._bytes_max = bytes_max
        self._age_max = timedelta(seconds=seconds_max)
        self._now = now
        self._places: dict[Hashable, _Place] = {}
        self._young_bytes = self._old_bytes = 0

    @property
    def bytes(self) -> int:
        return self._young_bytes + self._old_bytes

    def __len__(self) -> int:
        return sum(len(each.young) + len(each.old) for each in self._places.values())

    def heard(self, topics: Collection[str] | None) -> None:
        """Takes note of what these tags, as topics of hints, touch; drops everything for None. For `domain.live.Live.attend`."""
        if topics is None:
            self.changes.flush()
            self.flushes += 1
            self._places.clear()
            self._young_bytes = self._old_bytes = 0
        else:
            self.changes.touch([topic.removeprefix(PREFIX) for topic in topics])

    def recall(
        self, place: Hashable, keys: Sequence[Hashable], *, present: datetime | None, into: Dependence | None
    ) -> dict[Hashable, Rows]:
        """The rows of those keys that are kept and still true. `present` is what the read compares dates with, if any.

        What they depend on is noted.
        """
        found: dict[Hashable, Rows] = {}
        answers = self._place(place) if self.hears() else None
        if answers is None:
            self.misses += len(keys)
            return found
        changes, stamp, young, at = self.changes, self.changes.stamp, answers.young, self._now()
        for key in keys:
            kept = young.get(key) or self._renewed(answers, key)
            if kept is None:
                continue
            if kept.since != stamp:
                if changes.is_touched(kept.tags, since=kept.since):
                    continue
                kept.since = stamp
            if at < kept.until and (present is None or kept.begin <= present):
                found[key] = kept.rows
                if into is not None:
                    into.tags.update(kept.tags)
        if found and into is not None:
            into.tags.update(answers.public.tags)
            into.moments.update(answers.public.moments)
        self.hits += len(found)
        self.misses += len(keys) - len(found)
        return found

    def keep(
        self,
        question: Question[Any],
        place: Hashable,
        found: Mapping[Any, Rows],
        *,
        since: int,
        begin: datetime | None,
        until: datetime | None,
    ) -> None:
        """Keeps what was read from the stamp `since` on, unless it changed meanwhile.

        `begin` is the present that the read compared dates with, `until` the next one that makes a difference.
        """
        public = public_of(question)
        if public is None or not self.hears() or self.changes.is_touched(public.tags, since=since):
            return
        answers = self._place(place)
        if answers is None:
            answers = self._places[place] = _Place(public, self.changes.stamp)
        at = self._now()
        last = at + self._age_max if until is None else min(until, at + self._age_max)
        for key, rows in found.items():
            tags = own_tags(question, (key,), rows)
            size = _OVERHEAD + sum(map(question.size, rows)) + len(tags) * _TAG_BYTES
            if size * 8 <= self._bytes_max and not self.changes.is_touched(tags, since=since):
                self._drop(answers, key)
                answers.young[key] = _Kept(rows, tags, since, begin or at, last, size)
                self._young_bytes += size
        if self._young_bytes * 2 > self._bytes_max:
            self._age()

    def _place(self, place: Hashable) -> _Place | None:
        """What is kept of one read, emptied if what all of it depends on was touched."""
        answers = self._places.get(place)
        if answers is not None and answers.since != self.changes.stamp:
            if self.changes.is_touched(answers.public.tags, since=answers.since):
                for key in (*answers.young, *answers.old):
                    self._drop(answers, key)
            answers.since = self.changes.stamp
        return answers

    def _renewed(self, answers: _Place, key: Hashable) -> _Kept | None:
        """What is asked for again stays another generation."""
        kept = answers.old.pop(key, None)
        if kept is not None:
            answers.young[key] = kept
            self._old_bytes -= kept.bytes
            self._young_bytes += kept.bytes
        return kept

    def _drop(self, answers: _Place, key: Hashable) -> None:
        if (kept := answers.young.pop(key, None)) is not None:
            self._young_bytes -= kept.bytes
        if (kept := answers.old.pop(key, None)) is not None:
            self._old_bytes -= kept.bytes

    def _age(self) -> None:
        """The young become old, and the old leave."""
        for place, answers in tuple(self._places.items()):
            answers.young, answers.old = {}, answers.young
            if not answers.old:
                del self._places[place]
        self._young_bytes, self._old_bytes = 0, self._young_bytes
