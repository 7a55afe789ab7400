"""Payments (one row an attempt), the double-entry ledger of what moved, providers' notifications, and reconciliation runs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.payments.model import FINISHED, PaymentState
from persistence.base import Created, EmptyObject, EmptyText, Id, JsonObject, Minor, Row, belongs_to, may_point_at, one_of


class PaymentRow(Row):
    """One attempt to pay an order through a provider. `version` is the provider's latest that was applied."""

    __tablename__ = "payment"
    __table_args__ = (
        one_of("state", tuple(each.value for each in PaymentState)),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("0 <= refunded AND refunded <= captured AND captured <= authorized", name="money_bounds"),
        CheckConstraint("authorized <= amount", name="authorized_within_amount"),
        Index("uq_payment_reference", "provider", "reference", unique=True, postgresql_where=text("reference IS NOT NULL")),
        Index("ix_payment_order", "order_id", "created_at"),
        Index("ix_payment_unfinished", "created_at", postgresql_where=text(f"state NOT IN {tuple(s.value for s in FINISHED)}")),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT")
    provider: Mapped[str]
    reference: Mapped[str | None]
    state: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Minor]
    authorized: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    captured: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    refunded: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    next_action: Mapped[JsonObject | None]
    failure_code: Mapped[str | None]
    failure_message: Mapped[str | None]
    method: Mapped[EmptyObject]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class RefundRow(Row):
    """Money to give back: written with the decision, settled when the provider has said so."""

    __tablename__ = "refund"
    __table_args__ = (
        one_of("state", ("PENDING", "DONE", "FAILED")),
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_refund_payment", "payment_id"),
        Index("ix_refund_pending", "created_at", postgresql_where=text("state = 'PENDING'")),
    )

    id: Mapped[Id]
    payment_id: Mapped[UUID] = belongs_to("payment.id", ondelete="RESTRICT")
    order_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT", index=True)
    currency: Mapped[str]
    amount: Mapped[Minor]
    reason: Mapped[str]
    state: Mapped[str]
    failure: Mapped[str | None]
    created_at: Mapped[Created]
    settled_at: Mapped[datetime | None]


class LedgerEntryRow(Row):
    """Append-only double entry: the entries of one `transfer` sum to zero; debits are positive, credits negative."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_something"),
        one_of("account", ("PROVIDER", "CUSTOMER", "AUTHORIZED", "RECEIVABLE")),
        Index("ix_ledger_entry_order", "order_id"),
        Index("ix_ledger_entry_payment", "payment_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    transfer: Mapped[UUID]
    order_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT")
    payment_id: Mapped[UUID] = belongs_to("payment.id", ondelete="RESTRICT")
    kind: Mapped[str]
    account: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Minor]
    created_at: Mapped[Created]


class NotificationRow(Row):
    """The inbox: one row per provider and notification, however often it is sent. Done or parked with the outcome, in the end."""

    __tablename__ = "inbox"
    __table_args__ = (
        one_of("state", ("PENDING", "DONE", "PARKED")),
        CheckConstraint("(state = 'PENDING') = (outcome IS NULL)", name="ended_has_outcome"),
        Index("uq_inbox_notification", "provider", "notification_id", unique=True),
        Index("ix_inbox_pending", "next_attempt_at", postgresql_where=text("state = 'PENDING'")),
    )

    id: Mapped[Id]
    provider: Mapped[str]
    notification_id: Mapped[str]
    kind: Mapped[str]
    reference: Mapped[EmptyText]
    payload: Mapped[JsonObject]
    state: Mapped[str] = mapped_column(server_default=text("'PENDING'"))
    outcome: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[Created]
    received_at: Mapped[Created]


class ReconciliationRunRow(Row):
    __tablename__ = "reconciliation_run"
    __table_args__ = (Index("ix_reconciliation_run_started", "started_at", "id"),)

    id: Mapped[Id]
    provider: Mapped[str]
    started_at: Mapped[Created]
    finished_at: Mapped[datetime | None]
    payments_checked: Mapped[int] = mapped_column(server_default=text("0"))
    failure: Mapped[str | None]


class ReconciliationFindingRow(Row):
    __tablename__ = "reconciliation_finding"
    __table_args__ = (Index("ix_reconciliation_finding_reference", "reference", postgresql_where=text("NOT was_repaired")),)

    run_id: Mapped[UUID] = belongs_to("reconciliation_run.id", primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID | None] = may_point_at("payment.id", index=True)
    reference: Mapped[str | None]
    kind: Mapped[str]
    was_repaired: Mapped[bool]
    detail: Mapped[EmptyObject]
