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
class CaptureTooLarge(UserError):
    """More was asked for than was promised and not taken, or asked for, already."""

    code: ClassVar[str] = "CAPTURE_TOO_LARGE"
    capturable: Money

    @property
    def message(self) -> str:
        return "This is more than is left to be taken of this payment."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCannot(UserError):
    """The payment's provider does not offer what was asked; `ability` is what it lacks, or what only others have."""

    code: ClassVar[str] = "PROVIDER_CANNOT"
    ability: str

    @property
    def message(self) -> str:
        return "The provider of this payment does not do this."


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCoversOrder(UserError):
    """Without this payment a confirmed order would not be paid: the order is to be cancelled, or paid otherwise, first."""

    code: ClassVar[str] = "PAYMENT_COVERS_ORDER"

    @property
    def message(self) -> str:
        return "A confirmed order rests on this payment. Cancel the order instead, or let it be paid another way first."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnUrlNotAllowed(UserError):
    """A page that buyers are not sent back to."""

    code: ClassVar[str] = "RETURN_URL_NOT_ALLOWED"

    @property
    def message(self) -> str:
        return "Buyers are sent back to the shop's own pages only."


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondPersonNeeded(UserError):
    """Who asked for a large refund cannot be the one who agrees to it."""

    code: ClassVar[str] = "SECOND_PERSON_NEEDED"

    @property
    def message(self) -> str:
        return "Somebody else has to decide about this refund."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyImported(UserError):
    """The same statement was taken before."""

    code: ClassVar[str] = "ALREADY_IMPORTED"

    @property
    def message(self) -> str:
        return "This file was taken before."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyDecided(UserError):
    """The refund was agreed to, or refused, before."""

    code: ClassVar[str] = "ALREADY_DECIDED"

    @property
    def message(self) -> str:
        return "This refund was decided before."


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
