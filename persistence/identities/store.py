"""The port of log-ins at other providers made true on PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Integer, Text, Uuid, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.identities.model import Journey, Person
from domain.ids import AccountId, new_id
from persistence.access.tables import AccountRow
from persistence.identities.tables import IdentityRow, JourneyRow
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class _JourneyKept(NamedTuple):
    id: UUID
    provider: str
    redirect_url: str
    account_id: UUID | None
    expires_at: datetime


class _Owner(NamedTuple):
    account_id: UUID


class _Count(NamedTuple):
    number: int


class _Provider(NamedTuple):
    provider: str


_ACCOUNT = bindparam("account_id", type_=Uuid())
_NOW = bindparam("now", type_=DateTime(timezone=True))
_EXPIRES = bindparam("expires_at", type_=DateTime(timezone=True))
_EMAIL = bindparam("email", type_=Text())
_WHO = (IdentityRow.provider == bindparam("provider")) & (IdentityRow.subject == bindparam("subject"))
ADD_JOURNEY = Statement(
    insert(JourneyRow).values(
        id=bindparam("id"),
        provider=bindparam("provider"),
        redirect_url=bindparam("redirect_url"),
        account_id=_ACCOUNT,
        expires_at=_EXPIRES,
    )
)
TAKE_JOURNEY = Question(
    _JourneyKept,
    delete(JourneyRow)
    .where(JourneyRow.id == bindparam("id"), JourneyRow.expires_at > _NOW)
    .returning(JourneyRow.id, JourneyRow.provider, JourneyRow.redirect_url, JourneyRow.account_id, JourneyRow.expires_at),
)
OWNER = Question(_Owner, select(IdentityRow.account_id).where(_WHO))
ADD = Statement(
    insert(IdentityRow)
    .values(
        id=bindparam("id"),
        account_id=_ACCOUNT,
        provider=bindparam("provider"),
        subject=bindparam("subject"),
        email=_EMAIL,
        created_at=_NOW,
        last_used_at=_NOW,
    )
    .on_conflict_do_nothing()
)
USE = Statement(update(IdentityRow).where(_WHO).values(email=_EMAIL, last_used_at=_NOW))
COUNT = Question(_Count, select(func.count().label("number")).where(IdentityRow.account_id == _ACCOUNT))
REMOVE = Question(
    _Provider,
    delete(IdentityRow)
    .where(IdentityRow.id == bindparam("id"), IdentityRow.account_id == _ACCOUNT)
    .returning(IdentityRow.provider),
)
REMOVE_ALL = Statement(delete(IdentityRow).where(IdentityRow.account_id == _ACCOUNT))
WITHOUT_PASSWORD = Statement(
    update(AccountRow)
    .where(AccountRow.id == _ACCOUNT)
    .values(has_password=False, email_verified_at=bindparam("verified_at", type_=DateTime(timezone=True)))
)
_LATE = (
    select(JourneyRow.id)
    .where(JourneyRow.expires_at < bindparam("before", type_=DateTime(timezone=True)))
    .order_by(JourneyRow.expires_at)
    .limit(bindparam("count", type_=Integer()))
)
FORGET_JOURNEYS = Statement(delete(JourneyRow).where(JourneyRow.id.in_(_LATE)))


class IdentitiesRows:
    """`domain.identities.store.IdentitiesStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add_journey(self, journey: Journey) -> None:
        await self._transaction.run(
            ADD_JOURNEY,
            id=journey.id,
            provider=journey.provider,
            redirect_url=journey.redirect_url,
            account_id=journey.account_id,
            expires_at=journey.expires_at,
        )

    async def take_journey(self, journey_id: UUID, *, now: datetime) -> Journey | None:
        row = await self._transaction.row(TAKE_JOURNEY, id=journey_id, now=now)
        if row is None:
            return None
        return Journey(
            id=row.id,
            provider=row.provider,
            redirect_url=row.redirect_url,
            account_id=AccountId(row.account_id) if row.account_id is not None else None,
            expires_at=row.expires_at,
        )

    async def owner(self, provider: str, subject: str) -> AccountId | None:
        row = await self._transaction.row(OWNER, provider=provider, subject=subject)
        return AccountId(row.account_id) if row is not None else None

    async def add(self, account_id: AccountId, provider: str, person: Person, *, now: datetime) -> UUID | None:
        identity_id = new_id()
        added = await self._transaction.run(
            ADD,
            id=identity_id,
            account_id=account_id,
            provider=provider,
            subject=person.subject,
            email=person.email,
            now=now,
        )
        return identity_id if added == 1 else None

    async def use(self, provider: str, person: Person, *, now: datetime) -> None:
        await self._transaction.run(USE, provider=provider, subject=person.subject, email=person.email, now=now)

    async def count(self, account_id: AccountId) -> int:
        row = await self._transaction.row(COUNT, account_id=account_id)
        return row.number if row is not None else 0

    async def remove(self, account_id: AccountId, identity_id: UUID) -> str | None:
        row = await self._transaction.row(REMOVE, id=identity_id, account_id=account_id)
        return row.provider if row is not None else None

    async def remove_all(self, account_id: AccountId) -> int:
        return await self._transaction.run(REMOVE_ALL, account_id=account_id)

    async def without_password(self, account_id: AccountId, *, verified_at: datetime) -> None:
        await self._transaction.run(WITHOUT_PASSWORD, account_id=account_id, verified_at=verified_at)

    async def forget_expired(self, *, before: datetime, count_max: int) -> int:
        return await self._transaction.run(FORGET_JOURNEYS, before=before, count=count_max)
