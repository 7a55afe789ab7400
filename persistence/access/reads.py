"""Reading accounts: what a session is worth right now, who the staff are, and on which devices somebody is logged in."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, bindparam, null, select

from persistence.access.tables import AccountRow, RoleRow, SessionRow, StaffRow
from persistence.customers.tables import CustomerRow
from persistence.reader import Reader
from persistence.statement import Question, ids


class StandingView(NamedTuple):
    """A living session of an active account: whose, and as what. `permissions` is None for who is no staff."""

    id: UUID
    account_id: UUID
    is_customer: bool
    permissions: list[str] | None


class StaffView(NamedTuple):
    """A member of staff with the role that says what they may do."""

    id: UUID
    name: str
    email: str
    role: str
    permissions: list[str]
    created_at: datetime


class SessionView(NamedTuple):
    """A living log-in on one device; `device` is what the client called itself."""

    id: UUID
    account_id: UUID
    device: str
    created_at: datetime
    last_used_at: datetime


STANDING = Question(
    StandingView,
    select(
        SessionRow.id,
        SessionRow.account_id,
        CustomerRow.id.is_not(null()).label("is_customer"),
        RoleRow.permissions,
    )
    .join(AccountRow, AccountRow.id == SessionRow.account_id)
    .outerjoin(CustomerRow, CustomerRow.id == AccountRow.id)
    .outerjoin(StaffRow, StaffRow.account_id == AccountRow.id)
    .outerjoin(RoleRow, RoleRow.id == StaffRow.role_id)
    .where(SessionRow.id == bindparam("session_id"), SessionRow.revoked_at.is_(null()), AccountRow.is_active),
)
STAFF = Question(
    StaffView,
    select(
        AccountRow.id,
        StaffRow.name,
        AccountRow.email,
        RoleRow.name.label("role"),
        RoleRow.permissions,
        AccountRow.created_at,
    )
    .join(StaffRow, StaffRow.account_id == AccountRow.id)
    .join(RoleRow, RoleRow.id == StaffRow.role_id)
    .where(AccountRow.id == any_(ids())),
)
SESSIONS = Question(
    SessionView,
    select(
        SessionRow.id,
        SessionRow.account_id,
        SessionRow.user_agent.label("device"),
        SessionRow.created_at,
        SessionRow.last_used_at,
    )
    .where(
        SessionRow.account_id == bindparam("account_id"),
        SessionRow.revoked_at.is_(null()),
        SessionRow.last_used_at > bindparam("since", type_=SessionRow.last_used_at.type),
    )
    .order_by(SessionRow.last_used_at.desc(), SessionRow.id.desc())
    .limit(bindparam("count")),
)


async def standing(reader: Reader, session_id: UUID) -> StandingView | None:
    """What a session is worth: None once it has ended or its account was closed. Never from the memo."""
    return await reader.row(STANDING, session_id=session_id)


async def staff(reader: Reader, account_ids: list[UUID]) -> list[StaffView | None]:
    """Members of staff by the ids of their accounts, in that order."""
    return await reader.one_each(STAFF, account_ids)


async def sessions(reader: Reader, account_id: UUID, *, since: datetime, count: int) -> list[SessionView]:
    """The account's living sessions that were in use after `since`, the latest first."""
    return await reader.rows(SESSIONS, account_id=account_id, since=since, count=count)
