"""The port of accounts, staff, sessions and refresh tokens made true on PostgreSQL, with explicit locks."""

from __future__ import annotations

from collections.abc import Collection
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
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from domain.access.model import Account, Ended, Family, NewSession, NewToken, RefreshToken
from domain.ids import AccountId, RoleId, SessionId, new_id
from domain.viewer import Permission
from persistence.access.tables import AccountRow, RefreshTokenRow, RoleRow, SessionRow, StaffRow
from persistence.statement import Question, Statement, ids, many
from persistence.transaction import Transaction


class _Account(NamedTuple):
    id: UUID
    email: str
    password_hash: str
    is_active: bool


class _Family(NamedTuple):
    id: UUID
    account_id: UUID
    is_ended: bool
    is_active: bool


class _Token(NamedTuple):
    id: UUID
    expires_at: datetime
    used_at: datetime | None
    is_revoked: bool
    follower_id: UUID | None
    follower_hash: bytes | None
    follower_expires_at: datetime | None
    follower_is_fresh: bool


class _Id(NamedTuple):
    id: UUID


_FOLLOWER = aliased(RefreshTokenRow)
_NOW = bindparam("now", type_=DateTime(timezone=True))
_HASH = bindparam("token_hash", type_=LargeBinary())


def _account(condition: ColumnElement[bool]) -> Select[UUID, str, str, bool]:
    return select(AccountRow.id, AccountRow.email, AccountRow.password_hash, AccountRow.is_active).where(condition)


BY_KEY = Question(_Account, _account(AccountRow.email_key == bindparam("email_key")))
BY_ID = Question(_Account, _account(AccountRow.id == bindparam("account_id")))
LOCKED = Question(_Account, _account(AccountRow.id == bindparam("account_id")).with_for_update(key_share=True))
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
    update(AccountRow).where(AccountRow.id == bindparam("account_id")).values(password_hash=bindparam("password_hash"))
)
ADD_SESSION = Statement(
    insert(SessionRow).values(
        id=bindparam("id"),
        account_id=bindparam("account_id"),
        user_agent=bindparam("device"),
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
    _Family,
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
    _Token,
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
END_ONE = Question(_Id, _ONE.returning(SessionRow.id))
END_OWN = Question(_Id, _ONE.where(SessionRow.account_id == bindparam("account_id")).returning(SessionRow.id))
END_ALL = Question(
    _Id,
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
    _Id,
    insert(RoleRow)
    .values(id=bindparam("id"), name=bindparam("name"), permissions=many("permissions", Text()))
    .on_conflict_do_update(index_elements=[RoleRow.name], set_={"permissions": many("permissions", Text())})
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


class AccessRows:
    """`domain.access.store.AccessStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def account_by_key(self, email_key: str) -> Account | None:
        return _snapshot(await self._transaction.row(BY_KEY, email_key=email_key))

    async def account(self, account_id: AccountId) -> Account | None:
        return _snapshot(await self._transaction.row(BY_ID, account_id=account_id))

    async def lock_account(self, account_id: AccountId) -> Account | None:
        return _snapshot(await self._transaction.row(LOCKED, account_id=account_id))

    async def add_account(
        self, account_id: AccountId, *, email: str, email_key: str, password_hash: str, now: datetime
    ) -> bool:
        added = await self._transaction.run(
            ADD_ACCOUNT, id=account_id, email=email, email_key=email_key, password_hash=password_hash, now=now
        )
        return added == 1

    async def set_password_hash(self, account_id: AccountId, password_hash: str) -> None:
        await self._transaction.run(SET_HASH, account_id=account_id, password_hash=password_hash)

    async def add_session(self, session: NewSession) -> None:
        await self._transaction.run(
            ADD_SESSION, id=session.id, account_id=session.account_id, device=session.device, now=session.opened_at
        )

    async def add_token(self, token: NewToken) -> None:
        await self._transaction.run(
            ADD_TOKEN,
            id=token.id,
            session_id=token.session_id,
            token_hash=token.token_hash,
            now=token.issued_at,
            expires_at=token.expires_at,
        )

    async def lock_family(self, token_hash: bytes) -> Family | None:
        row = await self._transaction.row(FAMILY, token_hash=token_hash)
        if row is None:
            return None
        return Family(
            session_id=SessionId(row.id),
            account_id=AccountId(row.account_id),
            is_ended=row.is_ended,
            is_active=row.is_active,
        )

    async def token(self, token_hash: bytes) -> RefreshToken | None:
        row = await self._transaction.row(TOKEN, token_hash=token_hash)
        return None if row is None else RefreshToken(**row._asdict())

    async def use_token(self, token_id: UUID, *, now: datetime) -> None:
        await self._transaction.run(USE, token_id=token_id, now=now)

    async def link_follower(self, token_id: UUID, follower_id: UUID, *, session_id: SessionId, now: datetime) -> None:
        await self._transaction.run(LINK, token_id=token_id, follower_id=follower_id)
        await self._transaction.run(IN_USE, session_id=session_id, now=now)

    async def end_session(
        self, session_id: SessionId, *, because: Ended, now: datetime, account_id: AccountId | None = None
    ) -> bool:
        if account_id is None:
            ended = await self._transaction.rows(END_ONE, session_id=session_id, because=because.value, now=now)
        else:
            ended = await self._transaction.rows(
                END_OWN, session_id=session_id, account_id=account_id, because=because.value, now=now
            )
        return await self._revoke_tokens(ended, now) > 0

    async def end_sessions(self, account_id: AccountId, *, because: Ended, now: datetime, but: SessionId | None = None) -> int:
        ended = await self._transaction.rows(END_ALL, account_id=account_id, because=because.value, now=now, but=but)
        return await self._revoke_tokens(ended, now)

    async def _revoke_tokens(self, ended: list[_Id], now: datetime) -> int:
        """A statement of its own: it also sees what a rotation committed while the sessions were waited for."""
        if ended:
            await self._transaction.run(REVOKE_TOKENS, ids=[each.id for each in ended], now=now)
        return len(ended)

    async def forget_tokens(self, *, before: datetime, count_max: int) -> int:
        forgotten = await self._transaction.run(FORGET_TOKENS, before=before, count=count_max)
        if forgotten < count_max:
            await self._transaction.run(FORGET_SESSIONS, before=before)
        return forgotten

    async def keep_role(self, name: str, permissions: Collection[Permission]) -> RoleId:
        held = sorted(each.value for each in permissions)
        row = await self._transaction.row(KEEP_ROLE, id=new_id(), name=name, permissions=held)
        assert row is not None
        return RoleId(row.id)

    async def add_staff(self, account_id: AccountId, *, name: str, role_id: RoleId) -> None:
        await self._transaction.run(ADD_STAFF, account_id=account_id, name=name, role_id=role_id)


def _snapshot(row: _Account | None) -> Account | None:
    if row is None:
        return None
    return Account(id=AccountId(row.id), email=row.email, password_hash=row.password_hash, is_active=row.is_active)
