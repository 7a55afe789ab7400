"""Live hints between processes: "something about this topic changed", never what.

The truth is in the database; a hint only makes its readers look sooner. A lost hint costs a few seconds, never an event.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

OUTBOX = "outbox"
"""The topic that wakes the relay."""


def order_topic(order_id: UUID) -> str:
    """The topic of one order's history."""
    return f"order:{order_id}"


class Live(Protocol):
    """Publishing and listening; neither ever raises because the carrier is down."""

    async def publish(self, topic: str) -> None:
        """Tells every listener of the topic, in all processes, soon; silently nothing when the carrier is down."""

    def listen(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[None]]:
        """Wakes at each hint, and at least every few seconds without one; many hints may come as one."""
