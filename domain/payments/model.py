"""The words of payments: the states of one attempt to pay, and what decisions need of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from domain.ids import OrderId, PaymentId
from domain.money import Money


class PaymentState(enum.Enum):
    """Where one attempt to pay stands. What is not known is PENDING, never FAILED."""

    PENDING = "PENDING"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


FINISHED = (
    PaymentState.CAPTURED,
    PaymentState.PARTIALLY_REFUNDED,
    PaymentState.REFUNDED,
    PaymentState.FAILED,
    PaymentState.CANCELLED,
)
"""States in which nothing is expected of the provider any more, short of a refund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """An attempt under its order's lock. `version` is the provider's latest that was applied; 0 before the first."""

    id: PaymentId
    order_id: OrderId
    provider: str
    reference: str | None
    state: PaymentState
    amount: Money
    authorized: Money
    captured: Money
    refunded: Money
    version: int
    next_action: str | None
    failure_code: str | None
    failure_message: str | None
