"""Prices per variant, channel and currency, and the span of a product's prices that lists sort and filter by."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Minor, Row, belongs_to


class PriceRow(Row):
    __tablename__ = "price"
    __table_args__ = (
        CheckConstraint("amount BETWEEN 0 AND 1000000000000", name="amount_bounds"),
        CheckConstraint("compare_at IS NULL OR compare_at BETWEEN 0 AND 1000000000000", name="compare_at_bounds"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
    )

    variant_id: Mapped[UUID] = belongs_to("variant.id", primary_key=True)
    channel_id: Mapped[UUID] = belongs_to("channel.id", primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[Minor]
    compare_at: Mapped[int | None] = mapped_column(BigInteger)


class ListingRow(Row):
    """A product on a channel in a currency: its cheapest and dearest active variant, rewritten whenever a price changes."""

    __tablename__ = "listing"
    __table_args__ = (Index("ix_listing_price", "channel_id", "currency", "price_min", "product_id"),)

    product_id: Mapped[UUID] = belongs_to("product.id", primary_key=True)
    channel_id: Mapped[UUID] = belongs_to("channel.id", primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    price_min: Mapped[Minor]
    price_max: Mapped[Minor]
