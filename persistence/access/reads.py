"""Reading accounts: what a session is worth right now, and on which devices somebody is logged in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, bindparam, null, select

from persistence.access.tables import AccountRow, RoleRow, SessionRow, StaffRow
from persistence.customers.tables import CustomerRow
from persistence.factors.lacking import LACKS_SECOND_FACTOR
from persistence.reader import Reader
from persistence.staff.channels import STAFF_CHANNELS
from persistence.statement import Question, ids


class StandingView(NamedTuple):
    """A living session of an active account: whose, and as what. `permissions` is None for who is no staff.

    An administrator holds every permission, whatever is listed; `channel_ids` is None for who works in every channel.
    `lacks_second_factor`: their role requires one, and they have none.
    """

    id: UUID
    account_id: UUID
    is_customer: bool
    permissions: list[str] | None
    is_administrator: bool | None
    channel_ids: list[UUID] | None
    lacks_second_factor: bool | None


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
        RoleRow.is_administrator,
        STAFF_CHANNELS.label("channel_ids"),
        LACKS_SECOND_FACTOR.label("lacks_second_factor"),
    )
    .join(AccountRow, AccountRow.id == SessionRow.account_id)
    .outerjoin(CustomerRow, CustomerRow.id == AccountRow.id)
    .outerjoin(StaffRow, StaffRow.account_id == AccountRow.id)
    .outerjoin(RoleRow, RoleRow.id == StaffRow.role_id)
    .where(SessionRow.id == any_(ids()), SessionRow.revoked_at.is_(null()), AccountRow.is_active),
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


class LivingView(NamedTuple):
    """A session that is still good."""

    id: UUID


LIVING = Question(
    LivingView,
    select(SessionRow.id)
    .join(AccountRow, AccountRow.id == SessionRow.account_id)
    .where(SessionRow.id == any_(ids()), SessionRow.revoked_at.is_(null()), AccountRow.is_active),
)


async def living(reader: Reader, session_ids: Collection[UUID]) -> set[UUID]:
    """Which of these sessions are still good."""
    return {each.id for each in await reader.rows(LIVING, ids=list(session_ids))}


async def standings(reader: Reader, session_ids: Collection[UUID]) -> dict[UUID, StandingView]:
    """What sessions are worth, without those that have ended or whose account was closed. Never from the memo."""
    return {each.id: each for each in await reader.rows(STANDING, ids=list(session_ids))}


async def sessions(reader: Reader, account_id: UUID, *, since: datetime, count: int) -> list[SessionView]:
    """The account's living sessions that were in use after `since`, the latest first."""
    return await reader.rows(SESSIONS, account_id=account_id, since=since, count=count)
