"""Slow work off the event loop: a few threads, a bounded queue before them, and a refusal when that is full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from domain.access.provider import Busy

T = TypeVar("T")


class Threads:
    """`count` pieces of work at once, `waiting_max` more in line. Belongs to one event loop."""

    def __init__(self, name: str, *, count: int, waiting_max: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=count, thread_name_prefix=name)
        self._room = count + waiting_max

    async def run(self, work: Callable[[], T]) -> T:
        """Does the work in a thread. Raises `Busy` when the line is full.

        Whoever is cancelled leaves at once, but their place only when the thread is done with it: that is what it costs.
        """
        if self._room <= 0:
            raise Busy("too many wait already")
        loop = asyncio.get_running_loop()
        self._room -= 1
        try:
            future = self._pool.submit(work)
        except RuntimeError:
            self._room += 1
            raise
        future.add_done_callback(lambda _done: _tell(loop, self._leave))
        return await asyncio.wrap_future(future)

    def _leave(self) -> None:
        self._room += 1

    def close(self) -> None:
        """Lets running work end and drops the line."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    """Calls on the loop's thread, unless the loop has ended meanwhile and nobody counts any more."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(what)
