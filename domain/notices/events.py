"""The facts of messages that others act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event
from domain.ids import NoticeId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeQueued(Event):
    """A message stands ready to be sent."""

    aggregate: ClassVar[str] = "notice"
    notice_id: NoticeId
    medium: str

    @property
    def aggregate_id(self) -> NoticeId:
        return self.notice_id


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsReturned(Event):
    """Goods that somebody waited for are there again."""

    aggregate: ClassVar[str] = "stock_notice"
    wish_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.wish_id
