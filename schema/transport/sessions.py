"""Closes sockets whose session has ended, whatever they are doing: one question for all of them, every few seconds.

What an operation may do is decided when it begins, and by streams again and again; an idle socket would stay open until
its token ends.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

import structlog

from schema.transport import frames
from schema.transport.connection import Connection
from schema.transport.frames import Fault

LOOK_SECONDS = 10.0
Living = Callable[[Collection[UUID]], Awaitable[Collection[UUID]]]
"""Which of these sessions are still good."""
_ENDED = Fault(frames.FORBIDDEN, "UNAUTHENTICATED: The session has ended. Please log in again.")

log = structlog.stdlib.get_logger(__name__)


class SessionWatch:
    """Looks after a set of sockets as long as one of them belongs to a session."""

    def __init__(self, sockets: Collection[Connection], living: Living, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._sockets = sockets
        self._living = living
        self._seconds = look_seconds
        self._looking: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """A socket was opened: looks from now on, until none is left."""
        if self._looking is None or self._looking.done():
            # In a context of its own: what is logged is about all sockets, not about the request that came first.
            self._looking = asyncio.create_task(self._look(), context=contextvars.Context())

    async def _look(self) -> None:
        while self._sockets:
            await asyncio.sleep(self._seconds)
            watched = {each.session for each in self._sockets if each.session is not None}
            if not watched:
                continue
            try:
                living = frozenset(await self._living(watched))
            except Exception as trouble:  # noqa: BLE001 - whoever cannot be asked now is asked again; nobody is closed for it
                log.warning("sockets.unwatched", trouble=type(trouble).__name__)
                continue
            for each in list(self._sockets):
                if each.session is not None and each.session not in living:
                    each.fail(_ENDED)
