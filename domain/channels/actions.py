"""Use cases of channels, one transaction each."""

from __future__ import annotations

from domain.error import NotFound
from domain.ids import ChannelId
from domain.unit import Unit


async def require_verification(unit: Unit, *, slug: str, is_required: bool) -> ChannelId | NotFound:
    """Says whether who logs in through the channel has to have verified their address. Who is logged in stays so."""
    found = await unit.channels.set_verification(slug, is_required=is_required)
    return found if found is not None else NotFound(path=("input", "channel"), what="channel")
