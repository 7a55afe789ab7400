"""Whether the carriers of messages are well, as far as this process knows."""

from __future__ import annotations

import time

from domain.notices.model import Medium

_REST_SECONDS = 10.0


class Carrier:
    """After a failure the carrier of a medium rests: new messages are left to the clock, so that a dead mail server holds up
    one thread at a time and not all that payments need too, and no text message.
    """

    def __init__(self) -> None:
        self._rests_until: dict[Medium, float] = {}

    def rests(self, medium: Medium) -> bool:
        """Whether it is left alone for now."""
        return time.monotonic() < self._rests_until.get(medium, 0.0)

    def note(self, medium: Medium, *, is_well: bool) -> None:
        """Takes note of how a try went."""
        self._rests_until[medium] = 0.0 if is_well else time.monotonic() + _REST_SECONDS
