"""Answers kept in this process: by key, bounded by bytes, dropped by tag, and never stored once they are out of date.

Exactness is in the order of events: who begins to read takes the `stamp`, and what is stored names its tags; it is refused
when one of them was touched since. What tags mean, and who tells of them, is decided elsewhere.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

STAMPS_MAX = 100_000
_OVERHEAD = 500
_TAG_BYTES = 150


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


class KeptAnswers:
    """The answers of one process, the longest unused leaving first. `bytes` is what they take, `flushes` how often all left."""

    def __init__(self, *, bytes_max: int) -> None:
        self.bytes = 0
        self.flushes = 0
        self.stamp = 0
        """Counts the changes heard of."""
        self._bytes_max = bytes_max
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._keys: dict[str, set[bytes]] = {}
        self._touched: dict[str, int] = {}
        self._unknown_before = 0

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
        if self.is_touched(kept.tags, since=since) or kept.bytes * 8 > self._bytes_max:
            return False
        if key in self._kept:
            self._drop(key)
        self._kept[key] = kept
        self.bytes += kept.bytes
        for tag in kept.tags:
            self._keys.setdefault(tag, set()).add(key)
        while self.bytes > self._bytes_max:
            self._drop(next(iter(self._kept)))
        return True

    def is_touched(self, tags: Iterable[str], *, since: int) -> bool:
        """Whether any of the tags was touched after the stamp; yes where nobody remembers."""
        return since < self._unknown_before or any(self._touched.get(tag, 0) > since for tag in tags)

    def touch(self, tags: Collection[str]) -> None:
        """Something changed: drops what depends on it, and what is being read now will not be stored."""
        self.stamp += 1
        for tag in tags:
            self._touched[tag] = self.stamp
            for key in tuple(self._keys.get(tag, ())):
                self._drop(key)
        if len(self._touched) > STAMPS_MAX:
            self._touched.clear()
            self._unknown_before = self.stamp

    def flush(self) -> None:
        """Nobody knows what changed: drops everything."""
        self.stamp += 1
        self.flushes += 1
        self.bytes = 0
        self._unknown_before = self.stamp
        for each in (self._kept, self._keys, self._touched):
            each.clear()

    def _drop(self, key: bytes) -> None:
        kept = self._kept.pop(key)
        self.bytes -= kept.bytes
        for tag in kept.tags:
            keys = self._keys[tag]
            keys.discard(key)
            if not keys:
                del self._keys[tag]


def etag_of(body: bytes) -> bytes:
    """A strong validator of these bytes (RFC 9110, section 8.8.3)."""
    return b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"'
