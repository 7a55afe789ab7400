"""The port of channels made true on PostgreSQL."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, bindparam, update

from domain.ids import ChannelId
from persistence.channels.tables import ChannelRow
from persistence.statement import Question
from persistence.transaction import Transaction


class _Id(NamedTuple):
    id: UUID


SET_VERIFICATION = Question(
    _Id,
    update(ChannelRow)
    .where(ChannelRow.slug == bindparam("channel"), ChannelRow.is_active)
    .values(requires_verification=bindparam("is_required", type_=Boolean()))
    .returning(ChannelRow.id),
)


class ChannelsRows:
    """`domain.channels.store.ChannelsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def set_verification(self, slug: str, *, is_required: bool) -> ChannelId | None:
        row = await self._transaction.row(SET_VERIFICATION, channel=slug, is_required=is_required)
        return ChannelId(row.id) if row is not None else None
