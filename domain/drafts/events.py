"""Facts about drafts, for whoever acts on them later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _DraftEvent(Event):
    aggregate: ClassVar[str] = "draft_order"
    draft_order_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.draft_order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCreated(_DraftEvent):
    """Staff began to put an order together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftUpdated(_DraftEvent):
    """A draft was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftDeleted(_DraftEvent):
    """A draft was thrown away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCompleted(_DraftEvent):
    """A draft became an order; `letter` is the kind of message that tells its buyer."""

    order_id: UUID
    letter: str
