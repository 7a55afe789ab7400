"""Channels: where the shop sells, with which currency, country, language and tax habit."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, Id, Row, belongs_to


class ChannelRow(Row):
    __tablename__ = "channel"
    __table_args__ = (
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
        CheckConstraint("return_days BETWEEN 0 AND 3650", name="return_days_bounds"),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    currency: Mapped[str]
    currencies: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")))
    country: Mapped[str]
    language: Mapped[str]
    prices_include_tax: Mapped[bool]
    is_default: Mapped[bool]
    is_active: Mapped[bool]
    requires_verification: Mapped[bool] = mapped_column(server_default=text("false"))
    return_days: Mapped[int] = mapped_column(server_default=text("30"))
    created_at: Mapped[Created]


class OrderNumberRow(Row):
    """The next order number of a channel; a row of its own, because every order of the channel locks it for a moment."""

    __tablename__ = "order_number"

    channel_id: Mapped[UUID] = belongs_to("channel.id", primary_key=True)
    next: Mapped[int] = mapped_column(BigInteger)
