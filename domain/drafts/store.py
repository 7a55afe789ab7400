"""What drafts need kept beside their carts: the port that persistence makes true. The cart's lock is the draft's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.carts.model import CartLine
from domain.drafts.model import DraftState, NewDraft, Standing
from domain.ids import DraftId, OrderId, VariantId
from domain.money import Money


class DraftsStore(Protocol):
    """Drafts, inside one transaction."""

    async def add(self, draft: NewDraft) -> None:
        """Keeps a new draft with its cart, empty."""

    async def find(self, draft_id: DraftId) -> Standing | None:
        """How far the draft is. Locks nothing: whoever decides by it asks under its cart's lock."""

    async def set_lines(
        self,
        draft_id: DraftId,
        lines: Sequence[tuple[VariantId, int, Money, Money | None]],
        *,
        gone: Sequence[CartLine],
        now: datetime,
    ) -> None:
        """Sets lines by variant, quantity, catalogue's price and price of their own, new ones at the end; `gone` are removed."""

    async def set_reason(self, draft_id: DraftId, reason: str) -> None:
        """Notes why staff takes something off."""

    async def close(self, draft_id: DraftId, to: DraftState, *, order_id: OrderId | None, now: datetime) -> None:
        """Ends a draft, with the order that it became."""

    async def forget_deleted(self, *, before: datetime, count_max: int) -> int:
        """Drops drafts, at most so many, that were thrown away before that time, with their carts; how many."""
