"""Ways of delivery per channel: a flat price, free from an order value on."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, EmptyText, Id, Minor, Row, belongs_to


class ShippingMethodRow(Row):
    """`countries` empty means every country; `free_from` is the value of goods, after discounts, that makes it free."""

    __tablename__ = "shipping_method"
    __table_args__ = (
        Index("uq_shipping_method_slug", "channel_id", "slug", unique=True),
        CheckConstraint("price >= 0 AND (free_from IS NULL OR free_from > 0)", name="amounts"),
        CheckConstraint("days_min >= 0 AND days_max >= days_min", name="days"),
    )

    id: Mapped[Id]
    channel_id: Mapped[UUID] = belongs_to("channel.id")
    slug: Mapped[str]
    name: Mapped[str]
    description: Mapped[EmptyText]
    countries: Mapped[list[str]]
    currency: Mapped[str]
    price: Mapped[Minor]
    free_from: Mapped[int | None] = mapped_column(BigInteger)
    days_min: Mapped[int]
    days_max: Mapped[int]
    position: Mapped[int] = mapped_column(server_default=text("0"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[Created]
