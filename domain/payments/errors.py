"""What can be expected to fail around payments. A declined card is none of these: it is a fact, kept with the attempt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError
from domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNotPayable(UserError):
    """The order is cancelled: nothing is to be paid any more."""

    code: ClassVar[str] = "ORDER_NOT_PAYABLE"

    @property
    def message(self) -> str:
        return "The order is cancelled; there is nothing to pay any more."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyPaid(UserError):
    """Nothing is left to be paid."""

    code: ClassVar[str] = "ALREADY_PAID"

    @property
    def message(self) -> str:
        return "The order is paid already."


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentInProgress(UserError):
    """What is left to be paid is being paid by attempts that have no outcome yet."""

    code: ClassVar[str] = "PAYMENT_IN_PROGRESS"

    @property
    def message(self) -> str:
        return "A payment of this order is under way. Follow its next action, or wait for its outcome before paying again."


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountExceedsOutstanding(UserError):
    """More was offered than is left to be paid."""

    code: ClassVar[str] = "AMOUNT_EXCEEDS_OUTSTANDING"
    outstanding: Money

    @property
    def message(self) -> str:
        return "This is more than is left to be paid."


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundTooLarge(UserError):
    """More was asked back than came in and was not given back, or promised, already."""

    code: ClassVar[str] = "REFUND_TOO_LARGE"
    refundable: Money

    @property
    def message(self) -> str:
        return "This is more than is left to be given back."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSilent(UserError):
    """The provider does not say now; what was asked for may or may not have been done, and will be known later."""

    code: ClassVar[str] = "PROVIDER_SILENT"

    @property
    def message(self) -> str:
        return "The payment provider does not answer at the moment. Please try again a little later."


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKeyRequired(UserError):
    """Deeds that move money are only done under a key, so that a repeat never moves it twice."""

    code: ClassVar[str] = "IDEMPOTENCY_KEY_REQUIRED"

    @property
    def message(self) -> str:
        return "Give this mutation a key: @idempotent(key: ...) on the field, or the header Idempotency-Key."
