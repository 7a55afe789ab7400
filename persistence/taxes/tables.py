"""Tax rates per channel and country."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Row, belongs_to


class TaxRateRow(Row):
    __tablename__ = "tax_rate"
    __table_args__ = (CheckConstraint("basis_points BETWEEN 0 AND 10000", name="basis_points_bounds"),)

    channel_id: Mapped[UUID] = belongs_to("channel.id", primary_key=True)
    country: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    basis_points: Mapped[int]
