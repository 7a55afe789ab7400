"""Coupons with their limits, and who used which on what order."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, Id, Row, belongs_to, one_of, written_before


class CouponRow(Row):
    """PERCENTAGE takes `basis_points` of the goods; FIXED takes `amount` of `currency`. `uses` counts the orders that hold it."""

    __tablename__ = "coupon"
    __table_args__ = (
        Index("uq_coupon_channel_code", "channel_id", "code_key", unique=True),
        one_of("kind", ("PERCENTAGE", "FIXED")),
        CheckConstraint("(kind = 'PERCENTAGE') = (basis_points IS NOT NULL)", name="percentage_has_basis_points"),
        CheckConstraint("(kind = 'FIXED') = (amount IS NOT NULL)", name="fixed_has_amount"),
        CheckConstraint("amount IS NULL OR (amount > 0 AND currency IS NOT NULL)", name="amount_has_currency"),
        CheckConstraint("minimum IS NULL OR (minimum > 0 AND currency IS NOT NULL)", name="minimum_has_currency"),
        CheckConstraint("basis_points BETWEEN 1 AND 10000", name="basis_points_bounds"),
        CheckConstraint("uses >= 0 AND (usage_limit IS NULL OR uses <= usage_limit)", name="uses_within_limit"),
        CheckConstraint("ends_at IS NULL OR starts_at IS NULL OR starts_at < ends_at", name="period"),
    )

    id: Mapped[Id]
    channel_id: Mapped[UUID] = belongs_to("channel.id")
    code: Mapped[str]
    code_key: Mapped[str]
    kind: Mapped[str]
    basis_points: Mapped[int | None]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    minimum: Mapped[int | None] = mapped_column(BigInteger)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    usage_limit: Mapped[int | None]
    customer_limit: Mapped[int | None]
    uses: Mapped[int] = mapped_column(server_default=text("0"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[Created]


class CouponUseRow(Row):
    """One order's use of a coupon; given back, never deleted, when the order is cancelled."""

    __tablename__ = "coupon_use"
    __table_args__ = (
        Index("ix_coupon_use_customer", "coupon_id", "customer_key", postgresql_where=text("returned_at IS NULL")),
    )

    order_id: Mapped[UUID] = written_before("orders.id", primary_key=True)
    coupon_id: Mapped[UUID] = belongs_to("coupon.id", ondelete="RESTRICT")
    customer_key: Mapped[str]
    used_at: Mapped[Created]
    returned_at: Mapped[datetime | None]
