"""Shipments of orders and the units of lines in each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from domain.fulfillments.model import Carrier, FulfillmentState
from persistence.base import Created, Id, Row, belongs_to, may_point_at, one_of


class FulfillmentRow(Row):
    """A shipment. `warehouse_id` is empty when nothing of it lay on a shelf."""

    __tablename__ = "fulfillment"
    __table_args__ = (
        one_of("state", tuple(each.value for each in FulfillmentState)),
        one_of("carrier", tuple(each.value for each in Carrier)),
        CheckConstraint("number > 0", name="number_from_one"),
        CheckConstraint("tracking_url LIKE 'https://%'", name="tracking_url_safe"),
        CheckConstraint("(state = 'DELIVERED') = (delivered_at IS NOT NULL)", name="delivered_when"),
        CheckConstraint("(state = 'CANCELLED') = (cancelled_at IS NOT NULL)", name="cancelled_when"),
        Index("uq_fulfillment_number", "order_id", "number", unique=True),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT")
    number: Mapped[int]
    warehouse_id: Mapped[UUID | None] = may_point_at("warehouse.id", ondelete="RESTRICT", index=True)
    state: Mapped[str]
    carrier: Mapped[str | None]
    tracking_number: Mapped[str | None]
    tracking_url: Mapped[str | None]
    cancel_reason: Mapped[str | None]
    actor: Mapped[str]
    created_at: Mapped[Created]
    delivered_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class FulfillmentLineRow(Row):
    """Units of a line in a shipment; over all shipments that were not called back never more than the line has."""

    __tablename__ = "fulfillment_line"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    fulfillment_id: Mapped[UUID] = belongs_to("fulfillment.id", ondelete="RESTRICT", primary_key=True)
    order_line_id: Mapped[UUID] = belongs_to("order_line.id", ondelete="RESTRICT", primary_key=True, index=True)
    quantity: Mapped[int]
