"""Answers kept in this process: by key, bounded by bytes, dropped by tag, and never stored once they are out of date.

What is stored names its tags, and is refused when one of them was touched since its reading began. What tags mean, and who
tells of them, is decided elsewhere.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field

from persistence.changes import Changes

SENT_MAX = 16
"""In so many forms an answer is kept as it went out: by who asked in other words, packed otherwise, from another origin."""
_OVERHEAD = 700
_SENT_OVERHEAD = 2_000
_TAG_BYTES = 150

Question = tuple[bytes, ...]
"""All of a request that its answer depends on, as it came."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A whole answer, as bytes. `until` is a Unix time; `name` is the operation's; `etag` is quoted as HTTP wants it."""

    body: bytes
    etag: bytes
    tags: frozenset[str]
    until: float
    name: str | None

    @property
    def bytes(self) -> int:
        """About what it takes in memory."""
        return len(self.body) + len(self.tags) * _TAG_BYTES + _OVERHEAD


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A kept answer as it went out to one question: all its headers, that at `id_at` being the request's id, and its bytes."""

    kept: Kept
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    id_at: int
    body: bytes

    def bytes_for(self, question: Question) -> int:
        """About what it takes in memory under that question."""
        packed = len(self.body) if self.body is not self.kept.body else 0
        return packed + sum(map(len, question)) + _SENT_OVERHEAD


@dataclass(frozen=True, slots=True, eq=False)
class _Forms:
    """Where an answer is kept, and the questions that it was sent to, with what each takes."""

    key: bytes
    sizes: dict[Question, int] = field(default_factory=dict)


class KeptAnswers:
    """The answers of one process, the longest unused leaving first. `bytes` is what they take, `flushes` how often all left.

    What an answer looked like when it went out is kept with it and leaves with it: it is never true for longer.
    """

    def __init__(self, *, bytes_max: int) -> None:
        self.bytes = 0
        self.flushes = 0
        self.changes = Changes()
        self.forgettings = 0
        """How often it was forgotten what had been sent."""
        self._bytes_max = bytes_max
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._keys: dict[str, set[bytes]] = {}
        self._forms: dict[Kept, _Forms] = {}
        self._sent: dict[Question, Sent] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: bytes, *, at: float) -> Kept | None:
        """The answer under a key that is still good at that Unix time."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until <= at:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept

    def put(self, key: bytes, kept: Kept, *, since: int) -> bool:
        """Stores what was read from the stamp `since` on; False when it is out of date already, or too large."""
        if self.changes.is_touched(kept.tags, since=since) or kept.bytes * 8 > self._bytes_max:
            return False
        if key in self._kept:
            self._drop(key)
        self._kept[key] = kept
        self._forms[kept] = _Forms(key)
        self.bytes += kept.bytes
        for tag in kept.tags:
            self._keys.setdefault(tag, set()).add(key)
        self._make_room()
        return True

    def sent(self, question: Question, *, at: float) -> Sent | None:
        """What was sent to the same question, if `get` still gives the answer that it was made of."""
        sent = self._sent.get(question)
        if sent is None or self.get(self._forms[sent.kept].key, at=at) is not sent.kept:
            return None
        return sent

    def remember(self, question: Question, sent: Sent, *, since: int) -> bool:
        """Stores what was just sent; False when its answer is kept no more, or `forgettings` was not `since` any more."""
        forms = self._forms.get(sent.kept)
        size = sent.bytes_for(question)
        if forms is None or since != self.forgettings or size * 8 > self._bytes_max:
            return False
        if question in self._sent:
            self._forget(question)
        while len(forms.sizes) >= SENT_MAX:
            self._forget(next(iter(forms.sizes)))
        self._sent[question] = sent
        forms.sizes[question] = size
        self.bytes += size
        self._make_room()
        return True

    def forget_sent(self) -> None:
        """How questions are read has changed: answers stay true, but who asks for them must be looked at again."""
        self.forgettings += 1
        for question in tuple(self._sent):
            self._forget(question)

    def touch(self, tags: Collection[str]) -> None:
        """Something changed: drops what depends on it, and what is being read now will not be stored."""
        self.changes.touch(tags)
        for tag in tags:
            for key in tuple(self._keys.get(tag, ())):
                self._drop(key)

    def flush(self) -> None:
        """Nobody knows what changed: drops everything."""
        self.changes.flush()
        self.flushes += 1
        self.bytes = 0
        for each in (self._kept, self._keys, self._forms, self._sent):
            each.clear()

    def _make_room(self) -> None:
        while self.bytes > self._bytes_max:
            self._drop(next(iter(self._kept)))

    def _forget(self, question: Question) -> None:
        forms = self._forms[self._sent.pop(question).kept]
        self.bytes -= forms.sizes.pop(question)

    def _drop(self, key: bytes) -> None:
        kept = self._kept.pop(key)
        for question, size in self._forms.pop(kept).sizes.items():
            del self._sent[question]
            self.bytes -= size
        self.bytes -= kept.bytes
        for tag in kept.tags:
            keys = self._keys[tag]
            keys.discard(key)
            if not keys:
                del self._keys[tag]


def etag_of(body: bytes) -> bytes:
    """A strong validator of these bytes (RFC 9110, section 8.8.3)."""
    return b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"'
