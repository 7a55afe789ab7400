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
from sys import getsizeof
from typing import Any

from persistence.changes import Changes
from persistence.moments import Coming
from persistence.statement import Question
from persistence.tags import PREFIX, Dependence, Public, own_tags, public_of

_OVERHEAD = 600
_TAG_BYTES = 150
_ANSWERS_BYTES = 5_000
_TEXT_COPIES = 3
"""In so many forms a statement's text is in memory."""

Rows = tuple[Any, ...]


@dataclass(slots=True, eq=False)
class _Kept:
    """The rows of one key, as they were at `since`. They are true from the present `begin` on, and forgotten at `until`."""

    rows: Rows
    tags: Collection[str]
    since: int
    begin: datetime
    until: datetime
    bytes: int


@dataclass(slots=True, eq=False)
class _Answers:
    """What is kept of one read with the same values, and what all of it depends on. All of it was so at `since`."""

    public: Public
    since: int
    bytes: int
    young: dict[Hashable, _Kept] = field(default_factory=dict)
    old: dict[Hashable, _Kept] = field(default_factory=dict)


class RowCache:
    """The rows of one process. `hears` tells whether other processes are heard; rows are kept `seconds_max` at most.

    A read is named by whatever its caller keeps it `under`. `bytes` is about what all takes; `hits` and `misses` count keys,
    `flushes` how often all rows were dropped.
    """

    def __init__(self, *, bytes_max: int, seconds_max: float, hears: Callable[[], bool], now: Callable[[], datetime]) -> None:
        self.hears = hears
        self.changes = Changes()
        self.coming = Coming(self.changes)
        self.hits = self.misses = self.flushes = 0
        self._bytes_max = bytes_max
        self._row_bytes_max = self._statement_bytes_max = bytes_max // 8
        self._young_bytes_max = bytes_max * 5 // 16
        self._age_max = timedelta(seconds=seconds_max)
        self._now = now
        self._answers: dict[Hashable, _Answers] = {}
        self._young_bytes = self._old_bytes = self._statement_bytes = 0

    @property
    def bytes(self) -> int:
        return self._young_bytes + self._old_bytes + self._statement_bytes

    def __len__(self) -> int:
        return sum(len(each.young) + len(each.old) for each in self._answers.values())

    def heard(self, topics: Collection[str] | None) -> None:
        """Takes note of what these tags, as topics of hints, touch; drops everything for None. For `domain.live.Live.attend`."""
        if topics is None:
            self.changes.flush()
            self.flushes += 1
            self._answers.clear()
            self._young_bytes = self._old_bytes = self._statement_bytes = 0
        else:
            self.changes.touch([topic.removeprefix(PREFIX) for topic in topics])

    def recall(
        self, under: Hashable, keys: Sequence[Hashable], *, present: datetime | None, into: Dependence | None
    ) -> dict[Hashable, Rows]:
        """The rows of those keys that are kept and still true. `present` is what the read compares dates with, if any.

        What they depend on is noted, and until when they are kept.
        """
        found: dict[Hashable, Rows] = {}
        answers = self._current(under) if self.hears() else None
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
                    into.recalled(kept.tags, kept.until)
        if found and into is not None:
            into.tags.update(answers.public.tags)
            into.moments.update(answers.public.moments)
        self.hits += len(found)
        self.misses += len(keys) - len(found)
        self._make_room()
        return found

    def keep(
        self,
        question: Question[Any],
        under: Hashable,
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
        at = self._now()
        last = at + self._age_max if until is None else min(until, at + self._age_max)
        for key, rows in found.items():
            tags = own_tags(question, (key,), rows)
            size = _OVERHEAD + _bytes_of(key) + sum(map(question.size, rows)) + len(tags) * _TAG_BYTES
            if size <= self._row_bytes_max and not self.changes.is_touched(tags, since=since):
                answers = self._current(under) or self._begun(under, question, public)
                self._drop(answers, key)
                answers.young[key] = _Kept(rows, tags, since, begin or at, last, size)
                self._young_bytes += size
                self._make_room()

    def _current(self, under: Hashable) -> _Answers | None:
        """What is kept of one read, emptied if what all of it depends on was touched."""
        answers = self._answers.get(under)
        if answers is not None and answers.since != self.changes.stamp:
            if self.changes.is_touched(answers.public.tags, since=answers.since):
                self._empty(answers)
            answers.since = self.changes.stamp
        return answers

    def _begun(self, under: Hashable, question: Question[Any], public: Public) -> _Answers:
        """A read of which nothing is kept yet. The statements of the longest known leave when there are too many."""
        size = _ANSWERS_BYTES + len(question.text) * _TEXT_COPIES
        while self._answers and self._statement_bytes + size > self._statement_bytes_max:
            longest = next(iter(self._answers))
            self._empty(self._answers[longest])
            self._statement_bytes -= self._answers.pop(longest).bytes
        answers = self._answers[under] = _Answers(public, self.changes.stamp, size)
        self._statement_bytes += size
        return answers

    def _renewed(self, answers: _Answers, key: Hashable) -> _Kept | None:
        """What is asked for again stays another generation."""
        kept = answers.old.pop(key, None)
        if kept is not None:
            answers.young[key] = kept
            self._old_bytes -= kept.bytes
            self._young_bytes += kept.bytes
        return kept

    def _empty(self, answers: _Answers) -> None:
        for key in (*answers.young, *answers.old):
            self._drop(answers, key)

    def _drop(self, answers: _Answers, key: Hashable) -> None:
        if (kept := answers.young.pop(key, None)) is not None:
            self._young_bytes -= kept.bytes
        if (kept := answers.old.pop(key, None)) is not None:
            self._old_bytes -= kept.bytes

    def _make_room(self) -> None:
        """When the young are many they become old, and the old leave; these also when all asked for together is too much."""
        if self._young_bytes <= self._young_bytes_max and self.bytes <= self._bytes_max:
            return
        for under, answers in tuple(self._answers.items()):
            answers.young, answers.old = {}, answers.young
            if not answers.old:
                self._statement_bytes -= self._answers.pop(under).bytes
        self._young_bytes, self._old_bytes = 0, self._young_bytes


def _bytes_of(key: object) -> int:
    """What a key takes: an id, a text that a client chose, or all the values of a list."""
    return getsizeof(key) + (sum(map(_bytes_of, key)) if isinstance(key, tuple) else 0)
