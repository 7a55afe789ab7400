"""What channels need kept: the port that persistence makes true."""

from __future__ import annotations

from typing import Protocol

from domain.ids import ChannelId


class ChannelsStore(Protocol):
    """Channels, inside one transaction."""

    async def set_verification(self, slug: str, *, is_required: bool) -> ChannelId | None:
        """Says whether the active channel lets in only who has verified their address; which one, None when there is none."""
