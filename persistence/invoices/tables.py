"""Invoices: how a channel writes them, the series their numbers come from, what each says, and its paper."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import EmptyText, Id, JsonObject, Minor, Row, belongs_to, may_point_at, one_of

KINDS = ("INVOICE", "CREDIT_NOTE")


class InvoiceSettingsRow(Row):
    __tablename__ = "invoice_settings"

    channel_id: Mapped[UUID] = belongs_to("channel.id", primary_key=True)
    seller: Mapped[list[str]]
    tax_id: Mapped[EmptyText]
    footer: Mapped[EmptyText]
    invoice_prefix: Mapped[EmptyText]
    credit_note_prefix: Mapped[EmptyText]
    is_automatic: Mapped[bool]


class InvoiceSeriesRow(Row):
    """The last number of a channel and kind; whoever draws the next holds the row until they commit."""

    __tablename__ = "invoice_series"
    __table_args__ = (
        PrimaryKeyConstraint("channel_id", "kind"),
        one_of("kind", KINDS),
        CheckConstraint("last >= 0", name="last_from_zero"),
    )

    channel_id: Mapped[UUID] = belongs_to("channel.id", ondelete="RESTRICT")
    kind: Mapped[str]
    last: Mapped[int] = mapped_column(BigInteger)


class InvoiceRow(Row):
    """Append-only: a trigger refuses UPDATE and DELETE. `facts` is everything that the paper says.

    An order that is edited gets an invoice of the next `edition`; a credit note takes back of the edition it names, for a
    refund, or all that is left of it (`corrects_id`).
    """

    __tablename__ = "invoice"
    __table_args__ = (
        one_of("kind", KINDS),
        CheckConstraint("number > 0", name="number_from_one"),
        CheckConstraint("edition > 0", name="edition_from_one"),
        CheckConstraint(
            "num_nonnulls(refund_id, corrects_id) = CASE kind WHEN 'CREDIT_NOTE' THEN 1 ELSE 0 END", name="credit_of_one_thing"
        ),
        Index("uq_invoice_number", "channel_id", "kind", "number", unique=True),
        Index("uq_invoice_order", "order_id", "edition", unique=True, postgresql_where=text("kind = 'INVOICE'")),
        Index("uq_invoice_corrects", "corrects_id", unique=True),
        Index("uq_invoice_refund", "refund_id", unique=True),
        Index("ix_invoice_order", "order_id", "issued_at", "id"),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT")
    channel_id: Mapped[UUID] = belongs_to("channel.id", ondelete="RESTRICT")
    kind: Mapped[str]
    number: Mapped[int] = mapped_column(BigInteger)
    label: Mapped[str]
    edition: Mapped[int] = mapped_column(server_default=text("1"))
    refund_id: Mapped[UUID | None] = may_point_at("refund.id", ondelete="RESTRICT")
    corrects_id: Mapped[UUID | None] = may_point_at("invoice.id", ondelete="RESTRICT")
    currency: Mapped[str]
    total: Mapped[Minor]
    tax_total: Mapped[Minor]
    facts: Mapped[JsonObject]
    issued_at: Mapped[datetime]


class InvoicePrintRow(Row):
    """The paper as it was printed, once. Append-only as well."""

    __tablename__ = "invoice_print"

    invoice_id: Mapped[UUID] = belongs_to("invoice.id", ondelete="RESTRICT", primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
