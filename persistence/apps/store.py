"""The port of apps, consents and tokens made true on PostgreSQL. A consent's row is locked before its tokens and codes are read."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from domain.apps.model import Client, Code, Grant, NewToken, Over, Owner, SealedKey, Token, TokenKind, Wish
from domain.ids import AccountId, AppId, ChannelId
from persistence.apps import statements
from persistence.apps.statements import ClientKept, GrantKept, TokenKept
from persistence.transaction import Transaction


class AppsRows:
    """`domain.apps.store.AppsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def client(self, app_id: AppId) -> Client | None:
        row = await self._transaction.row(statements.CLIENT, app_id=app_id)
        return client_of(row) if row is not None else None

    async def named(self, name: str) -> AppId | None:
        row = await self._transaction.row(statements.NAMED, called=name)
        return AppId(row.id) if row is not None else None

    async def add(self, client: Client, *, created_by: str, now: datetime) -> bool:
        words = _words(client)
        return await self._transaction.run(statements.ADD, digest=client.secret_hash, by=created_by, now=now, **words) == 1

    async def replace(self, client: Client) -> bool:
        other = await self.named(client.name)
        if other is not None and other != client.id:
            return False
        await self._transaction.run(statements.REPLACE, **_words(client))
        return True

    async def set_secret(self, app_id: AppId, secret_hash: bytes) -> None:
        await self._transaction.run(statements.SET_SECRET, app_id=app_id, digest=secret_hash)

    async def limit(self, app_id: AppId, only: frozenset[ChannelId] | None) -> None:
        await self._transaction.run(statements.SET_LIMITED, app_id=app_id, limited=only is not None)
        await self._transaction.run(statements.CLEAR_CHANNELS, app_id=app_id)
        if only:
            await self._transaction.run(statements.ADD_CHANNELS, app_id=app_id, only=sorted(only))

    async def count_keys(self, app_id: AppId) -> int:
        row = await self._transaction.row(statements.COUNT_KEYS, app_id=app_id)
        return row.total if row is not None else 0

    async def add_token(self, token: NewToken, *, now: datetime) -> None:
        await self._transaction.run(
            statements.ADD_TOKEN,
            token_id=token.id,
            app_id=token.app_id,
            grant_id=token.grant_id,
            kind=token.kind.value,
            digest=token.token_hash,
            hint=token.hint,
            called=token.name,
            scopes=list(token.scopes),
            by=token.created_by,
            now=now,
            expires_at=token.expires_at,
        )

    async def token(self, token_hash: bytes, *, lock: bool) -> Token | None:
        row = await self._transaction.row(statements.TOKEN, digest=token_hash)
        if row is None:
            return None
        grant = await self._grant(row.grant_id, lock=lock) if row.grant_id is not None else None
        if lock and grant is not None:
            # Read again: whoever held the lock before may have used it up.
            row = await self._transaction.row(statements.TOKEN, digest=token_hash) or row
        return _token(row, grant)

    async def key(self, token_id: UUID) -> Token | None:
        row = await self._transaction.row(statements.KEY, token_id=token_id)
        return _token(row, None) if row is not None else None

    async def use_token(self, token_id: UUID, *, now: datetime) -> None:
        await self._transaction.run(statements.USE_TOKEN, token_id=token_id, now=now)

    async def revoke_token(self, token_id: UUID, *, now: datetime) -> None:
        await self._transaction.run(statements.REVOKE_TOKEN, token_id=token_id, now=now)

    async def note_use(self, token_id: UUID, *, now: datetime, again_after_seconds: int) -> None:
        before = now - timedelta(seconds=again_after_seconds)
        await self._transaction.run(statements.NOTE_USE, token_id=token_id, now=now, before=before)

    async def add_grant(self, grant_id: UUID, wish: Wish, account_id: AccountId, *, now: datetime) -> None:
        await self._transaction.run(
            statements.ADD_GRANT,
            grant_id=grant_id,
            app_id=wish.app_id,
            account_id=account_id,
            scopes=list(wish.scopes),
            now=now,
        )

    async def add_code(self, code_hash: bytes, grant_id: UUID, wish: Wish, *, now: datetime, expires_at: datetime) -> None:
        await self._transaction.run(
            statements.ADD_CODE,
            digest=code_hash,
            grant_id=grant_id,
            uri=wish.redirect_uri,
            nonce=wish.nonce,
            challenge=wish.challenge,
            now=now,
            expires_at=expires_at,
        )

    async def code(self, code_hash: bytes, *, lock: bool) -> Code | None:
        row = await self._transaction.row(statements.CODE, digest=code_hash)
        grant = await self._grant(row.grant_id, lock=lock) if row is not None else None
        if row is None or grant is None:
            return None
        if lock:
            row = await self._transaction.row(statements.CODE, digest=code_hash) or row
        return Code(
            grant=grant,
            redirect_uri=row.redirect_uri,
            nonce=row.nonce,
            challenge=row.challenge,
            authenticated_at=row.authenticated_at,
            expires_at=row.expires_at,
            is_used=row.used_at is not None,
        )

    async def use_code(self, code_hash: bytes, *, now: datetime) -> None:
        await self._transaction.run(statements.USE_CODE, digest=code_hash, now=now)

    async def end_grant(self, grant_id: UUID, *, because: Over, now: datetime, account_id: AccountId | None = None) -> bool:
        values: dict[str, object] = {"grant_id": grant_id, "because": because.value, "now": now}
        if account_id is None:
            return await self._transaction.run(statements.END_GRANT, **values) == 1
        return await self._transaction.run(statements.END_OWN_GRANT, **values, account_id=account_id) == 1

    async def owner(self, account_id: AccountId) -> Owner | None:
        row = await self._transaction.row(statements.OWNER, account_id=account_id)
        if row is None:
            return None
        bought_as = f"{row.first_name or ''} {row.last_name or ''}".strip()
        return Owner(
            subject=AccountId(row.id),
            email=row.email,
            email_verified=row.is_verified,
            name=row.staff_name or bought_as,
            language=row.language,
            is_active=row.is_active,
        )

    async def signing_keys(self) -> list[SealedKey]:
        return [SealedKey(**row._asdict()) for row in await self._transaction.rows(statements.KEYS)]

    async def add_signing_key(self, key: SealedKey, *, now: datetime) -> None:
        await self._transaction.run(statements.RETIRE_KEYS)
        await self._transaction.run(statements.ADD_KEY, key_id=key.id, sealed=key.sealed, public=dict(key.public), now=now)

    async def forget(self, *, before: datetime, count_max: int) -> int:
        await self._transaction.run(statements.FORGET_CODES, before=before, count=count_max)
        return await self._transaction.run(statements.FORGET_TOKENS, before=before, count=count_max)

    async def forget_keys(self, *, before: datetime) -> None:
        await self._transaction.run(statements.FORGET_KEYS, before=before)

    async def _grant(self, grant_id: UUID, *, lock: bool) -> Grant | None:
        if lock:
            await self._transaction.run(statements.LOCK_GRANT, grant_id=grant_id)
        row = await self._transaction.row(statements.GRANT, grant_id=grant_id)
        return _grant(row) if row is not None else None


def client_of(row: ClientKept) -> Client:
    """An app's row as decisions see it."""
    return Client(
        id=AppId(row.id),
        name=row.name,
        secret_hash=row.secret_hash,
        redirect_uris=tuple(row.redirect_uris),
        scopes=frozenset(row.scopes),
        channels=frozenset(map(ChannelId, row.channel_ids)) if row.channel_ids is not None else None,
        is_active=row.is_active,
    )


def _words(client: Client) -> dict[str, object]:
    return {
        "app_id": client.id,
        "called": client.name,
        "uris": list(client.redirect_uris),
        "most": sorted(client.scopes),
        "active": client.is_active,
    }


def _grant(row: GrantKept) -> Grant:
    return Grant(
        id=row.id,
        app_id=AppId(row.app_id),
        account_id=AccountId(row.account_id),
        scopes=tuple(row.scopes),
        is_over=row.is_over,
    )


def _token(row: TokenKept, grant: Grant | None) -> Token:
    return Token(
        id=row.id,
        app_id=AppId(row.app_id),
        kind=TokenKind(row.kind),
        scopes=tuple(row.scopes),
        grant=grant,
        created_at=row.created_at,
        expires_at=row.expires_at,
        is_used=row.used_at is not None,
        is_revoked=row.revoked_at is not None,
    )
