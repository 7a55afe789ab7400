"""Live hints between processes: "something about this topic changed", never what.

The truth is in the database; a hint only makes its readers look sooner. A lost hint costs a few seconds, never an event.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

OUTBOX = "outbox"
"""The topic that wakes the relay."""
EVENT_LOG = "event_log"
"""The topic of the event log: it has grown."""

NOTIFICATIONS = "notifications"
"""The topic of notifications: somebody has a new one."""


def order_topic(order_id: UUID) -> str:
    """The topic of one order's history."""
    return f"order:{order_id}"


class Live(Protocol):
    """Publishing and listening; neither ever raises because the carrier is down."""

    @property
    def hears(self) -> bool:
        """Whether hints of other processes arrive."""

    @property
    def look_seconds(self) -> float:
        """How often to look for oneself just now."""

    async def publish(self, topic: str) -> None:
        """Tells every listener of the topic, in all processes, soon; silently nothing when the carrier is down."""

    def listen(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[None]]:
        """Wakes at each hint, and at least every few seconds without one; many hints may come as one."""

    def attend(self, prefix: str, heard: Callable[[Collection[str] | None], None]) -> None:
        """Calls `heard` at once with each hint's topics that begin so, or None: others may have been missed.

        In the process that publishes it is called before `publish` returns. It must neither wait nor raise.
        """
