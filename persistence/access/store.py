"""The port of accounts, staff, sessions and refresh tokens made true on PostgreSQL, with explicit locks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

import asyncpg

from domain.access.model import Account, EmailChange, Ended, Family, MailedToken, NewSession, NewToken, Purpose, RefreshToken
from domain.ids import AccountId, RoleId, SessionId, new_id
from domain.viewer import Permission
from persistence.access import mailed, statements
from persistence.access.statements import AccountKept, IdKept
from persistence.apps.statements import END_GRANTS_OF
from persistence.transaction import Transaction


class AccessRows:
    """`domain.access.store.AccessStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def account_by_key(self, email_key: str) -> Account | None:
        return _snapshot(await self._transaction.row(statements.BY_KEY, email_key=email_key))

    async def account(self, account_id: AccountId) -> Account | None:
        return _snapshot(await self._transaction.row(statements.BY_ID, account_id=account_id))

    async def lock_account(self, account_id: AccountId) -> Account | None:
        return _snapshot(await self._transaction.row(statements.LOCKED, account_id=account_id))

    async def add_account(
        self, account_id: AccountId, *, email: str, email_key: str, password_hash: str, now: datetime
    ) -> bool:
        added = await self._transaction.run(
            statements.ADD_ACCOUNT, id=account_id, email=email, email_key=email_key, password_hash=password_hash, now=now
        )
        return added == 1

    async def set_password_hash(self, account_id: AccountId, password_hash: str) -> None:
        await self._transaction.run(statements.SET_HASH, account_id=account_id, password_hash=password_hash)

    async def add_session(self, session: NewSession) -> None:
        await self._transaction.run(
            statements.ADD_SESSION,
            id=session.id,
            account_id=session.account_id,
            device=session.device,
            device_hash=session.device_hash,
            now=session.opened_at,
        )

    async def add_token(self, token: NewToken) -> None:
        await self._transaction.run(
            statements.ADD_TOKEN,
            id=token.id,
            session_id=token.session_id,
            token_hash=token.token_hash,
            now=token.issued_at,
            expires_at=token.expires_at,
        )

    async def lock_family(self, token_hash: bytes) -> Family | None:
        row = await self._transaction.row(statements.FAMILY, token_hash=token_hash)
        if row is None:
            return None
        return Family(
            session_id=SessionId(row.id),
            account_id=AccountId(row.account_id),
            is_ended=row.is_ended,
            is_active=row.is_active,
        )

    async def token(self, token_hash: bytes) -> RefreshToken | None:
        row = await self._transaction.row(statements.TOKEN, token_hash=token_hash)
        return None if row is None else RefreshToken(**row._asdict())

    async def use_token(self, token_id: UUID, *, now: datetime) -> None:
        await self._transaction.run(statements.USE, token_id=token_id, now=now)

    async def link_follower(self, token_id: UUID, follower_id: UUID, *, session_id: SessionId, now: datetime) -> None:
        await self._transaction.run(statements.LINK, token_id=token_id, follower_id=follower_id)
        await self._transaction.run(statements.IN_USE, session_id=session_id, now=now)

    async def end_session(
        self, session_id: SessionId, *, because: Ended, now: datetime, account_id: AccountId | None = None
    ) -> bool:
        if account_id is None:
            ended = await self._transaction.rows(statements.END_ONE, session_id=session_id, because=because.value, now=now)
        else:
            ended = await self._transaction.rows(
                statements.END_OWN, session_id=session_id, account_id=account_id, because=because.value, now=now
            )
        return await self._revoke_tokens(ended, now) > 0

    async def end_sessions(self, account_id: AccountId, *, because: Ended, now: datetime, but: SessionId | None = None) -> int:
        ended = await self._transaction.rows(statements.END_ALL, account_id=account_id, because=because.value, now=now, but=but)
        if because is not Ended.LOGGED_OUT_EVERYWHERE:
            # Whoever knew the old password may have agreed to something as well; a log-out is about devices alone.
            await self._transaction.run(END_GRANTS_OF, account_id=account_id, because=because.value, now=now)
        return await self._revoke_tokens(ended, now)

    async def _revoke_tokens(self, ended: list[IdKept], now: datetime) -> int:
        """A statement of its own: it also sees what a rotation committed while the sessions were waited for."""
        if ended:
            await self._transaction.run(statements.REVOKE_TOKENS, ids=[each.id for each in ended], now=now)
        return len(ended)

    async def forget_tokens(self, *, before: datetime, count_max: int) -> int:
        forgotten = await self._transaction.run(statements.FORGET_TOKENS, before=before, count=count_max)
        if forgotten < count_max:
            await self._transaction.run(statements.FORGET_SESSIONS, before=before)
            await self._transaction.run(mailed.FORGET_MAILED, before=before)
            await self._transaction.run(mailed.FORGET_CHANGES, before=before)
            await self._transaction.run(mailed.FORGET_FAILURES, before=before)
        return forgotten

    async def keep_role(self, name: str, permissions: Collection[Permission]) -> RoleId:
        held = sorted(each.value for each in permissions)
        row = await self._transaction.row(statements.KEEP_ROLE, id=new_id(), name=name, permissions=held)
        assert row is not None
        return RoleId(row.id)

    async def add_staff(self, account_id: AccountId, *, name: str, role_id: RoleId) -> None:
        await self._transaction.run(statements.ADD_STAFF, account_id=account_id, name=name, role_id=role_id)

    async def knows_device(self, account_id: AccountId, device_hash: bytes) -> bool | None:
        row = await self._transaction.row(mailed.KNOWS_DEVICE, account_id=account_id, device_hash=device_hash)
        return row.is_known if row is not None else None

    async def verify_email(self, account_id: AccountId, *, now: datetime) -> None:
        await self._transaction.run(mailed.VERIFY_EMAIL, account_id=account_id, now=now)

    async def set_email(self, account_id: AccountId, *, email: str, email_key: str, now: datetime) -> bool:
        try:
            await self._transaction.run(mailed.SET_EMAIL, account_id=account_id, email=email, email_key=email_key, now=now)
        except asyncpg.UniqueViolationError:
            return False
        return True

    async def mailed(self, token_hash: bytes, *, now: datetime) -> MailedToken | None:
        row = await self._transaction.row(mailed.MAILED, token_hash=token_hash, now=now)
        if row is None:
            return None
        return MailedToken(**row._asdict() | {"account_id": AccountId(row.account_id), "purpose": Purpose(row.purpose)})

    async def add_mailed(self, token: MailedToken, *, now: datetime) -> None:
        await self._transaction.run(mailed.ADD_MAILED, **asdict(token) | {"purpose": token.purpose.value}, now=now)

    async def replace_mailed(self, account_id: AccountId, purposes: Collection[Purpose], *, now: datetime) -> None:
        named = [each.value for each in purposes]
        await self._transaction.run(mailed.REPLACE_MAILED, account_id=account_id, purposes=named, now=now)

    async def use_mailed(self, token_id: UUID, *, now: datetime) -> bool:
        return await self._transaction.run(mailed.USE_MAILED, token_id=token_id, now=now) == 1

    async def keep_email_change(self, change: EmailChange, *, now: datetime) -> None:
        await self._transaction.run(mailed.KEEP_CHANGE, **asdict(change), now=now)

    async def email_change(self, account_id: AccountId) -> EmailChange | None:
        row = await self._transaction.row(mailed.CHANGE, account_id=account_id)
        return None if row is None else EmailChange(**row._asdict() | {"account_id": account_id})

    async def last_email_change(self, account_id: AccountId) -> EmailChange | None:
        row = await self._transaction.row(mailed.LAST_CHANGE, account_id=account_id)
        return None if row is None else EmailChange(**row._asdict() | {"account_id": account_id})

    async def confirm_email_change(self, account_id: AccountId, *, is_new: bool, now: datetime) -> bool:
        row = await self._transaction.row(mailed.CONFIRM_CHANGE, account_id=account_id, is_new=is_new, now=now)
        return row is not None and row.is_done

    async def count_failure(self, key_hash: bytes, *, hour: datetime) -> int:
        row = await self._transaction.row(mailed.COUNT_FAILURE, key_hash=key_hash, hour=hour)
        assert row is not None
        return row.times


def _snapshot(row: AccountKept | None) -> Account | None:
    if row is None:
        return None
    return Account(
        id=AccountId(row.id),
        email=row.email,
        password_hash=row.password_hash,
        is_active=row.is_active,
        has_password=row.has_password,
        is_verified=row.is_verified,
    )
