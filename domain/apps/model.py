"""The words of apps: programs that work with the shop, the tokens they come with, and what people let them do."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ids import AccountId, AppId, ChannelId

NAME_LENGTH_MAX = 100
URI_LENGTH_MAX = 500
REDIRECT_URIS_MAX = 10
SCOPES_LENGTH_MAX = 2_000
KEYS_PER_APP_MAX = 50
CODE_SECONDS = 60
"""How long an authorization code may wait (RFC 6749 section 4.1.2 says ten minutes at most)."""
ID_TOKEN_SECONDS = 600
DEVELOPMENT = "Development"
"""The app behind tokens that the command line makes."""
DEVELOPMENT_SECONDS_MAX = 90 * 86_400


class TokenKind(enum.Enum):
    """What a token is for; the value is kept."""

    ACCESS = "ACCESS"
    """Short-lived, of the OAuth 2.0 token endpoint."""
    REFRESH = "REFRESH"
    """Good for one exchange against an access token and its own successor."""
    KEY = "KEY"
    """An API key: lives until its own end, if it has one, or until it is revoked."""
    DEVELOPMENT = "DEVELOPMENT"
    """Made by the command line; no installation in production takes one."""


class Over(enum.Enum):
    """Why a person's consent ended, beside the reasons for which their sessions end; the value is kept."""

    REVOKED = "REVOKED"
    """By the app or by the person."""
    REUSED = "REUSED"
    """A code or a refresh token came twice: somebody else has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An app as decisions see it: `scopes` is the most that it may be given, `channels` None stands for all of them."""

    id: AppId
    name: str
    secret_hash: bytes | None = field(repr=False)
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    channels: frozenset[ChannelId] | None
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The person behind a grant, as an id token tells of them. `subject` is the account's id."""

    subject: AccountId
    email: str
    email_verified: bool
    name: str
    language: str | None
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A person's consent, under its lock where it is decided on."""

    id: UUID
    app_id: AppId
    account_id: AccountId
    scopes: tuple[str, ...]
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorization code with the grant it stands for."""

    grant: Grant
    redirect_uri: str
    nonce: str | None
    challenge: str
    authenticated_at: datetime
    expires_at: datetime
    is_used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as decisions see it. `grant` is None for one that an app has of its own."""

    id: UUID
    app_id: AppId
    kind: TokenKind
    scopes: tuple[str, ...]
    grant: Grant | None
    created_at: datetime
    expires_at: datetime | None
    is_used: bool
    is_revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token about to be kept: never its text, only the SHA-256 of it, and how it begins, for people to tell it by."""

    id: UUID
    app_id: AppId
    grant_id: UUID | None
    kind: TokenKind
    token_hash: bytes
    hint: str
    name: str | None
    scopes: tuple[str, ...]
    created_by: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an app asked a person for, checked and agreed to."""

    app_id: AppId
    redirect_uri: str
    scopes: tuple[str, ...]
    nonce: str | None
    challenge: str


@dataclass(frozen=True, slots=True)
class FactorMissing:
    """The person's role asks for a second factor and they have none yet: until then nothing is agreed to."""


@dataclass(frozen=True, slots=True)
class Made:
    """A secret that is shown this once, and the id of what it belongs to."""

    id: UUID
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Tokens about to be given out: their texts, their scopes, and how long they are good, in seconds."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...]
    access_seconds: int
    refresh_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedKey:
    """A key that signs id tokens: the private part under the vault, the public one as a JSON Web Key (RFC 7517)."""

    id: UUID
    sealed: bytes = field(repr=False)
    public: Mapping[str, Any]
