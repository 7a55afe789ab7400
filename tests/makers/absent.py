"""Parts of the world that are not there, where a test is about something else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

from domain.access.model import Throttled


class NoHints:
    """A carrier of live hints that is down: nothing of accounts depends on one."""

    hears = False
    look_seconds = 5.0

    def attend(self, prefix: str, heard: Callable[[Collection[str] | None], None]) -> None:
        """Never calls."""

    async def publish(self, topic: str) -> None:
        """Loses the hint."""

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[AsyncIterator[None]]:
        """Never wakes."""
        del topic

        async def never() -> AsyncIterator[None]:
            return
            yield

        yield never()


class Unthrottled:
    """Lets every attempt pass, for tests that are about something else."""

    async def attempt(self, purpose: str, *, account: str | None, address: str | None) -> Throttled | None:
        """Counts nothing."""
        del purpose, account, address
        return None
