"""What has changed, by tag, in the order it was heard of: the ground that whatever is kept in a process stands on.

Exactness is in the order of events: who begins to read takes the `stamp`; what was read is kept only if none of its tags
was touched since.
"""

from __future__ import annotations

from collections.abc import Collection

STAMPS_MAX = 100_000
"""So many tags are remembered; what was read before they were forgotten counts as touched."""


class Changes:
    """The changes that one process heard of. `stamp` counts them."""

    __slots__ = ("_touched", "_unknown_before", "stamp")

    def __init__(self) -> None:
        self.stamp = 0
        self._touched: dict[str, int] = {}
        self._unknown_before = 0

    def touch(self, tags: Collection[str]) -> None:
        """Something changed."""
        self.stamp += 1
        for tag in tags:
            self._touched[tag] = self.stamp
        if len(self._touched) > STAMPS_MAX:
            self._touched.clear()
            self._unknown_before = self.stamp

    def flush(self) -> None:
        """Nobody knows what changed."""
        self.stamp += 1
        self._touched.clear()
        self._unknown_before = self.stamp

    def is_touched(self, tags: Collection[str], *, since: int) -> bool:
        """Whether any of the tags was touched after the stamp; yes where nobody remembers."""
        if since >= self.stamp:
            return False
        touched = self._touched
        return since < self._unknown_before or (
            # Nearly always nothing of them was ever touched, which is found out fastest this way.
            not touched.keys().isdisjoint(tags) and any(touched.get(tag, 0) > since for tag in tags)
        )
