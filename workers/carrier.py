"""Whether the carrier of messages is well, as far as this process knows."""

from __future__ import annotations

import time

_REST_SECONDS = 10.0


class Carrier:
    """After a failure the carrier rests: new messages are left to the clock, so that a dead mail server holds up one thread
    at a time and not all that payments need too.
    """

    def __init__(self) -> None:
        self._rests_until = 0.0

    @property
    def rests(self) -> bool:
        return time.monotonic() < self._rests_until

    def note(self, *, is_well: bool) -> None:
        """Takes note of how a try went."""
        self._rests_until = 0.0 if is_well else time.monotonic() + _REST_SECONDS
