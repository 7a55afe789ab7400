"""What the record needs kept: the port that persistence makes true. Everything is only added to; the database refuses the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.audit.model import About, Deed, Entry, Head, Origin, SecurityEvent


class AuditStore(Protocol):
    """The record, inside one transaction."""

    async def note(self, event: SecurityEvent) -> None:
        """Keeps a security event."""

    async def record(self, entry_id: UUID, deed: Deed, origin: Origin, *, step: str, about: About) -> bool:
        """Keeps an entry for the rows that this transaction changed under the id; False when there is nothing to record."""

    async def lock_head(self) -> Head:
        """The end of the chain, locked: one seals at a time."""

    async def unsealed(self, count_max: int) -> list[Entry]:
        """Committed entries that are in no chain yet, the oldest first."""

    async def seal(self, sealed: Sequence[tuple[UUID, Head]], *, head: Head) -> None:
        """Gives entries their number and hash, and moves the end of the locked chain; `sealed` may not be empty."""
