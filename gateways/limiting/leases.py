"""Counts taken from the common store several at a time, to be spent in this process without asking again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

LEASE_SECONDS = 10.0
"""What was not spent in this time is lost, so that a lease is never far from the minute it was counted in."""
_REMEMBERED_MAX = 50_000


class Leases:
    """What is left of them, by name; the longest untouched are forgotten first when there are too many."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._kept: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def left(self, name: str) -> int:
        """How many may be spent now."""
        until, left = self._kept.get(name, (0.0, 0))
        return left if self._monotonic() < until else 0

    def spend(self, name: str, count: int) -> bool:
        """Spends so many, if there are as many."""
        left = self.left(name)
        if left < count:
            return False
        self._kept[name] = (self._kept[name][0], left - count)
        return True

    def add(self, name: str, count: int) -> None:
        """Counted a moment ago, to be spent."""
        self._kept[name] = (self._monotonic() + LEASE_SECONDS, self.left(name) + count)
        self._kept.move_to_end(name)
        if len(self._kept) > _REMEMBERED_MAX:
            self._kept.popitem(last=False)
