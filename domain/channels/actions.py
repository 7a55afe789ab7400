"""Use cases of channels, one transaction each."""

from __future__ import annotations

from domain.error import Invalid, NotFound
from domain.ids import ChannelId
from domain.unit import Unit

RETURN_DAYS_MAX = 3_650


async def require_verification(unit: Unit, *, slug: str, is_required: bool) -> ChannelId | NotFound:
    """Says whether who logs in through the channel has to have verified their address. Who is logged in stays so."""
    found = await unit.channels.set_verification(slug, is_required=is_required)
    return found if found is not None else NotFound(path=("input", "channel"), what="channel")


async def set_return_window(unit: Unit, *, slug: str, days: int) -> ChannelId | Invalid | NotFound:
    """Says for how many days after they came buyers may ask to send goods back; 0: not at all. Staff may at any time."""
    if not 0 <= days <= RETURN_DAYS_MAX:
        return Invalid(path=("input", "days"), reason=f"0 to {RETURN_DAYS_MAX} days.")
    found = await unit.channels.set_return_days(slug, days)
    return found if found is not None else NotFound(path=("input", "channel"), what="channel")
