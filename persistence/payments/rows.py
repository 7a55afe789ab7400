"""Payments and refunds as they are stored, and how they become what the domain decides on."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.ids import OrderId, PaymentId, RefundRequestId
from domain.money import Currency, Money
from domain.payments.model import Payment, PaymentState, Refund, RefundState
from persistence.payments.snapshots import told_action, told_method
from persistence.payments.tables import PaymentRow, RefundRow


class KeptPayment(NamedTuple):
    """A row of payments."""

    id: UUID
    order_id: UUID
    provider: str
    reference: str | None
    state: str
    currency: str
    amount: int
    authorized: int
    captured: int
    refunded: int
    version: int
    next_action: dict[str, str] | None
    failure_code: str | None
    failure_message: str | None
    method: dict[str, Any]
    keeps_method: bool
    fee: int | None
    fee_currency: str | None
    is_settled: bool
    created_at: datetime


class KeptRefund(NamedTuple):
    """A row of refunds."""

    id: UUID
    payment_id: UUID
    order_id: UUID
    currency: str
    amount: int
    reason: str
    state: str
    created_at: datetime
    request_id: UUID | None


PAYMENT_COLUMNS = tuple(getattr(PaymentRow, name) for name in KeptPayment._fields)
REFUND_COLUMNS = tuple(getattr(RefundRow, name) for name in KeptRefund._fields)


def payment_of(row: KeptPayment) -> Payment:
    """The attempt."""
    currency = Currency(row.currency)
    return Payment(
        id=PaymentId(row.id),
        order_id=OrderId(row.order_id),
        provider=row.provider,
        reference=row.reference,
        state=PaymentState(row.state),
        amount=Money(row.amount, currency),
        authorized=Money(row.authorized, currency),
        captured=Money(row.captured, currency),
        refunded=Money(row.refunded, currency),
        version=row.version,
        next_action=told_action(row.next_action),
        failure_code=row.failure_code,
        failure_message=row.failure_message,
        method=told_method(row.method),
        keeps_method=row.keeps_method,
        fee=Money(row.fee, Currency(row.fee_currency)) if row.fee is not None and row.fee_currency is not None else None,
        is_settled=row.is_settled,
        created_at=row.created_at,
    )


def refund_of(row: KeptRefund) -> Refund:
    """The refund."""
    return Refund(
        id=row.id,
        payment_id=PaymentId(row.payment_id),
        order_id=OrderId(row.order_id),
        amount=Money(row.amount, Currency(row.currency)),
        reason=row.reason,
        state=RefundState(row.state),
        created_at=row.created_at,
        request_id=RefundRequestId(row.request_id) if row.request_id is not None else None,
    )
