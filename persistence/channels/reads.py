"""Reading channels."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from persistence.channels.tables import ChannelRow
from persistence.reader import Reader
from persistence.statement import Question


class ChannelView(NamedTuple):
    """A place the shop sells in. `currency`, `country` and `language` are what is used when nothing else is asked for."""

    id: UUID
    slug: str
    name: str
    currency: str
    currencies: list[str]
    country: str
    language: str
    prices_include_tax: bool
    is_default: bool
    requires_verification: bool
    return_days: int


ACTIVE = Question(
    ChannelView,
    select(
        ChannelRow.id,
        ChannelRow.slug,
        ChannelRow.name,
        ChannelRow.currency,
        ChannelRow.currencies,
        ChannelRow.country,
        ChannelRow.language,
        ChannelRow.prices_include_tax,
        ChannelRow.is_default,
        ChannelRow.requires_verification,
        ChannelRow.return_days,
    )
    .where(ChannelRow.is_active)
    .order_by(ChannelRow.is_default.desc(), ChannelRow.slug),
    # Who asks remembers them for some seconds; what is decided by them is not to be older.
    lasts=False,
)


async def active_channels(reader: Reader) -> list[ChannelView]:
    """Every active channel, the default one first."""
    return await reader.rows(ACTIVE)
