"""The port of customers and their address books made true on PostgreSQL: the customer's row is the lock of the book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Text, Uuid, and_, bindparam, delete, exists, func, insert, null, select, update
from sqlalchemy.dialects.postgresql import JSONB

from domain.customers.model import Address, BookEntry, Defaults, Profile, address_of, kept
from domain.ids import AddressId, CustomerId, ExportId
from domain.orders.model import OrderStatus
from persistence.access.tables import AccountRow
from persistence.customers import privacy
from persistence.customers.tables import AddressRow, CustomerRow, DataExportRow
from persistence.orders.tables import OrderRow
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class _Profile(NamedTuple):
    first_name: str
    last_name: str
    phone: str | None
    language: str
    wants_sms: bool


class _Entry(NamedTuple):
    id: UUID
    customer_id: UUID
    address: dict[str, Any]
    is_default_shipping: bool
    is_default_billing: bool
    created_at: datetime


class _At(NamedTuple):
    at: datetime


class _Count(NamedTuple):
    addresses: int


_NOW = bindparam("now", type_=DateTime(timezone=True))
_CUSTOMER = bindparam("customer_id", type_=Uuid())
_PROFILE = {
    "first_name": bindparam("first", type_=Text()),
    "last_name": bindparam("last", type_=Text()),
    "phone": bindparam("number", type_=Text()),
    "language": bindparam("tongue", type_=Text()),
    "wants_sms": bindparam("texted", type_=Boolean()),
}
_PLACE = {
    "address": bindparam("place", type_=JSONB()),
    "is_default_shipping": bindparam("shipping", type_=Boolean()),
    "is_default_billing": bindparam("billing", type_=Boolean()),
}
ADD = Statement(insert(CustomerRow).values(id=_CUSTOMER, created_at=_NOW, **_PROFILE))
LOCKED = Question(
    _Profile,
    select(CustomerRow.first_name, CustomerRow.last_name, CustomerRow.phone, CustomerRow.language, CustomerRow.wants_sms)
    .where(CustomerRow.id == _CUSTOMER)
    .with_for_update(key_share=True),
)
SET_PROFILE = Statement(update(CustomerRow).where(CustomerRow.id == _CUSTOMER).values(_PROFILE))
COUNT = Question(
    _Count, select(func.count().label("addresses")).select_from(AddressRow).where(AddressRow.customer_id == _CUSTOMER)
)
ENTRY = Question(
    _Entry,
    select(
        AddressRow.id,
        AddressRow.customer_id,
        AddressRow.address,
        AddressRow.is_default_shipping,
        AddressRow.is_default_billing,
        AddressRow.created_at,
    ).where(and_(AddressRow.id == bindparam("address_id"), AddressRow.customer_id == _CUSTOMER)),
)
ADD_ENTRY = Statement(insert(AddressRow).values(id=bindparam("address_id"), customer_id=_CUSTOMER, created_at=_NOW, **_PLACE))
SET_ENTRY = Statement(update(AddressRow).where(AddressRow.id == bindparam("address_id")).values(_PLACE))
CLEAR_SHIPPING = Statement(
    update(AddressRow)
    .where(AddressRow.customer_id == _CUSTOMER, AddressRow.is_default_shipping)
    .values(is_default_shipping=False)
)
CLEAR_BILLING = Statement(
    update(AddressRow)
    .where(AddressRow.customer_id == _CUSTOMER, AddressRow.is_default_billing)
    .values(is_default_billing=False)
)
REMOVE = Statement(delete(AddressRow).where(AddressRow.id == bindparam("address_id")))


_UNTIL = bindparam("until", type_=DateTime(timezone=True))
_EXPORT = DataExportRow.id == bindparam("export_id", type_=Uuid())
PLAN_ERASURE = Question(
    _At,
    update(AccountRow)
    .where(AccountRow.id == _CUSTOMER)
    .values(erase_after=func.coalesce(AccountRow.erase_after, bindparam("after", type_=DateTime(timezone=True))))
    .returning(AccountRow.erase_after.label("at")),
)
PLANNED_ERASURE = Question(
    _At,
    select(AccountRow.erase_after.label("at")).where(
        AccountRow.id == _CUSTOMER, AccountRow.erase_after.is_not(null()), AccountRow.erased_at.is_(null())
    ),
)
CANCEL_ERASURE = Statement(
    update(AccountRow)
    .where(AccountRow.id == _CUSTOMER, AccountRow.erase_after.is_not(null()), AccountRow.erased_at.is_(null()))
    .values(erase_after=None)
)
DUE_ERASURE = Question(
    privacy.IdKept,
    select(AccountRow.id)
    .where(
        AccountRow.erase_after <= _NOW,
        AccountRow.erased_at.is_(null()),
        # Somebody still waits for their parcel, or for their money: where they live is needed until then.
        ~exists().where(
            OrderRow.customer_id == AccountRow.id,
            OrderRow.status != OrderStatus.COMPLETED.value,
            OrderRow.status != OrderStatus.CANCELLED.value,
        ),
    )
    .order_by(AccountRow.erase_after)
    .limit(1)
    .with_for_update(skip_locked=True),
)
QUEUED_EXPORT = Question(
    privacy.IdKept,
    select(DataExportRow.id).where(DataExportRow.customer_id == _CUSTOMER, DataExportRow.state == "QUEUED"),
)
ADD_EXPORT = Statement(
    insert(DataExportRow).values(id=bindparam("id"), customer_id=_CUSTOMER, requested_at=_NOW, expires_at=_UNTIL)
)
LOCK_EXPORT = Question(
    privacy.IdKept,
    select(DataExportRow.customer_id.label("id")).where(_EXPORT, DataExportRow.state == "QUEUED").with_for_update(),
)
KEEP_EXPORT = Statement(
    update(DataExportRow)
    .where(_EXPORT)
    .values(state="READY", content=bindparam("made", type_=JSONB()), ready_at=_NOW, expires_at=_UNTIL)
)
FORGET_EXPORTS = Statement(
    delete(DataExportRow).where(DataExportRow.expires_at < bindparam("before", type_=DateTime(timezone=True)))
)


class CustomersRows:
    """`domain.customers.store.CustomersStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, customer_id: CustomerId, profile: Profile, *, now: datetime) -> None:
        await self._transaction.run(ADD, customer_id=customer_id, now=now, **_told(profile))

    async def lock(self, customer_id: CustomerId) -> Profile | None:
        row = await self._transaction.row(LOCKED, customer_id=customer_id)
        return None if row is None else Profile(**row._asdict())

    async def set_profile(self, customer_id: CustomerId, profile: Profile) -> None:
        await self._transaction.run(SET_PROFILE, customer_id=customer_id, **_told(profile))

    async def count_addresses(self, customer_id: CustomerId) -> int:
        row = await self._transaction.row(COUNT, customer_id=customer_id)
        return row.addresses if row else 0

    async def entry(self, customer_id: CustomerId, address_id: AddressId) -> BookEntry | None:
        row = await self._transaction.row(ENTRY, customer_id=customer_id, address_id=address_id)
        if row is None:
            return None
        return BookEntry(
            id=AddressId(row.id),
            customer_id=CustomerId(row.customer_id),
            address=address_of(row.address),
            defaults=Defaults(shipping=row.is_default_shipping, billing=row.is_default_billing),
            created_at=row.created_at,
        )

    async def add_entry(self, entry: BookEntry) -> None:
        await self._transaction.run(
            ADD_ENTRY,
            address_id=entry.id,
            customer_id=entry.customer_id,
            now=entry.created_at,
            **_placed(entry.address, entry.defaults),
        )

    async def set_entry(self, address_id: AddressId, address: Address, defaults: Defaults) -> None:
        await self._transaction.run(SET_ENTRY, address_id=address_id, **_placed(address, defaults))

    async def clear_defaults(self, customer_id: CustomerId, kinds: Defaults) -> None:
        if kinds.shipping:
            await self._transaction.run(CLEAR_SHIPPING, customer_id=customer_id)
        if kinds.billing:
            await self._transaction.run(CLEAR_BILLING, customer_id=customer_id)

    async def remove_entry(self, address_id: AddressId) -> None:
        await self._transaction.run(REMOVE, address_id=address_id)

    async def plan_erasure(self, customer_id: CustomerId, *, after: datetime) -> datetime:
        row = await self._transaction.row(PLAN_ERASURE, customer_id=customer_id, after=after)
        assert row is not None
        return row.at

    async def erasure_planned(self, customer_id: CustomerId) -> datetime | None:
        row = await self._transaction.row(PLANNED_ERASURE, customer_id=customer_id)
        return row.at if row is not None else None

    async def cancel_erasure(self, customer_id: CustomerId) -> bool:
        return await self._transaction.run(CANCEL_ERASURE, customer_id=customer_id) == 1

    async def lock_due_erasure(self, *, now: datetime) -> CustomerId | None:
        row = await self._transaction.row(DUE_ERASURE, now=now)
        return CustomerId(row.id) if row is not None else None

    async def erase(self, customer_id: CustomerId, *, failure_key: bytes, now: datetime) -> None:
        given = {"customer_id": customer_id, "failure_key": failure_key, "now": now}
        for statement, names in privacy.STATEMENTS:
            await self._transaction.run(statement, **{name: given[name] for name in names})

    async def queued_export(self, customer_id: CustomerId) -> ExportId | None:
        row = await self._transaction.row(QUEUED_EXPORT, customer_id=customer_id)
        return ExportId(row.id) if row is not None else None

    async def add_export(self, export_id: ExportId, customer_id: CustomerId, *, now: datetime, until: datetime) -> None:
        await self._transaction.run(ADD_EXPORT, id=export_id, customer_id=customer_id, now=now, until=until)

    async def lock_export(self, export_id: ExportId) -> CustomerId | None:
        row = await self._transaction.row(LOCK_EXPORT, export_id=export_id)
        return CustomerId(row.id) if row is not None else None

    async def gather(self, customer_id: CustomerId) -> Mapping[str, Any]:
        row = await self._transaction.row(privacy.GATHER, customer_id=customer_id, orders_max=privacy.ORDERS_MAX)
        return row.content if row is not None else {}

    async def keep_export(self, export_id: ExportId, content: Mapping[str, Any], *, now: datetime, until: datetime) -> None:
        await self._transaction.run(KEEP_EXPORT, export_id=export_id, made=dict(content), now=now, until=until)

    async def forget_exports(self, *, before: datetime) -> int:
        return await self._transaction.run(FORGET_EXPORTS, before=before)


def _told(profile: Profile) -> dict[str, object]:
    return {
        "first": profile.first_name,
        "last": profile.last_name,
        "number": profile.phone,
        "tongue": profile.language,
        "texted": profile.wants_sms,
    }


def _placed(address: Address, defaults: Defaults) -> dict[str, object]:
    return {"place": kept(address), "shipping": defaults.shipping, "billing": defaults.billing}
