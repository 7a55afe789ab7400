"""Whom other sign-in providers know an account as, and log-ins that are under way at one of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, Id, Row, belongs_to, may_point_at


class IdentityRow(Row):
    """An account's name at a provider. `subject` never changes there; the address is what the provider said last."""

    __tablename__ = "identity"
    __table_args__ = (
        UniqueConstraint("provider", "subject"),
        Index("uq_identity_one_per_provider", "account_id", "provider", unique=True),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = belongs_to("account.id")
    provider: Mapped[str]
    subject: Mapped[str]
    email: Mapped[str | None]
    created_at: Mapped[Created]
    last_used_at: Mapped[Created]


class JourneyRow(Row):
    """Somebody was sent to a provider and may come back once, in time. `account_id` is who links, if anybody does.

    State, nonce, code verifier and the browser's secret are drawn from the id and our key, and kept nowhere.
    """

    __tablename__ = "identity_journey"

    id: Mapped[Id]
    provider: Mapped[str]
    redirect_url: Mapped[str]
    account_id: Mapped[UUID | None] = may_point_at("account.id", ondelete="CASCADE", index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
