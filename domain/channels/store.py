"""What channels need kept: the port that persistence makes true."""

from __future__ import annotations

from typing import Protocol

from domain.ids import ChannelId


class ChannelsStore(Protocol):
    """Channels, inside one transaction."""

    async def set_verification(self, slug: str, *, is_required: bool) -> ChannelId | None:
        """Says whether the active channel lets in only who has verified their address; which one, None when there is none."""

    async def set_return_days(self, slug: str, days: int) -> ChannelId | None:
        """Says for how many days after they came goods may be sent back; of which active channel, None when there is none."""

    async def return_days(self, channel_id: ChannelId) -> int:
        """For how many days that is; 0: buyers may not ask."""
