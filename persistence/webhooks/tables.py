"""The tables of outgoing webhooks: endpoints with their secrets, deliveries with their tries, and the log's counter."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, EmptyText, Id, Row, belongs_to, may_point_at, one_of


class EventLogRow(Row):
    """One row: the position of the log's last event. Whoever writes events into the log holds it, so positions have no gaps."""

    __tablename__ = "event_log"
    __table_args__ = (CheckConstraint("id = 1", name="alone"), CheckConstraint("position >= 0", name="position_from_zero"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger)


class WebhookEndpointRow(Row):
    """An address that is told of chosen events. `held_until` and `fence` are the present sender's."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        CheckConstraint("failures >= 0", name="failures_counted"),
        CheckConstraint("is_active OR disabled_because IS NULL OR disabled_at IS NOT NULL", name="disabled_at_a_time"),
        CheckConstraint("(failures = 0) = (failing_since IS NULL)", name="failing_since_a_failure"),
    )

    id: Mapped[Id]
    url: Mapped[str]
    description: Mapped[EmptyText]
    kinds: Mapped[list[str]]
    selection: Mapped[str | None]
    permissions: Mapped[list[str]]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    disabled_because: Mapped[str | None]
    disabled_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    failing_since: Mapped[datetime | None]
    resting_until: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created_at: Mapped[Created]


class WebhookSecretRow(Row):
    """A key that signs, sealed. The one without an end is the present one; rotated keys sign on until their end."""

    __tablename__ = "webhook_secret"
    __table_args__ = (
        Index("uq_webhook_secret_present", "endpoint_id", unique=True, postgresql_where=text("valid_until IS NULL")),
        Index("ix_webhook_secret_endpoint", "endpoint_id"),
    )

    id: Mapped[Id]
    endpoint_id: Mapped[UUID] = belongs_to("webhook_endpoint.id")
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    valid_until: Mapped[datetime | None]
    created_at: Mapped[Created]


class WebhookDeliveryRow(Row):
    """One event for one endpoint; `event_id` is missing for a trial. Its id is the webhook's id at every try."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        one_of("state", ("PENDING", "DELIVERED", "FAILED"), name="state_known"),
        CheckConstraint("attempts >= 0", name="attempts_counted"),
        CheckConstraint("(state = 'PENDING') = (ended_at IS NULL)", name="ended_at_its_end"),
        Index("uq_webhook_delivery_event", "endpoint_id", "event_id", unique=True),
        Index("ix_webhook_delivery_event", "event_id"),
        Index("ix_webhook_delivery_created", "endpoint_id", "created_at", "id"),
        Index(
            "ix_webhook_delivery_pending",
            "endpoint_id",
            "aggregate_id",
            "position",
            postgresql_where=text("state = 'PENDING'"),
        ),
    )

    id: Mapped[Id]
    endpoint_id: Mapped[UUID] = belongs_to("webhook_endpoint.id")
    event_id: Mapped[UUID | None] = may_point_at("outbox_event.id", ondelete="CASCADE")
    aggregate_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(server_default=text("'PENDING'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[Created]
    asked_at: Mapped[Created]
    """When it was last asked for: at first with the event, later by whoever sent it again."""
    ended_at: Mapped[datetime | None]
    created_at: Mapped[Created]


class WebhookAttemptRow(Row):
    """One try of a delivery: what the receiver answered, or why there was no answer."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        PrimaryKeyConstraint("delivery_id", "number"),
        ForeignKeyConstraint(["delivery_id"], ["webhook_delivery.id"], ondelete="CASCADE"),
        CheckConstraint("number > 0", name="number_from_one"),
    )

    delivery_id: Mapped[UUID]
    number: Mapped[int]
    status: Mapped[int | None]
    failure: Mapped[str | None]
    response: Mapped[EmptyText]
    milliseconds: Mapped[int]
    at: Mapped[datetime]
