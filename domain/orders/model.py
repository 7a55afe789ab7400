"""The words of orders: the three states with their transition tables, the frozen agreement, and entries of its history."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ids import CartId, ChannelId, CustomerId, OrderId, OrderLineId, VariantId
from domain.money import Currency, Money

NOTE_LENGTH_MAX = 2_000
"""Characters of a note of staff."""


class OrderStatus(enum.Enum):
    """Where the agreement stands."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class PaymentStatus(enum.Enum):
    """Where the money stands, as a whole, over all payments of the order."""

    UNPAID = "UNPAID"
    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


class FulfillmentStatus(enum.Enum):
    """Where the goods stand."""

    UNFULFILLED = "UNFULFILLED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    PARTIALLY_RETURNED = "PARTIALLY_RETURNED"
    RETURNED = "RETURNED"


NEXT_STATUS: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset({OrderStatus.CONFIRMED, OrderStatus.CANCELLED}),
    OrderStatus.CONFIRMED: frozenset({OrderStatus.PROCESSING, OrderStatus.CANCELLED}),
    OrderStatus.PROCESSING: frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED}),
    OrderStatus.COMPLETED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}

_OPEN_MONEY = frozenset(
    {PaymentStatus.UNPAID, PaymentStatus.PENDING, PaymentStatus.AUTHORIZED, PaymentStatus.PARTIALLY_PAID, PaymentStatus.PAID}
)
_GIVEN_BACK = frozenset({PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED})
NEXT_PAYMENT_STATUS: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.UNPAID: _OPEN_MONEY - {PaymentStatus.UNPAID},
    PaymentStatus.PENDING: _OPEN_MONEY - {PaymentStatus.PENDING},
    PaymentStatus.AUTHORIZED: frozenset(
        {PaymentStatus.UNPAID, PaymentStatus.PENDING, PaymentStatus.PARTIALLY_PAID, PaymentStatus.PAID}
    ),
    PaymentStatus.PARTIALLY_PAID: frozenset({PaymentStatus.PAID}) | _GIVEN_BACK,
    PaymentStatus.PAID: _GIVEN_BACK
    | {PaymentStatus.UNPAID, PaymentStatus.PENDING, PaymentStatus.AUTHORIZED, PaymentStatus.PARTIALLY_PAID},
    PaymentStatus.PARTIALLY_REFUNDED: frozenset({PaymentStatus.REFUNDED, PaymentStatus.PAID, PaymentStatus.PARTIALLY_PAID}),
    # Money that was given back may come back again.
    PaymentStatus.REFUNDED: frozenset({PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.PAID, PaymentStatus.PARTIALLY_PAID}),
}

_CAME_BACK = frozenset({FulfillmentStatus.PARTIALLY_RETURNED, FulfillmentStatus.RETURNED})
NEXT_FULFILLMENT_STATUS: dict[FulfillmentStatus, frozenset[FulfillmentStatus]] = {
    FulfillmentStatus.UNFULFILLED: frozenset({FulfillmentStatus.PARTIALLY_SHIPPED, FulfillmentStatus.SHIPPED}),
    FulfillmentStatus.PARTIALLY_SHIPPED: _CAME_BACK
    | {FulfillmentStatus.UNFULFILLED, FulfillmentStatus.SHIPPED, FulfillmentStatus.DELIVERED},
    FulfillmentStatus.SHIPPED: _CAME_BACK
    | {FulfillmentStatus.UNFULFILLED, FulfillmentStatus.PARTIALLY_SHIPPED, FulfillmentStatus.DELIVERED},
    FulfillmentStatus.DELIVERED: _CAME_BACK,
    FulfillmentStatus.PARTIALLY_RETURNED: frozenset({FulfillmentStatus.PARTIALLY_SHIPPED, FulfillmentStatus.RETURNED}),
    FulfillmentStatus.RETURNED: frozenset(),
}


class EventKind(enum.Enum):
    """What an entry of an order's history tells."""

    PLACED = "PLACED"
    DRAFT_COMPLETED = "DRAFT_COMPLETED"
    PAYMENT_STARTED = "PAYMENT_STARTED"
    PAYMENT_ACTION_REQUIRED = "PAYMENT_ACTION_REQUIRED"
    PAYMENT_AUTHORIZED = "PAYMENT_AUTHORIZED"
    PAYMENT_CAPTURED = "PAYMENT_CAPTURED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    PAYMENT_CANCELLED = "PAYMENT_CANCELLED"
    REFUND_STARTED = "REFUND_STARTED"
    REFUNDED = "REFUNDED"
    REFUND_FAILED = "REFUND_FAILED"
    DISPUTE_OPENED = "DISPUTE_OPENED"
    DISPUTE_WON = "DISPUTE_WON"
    DISPUTE_LOST = "DISPUTE_LOST"
    STATUS_CHANGED = "STATUS_CHANGED"
    FULFILLMENT_CREATED = "FULFILLMENT_CREATED"
    FULFILLMENT_TRACKED = "FULFILLMENT_TRACKED"
    FULFILLMENT_DELIVERED = "FULFILLMENT_DELIVERED"
    FULFILLMENT_CANCELLED = "FULFILLMENT_CANCELLED"
    FULFILLMENT_CHANGED = "FULFILLMENT_CHANGED"
    RETURN_REQUESTED = "RETURN_REQUESTED"
    RETURN_APPROVED = "RETURN_APPROVED"
    RETURN_DECLINED = "RETURN_DECLINED"
    RETURN_CANCELLED = "RETURN_CANCELLED"
    RETURN_RECEIVED = "RETURN_RECEIVED"
    RETURN_EXCHANGED = "RETURN_EXCHANGED"
    RETURN_COMPLETED = "RETURN_COMPLETED"
    EDITED = "EDITED"
    NOTE_ADDED = "NOTE_ADDED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class States:
    """The three states of an order at one moment."""

    status: OrderStatus
    payment: PaymentStatus
    fulfillment: FulfillmentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the history before it has its number: what happened and what it tells beside the states."""

    kind: EventKind
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order under its lock: what decisions need of it. Amounts of money are in its one currency."""

    id: OrderId
    number: int
    channel_id: ChannelId
    customer_id: CustomerId | None
    email: str
    language: str
    currency: Currency
    states: States
    total: Money
    authorized: Money
    captured: Money
    refunded: Money
    version: int
    placed_at: datetime
    edited_back: int = 0
    """Minor units that had come in, are not owed any more since the order was edited, and went or go back for that.

    What a second person declined to give back is counted too: it is the shop's, and not owed again.
    """

    @property
    def billed(self) -> Money:
        """What all payments have to bring: the total, and what they brought and edits gave back."""
        return Money(self.total.minor + self.edited_back, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What staff wrote about an order; `is_public`: its buyer sees it."""

    id: UUID
    order_id: OrderId
    text: str
    is_public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrderLine:
    """A line as it is sold, in minor units of the order's currency."""

    id: OrderLineId
    position: int
    variant_id: VariantId
    product_name: str
    variant_name: str
    sku: str
    image_url: str | None
    quantity: int
    unit_price: int
    discount: int
    tax_basis_points: int
    tax_added: int
    tax_total: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order about to be placed: the whole agreement, before it has its number. Amounts are minor units of `currency`."""

    id: OrderId
    cart_id: CartId
    channel_id: ChannelId
    customer_id: CustomerId | None
    email: str
    currency: Currency
    country: str
    language: str
    shipping_address: dict[str, Any] | None
    billing_address: dict[str, Any]
    delivery: dict[str, Any] | None
    coupon_code: str | None
    note: str
    subtotal: int
    discount: int
    shipping: int
    tax_added: int
    tax_total: int
    total: int
    explanation: dict[str, Any]
    states: States
    lines: tuple[NewOrderLine, ...]
    placed_at: datetime
