"""Customers and their address books; the log-in behind a customer is the account of the same id."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, EmptyText, Id, JsonObject, Row, belongs_to, one_of


class CustomerRow(Row):
    __tablename__ = "customer"
    __table_args__ = (CheckConstraint("NOT wants_sms OR phone IS NOT NULL", name="sms_needs_phone"),)

    id: Mapped[UUID] = belongs_to("account.id", primary_key=True)
    first_name: Mapped[EmptyText]
    last_name: Mapped[EmptyText]
    phone: Mapped[str | None]
    wants_sms: Mapped[bool] = mapped_column(server_default=text("false"))
    language: Mapped[str] = mapped_column(server_default=text("'en'"))
    created_at: Mapped[Created]


class AddressRow(Row):
    """`address` holds the fields of `domain.customers.model.Address`; at most one default of each kind per customer."""

    __tablename__ = "address"
    __table_args__ = (
        Index("uq_address_default_shipping", "customer_id", unique=True, postgresql_where=text("is_default_shipping")),
        Index("uq_address_default_billing", "customer_id", unique=True, postgresql_where=text("is_default_billing")),
        Index("ix_address_customer", "customer_id", "created_at"),
    )

    id: Mapped[Id]
    customer_id: Mapped[UUID] = belongs_to("customer.id")
    address: Mapped[JsonObject]
    is_default_shipping: Mapped[bool] = mapped_column(server_default=text("false"))
    is_default_billing: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Created]


class DataExportRow(Row):
    """A copy of what the shop keeps about a customer, made for them by the worker and kept for a while."""

    __tablename__ = "data_export"
    __table_args__ = (
        one_of("state", ("QUEUED", "READY")),
        CheckConstraint("(state = 'READY') = (content IS NOT NULL)", name="ready_has_content"),
        Index("uq_data_export_queued", "customer_id", unique=True, postgresql_where=text("state = 'QUEUED'")),
        Index("ix_data_export_customer", "customer_id", "requested_at"),
    )

    id: Mapped[Id]
    customer_id: Mapped[UUID] = belongs_to("customer.id")
    state: Mapped[str] = mapped_column(server_default=text("'QUEUED'"))
    requested_at: Mapped[Created]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    content: Mapped[JsonObject | None]
