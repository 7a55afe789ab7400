"""Carts and their lines. A cart ends once: completed into an order, or merged into another cart."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.notices.model import E164
from persistence.base import Created, EmptyText, Id, JsonObject, Minor, Row, belongs_to, may_point_at, one_of


class CartRow(Row):
    """A DRAFT is staff's (`persistence.drafts`); the reduction is what staff takes off its goods."""

    __tablename__ = "cart"
    __table_args__ = (
        one_of("state", ("OPEN", "COMPLETED", "MERGED", "DRAFT")),
        CheckConstraint(
            "reduction_basis_points BETWEEN 1 AND 10000 AND reduction_amount IS NULL"
            " OR reduction_amount > 0 AND reduction_basis_points IS NULL"
            " OR num_nonnulls(reduction_basis_points, reduction_amount) = 0",
            name="reduction_bounds",
        ),
        CheckConstraint(
            "state IN ('DRAFT', 'COMPLETED') OR num_nonnulls(reduction_basis_points, reduction_amount) = 0",
            name="reduced_by_staff",
        ),
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
    reduction_basis_points: Mapped[int | None]
    reduction_amount: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class CartLineRow(Row):
    """`price_seen` is the unit price when the buyer last touched the line: a later difference is told as a warning.

    `own_price` is what staff gave a draft's line in place of the catalogue's price.
    """

    __tablename__ = "cart_line"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 9999", name="quantity_bounds"),
        CheckConstraint("own_price >= 0", name="own_price_positive"),
        Index("uq_cart_line_variant", "cart_id", "variant_id", unique=True),
    )

    id: Mapped[Id]
    cart_id: Mapped[UUID] = belongs_to("cart.id")
    variant_id: Mapped[UUID] = belongs_to("variant.id", index=True)
    quantity: Mapped[int]
    price_seen: Mapped[Minor]
    own_price: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[Created]


class CartMergeRow(Row):
    """Where a merged cart went, so that its old id still leads the buyer on."""

    __tablename__ = "cart_merge"

    cart_id: Mapped[UUID] = belongs_to("cart.id", primary_key=True)
    into_cart_id: Mapped[UUID] = belongs_to("cart.id", index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
