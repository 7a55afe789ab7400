"""What channels need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from typing import Protocol


class ChannelsStore(Protocol):
    """Channels, inside one transaction."""
