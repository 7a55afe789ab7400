"""Carts and their lines. A cart ends once: completed into an order, or merged into another cart."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.notices.model import E164
from persistence.base import Created, EmptyText, Id, JsonObject, Minor, Row, belongs_to, may_point_at, one_of


class CartRow(Row):
    __tablename__ = "cart"
    __table_args__ = (
        one_of("state", ("OPEN", "COMPLETED", "MERGED")),
        CheckConstraint(f"sms_phone ~ '{E164}'", name="sms_phone_e164"),
        Index("uq_cart_open_customer", "customer_id", "channel_id", unique=True, postgresql_where=text("state = 'OPEN'")),
        Index("ix_cart_updated", "updated_at", postgresql_where=text("state = 'OPEN'")),
    )

    id: Mapped[Id]
    state: Mapped[str] = mapped_column(server_default=text("'OPEN'"))
    channel_id: Mapped[UUID] = belongs_to("channel.id", ondelete="RESTRICT")
    currency: Mapped[str]
    country: Mapped[str]
    language: Mapped[str]
    customer_id: Mapped[UUID | None] = may_point_at("customer.id")
    email: Mapped[str | None]
    shipping_address: Mapped[JsonObject | None]
    billing_address: Mapped[JsonObject | None]
    shipping_method_id: Mapped[UUID | None] = may_point_at("shipping_method.id")
    coupon_id: Mapped[UUID | None] = may_point_at("coupon.id", index=True)
    sms_phone: Mapped[str | None]
    note: Mapped[EmptyText]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class CartLineRow(Row):
    """`price_seen` is the unit price when the buyer last touched the line: a later difference is told as a warning."""

    __tablename__ = "cart_line"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 9999", name="quantity_bounds"),
        Index("uq_cart_line_variant", "cart_id", "variant_id", unique=True),
    )

    id: Mapped[Id]
    cart_id: Mapped[UUID] = belongs_to("cart.id")
    variant_id: Mapped[UUID] = belongs_to("variant.id", index=True)
    quantity: Mapped[int]
    price_seen: Mapped[Minor]
    created_at: Mapped[Created]


class CartMergeRow(Row):
    """Where a merged cart went, so that its old id still leads the buyer on."""

    __tablename__ = "cart_merge"

    cart_id: Mapped[UUID] = belongs_to("cart.id", primary_key=True)
    into_cart_id: Mapped[UUID] = belongs_to("cart.id", index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
