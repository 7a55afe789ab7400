"""Apps, what people and the shop let them do, and the tokens they come with: every secret is kept as SHA-256 only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.apps.model import TokenKind
from persistence.base import Created, Id, JsonObject, Row, belongs_to, may_point_at, one_of


class AppRow(Row):
    """A program that works with the shop. Without `secret_hash` it is a public client (RFC 6749 section 2.1)."""

    __tablename__ = "app"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    redirect_uris: Mapped[list[str]]
    scopes: Mapped[list[str]]
    is_limited: Mapped[bool] = mapped_column(server_default=text("false"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_by: Mapped[str]
    created_at: Mapped[Created]


class AppChannelRow(Row):
    """A channel in which a limited app works; one without any works in none."""

    __tablename__ = "app_channel"

    app_id: Mapped[UUID] = belongs_to("app.id", primary_key=True)
    channel_id: Mapped[UUID] = belongs_to("channel.id", primary_key=True, index=True)


class AppGrantRow(Row):
    """A person's consent: the family of the tokens that an app has for them. Ended, none of them is worth anything."""

    __tablename__ = "app_grant"
    __table_args__ = (CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ended_because"),)

    id: Mapped[Id]
    app_id: Mapped[UUID] = belongs_to("app.id", index=True)
    account_id: Mapped[UUID] = belongs_to("account.id", index=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[Created]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]


class AppCodeRow(Row):
    """An authorization code (RFC 6749 section 4.1.2), good once, with the challenge that its bearer must answer (RFC 7636)."""

    __tablename__ = "app_code"

    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    grant_id: Mapped[UUID] = belongs_to("app_grant.id", index=True)
    redirect_uri: Mapped[str]
    nonce: Mapped[str | None]
    challenge: Mapped[str]
    authenticated_at: Mapped[datetime]
    created_at: Mapped[Created]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class AppTokenRow(Row):
    """What an app shows: an access token, a refresh token of a grant, an API key, or a token for development."""

    __tablename__ = "app_token"
    __table_args__ = (
        one_of("kind", tuple(each.value for each in TokenKind)),
        CheckConstraint("(kind IN ('KEY', 'DEVELOPMENT')) = (name IS NOT NULL)", name="named_keys"),
        CheckConstraint("kind <> 'REFRESH' OR grant_id IS NOT NULL", name="refresh_of_grant"),
        CheckConstraint("kind = 'KEY' OR expires_at IS NOT NULL", name="expires"),
        Index(
            "uq_app_token_refresh",
            "grant_id",
            unique=True,
            postgresql_where=text("kind = 'REFRESH' AND used_at IS NULL AND revoked_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    app_id: Mapped[UUID] = belongs_to("app.id", index=True)
    grant_id: Mapped[UUID | None] = may_point_at("app_grant.id", ondelete="CASCADE", index=True)
    kind: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    hint: Mapped[str]
    name: Mapped[str | None]
    scopes: Mapped[list[str]]
    created_by: Mapped[str]
    created_at: Mapped[Created]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    last_used_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SigningKeyRow(Row):
    """A key that signs id tokens. `sealed` is the private part under the vault; one is current, others only verify."""

    __tablename__ = "signing_key"
    __table_args__ = (Index("uq_signing_key_current", "is_current", unique=True, postgresql_where=text("is_current")),)

    id: Mapped[Id]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    public: Mapped[JsonObject] = mapped_column(JSONB)
    is_current: Mapped[bool]
    created_at: Mapped[Created]
