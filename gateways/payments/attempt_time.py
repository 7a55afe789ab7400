"""When an attempt was made, by its key: our keys are UUIDs of version 7, which begin with the time."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID


def made_at(attempt_key: str) -> datetime | None:
    """The time in the key (RFC 9562, section 5.7), to the millisecond; None for any other kind of key."""
    try:
        key = UUID(attempt_key)
        return datetime.fromtimestamp((key.int >> 80) / 1_000, UTC) if key.version == 7 else None
    except (ValueError, OverflowError, OSError):
        return None
