"""What apps, consents and tokens need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.apps.model import Client, Code, NewToken, Over, Owner, SealedKey, Token, Wish
from domain.ids import AccountId, AppId, ChannelId


class AppsStore(Protocol):
    """Apps, inside one transaction. Changes of apps go under the lock of staff; a consent's row is the lock of its tokens."""

    async def client(self, app_id: AppId) -> Client | None:
        """An app. Locks nothing."""

    async def named(self, name: str) -> AppId | None:
        """The app of this name."""

    async def add(self, client: Client, *, created_by: str, now: datetime) -> bool:
        """Keeps a new app; False when there is one of its name."""

    async def replace(self, client: Client) -> bool:
        """Keeps all that is said of an app but its secret; False when another one has its name."""

    async def set_secret(self, app_id: AppId, secret_hash: bytes) -> None:
        """Replaces the hash of an app's secret."""

    async def limit(self, app_id: AppId, only: frozenset[ChannelId] | None) -> None:
        """Replaces the channels of an app; None lifts the limit."""

    async def count_keys(self, app_id: AppId) -> int:
        """How many keys of an app were not revoked."""

    async def add_token(self, token: NewToken, *, now: datetime) -> None:
        """Keeps a token. A consent has one refresh token at a time that is neither used nor revoked: the database sees to it."""

    async def token(self, token_hash: bytes, *, lock: bool) -> Token | None:
        """A token with its consent, which is locked on demand, so that of two who show tokens of it one goes first."""

    async def key(self, token_id: UUID) -> Token | None:
        """A key, or a token for development, by its id."""

    async def use_token(self, token_id: UUID, *, now: datetime) -> None:
        """Marks a refresh token used."""

    async def revoke_token(self, token_id: UUID, *, now: datetime) -> None:
        """Makes a token worth nothing. Twice is fine."""

    async def note_use(self, token_id: UUID, *, now: datetime, again_after_seconds: int) -> None:
        """Notes when a token was last used, unless that was noted not long ago."""

    async def add_grant(self, grant_id: UUID, wish: Wish, account_id: AccountId, *, now: datetime) -> None:
        """Keeps a person's consent."""

    async def add_code(self, code_hash: bytes, grant_id: UUID, wish: Wish, *, now: datetime, expires_at: datetime) -> None:
        """Keeps an authorization code of a consent; the person proved who they are right now."""

    async def code(self, code_hash: bytes, *, lock: bool) -> Code | None:
        """A code with its consent, which is locked on demand."""

    async def use_code(self, code_hash: bytes, *, now: datetime) -> None:
        """Marks a code used."""

    async def end_grant(self, grant_id: UUID, *, because: Over, now: datetime, account_id: AccountId | None = None) -> bool:
        """Ends a consent (of this account, when one is named) and all its tokens with it; False when there is none."""

    async def owner(self, account_id: AccountId) -> Owner | None:
        """The person behind an account, as they are told of."""

    async def signing_keys(self) -> list[SealedKey]:
        """Every key that id tokens may still be signed with, the current one first."""

    async def add_signing_key(self, key: SealedKey, *, now: datetime) -> None:
        """Makes this the current key; the one before goes on being published. Under the lock of staff."""

    async def forget(self, *, before: datetime, count_max: int) -> int:
        """Drops tokens and codes that ended before then, `count_max` of each at most; how many tokens."""

    async def forget_keys(self, *, before: datetime) -> None:
        """Drops signing keys that were replaced before then."""
