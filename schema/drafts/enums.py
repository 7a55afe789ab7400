"""The closed sets of drafts, as the API spells them."""

from __future__ import annotations

from domain.drafts.model import DraftState
from schema.enums import described

described(
    DraftState,
    "DraftOrderState",
    "How far a draft is.",
    DRAFT="It can be changed, completed and thrown away.",
    COMPLETED="It has become an order.",
    DELETED="It was thrown away; it can be read for a month.",
)
