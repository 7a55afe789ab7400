"""Reading invoices: those of orders, how channels write them, and the paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, bindparam, exists, select
from sqlalchemy.types import Uuid

from persistence.invoices.tables import InvoicePrintRow, InvoiceRow, InvoiceSettingsRow
from persistence.reader import Reader
from persistence.statement import Question, ids


class InvoiceView(NamedTuple):
    """An invoice or a credit note. Amounts are minor units of `currency`."""

    id: UUID
    order_id: UUID
    kind: str
    number: int
    label: str
    currency: str
    total: int
    tax_total: int
    issued_at: datetime
    is_printed: bool


class InvoiceSettingsView(NamedTuple):
    """How a channel writes invoices."""

    channel_id: UUID
    seller: list[str]
    tax_id: str
    footer: str
    invoice_prefix: str
    credit_note_prefix: str
    is_automatic: bool


class PrintView(NamedTuple):
    """The paper of an invoice, as PDF."""

    label: str
    content: bytes


_VIEW = select(
    *(getattr(InvoiceRow, name) for name in InvoiceView._fields[:-1]),
    exists().where(InvoicePrintRow.invoice_id == InvoiceRow.id).label("is_printed"),
)
BY_ID = Question(InvoiceView, _VIEW.where(InvoiceRow.id == any_(ids())), by="id")
OF_ORDERS = Question(
    InvoiceView,
    _VIEW.where(InvoiceRow.order_id == any_(ids())).order_by(InvoiceRow.order_id, InvoiceRow.issued_at, InvoiceRow.id),
    by="order_id",
)
SETTINGS = Question(
    InvoiceSettingsView,
    select(*(getattr(InvoiceSettingsRow, name) for name in InvoiceSettingsView._fields)).where(
        InvoiceSettingsRow.channel_id == bindparam("channel_id", type_=Uuid())
    ),
)
PRINT = Question(
    PrintView,
    select(InvoiceRow.label, InvoicePrintRow.content)
    .join(InvoicePrintRow, InvoicePrintRow.invoice_id == InvoiceRow.id)
    .where(InvoiceRow.id == bindparam("invoice_id", type_=Uuid())),
)


async def invoices_by_id(reader: Reader, invoice_ids: Sequence[UUID]) -> list[InvoiceView | None]:
    """For each id its invoice, or None. Whose order it is of, is the caller's to ask."""
    return await reader.one_each(BY_ID, invoice_ids)


async def invoices_of_orders(reader: Reader, order_ids: Sequence[UUID]) -> list[list[InvoiceView]]:
    """The invoices and credit notes of each order, oldest first."""
    return await reader.many_each(OF_ORDERS, order_ids)


async def settings_of_channel(reader: Reader, channel_id: UUID) -> InvoiceSettingsView | None:
    """How a channel writes invoices; None when nobody has said."""
    return await reader.row(SETTINGS, channel_id=channel_id)


async def print_of(reader: Reader, invoice_id: UUID) -> PrintView | None:
    """The paper; None while it is not printed."""
    return await reader.row(PRINT, invoice_id=invoice_id)
