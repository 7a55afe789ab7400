"""Reading staff and roles. Every read of members says for whom: who works in other channels is not there for the limited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    all_,
    and_,
    any_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from domain.ids import ChannelId
from domain.staff.model import ROLES_MAX
from persistence.access.tables import AccountRow, RoleRow, StaffRow
from persistence.base import C
from persistence.channels.tables import ChannelRow
from persistence.paging import Page, Place, page_of
from persistence.reader import Reader
from persistence.staff.tables import StaffChannelRow
from persistence.statement import Question, ids


class RoleView(NamedTuple):
    """A named set of permissions; the administrator's holds all there are, whatever is listed."""

    id: UUID
    name: str
    permissions: list[str]
    is_administrator: bool
    requires_second_factor: bool


class MemberView(NamedTuple):
    """A member of staff; `channels` are the slugs of those they are limited to, None for every channel."""

    id: UUID
    name: str
    email: str
    role_id: UUID
    is_active: bool
    channels: list[str] | None
    created_at: datetime


class _Total(NamedTuple):
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFilter:
    """Which members: None asks nothing. `within`: only those who work nowhere but in these channels."""

    search: str | None = None
    role_id: UUID | None = None
    is_active: bool | None = None
    within: frozenset[ChannelId] | None = None

    def asked(self) -> dict[str, Any]:
        """What is asked, by name."""
        asked = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not None}
        if self.search is not None:
            asked["search"] = f"%{_escaped(self.search)}%"
        return asked if self.within is None else {**asked, "within": sorted(self.within)}


_SLUGS = (
    select(ChannelRow.slug)
    .join(StaffChannelRow, StaffChannelRow.channel_id == ChannelRow.id)
    .where(StaffChannelRow.account_id == StaffRow.account_id)
    .order_by(ChannelRow.slug)
    .scalar_subquery()
)
_MEMBER = select(
    AccountRow.id,
    StaffRow.name,
    AccountRow.email,
    StaffRow.role_id,
    AccountRow.is_active,
    case((StaffRow.is_limited, func.array(_SLUGS, type_=ARRAY(C)))).label("channels"),
    AccountRow.created_at,
).join(StaffRow, StaffRow.account_id == AccountRow.id)
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "search": or_(
        StaffRow.name.ilike(bindparam("search", type_=Text())), AccountRow.email.ilike(bindparam("search", type_=Text()))
    ),
    "role_id": StaffRow.role_id == bindparam("role_id"),
    "is_active": AccountRow.is_active == bindparam("is_active", type_=Boolean()),
    "within": and_(
        StaffRow.is_limited,
        ~exists().where(StaffChannelRow.account_id == StaffRow.account_id, StaffChannelRow.channel_id != all_(ids("within"))),
    ),
}
_ROLE = select(*(getattr(RoleRow, name) for name in RoleView._fields))
MEMBERS = Question(MemberView, _MEMBER.where(AccountRow.id == any_(ids())))
ROLES = Question(RoleView, _ROLE.order_by(RoleRow.name).limit(ROLES_MAX + 1))
ROLES_BY_ID = Question(RoleView, _ROLE.where(RoleRow.id == any_(ids())))


async def members_by_id(
    reader: Reader, account_ids: Sequence[UUID], *, within: frozenset[ChannelId] | None
) -> list[MemberView | None]:
    """Members by the ids of their accounts, in that order; with `within`, those alone who work nowhere but there."""
    if within is None:
        return await reader.one_each(MEMBERS, account_ids)
    seen = {each.id for each in await _some(reader, MemberFilter(within=within), account_ids)}
    return [each if each is not None and each.id in seen else None for each in await reader.one_each(MEMBERS, account_ids)]


async def roles(reader: Reader) -> list[RoleView]:
    """Every role by its name; the administrator's may come beside the most there are of others."""
    return await reader.rows(ROLES)


async def roles_by_id(reader: Reader, role_ids: Sequence[UUID]) -> list[RoleView | None]:
    """Roles by id, in that order."""
    return await reader.one_each(ROLES_BY_ID, role_ids)


@lru_cache(maxsize=64)
def _page(names: frozenset[str], *, has_place: bool, backwards: bool) -> Question[MemberView]:
    """The statement for one set of filters, by name, or from the end of the alphabet when read backwards."""
    key = tuple_(StaffRow.name, AccountRow.id)
    statement = _MEMBER.where(*(_CONDITIONS[name] for name in sorted(names)))
    if has_place:
        place = tuple_(bindparam("at_name", type_=C), bindparam("at_id", type_=Uuid()))
        statement = statement.where(key < place if backwards else key > place)
    columns = (StaffRow.name, AccountRow.id)
    direction = [each.desc() if backwards else each.asc() for each in columns]
    return Question(MemberView, statement.order_by(*direction).limit(bindparam("count", type_=Integer())))


@lru_cache(maxsize=16)
def _count(names: frozenset[str]) -> Question[_Total]:
    statement = select(func.count().label("total")).select_from(StaffRow).join(AccountRow, AccountRow.id == StaffRow.account_id)
    return Question(_Total, statement.where(*(_CONDITIONS[name] for name in sorted(names))))


@lru_cache(maxsize=16)
def _among(names: frozenset[str]) -> Question[MemberView]:
    return Question(MemberView, _MEMBER.where(AccountRow.id == any_(ids()), *(_CONDITIONS[name] for name in sorted(names))))


async def _some(reader: Reader, wanted: MemberFilter, account_ids: Sequence[UUID]) -> list[MemberView]:
    asked = wanted.asked()
    return await reader.rows(_among(frozenset(asked)), ids=list(account_ids), **asked)


async def members_page(
    reader: Reader, wanted: MemberFilter, *, count: int, place: Place | None, backwards: bool
) -> Page[MemberView]:
    """A page of members, by name."""
    asked = wanted.asked()
    at = {"at_name": place.value, "at_id": place.id} if place is not None else {}
    question = _page(frozenset(asked), has_place=place is not None, backwards=backwards)
    rows = await reader.rows(question, **asked, **at, count=count + 1)
    return page_of(rows, count=count, backwards=backwards, from_cursor=place is not None)


async def members_count(reader: Reader, wanted: MemberFilter) -> int:
    """How many members there are of the kind."""
    asked = wanted.asked()
    row = await reader.row(_count(frozenset(asked)), **asked)
    return row.total if row is not None else 0


def _escaped(text: str) -> str:
    """The text with what LIKE takes for more than itself made plain."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
