"""Dear operations take turns, so that they never make a cheap one wait: few of them share the event loop with all others.

What an operation may cost is known before it runs. Cheap ones pass freely; how long anybody waits is the caller's deadline.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext

DEAR = 3_000
"""From this cost on an operation takes turns: it keeps the processor busy for milliseconds at a stretch."""
FIELDS_MANY = 150
"""So does one of so many fields, whatever their cost."""
AT_ONCE = 2
"""While one waits for the database, another may use the processor."""


class Turns:
    """Lets `at_once` dear operations of this process run at the same time, in the order in which they came."""

    def __init__(self, *, at_once: int = AT_ONCE) -> None:
        self._turns = asyncio.Semaphore(at_once)

    def of(self, *, cost: int, fields: int) -> AbstractAsyncContextManager[None]:
        """To be entered while the operation runs."""
        return self._turns if cost >= DEAR or fields >= FIELDS_MANY else nullcontext()
