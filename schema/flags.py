"""A flag between whoever looks for all who watch and one who does: there may be something new."""

from __future__ import annotations

import asyncio


class Flag:
    """Belongs to the task that waits for it; may be raised by any. One future while it waits: thousands may wait."""

    __slots__ = ("_is_raised", "_waiting")

    def __init__(self) -> None:
        self._is_raised = False
        self._waiting: asyncio.Future[None] | None = None

    async def stirs(self, seconds: float) -> None:
        """Until there may be something new, or that time is over."""
        if not self._is_raised:
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            timer = loop.call_later(seconds, self._wake)
            try:
                await self._waiting
            finally:
                timer.cancel()
                self._waiting = None
        self._is_raised = False

    def stir(self) -> None:
        """Makes it look again."""
        self._is_raised = True
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
