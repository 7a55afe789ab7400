"""A flag between whoever looks for all who watch and one who does: there may be something new."""

from __future__ import annotations

import asyncio
import contextlib


class Flag:
    """Belongs to the task that waits for it; may be raised by any."""

    __slots__ = ("_stirred",)

    def __init__(self) -> None:
        self._stirred = asyncio.Event()

    async def stirs(self, seconds: float) -> None:
        """Until there may be something new, or that time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        self._stirred.clear()

    def stir(self) -> None:
        """Makes it look again."""
        self._stirred.set()
