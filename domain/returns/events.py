"""Facts about returns. They are told as the order's, so that whoever follows an order hears them in order.

`fulfillment_status` is where the order's goods stand after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReturnEvent(Event):
    aggregate: ClassVar[str] = "order"
    order_id: UUID
    return_id: UUID
    seq: int
    fulfillment_status: str

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRequested(_ReturnEvent):
    """A buyer wants to send goods back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnApproved(_ReturnEvent):
    """The shop agreed: the goods may be sent back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnDeclined(_ReturnEvent):
    """The shop did not agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCancelled(_ReturnEvent):
    """The goods are not sent back after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReceived(_ReturnEvent):
    """Goods came back, and it was seen which of them are accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnExchanged(_ReturnEvent):
    """Other goods are sent for some that came back, as an order of their own."""

    replacement_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCompleted(_ReturnEvent):
    """Everything that came back was refunded or exchanged, or staff has ended it otherwise."""
