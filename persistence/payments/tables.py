"""Payments (one row an attempt), the double-entry ledger of what moved, providers' notifications, and reconciliation runs."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.payments.model import ACCOUNT_NAMES, FINISHED, DisputeStatus, PaymentState
from domain.payments.refunding import RequestState
from domain.payments.statements import RowOutcome
from persistence.base import Created, EmptyObject, EmptyText, Id, JsonObject, Minor, Row, belongs_to, may_point_at, one_of


class PaymentRow(Row):
    """One attempt to pay an order through a provider. `version` is the provider's latest that was applied."""

    __tablename__ = "payment"
    __table_args__ = (
        one_of("state", tuple(each.value for each in PaymentState)),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("0 <= refunded AND refunded <= captured AND captured <= authorized", name="money_bounds"),
        CheckConstraint("authorized <= amount", name="authorized_within_amount"),
        CheckConstraint("(fee IS NULL) = (fee_currency IS NULL)", name="fee_has_currency"),
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
    keeps_method: Mapped[bool] = mapped_column(server_default=text("false"))
    fee: Mapped[Minor | None]
    fee_currency: Mapped[str | None]
    is_settled: Mapped[bool] = mapped_column(server_default=text("false"))
    asked_at: Mapped[datetime | None]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class PaymentMethodRow(Row):
    """A method that a provider keeps for a customer. Once forgotten it is offered no more, and goes when the provider knows."""

    __tablename__ = "payment_method"
    __table_args__ = (
        Index("uq_payment_method_token", "provider", "token", unique=True),
        Index("ix_payment_method_customer", "customer_id", "id"),
    )

    id: Mapped[Id]
    customer_id: Mapped[UUID] = belongs_to("customer.id")
    provider: Mapped[str]
    token: Mapped[str]
    brand: Mapped[str]
    last4: Mapped[str]
    expires_on: Mapped[date | None]
    created_at: Mapped[Created]
    forgotten_at: Mapped[datetime | None]


class CaptureRow(Row):
    """Money to take of what was promised: written with staff's decision, settled when the provider has said so."""

    __tablename__ = "capture"
    __table_args__ = (
        one_of("state", ("PENDING", "DONE", "FAILED")),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(state = 'PENDING') = (settled_at IS NULL)", name="ended_has_time"),
        Index("ix_capture_payment", "payment_id"),
        Index("ix_capture_pending", "created_at", postgresql_where=text("state = 'PENDING'")),
    )

    id: Mapped[Id]
    payment_id: Mapped[UUID] = belongs_to("payment.id", ondelete="RESTRICT")
    order_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT", index=True)
    currency: Mapped[str]
    amount: Mapped[Minor]
    state: Mapped[str]
    failure: Mapped[str | None]
    requested_by: Mapped[str]
    created_at: Mapped[Created]
    settled_at: Mapped[datetime | None]


class RefundRequestRow(Row):
    """What staff decided to give back, and who agreed where it takes two. `shipping` is the part of it that is for delivery."""

    __tablename__ = "refund_request"
    __table_args__ = (
        one_of("state", tuple(each.value for each in RequestState)),
        CheckConstraint("amount > 0 AND shipping BETWEEN 0 AND amount", name="amount_bounds"),
        CheckConstraint("(state = 'WAITING') = (decided_at IS NULL)", name="ended_has_time"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="ended_has_actor"),
        CheckConstraint("NOT takes_two OR decided_by IS NULL OR decided_by <> requested_by", name="four_eyes"),
        Index("ix_refund_request_order", "order_id", "id"),
        Index("ix_refund_request_waiting", "id", postgresql_where=text("state = 'WAITING'")),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT")
    payment_id: Mapped[UUID | None] = may_point_at("payment.id", ondelete="RESTRICT", index=True)
    currency: Mapped[str]
    amount: Mapped[Minor]
    shipping: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    reason: Mapped[str]
    state: Mapped[str]
    takes_two: Mapped[bool]
    requested_by: Mapped[str]
    decided_by: Mapped[str | None]
    created_at: Mapped[Created]
    decided_at: Mapped[datetime | None]


class RefundLineRow(Row):
    """The goods that a request gives money back for; `restocks` says that they go back on the shelf."""

    __tablename__ = "refund_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        Index("ix_refund_line_order_line", "order_line_id"),
    )

    request_id: Mapped[UUID] = belongs_to("refund_request.id", primary_key=True)
    order_line_id: Mapped[UUID] = belongs_to("order_line.id", ondelete="RESTRICT", primary_key=True)
    quantity: Mapped[int]
    amount: Mapped[Minor]
    restocks: Mapped[bool]


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
    request_id: Mapped[UUID | None] = may_point_at("refund_request.id", ondelete="RESTRICT", index=True)
    created_at: Mapped[Created]
    settled_at: Mapped[datetime | None]


class DisputeRow(Row):
    """A buyer's bank that asks money back, as the provider last told of it."""

    __tablename__ = "dispute"
    __table_args__ = (
        one_of("status", tuple(each.value for each in DisputeStatus)),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(status = 'OPEN') = (closed_at IS NULL)", name="ended_has_time"),
        Index("uq_dispute_reference", "payment_id", "reference", unique=True),
        Index("ix_dispute_order", "order_id", "id"),
        Index("ix_dispute_open", "respond_by", postgresql_where=text("status = 'OPEN'")),
    )

    id: Mapped[Id]
    payment_id: Mapped[UUID] = belongs_to("payment.id", ondelete="RESTRICT")
    order_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT")
    provider: Mapped[str]
    reference: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Minor]
    reason: Mapped[str]
    status: Mapped[str]
    respond_by: Mapped[datetime]
    opened_at: Mapped[Created]
    closed_at: Mapped[datetime | None]


class LedgerEntryRow(Row):
    """Append-only double entry: the entries of one `transfer` sum to zero; debits are positive, credits negative."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_something"),
        one_of("account", ACCOUNT_NAMES),
        Index("ix_ledger_entry_order", "order_id"),
        Index("ix_ledger_entry_payment", "payment_id"),
        Index("ix_ledger_entry_created", "created_at", postgresql_using="brin"),
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


class SettlementRow(Row):
    """A provider's statement of what it paid out, as a file said it; the same file is taken once."""

    __tablename__ = "settlement"
    __table_args__ = (
        Index("uq_settlement_file", "provider", "digest", unique=True),
        CheckConstraint("rows >= 0 AND unmatched BETWEEN 0 AND rows", name="counts_bounds"),
    )

    id: Mapped[Id]
    provider: Mapped[str]
    file_name: Mapped[str]
    digest: Mapped[str]
    rows: Mapped[int]
    unmatched: Mapped[int]
    imported_by: Mapped[str]
    imported_at: Mapped[Created]


class SettlementLineRow(Row):
    """A line of a statement and what it was found to be; beyond the file's own lines, what should have been there."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        one_of("outcome", tuple(each.value for each in RowOutcome)),
        Index("ix_settlement_line_payment", "payment_id"),
        Index("uq_settlement_line_key", "provider", "key", unique=True, postgresql_where=text("key IS NOT NULL")),
    )

    settlement_id: Mapped[UUID] = belongs_to("settlement.id", primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str]
    key: Mapped[str | None]
    kind: Mapped[str]
    reference: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Minor]
    fee: Mapped[Minor]
    occurred_at: Mapped[datetime | None]
    outcome: Mapped[str]
    payment_id: Mapped[UUID | None] = may_point_at("payment.id", ondelete="RESTRICT")
    detail: Mapped[EmptyText]
