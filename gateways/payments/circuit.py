"""A circuit breaker: a provider that has answered nobody for a while is not asked, so that buyers are not kept waiting for it.

One a provider and process. Written out, because the kept libraries count exceptions, and here no answer is a value.
"""

from __future__ import annotations

import time
from collections.abc import Callable

FAILURES_MAX = 5
"""So many calls in a row without an answer open the circuit."""
OPEN_SECONDS = 10.0
"""So long nobody asks; then one call tries, and the others wait for how it ends."""


class Circuit:
    """Closed while answers come; open after five calls without one; half open when a single call may try again."""

    __slots__ = ("_clock", "_failures", "_opened_at", "_trying_since")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._trying_since: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are held back."""
        return self._opened_at is not None

    def lets_through(self) -> bool:
        """Whether this call may be made; its end has to be told with `answered` or `failed`."""
        if self._opened_at is None:
            return True
        now = self._clock()
        # A trial whose end nobody told (it was cancelled) holds the others back no longer than an open circuit does.
        if now - (self._trying_since if self._trying_since is not None else self._opened_at) < OPEN_SECONDS:
            return False
        self._trying_since = now
        return True

    def answered(self) -> None:
        """The provider answered, whatever it said."""
        self._failures = 0
        self._opened_at = self._trying_since = None

    def failed(self) -> None:
        """No connection, no answer in time, or a 5xx."""
        self._failures += 1
        if self._failures >= FAILURES_MAX or self._opened_at is not None:
            self._opened_at, self._trying_since = self._clock(), None
