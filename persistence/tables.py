"""The tables that serve every concept (outbox, idempotency, schedule), and the list of all tables for migrations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, LargeBinary, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

import persistence.access.tables
import persistence.apps.tables
import persistence.audit.tables
import persistence.carts.tables
import persistence.catalog.tables
import persistence.channels.tables
import persistence.customers.tables
import persistence.documents.tables
import persistence.drafts.tables
import persistence.factors.tables
import persistence.fulfillments.tables
import persistence.identities.tables
import persistence.invoices.tables
import persistence.notices.tables
import persistence.notifications.tables
import persistence.orders.tables
import persistence.payments.tables
import persistence.prices.tables
import persistence.promotions.tables
import persistence.returns.tables
import persistence.shipping.tables
import persistence.staff.tables
import persistence.stock.tables
import persistence.taxes.tables
import persistence.webhooks.tables
from persistence.base import Created, Id, JsonObject, Row, belongs_to


class OutboxEventRow(Row):
    """A fact, written in the transaction that made it true. The relay turns it into one task per actor, once."""

    __tablename__ = "outbox_event"
    __table_args__ = (
        Index("ix_outbox_event_unrouted", "id", postgresql_where=text("routed_at IS NULL")),
        Index("ix_outbox_event_aggregate", "aggregate", "aggregate_id"),
        Index("ix_outbox_event_unlogged", "number", postgresql_where=text("position IS NULL")),
        Index("uq_outbox_event_position", "position", unique=True),
    )

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(BigInteger, Identity())
    """Drawn when the fact is written, under its thing's lock: facts about one thing are numbered as they happened."""
    position: Mapped[int | None] = mapped_column(BigInteger)
    """Its place in the event log, from 1 and without gaps; negative for what stays in the house, null until the log is written."""
    kind: Mapped[str]
    aggregate: Mapped[str]
    aggregate_id: Mapped[UUID]
    payload: Mapped[JsonObject]
    request_id: Mapped[str | None]
    created_at: Mapped[Created]
    routed_at: Mapped[datetime | None]


class OutboxTaskRow(Row):
    """One actor's work on one fact: dispatched again until the actor's own transaction says done, parked after too many tries."""

    __tablename__ = "outbox_task"
    __table_args__ = (
        Index("uq_outbox_task_actor", "event_id", "actor", unique=True),
        Index("ix_outbox_task_due", "due_at", postgresql_where=text("done_at IS NULL AND parked_because IS NULL")),
    )

    id: Mapped[Id]
    event_id: Mapped[UUID] = belongs_to("outbox_event.id")
    actor: Mapped[str]
    due_at: Mapped[Created]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    done_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    parked_because: Mapped[str | None]


class IdempotencyRow(Row):
    """A client's key for one mutation, the digest of its arguments, and what came of it."""

    __tablename__ = "idempotency"
    __table_args__ = (PrimaryKeyConstraint("actor", "mutation", "key"), Index("ix_idempotency_created", "created_at"))

    actor: Mapped[str]
    mutation: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    outcome: Mapped[JsonObject | None]
    created_at: Mapped[Created]


class ScheduleRow(Row):
    """When a scheduled actor last ran: whoever moves the row on runs it, so that two schedulers never do the same work."""

    __tablename__ = "schedule"

    name: Mapped[str] = mapped_column(primary_key=True)
    next_run_at: Mapped[datetime]


class ShopRow(Row):
    """One row: facts about this installation, such as when and from what it was seeded."""

    __tablename__ = "shop"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    seeded_at: Mapped[datetime | None]


METADATA = Row.metadata
CONCEPTS = (
    persistence.access.tables,
    persistence.apps.tables,
    persistence.audit.tables,
    persistence.carts.tables,
    persistence.catalog.tables,
    persistence.channels.tables,
    persistence.customers.tables,
    persistence.documents.tables,
    persistence.drafts.tables,
    persistence.factors.tables,
    persistence.fulfillments.tables,
    persistence.identities.tables,
    persistence.invoices.tables,
    persistence.notices.tables,
    persistence.notifications.tables,
    persistence.orders.tables,
    persistence.payments.tables,
    persistence.prices.tables,
    persistence.promotions.tables,
    persistence.returns.tables,
    persistence.shipping.tables,
    persistence.staff.tables,
    persistence.stock.tables,
    persistence.taxes.tables,
    persistence.webhooks.tables,
)
"""Importing this module is what fills `METADATA`; the tuple says so to the reader and to the linter."""
