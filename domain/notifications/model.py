"""The words of notifications: what somebody who looks at the shop is told while they do, and who that is.

Letters go to people who are away (`notices`), webhooks to machines; this is for open pages. Which fact is told to whom is
one table; it holds no amounts and no names, for whoever wants to know more asks for the thing.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.ids import AccountId, ChannelId, CustomerId
from domain.viewer import Permission

KEPT_DAYS = 90
"""How long notifications are kept."""
READ_AT_ONCE = 100
"""How many can be marked as read by their ids in one go."""


class NotificationKind(enum.Enum):
    """What a notification is about; the value is the stored and published name."""

    ORDER_PLACED = "ORDER_PLACED"
    ORDER_STATUS_CHANGED = "ORDER_STATUS_CHANGED"
    ORDER_EDITED = "ORDER_EDITED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    SHIPMENT_SENT = "SHIPMENT_SENT"
    SHIPMENT_TRACKED = "SHIPMENT_TRACKED"
    SHIPMENT_DELIVERED = "SHIPMENT_DELIVERED"
    SHIPMENT_CANCELLED = "SHIPMENT_CANCELLED"
    PAYMENT_RECEIVED = "PAYMENT_RECEIVED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    PAYMENT_DISPUTED = "PAYMENT_DISPUTED"
    DISPUTE_CLOSED = "DISPUTE_CLOSED"
    REFUNDED = "REFUNDED"
    REFUND_FAILED = "REFUND_FAILED"
    REFUND_TO_APPROVE = "REFUND_TO_APPROVE"
    RETURN_REQUESTED = "RETURN_REQUESTED"
    RETURN_APPROVED = "RETURN_APPROVED"
    RETURN_DECLINED = "RETURN_DECLINED"
    RETURN_CANCELLED = "RETURN_CANCELLED"
    RETURN_RECEIVED = "RETURN_RECEIVED"
    RETURN_EXCHANGED = "RETURN_EXCHANGED"
    BOOKS_DIFFER = "BOOKS_DIFFER"
    STOCK_LOW = "STOCK_LOW"
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How one kind of fact is told: to staff with a permission, to the order's buyer, or to both.

    `fields` are those of the fact that go along. What a fact of an order belongs to, its channel, limits who of the staff
    is told; what belongs to no order is the whole shop's.
    """

    kind: NotificationKind
    staff: Permission | None = None
    buyer: bool = False
    fields: tuple[str, ...] = ()


TOLD: Mapping[str, Telling] = {
    "OrderPlaced": Telling(kind=NotificationKind.ORDER_PLACED, staff=Permission.READ_ORDERS, buyer=True),
    "OrderStatusChanged": Telling(
        kind=NotificationKind.ORDER_STATUS_CHANGED, buyer=True, fields=("status", "fulfillment_status")
    ),
    "OrderEdited": Telling(kind=NotificationKind.ORDER_EDITED, buyer=True),
    "OrderCancelled": Telling(kind=NotificationKind.ORDER_CANCELLED, staff=Permission.READ_ORDERS, buyer=True),
    "FulfillmentCreated": Telling(kind=NotificationKind.SHIPMENT_SENT, buyer=True, fields=("fulfillment_status",)),
    "FulfillmentTracked": Telling(kind=NotificationKind.SHIPMENT_TRACKED, buyer=True),
    "FulfillmentDelivered": Telling(kind=NotificationKind.SHIPMENT_DELIVERED, buyer=True, fields=("fulfillment_status",)),
    "FulfillmentCancelled": Telling(kind=NotificationKind.SHIPMENT_CANCELLED, buyer=True, fields=("fulfillment_status",)),
    "PaymentCaptured": Telling(kind=NotificationKind.PAYMENT_RECEIVED, buyer=True),
    "PaymentFailed": Telling(kind=NotificationKind.PAYMENT_FAILED, staff=Permission.READ_PAYMENTS, buyer=True),
    "PaymentDisputed": Telling(kind=NotificationKind.PAYMENT_DISPUTED, staff=Permission.READ_PAYMENTS),
    "DisputeClosed": Telling(kind=NotificationKind.DISPUTE_CLOSED, staff=Permission.READ_PAYMENTS),
    "RefundSettled": Telling(kind=NotificationKind.REFUNDED, buyer=True),
    "RefundFailed": Telling(kind=NotificationKind.REFUND_FAILED, staff=Permission.READ_PAYMENTS),
    "RefundRequested": Telling(kind=NotificationKind.REFUND_TO_APPROVE, staff=Permission.MANAGE_PAYMENTS),
    "ReturnRequested": Telling(kind=NotificationKind.RETURN_REQUESTED, staff=Permission.READ_ORDERS),
    "ReturnApproved": Telling(kind=NotificationKind.RETURN_APPROVED, buyer=True),
    "ReturnDeclined": Telling(kind=NotificationKind.RETURN_DECLINED, buyer=True),
    "ReturnCancelled": Telling(kind=NotificationKind.RETURN_CANCELLED, staff=Permission.READ_ORDERS),
    "ReturnReceived": Telling(kind=NotificationKind.RETURN_RECEIVED, buyer=True),
    "ReturnExchanged": Telling(kind=NotificationKind.RETURN_EXCHANGED, buyer=True),
    "BooksDiffered": Telling(kind=NotificationKind.BOOKS_DIFFER, staff=Permission.READ_PAYMENTS, fields=("provider", "found")),
    "StockRanLow": Telling(kind=NotificationKind.STOCK_LOW, staff=Permission.READ_STOCK, fields=("free",)),
    "WebhookEndpointDisabled": Telling(kind=NotificationKind.WEBHOOK_DISABLED, staff=Permission.MANAGE_WEBHOOKS),
}
"""By the kind of fact how it is told; all others are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotification:
    """A notification about to be written, once for all who may read it. `permission` None: it is for the order's buyer."""

    id: UUID
    event_id: UUID
    kind: NotificationKind
    permission: Permission | None
    order_id: UUID | None
    aggregate: str
    aggregate_id: UUID
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which notifications somebody reads: a customer their own; staff by permission, in their channels (None: everywhere).

    `account_id` is whose marks of what is read count; None for apps, which have none.
    """

    account_id: AccountId | None = None
    customer_id: CustomerId | None = None
    permissions: frozenset[str] = frozenset()
    channels: frozenset[ChannelId] | None = None
