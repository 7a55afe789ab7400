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
