"""Log-ins: accounts, roles of staff, sessions and the refresh tokens of each session."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, Id, Row, belongs_to, may_point_at


class AccountRow(Row):
    """Who can log in. `email_key` is the NFKC-casefolded address, unique over customers and staff alike.

    Without a password (`has_password` is false) the hash is of one that nobody knows.
    """

    __tablename__ = "account"

    id: Mapped[Id]
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    email_verified_at: Mapped[datetime | None]
    password_hash: Mapped[str]
    has_password: Mapped[bool] = mapped_column(server_default=text("true"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[Created]


class RoleRow(Row):
    __tablename__ = "role"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    permissions: Mapped[list[str]]


class StaffRow(Row):
    """An account that works for the shop; what it may do is its role's."""

    __tablename__ = "staff"

    account_id: Mapped[UUID] = belongs_to("account.id", primary_key=True)
    name: Mapped[str]
    role_id: Mapped[UUID] = belongs_to("role.id", ondelete="RESTRICT", index=True)


class SessionRow(Row):
    """One log-in on one device: the family of its refresh tokens."""

    __tablename__ = "session"

    id: Mapped[Id]
    account_id: Mapped[UUID] = belongs_to("account.id", index=True)
    user_agent: Mapped[str]
    created_at: Mapped[Created]
    last_used_at: Mapped[Created]
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None]


class RefreshTokenRow(Row):
    """A refresh token, kept as SHA-256 only. At most one of a session is neither used nor revoked."""

    __tablename__ = "refresh_token"
    __table_args__ = (
        Index(
            "uq_refresh_token_live",
            "session_id",
            unique=True,
            postgresql_where=text("used_at IS NULL AND revoked_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    session_id: Mapped[UUID] = belongs_to("session.id", index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    successor_id: Mapped[UUID | None] = may_point_at("refresh_token.id", index=True)
    created_at: Mapped[Created]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
