"""The statements behind the port of access, and what their rows are."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from persistence.access.tables import AccountRow, RefreshTokenRow, RoleRow, SessionRow, StaffRow
from persistence.statement import Question, Statement, ids, many


class AccountKept(NamedTuple):
    id: UUID
    email: str
    password_hash: str
    is_active: bool
    has_password: bool
    is_verified: bool


class FamilyKept(NamedTuple):
    id: UUID
    account_id: UUID
    is_ended: bool
    is_active: bool


class TokenKept(NamedTuple):
    id: UUID
    expires_at: datetime
    used_at: datetime | None
    is_revoked: bool
    follower_id: UUID | None
    follower_hash: bytes | None
    follower_expires_at: datetime | None
    follower_is_fresh: bool


class IdKept(NamedTuple):
    id: UUID


_FOLLOWER = aliased(RefreshTokenRow)
_NOW = bindparam("now", type_=DateTime(timezone=True))
_HASH = bindparam("token_hash", type_=LargeBinary())


def _account(condition: ColumnElement[bool]) -> Select[UUID, str, str, bool, bool, bool]:
    is_staff = exists().where(StaffRow.account_id == AccountRow.id)
    return select(
        AccountRow.id,
        AccountRow.email,
        AccountRow.password_hash,
        AccountRow.is_active,
        AccountRow.has_password,
        or_(AccountRow.email_verified_at.is_not(null()), is_staff).label("is_verified"),
    ).where(condition)


BY_KEY = Question(AccountKept, _account(AccountRow.email_key == bindparam("email_key")))
BY_ID = Question(AccountKept, _account(AccountRow.id == bindparam("account_id")))
LOCKED = Question(AccountKept, _account(AccountRow.id == bindparam("account_id")).with_for_update(key_share=True))
ADD_ACCOUNT = Statement(
    insert(AccountRow)
    .values(
        id=bindparam("id"),
        email=bindparam("email"),
        email_key=bindparam("email_key"),
        password_hash=bindparam("password_hash"),
        created_at=_NOW,
    )
    .on_conflict_do_nothing(index_elements=[AccountRow.email_key])
)
SET_HASH = Statement(
    update(AccountRow)
    .where(AccountRow.id == bindparam("account_id"))
    .values(password_hash=bindparam("password_hash"), has_password=True)
)
ADD_SESSION = Statement(
    insert(SessionRow).values(
        id=bindparam("id"),
        account_id=bindparam("account_id"),
        user_agent=bindparam("device"),
        device_hash=bindparam("device_hash", type_=LargeBinary()),
        created_at=_NOW,
        last_used_at=_NOW,
    )
)
ADD_TOKEN = Statement(
    insert(RefreshTokenRow).values(
        id=bindparam("id"),
        session_id=bindparam("session_id"),
        token_hash=_HASH,
        created_at=_NOW,
        expires_at=bindparam("expires_at", type_=DateTime(timezone=True)),
    )
)
# The session alone is locked, and its token read by the next statement: rows joined to a locked one that were changed
# while the lock was waited for would be those of before.
FAMILY = Question(
    FamilyKept,
    select(
        SessionRow.id,
        SessionRow.account_id,
        SessionRow.revoked_at.is_not(null()).label("is_ended"),
        AccountRow.is_active,
    )
    .join(AccountRow, AccountRow.id == SessionRow.account_id)
    .where(
        SessionRow.id
        == select(RefreshTokenRow.session_id).where(RefreshTokenRow.token_hash == _HASH).correlate(None).scalar_subquery()
    )
    .with_for_update(of=SessionRow),
)
TOKEN = Question(
    TokenKept,
    select(
        RefreshTokenRow.id,
        RefreshTokenRow.expires_at,
        RefreshTokenRow.used_at,
        RefreshTokenRow.revoked_at.is_not(null()).label("is_revoked"),
        _FOLLOWER.id.label("follower_id"),
        _FOLLOWER.token_hash.label("follower_hash"),
        _FOLLOWER.expires_at.label("follower_expires_at"),
        and_(_FOLLOWER.id.is_not(null()), _FOLLOWER.used_at.is_(null()), _FOLLOWER.revoked_at.is_(null())).label(
            "follower_is_fresh"
        ),
    )
    .outerjoin(_FOLLOWER, _FOLLOWER.id == RefreshTokenRow.successor_id)
    .where(RefreshTokenRow.token_hash == _HASH),
)
USE = Statement(update(RefreshTokenRow).where(RefreshTokenRow.id == bindparam("token_id")).values(used_at=_NOW))
LINK = Statement(
    update(RefreshTokenRow).where(RefreshTokenRow.id == bindparam("token_id")).values(successor_id=bindparam("follower_id"))
)
IN_USE = Statement(update(SessionRow).where(SessionRow.id == bindparam("session_id")).values(last_used_at=_NOW))
_ENDED = {
    "revoked_at": func.coalesce(SessionRow.revoked_at, _NOW),
    "revoked_because": func.coalesce(SessionRow.revoked_because, bindparam("because", type_=Text())),
}
_ONE = update(SessionRow).where(SessionRow.id == bindparam("session_id")).values(_ENDED)
END_ONE = Question(IdKept, _ONE.returning(SessionRow.id))
END_OWN = Question(IdKept, _ONE.where(SessionRow.account_id == bindparam("account_id")).returning(SessionRow.id))
END_ALL = Question(
    IdKept,
    update(SessionRow)
    .where(
        SessionRow.account_id == bindparam("account_id"),
        SessionRow.revoked_at.is_(null()),
        SessionRow.id.is_distinct_from(bindparam("but", type_=Uuid())),
    )
    .values(_ENDED)
    .returning(SessionRow.id),
)
REVOKE_TOKENS = Statement(
    update(RefreshTokenRow)
    .where(RefreshTokenRow.session_id == any_(ids()), RefreshTokenRow.revoked_at.is_(null()))
    .values(revoked_at=_NOW)
)
KEEP_ROLE = Question(
    IdKept,
    insert(RoleRow)
    .values(id=bindparam("id"), name=bindparam("name"), permissions=many("permissions", Text()), is_administrator=True)
    .on_conflict_do_update(
        index_elements=[RoleRow.name], set_={"permissions": many("permissions", Text()), "is_administrator": True}
    )
    .returning(RoleRow.id),
)
_SPENT = select(RefreshTokenRow.id).where(RefreshTokenRow.expires_at < bindparam("before", type_=DateTime(timezone=True)))
FORGET_TOKENS = Statement(
    delete(RefreshTokenRow).where(
        RefreshTokenRow.id.in_(_SPENT.order_by(RefreshTokenRow.expires_at).limit(bindparam("count", type_=Integer())))
    )
)
FORGET_SESSIONS = Statement(
    delete(SessionRow).where(
        SessionRow.last_used_at < bindparam("before", type_=DateTime(timezone=True)),
        ~exists().where(RefreshTokenRow.session_id == SessionRow.id),
    )
)
ADD_STAFF = Statement(
    insert(StaffRow).values(account_id=bindparam("account_id"), name=bindparam("name"), role_id=bindparam("role_id"))
)
