"""Stock per variant and warehouse, what is reserved of it and for whom, and the ledger of every change of what lies there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, Id, Row, belongs_to, may_point_at, one_of, written_before


class WarehouseRow(Row):
    """`priority` orders the places that an order is taken from, the lowest first."""

    __tablename__ = "warehouse"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    country: Mapped[str]
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class StockRow(Row):
    """0 <= reserved <= on_hand at every instant; on_hand is the sum of the movements, reserved that of live reservations."""

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("on_hand >= 0", name="on_hand_positive"),
        CheckConstraint("reserved BETWEEN 0 AND on_hand", name="reserved_bounds"),
    )

    variant_id: Mapped[UUID] = belongs_to("variant.id", ondelete="RESTRICT", primary_key=True)
    warehouse_id: Mapped[UUID] = belongs_to("warehouse.id", ondelete="RESTRICT", primary_key=True)
    on_hand: Mapped[int] = mapped_column(server_default=text("0"))
    reserved: Mapped[int] = mapped_column(server_default=text("0"))


class StockLowRow(Row):
    """A variant of which little is left to sell, from when staff was told until there is more."""

    __tablename__ = "stock_low"

    variant_id: Mapped[UUID] = belongs_to("variant.id", primary_key=True)
    since: Mapped[Created]


class StockMovementRow(Row):
    """Append-only: a trigger refuses UPDATE and DELETE."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        CheckConstraint("delta <> 0", name="delta_something"),
        one_of("reason", ("SEEDED", "IMPORTED", "ADJUSTED", "SHIPPED", "RETURNED", "RESTOCKED")),
        Index("ix_stock_movement_level", "variant_id", "warehouse_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    variant_id: Mapped[UUID] = belongs_to("variant.id", ondelete="RESTRICT")
    warehouse_id: Mapped[UUID] = belongs_to("warehouse.id", ondelete="RESTRICT")
    delta: Mapped[int]
    reason: Mapped[str]
    order_id: Mapped[UUID | None] = may_point_at("orders.id", ondelete="RESTRICT", index=True)
    actor: Mapped[str]
    created_at: Mapped[Created]


class ReservationRow(Row):
    """Units set aside for an order. HELD ends at `expires_at` (database clock); ALLOCATED is paid for and waits for shipment."""

    __tablename__ = "reservation"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        one_of("state", ("HELD", "ALLOCATED", "RELEASED", "SHIPPED")),
        CheckConstraint("(state = 'HELD') = (expires_at IS NOT NULL)", name="held_expires"),
        Index("ix_reservation_expiry", "expires_at", postgresql_where=text("state = 'HELD'")),
        Index("ix_reservation_live", "variant_id", "warehouse_id", postgresql_where=text("state IN ('HELD', 'ALLOCATED')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    order_id: Mapped[UUID] = written_before("orders.id", index=True)
    variant_id: Mapped[UUID] = belongs_to("variant.id", ondelete="RESTRICT")
    warehouse_id: Mapped[UUID] = belongs_to("warehouse.id", ondelete="RESTRICT")
    quantity: Mapped[int]
    state: Mapped[str]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[Created]
