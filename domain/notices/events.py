"""The facts of messages that others act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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
