"""Messages to people: what was to be said to whom, and how the saying went."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, Id, Row, may_point_at, one_of


class NoticeRow(Row):
    """One message. `cause` is the outbox task that asked for it: unique, so that an event makes one message however often it runs."""

    __tablename__ = "notice"
    __table_args__ = (
        one_of("state", ("QUEUED", "SENDING", "SENT", "DEAD")),
        Index("ix_notice_due", "next_attempt_at", postgresql_where=text("state IN ('QUEUED', 'SENDING')")),
        Index("ix_notice_created", "created_at", "id"),
    )

    id: Mapped[Id]
    cause: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    medium: Mapped[str] = mapped_column(server_default=text("'EMAIL'"))
    recipient: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str]
    body_text: Mapped[str]
    body_html: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[UUID | None] = may_point_at("orders.id", index=True)
    state: Mapped[str] = mapped_column(server_default=text("'QUEUED'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    failure: Mapped[str | None]
    next_attempt_at: Mapped[Created]
    created_at: Mapped[Created]
    sent_at: Mapped[datetime | None]
