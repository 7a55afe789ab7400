"""Facts about payments, for whoever acts on them later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _PaymentEvent(Event):
    aggregate: ClassVar[str] = "payment"
    payment_id: UUID
    order_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.payment_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(_PaymentEvent):
    """Money has come in; `amount` is what this step brought, in minor units of the order's currency."""

    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFailed(_PaymentEvent):
    """The attempt came to nothing; the buyer may try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundDue(_PaymentEvent):
    """Money has to go back: the provider is to be asked, once, for the refund of this id."""

    refund_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSettled(_PaymentEvent):
    """Money has gone back."""

    refund_id: UUID
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(_PaymentEvent):
    """The provider refused to give money back: staff has to find another way."""

    refund_id: UUID
    failure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequested(Event):
    """Somebody wants to give much back, and somebody else has to agree."""

    aggregate: ClassVar[str] = "order"
    order_id: UUID
    request_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureDue(_PaymentEvent):
    """Money is to be taken of what was promised: the provider is to be asked, once, under this id."""

    capture_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDisputed(_PaymentEvent):
    """The buyer's bank asks the money back; `dispute` is the provider's own name for it."""

    dispute: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeClosed(_PaymentEvent):
    """A dispute was won or lost."""

    dispute: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethodForgotten(Event):
    """A kept method is to go at its provider's too."""

    aggregate: ClassVar[str] = "payment_method"
    method_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.method_id


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksDiffered(Event):
    """A comparison with a provider, or a statement of its, found what only a person can set right; `found` counts it."""

    aggregate: ClassVar[str] = "reconciliation_run"
    run_id: UUID
    provider: str
    found: int

    @property
    def aggregate_id(self) -> UUID:
        return self.run_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAbandoned(_PaymentEvent):
    """The order is off while the attempt has no outcome: the provider is to be told to drop it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationReceived(Event):
    """A provider's notification lies in the inbox and waits to be applied."""

    aggregate: ClassVar[str] = "notification"
    notification_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.notification_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentNamed(Event):
    """A notification that only names a payment lies in the inbox: the provider is to be asked how the payment stands."""

    aggregate: ClassVar[str] = "notification"
    notification_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.notification_id
