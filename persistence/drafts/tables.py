"""Drafts of orders: beside the cart that staff fills, how far it is and what it became. A draft ends once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.drafts.model import DraftState
from persistence.base import Created, EmptyText, Row, belongs_to, may_point_at, one_of


class DraftRow(Row):
    """What a cart has not that is a draft. The cart is DRAFT until this is COMPLETED, and COMPLETED from then on."""

    __tablename__ = "draft_order"
    __table_args__ = (
        one_of("state", tuple(each.value for each in DraftState)),
        CheckConstraint("(state = 'COMPLETED') = (order_id IS NOT NULL)", name="completed_has_order"),
        CheckConstraint("(state = 'DRAFT') = (closed_at IS NULL)", name="closed_has_time"),
        UniqueConstraint("order_id"),
        Index("ix_draft_order_created", "created_at", "cart_id"),
        Index("ix_draft_order_open", "created_at", "cart_id", postgresql_where=text("state = 'DRAFT'")),
    )

    cart_id: Mapped[UUID] = belongs_to("cart.id", primary_key=True)
    state: Mapped[str] = mapped_column(server_default=text("'DRAFT'"))
    order_id: Mapped[UUID | None] = may_point_at("orders.id", ondelete="RESTRICT")
    reduction_reason: Mapped[EmptyText]
    created_by: Mapped[str]
    created_at: Mapped[Created]
    closed_at: Mapped[datetime | None]
