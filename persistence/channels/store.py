"""The port of channels made true on PostgreSQL."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, Integer, bindparam, select, update

from domain.ids import ChannelId
from persistence.channels.tables import ChannelRow
from persistence.statement import Question
from persistence.transaction import Transaction


class _Id(NamedTuple):
    id: UUID


class _Days(NamedTuple):
    days: int


SET_VERIFICATION = Question(
    _Id,
    update(ChannelRow)
    .where(ChannelRow.slug == bindparam("channel"), ChannelRow.is_active)
    .values(requires_verification=bindparam("is_required", type_=Boolean()))
    .returning(ChannelRow.id),
)
SET_RETURN_DAYS = Question(
    _Id,
    update(ChannelRow)
    .where(ChannelRow.slug == bindparam("channel"), ChannelRow.is_active)
    .values(return_days=bindparam("days", type_=Integer()))
    .returning(ChannelRow.id),
)
RETURN_DAYS = Question(_Days, select(ChannelRow.return_days.label("days")).where(ChannelRow.id == bindparam("channel_id")))


class ChannelsRows:
    """`domain.channels.store.ChannelsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def set_verification(self, slug: str, *, is_required: bool) -> ChannelId | None:
        row = await self._transaction.row(SET_VERIFICATION, channel=slug, is_required=is_required)
        return ChannelId(row.id) if row is not None else None

    async def set_return_days(self, slug: str, days: int) -> ChannelId | None:
        row = await self._transaction.row(SET_RETURN_DAYS, channel=slug, days=days)
        return ChannelId(row.id) if row is not None else None

    async def return_days(self, channel_id: ChannelId) -> int:
        row = await self._transaction.row(RETURN_DAYS, channel_id=channel_id)
        return row.days if row is not None else 0
