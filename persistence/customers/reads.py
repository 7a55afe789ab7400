"""Reading customers and their address books."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Uuid, any_, bindparam, null, select

from domain.customers.model import ADDRESSES_MAX
from persistence.access.tables import AccountRow
from persistence.customers.tables import AddressRow, CustomerRow, DataExportRow
from persistence.reader import Reader
from persistence.statement import Question, ids


class CustomerView(NamedTuple):
    """A customer with the address they log in with."""

    id: UUID
    email: str
    email_verified: bool
    first_name: str
    last_name: str
    phone: str | None
    wants_sms: bool
    language: str
    created_at: datetime
    erase_after: datetime | None


class ExportView(NamedTuple):
    """A copy of a customer's data; without content until it is made."""

    id: UUID
    customer_id: UUID
    state: str
    requested_at: datetime
    ready_at: datetime | None
    expires_at: datetime


class ExportContent(NamedTuple):
    """What a copy holds."""

    id: UUID
    content: dict[str, Any] | None


class EntryView(NamedTuple):
    """An address of somebody's book; `address` as `domain.customers.model.kept` keeps it."""

    id: UUID
    customer_id: UUID
    address: dict[str, Any]
    is_default_shipping: bool
    is_default_billing: bool


CUSTOMERS = Question(
    CustomerView,
    select(
        CustomerRow.id,
        AccountRow.email,
        AccountRow.email_verified_at.is_not(null()).label("email_verified"),
        CustomerRow.first_name,
        CustomerRow.last_name,
        CustomerRow.phone,
        CustomerRow.wants_sms,
        CustomerRow.language,
        CustomerRow.created_at,
        AccountRow.erase_after,
    )
    .join(AccountRow, AccountRow.id == CustomerRow.id)
    .where(CustomerRow.id == any_(ids())),
)
_ENTRY = (
    AddressRow.id,
    AddressRow.customer_id,
    AddressRow.address,
    AddressRow.is_default_shipping,
    AddressRow.is_default_billing,
)
ENTRIES = Question(EntryView, select(*_ENTRY).where(AddressRow.id == any_(ids())))
BOOKS = Question(
    EntryView,
    select(*_ENTRY)
    .where(AddressRow.customer_id == any_(ids()))
    .order_by(AddressRow.customer_id, AddressRow.created_at, AddressRow.id),
    by="customer_id",
)


_EXPORT = select(
    DataExportRow.id,
    DataExportRow.customer_id,
    DataExportRow.state,
    DataExportRow.requested_at,
    DataExportRow.ready_at,
    DataExportRow.expires_at,
)
EXPORTS = Question(
    ExportView,
    _EXPORT.where(DataExportRow.customer_id == bindparam("customer_id", type_=Uuid()))
    .order_by(DataExportRow.requested_at.desc(), DataExportRow.id.desc())
    .limit(bindparam("count", type_=Integer())),
)
EXPORTS_BY_ID = Question(ExportView, _EXPORT.where(DataExportRow.id == any_(ids())), by="id")
CONTENTS = Question(
    ExportContent, select(DataExportRow.id, DataExportRow.content).where(DataExportRow.id == any_(ids())), by="id"
)


async def exports(reader: Reader, customer_id: UUID, *, count: int) -> list[ExportView]:
    """The copies of a customer's data, the latest first."""
    return await reader.rows(EXPORTS, customer_id=customer_id, count=count)


async def exports_by_id(reader: Reader, export_ids: list[UUID]) -> list[ExportView | None]:
    """Copies by id, in that order."""
    return await reader.one_each(EXPORTS_BY_ID, export_ids)


async def contents(reader: Reader, export_ids: list[UUID]) -> list[dict[str, Any] | None]:
    """For each copy, in that order, what it holds."""
    found = await reader.one_each(CONTENTS, export_ids)
    return [each.content if each is not None else None for each in found]


async def customers(reader: Reader, customer_ids: list[UUID]) -> list[CustomerView | None]:
    """Customers by id, in that order."""
    return await reader.one_each(CUSTOMERS, customer_ids)


async def entries(reader: Reader, address_ids: list[UUID], *, customer_id: UUID) -> list[EntryView | None]:
    """Addresses by id, in that order; one of another customer is not there."""
    found = await reader.one_each(ENTRIES, address_ids)
    return [each if each is not None and each.customer_id == customer_id else None for each in found]


async def address_books(reader: Reader, customer_ids: list[UUID]) -> list[list[EntryView]]:
    """For each customer, in that order, their whole book, the oldest address first; the book's ceiling bounds it."""
    books = await reader.many_each(BOOKS, customer_ids)
    return [book[:ADDRESSES_MAX] for book in books]
