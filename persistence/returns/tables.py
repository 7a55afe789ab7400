"""Returns of orders, the units of lines in each, what of them came back, and what became of that."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.returns.model import ReturnCondition, ReturnReason, ReturnState
from persistence.base import Created, EmptyText, Id, Row, belongs_to, may_point_at, one_of

_DECIDED = "('APPROVED', 'DECLINED', 'RECEIVED', 'COMPLETED')"


class ReturnRow(Row):
    """Goods that a buyer wants to send back, or has. `note` is the buyer's."""

    __tablename__ = "order_return"
    __table_args__ = (
        one_of("state", tuple(each.value for each in ReturnState)),
        CheckConstraint("number > 0", name="number_from_one"),
        CheckConstraint(f"state NOT IN {_DECIDED} OR decided_at IS NOT NULL", name="decided_when"),
        CheckConstraint("(state = 'DECLINED') = (decline_reason IS NOT NULL)", name="declined_why"),
        CheckConstraint("(state = 'CANCELLED') = (cancelled_at IS NOT NULL)", name="cancelled_when"),
        CheckConstraint("(state IN ('RECEIVED', 'COMPLETED')) = (received_at IS NOT NULL)", name="received_when"),
        CheckConstraint("(state = 'COMPLETED') = (completed_at IS NOT NULL)", name="completed_when"),
        Index("uq_order_return_number", "order_id", "number", unique=True),
        Index("ix_order_return_state", "state", "id"),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT")
    number: Mapped[int]
    state: Mapped[str]
    note: Mapped[EmptyText]
    decline_reason: Mapped[str | None]
    requested_by: Mapped[str]
    created_at: Mapped[Created]
    decided_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class ReturnLineRow(Row):
    """Units of a line in a return. Over all living returns never more than were sent of the line."""

    __tablename__ = "order_return_line"
    __table_args__ = (
        one_of("reason", tuple(each.value for each in ReturnReason)),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("accepted BETWEEN 0 AND quantity", name="accepted_bounds"),
        CheckConstraint("exchanged BETWEEN 0 AND accepted", name="exchanged_bounds"),
    )

    return_id: Mapped[UUID] = belongs_to("order_return.id", ondelete="RESTRICT", primary_key=True)
    order_line_id: Mapped[UUID] = belongs_to("order_line.id", ondelete="RESTRICT", primary_key=True, index=True)
    quantity: Mapped[int]
    reason: Mapped[str]
    accepted: Mapped[int] = mapped_column(server_default=text("0"))
    exchanged: Mapped[int] = mapped_column(server_default=text("0"))


class ReturnReceiptRow(Row):
    """Units of one condition that came back; those with a warehouse were put on its shelf, with a movement."""

    __tablename__ = "order_return_receipt"
    __table_args__ = (
        one_of("condition", tuple(each.value for each in ReturnCondition)),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("position > 0", name="position_from_one"),
    )

    return_id: Mapped[UUID] = belongs_to("order_return.id", ondelete="RESTRICT", primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    order_line_id: Mapped[UUID] = belongs_to("order_line.id", ondelete="RESTRICT", index=True)
    quantity: Mapped[int]
    condition: Mapped[str]
    warehouse_id: Mapped[UUID | None] = may_point_at("warehouse.id", ondelete="RESTRICT", index=True)


class ReturnRefundRow(Row):
    """Which decision to give money back is for which return."""

    __tablename__ = "order_return_refund"

    request_id: Mapped[UUID] = belongs_to("refund_request.id", ondelete="RESTRICT", primary_key=True)
    return_id: Mapped[UUID] = belongs_to("order_return.id", ondelete="RESTRICT", index=True)


class ReturnExchangeRow(Row):
    """Which order was made of replacements for which return."""

    __tablename__ = "order_return_exchange"

    replacement_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT", primary_key=True)
    return_id: Mapped[UUID] = belongs_to("order_return.id", ondelete="RESTRICT", index=True)
