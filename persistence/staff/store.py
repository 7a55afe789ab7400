"""The port of staff and roles made true on PostgreSQL. The lock is one of PostgreSQL's own numbers, which a trigger takes too."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, Text, Uuid, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain.ids import AccountId, ChannelId, RoleId
from domain.staff.model import Member, Role, RoleWords, permissions_of
from persistence.access.tables import AccountRow, RoleRow, StaffRow
from persistence.staff.channels import STAFF_CHANNELS
from persistence.staff.tables import StaffChannelRow
from persistence.statement import Question, Statement, ids, many
from persistence.transaction import Transaction


class _Locked(NamedTuple):
    lock: None


class _Role(NamedTuple):
    id: UUID
    name: str
    permissions: list[str]
    is_administrator: bool
    requires_second_factor: bool


class _Member(NamedTuple):
    id: UUID
    name: str
    role_id: UUID
    role_name: str
    permissions: list[str]
    is_administrator: bool
    requires_second_factor: bool
    channel_ids: list[UUID] | None
    is_active: bool


class _Count(NamedTuple):
    total: int


class _Id(NamedTuple):
    id: UUID


_ACCOUNT = bindparam("account_id", type_=Uuid())
_ROLE = bindparam("role_id", type_=Uuid())
_WORDS = {
    "name": bindparam("called", type_=Text()),
    "permissions": many("held", Text()),
    "requires_second_factor": bindparam("needs_factor", type_=Boolean()),
}
LOCK = Question(_Locked, text("SELECT pg_advisory_xact_lock(7205759403792794)"))
MEMBER = Question(
    _Member,
    select(
        AccountRow.id,
        StaffRow.name,
        StaffRow.role_id,
        RoleRow.name.label("role_name"),
        RoleRow.permissions,
        RoleRow.is_administrator,
        RoleRow.requires_second_factor,
        STAFF_CHANNELS.label("channel_ids"),
        AccountRow.is_active,
    )
    .join(StaffRow, StaffRow.account_id == AccountRow.id)
    .join(RoleRow, RoleRow.id == StaffRow.role_id)
    .where(AccountRow.id == _ACCOUNT),
)
ADMINISTRATORS = Question(
    _Count,
    select(func.count().label("total"))
    .select_from(StaffRow)
    .join(RoleRow, RoleRow.id == StaffRow.role_id)
    .join(AccountRow, AccountRow.id == StaffRow.account_id)
    .where(RoleRow.is_administrator, ~StaffRow.is_limited, AccountRow.is_active),
)
ADD_MEMBER = Statement(insert(StaffRow).values(account_id=_ACCOUNT, name=bindparam("called"), role_id=_ROLE))
SET_MEMBER = Statement(
    update(StaffRow).where(StaffRow.account_id == _ACCOUNT).values(name=bindparam("called"), role_id=bindparam("given"))
)
SET_LIMITED = Statement(
    update(StaffRow).where(StaffRow.account_id == _ACCOUNT).values(is_limited=bindparam("limited", type_=Boolean()))
)
CLEAR_CHANNELS = Statement(delete(StaffChannelRow).where(StaffChannelRow.account_id == _ACCOUNT))
ADD_CHANNELS = Statement(
    insert(StaffChannelRow).from_select(
        ["account_id", "channel_id"], select(_ACCOUNT.label("account_id"), func.unnest(ids("only")).label("channel_id"))
    )
)
SET_ACTIVE = Statement(
    update(AccountRow).where(AccountRow.id == _ACCOUNT).values(is_active=bindparam("active", type_=Boolean()))
)
ROLES = Question(_Count, select(func.count().label("total")).select_from(RoleRow))
ROLE = Question(
    _Role,
    select(RoleRow.id, RoleRow.name, RoleRow.permissions, RoleRow.is_administrator, RoleRow.requires_second_factor).where(
        RoleRow.id == _ROLE
    ),
)
MEMBERS_OF = Question(_Count, select(func.count().label("total")).select_from(StaffRow).where(StaffRow.role_id == _ROLE))
ADD_ROLE = Statement(insert(RoleRow).values(id=_ROLE, **_WORDS).on_conflict_do_nothing(index_elements=[RoleRow.name]))
# Of names the database has the last word: under the lock nobody else takes one meanwhile.
SAME_NAME = Question(_Id, select(RoleRow.id).where(RoleRow.name == bindparam("called"), RoleRow.id != _ROLE))
SET_ROLE = Statement(update(RoleRow).where(RoleRow.id == _ROLE).values(_WORDS))
REMOVE_ROLE = Statement(delete(RoleRow).where(RoleRow.id == _ROLE))


class StaffRows:
    """`domain.staff.store.StaffStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def lock(self) -> None:
        await self._transaction.rows(LOCK)

    async def member(self, account_id: AccountId) -> Member | None:
        row = await self._transaction.row(MEMBER, account_id=account_id)
        if row is None:
            return None
        role = _Role(row.role_id, row.role_name, row.permissions, row.is_administrator, row.requires_second_factor)
        return Member(
            id=AccountId(row.id),
            name=row.name,
            role=_role(role),
            channels=frozenset(map(ChannelId, row.channel_ids)) if row.channel_ids is not None else None,
            is_active=row.is_active,
        )

    async def administrators(self) -> int:
        return await self._count(ADMINISTRATORS)

    async def add_member(self, account_id: AccountId, *, name: str, role_id: RoleId) -> None:
        await self._transaction.run(ADD_MEMBER, account_id=account_id, called=name, role_id=role_id)

    async def set_member(self, account_id: AccountId, *, name: str, role_id: RoleId) -> None:
        await self._transaction.run(SET_MEMBER, account_id=account_id, called=name, given=role_id)

    async def set_channels(self, account_id: AccountId, only: frozenset[ChannelId] | None) -> None:
        await self._transaction.run(SET_LIMITED, account_id=account_id, limited=only is not None)
        await self._transaction.run(CLEAR_CHANNELS, account_id=account_id)
        if only:
            await self._transaction.run(ADD_CHANNELS, account_id=account_id, only=sorted(only))

    async def set_active(self, account_id: AccountId, *, is_active: bool) -> None:
        await self._transaction.run(SET_ACTIVE, account_id=account_id, active=is_active)

    async def roles(self) -> int:
        return await self._count(ROLES)

    async def role(self, role_id: RoleId) -> Role | None:
        row = await self._transaction.row(ROLE, role_id=role_id)
        return _role(row) if row is not None else None

    async def members_of(self, role_id: RoleId) -> int:
        return await self._count(MEMBERS_OF, role_id=role_id)

    async def add_role(self, role_id: RoleId, words: RoleWords) -> bool:
        return await self._transaction.run(ADD_ROLE, role_id=role_id, **_told(words)) == 1

    async def set_role(self, role_id: RoleId, words: RoleWords) -> bool:
        if await self._transaction.row(SAME_NAME, role_id=role_id, called=words.name) is not None:
            return False
        await self._transaction.run(SET_ROLE, role_id=role_id, **_told(words))
        return True

    async def remove_role(self, role_id: RoleId) -> None:
        await self._transaction.run(REMOVE_ROLE, role_id=role_id)

    async def _count(self, question: Question[_Count], **values: object) -> int:
        row = await self._transaction.row(question, **values)
        return row.total if row is not None else 0


def _role(row: _Role) -> Role:
    words = RoleWords(
        name=row.name,
        permissions=permissions_of(row.permissions, is_administrator=False),
        requires_second_factor=row.requires_second_factor,
    )
    return Role(id=RoleId(row.id), words=words, is_administrator=row.is_administrator)


def _told(words: RoleWords) -> dict[str, object]:
    return {
        "called": words.name,
        "held": sorted(each.value for each in words.permissions),
        "needs_factor": words.requires_second_factor,
    }
