"""Log-ins: accounts, roles of staff, sessions and the refresh tokens of each session."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.access.model import Purpose
from persistence.base import Created, Id, Row, belongs_to, may_point_at, one_of


class AccountRow(Row):
    """Who can log in. `email_key` is the NFKC-casefolded address, unique over customers and staff alike.

    Without a password (`has_password` is false) the hash is of one that nobody knows.
    An account that is to be erased stays until `erase_after`; an erased one is an id without a person.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("erased_at IS NULL OR NOT is_active", name="erased_is_closed"),
        Index("ix_account_erase_after", "erase_after", postgresql_where=text("erase_after IS NOT NULL AND erased_at IS NULL")),
    )

    id: Mapped[Id]
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    email_verified_at: Mapped[datetime | None]
    password_hash: Mapped[str]
    has_password: Mapped[bool] = mapped_column(server_default=text("true"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[Created]
    erase_after: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class RoleRow(Row):
    """A named set of permissions. The one `is_administrator` holds all there are, whatever is written beside it."""

    __tablename__ = "role"
    __table_args__ = (
        Index("uq_role_administrator", "is_administrator", unique=True, postgresql_where=text("is_administrator")),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    permissions: Mapped[list[str]]
    is_administrator: Mapped[bool] = mapped_column(server_default=text("false"))
    requires_second_factor: Mapped[bool] = mapped_column(server_default=text("false"))


class StaffRow(Row):
    """An account that works for the shop; what it may do is its role's, if `is_limited` in the channels listed for it.

    A trigger keeps one administrator who is active and not limited, whoever asks.
    """

    __tablename__ = "staff"

    account_id: Mapped[UUID] = belongs_to("account.id", primary_key=True)
    name: Mapped[str]
    role_id: Mapped[UUID] = belongs_to("role.id", ondelete="RESTRICT", index=True)
    is_limited: Mapped[bool] = mapped_column(server_default=text("false"))


class SessionRow(Row):
    """One log-in on one device: the family of its refresh tokens."""

    __tablename__ = "session"

    id: Mapped[Id]
    account_id: Mapped[UUID] = belongs_to("account.id", index=True)
    user_agent: Mapped[str]
    device_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
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


class OneTimeTokenRow(Row):
    """A secret that was mailed, kept as SHA-256 only; `bound_hash` is of what must not have changed when it is used.

    Of an account at most one of a purpose is good.
    """

    __tablename__ = "one_time_token"
    __table_args__ = (
        one_of("purpose", tuple(each.value for each in Purpose)),
        CheckConstraint("used_at IS NULL OR replaced_at IS NULL", name="ends_once"),
        Index(
            "uq_one_time_token_live",
            "account_id",
            "purpose",
            unique=True,
            postgresql_where=text("used_at IS NULL AND replaced_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = belongs_to("account.id")
    purpose: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    bound_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Created]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]


class EmailChangeRow(Row):
    """An account's wish for another address, until both mailboxes have confirmed it."""

    __tablename__ = "email_change"

    account_id: Mapped[UUID] = belongs_to("account.id", primary_key=True)
    old_email: Mapped[str]
    new_email: Mapped[str]
    requested_at: Mapped[Created]
    old_confirmed_at: Mapped[datetime | None]
    new_confirmed_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class LogInFailureRow(Row):
    """How often a log-in failed on one address (by the SHA-256 of its key, known or not) in one hour."""

    __tablename__ = "log_in_failure"
    __table_args__ = (PrimaryKeyConstraint("key_hash", "hour"),)

    key_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hour: Mapped[datetime] = mapped_column(index=True)
    count: Mapped[int]
