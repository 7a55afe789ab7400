"""The end of a process, told to what is open: sockets and streams close by themselves once it has begun."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Drain:
    """Begins once and stays begun."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self._told: list[Callable[[], None]] = []

    @property
    def begun(self) -> bool:
        return self._begun.is_set()

    def begin(self) -> None:
        """Tell everything open to close; returns at once. Call it on the event loop's thread."""
        if not self._begun.is_set():
            self._begun.set()
            for call in self._told:
                call()

    def tell(self, call: Callable[[], None]) -> None:
        """Have `call` called when draining begins: for who holds many things and wants no task for each."""
        self._told.append(call)

    async def wait(self) -> None:
        """Return when draining begins."""
        await self._begun.wait()
