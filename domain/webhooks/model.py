"""The words of outgoing webhooks: which facts leave the house, to which endpoints, and how each delivery goes.

A fact goes out under the name of its kind; everything else that the outbox carries is our own business.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.viewer import Permission

ENDPOINTS_MAX = 50
"""How many endpoints a shop may have: each event is weighed against every one of them."""
DELIVERY_HOURS = 72
"""How long a delivery is tried, and how long an endpoint may fail at everything before it is switched off."""
REPLAY_MAX = 10_000
"""Events that one replay may send again."""


class EventType(enum.Enum):
    """A kind of fact that the event log shows and endpoints may choose; the value is the name of its class."""

    ORDER_PLACED = "OrderPlaced"
    ORDER_STATUS_CHANGED = "OrderStatusChanged"
    ORDER_CANCELLED = "OrderCancelled"
    ORDER_EDITED = "OrderEdited"
    DRAFT_CREATED = "DraftCreated"
    DRAFT_UPDATED = "DraftUpdated"
    DRAFT_COMPLETED = "DraftCompleted"
    DRAFT_DELETED = "DraftDeleted"
    FULFILLMENT_CREATED = "FulfillmentCreated"
    FULFILLMENT_TRACKED = "FulfillmentTracked"
    FULFILLMENT_DELIVERED = "FulfillmentDelivered"
    FULFILLMENT_CANCELLED = "FulfillmentCancelled"
    RETURN_REQUESTED = "ReturnRequested"
    RETURN_APPROVED = "ReturnApproved"
    RETURN_DECLINED = "ReturnDeclined"
    RETURN_CANCELLED = "ReturnCancelled"
    RETURN_RECEIVED = "ReturnReceived"
    RETURN_EXCHANGED = "ReturnExchanged"
    RETURN_COMPLETED = "ReturnCompleted"
    PAYMENT_CAPTURED = "PaymentCaptured"
    PAYMENT_FAILED = "PaymentFailed"
    REFUND_SETTLED = "RefundSettled"
    REFUND_FAILED = "RefundFailed"
    PAYMENT_DISPUTED = "PaymentDisputed"
    DISPUTE_CLOSED = "DisputeClosed"
    INVOICE_ISSUED = "InvoiceIssued"
    CUSTOMER_REGISTERED = "CustomerRegistered"

    @property
    def wire_name(self) -> str:
        """How a webhook calls it: `order.status_changed`."""
        thing, _, happened = self.name.lower().partition("_")
        return f"{thing}.{happened}"


INTERNAL = frozenset({"CaptureDue", "PaymentAbandoned", "RefundDue", "RefundRequested"})
"""Kinds about public things that stay in the house: steps of our own work."""

PRIVATE = frozenset(
    {
        "account",
        "event_log",
        "notice",
        "notification",
        "payment_method",
        "product_import",
        "reconciliation_run",
        "stock_notice",
        "variant",
        "webhook_endpoint",
    }
)
"""What facts are about that stay in the house: steps of our own work, and what only an account's owner may learn."""

NEEDED: Mapping[str, Permission] = {
    "order": Permission.READ_ORDERS,
    "draft_order": Permission.READ_ORDERS,
    "payment": Permission.READ_PAYMENTS,
    "invoice": Permission.READ_ORDERS,
    "account": Permission.READ_CUSTOMERS,
}
"""By the kind of thing an event is about, what reading it takes."""

AGGREGATES: Mapping[EventType, str] = {
    EventType.ORDER_PLACED: "order",
    EventType.ORDER_STATUS_CHANGED: "order",
    EventType.ORDER_CANCELLED: "order",
    EventType.ORDER_EDITED: "order",
    EventType.DRAFT_CREATED: "draft_order",
    EventType.DRAFT_UPDATED: "draft_order",
    EventType.DRAFT_COMPLETED: "draft_order",
    EventType.DRAFT_DELETED: "draft_order",
    EventType.FULFILLMENT_CREATED: "order",
    EventType.FULFILLMENT_TRACKED: "order",
    EventType.FULFILLMENT_DELIVERED: "order",
    EventType.FULFILLMENT_CANCELLED: "order",
    EventType.RETURN_REQUESTED: "order",
    EventType.RETURN_APPROVED: "order",
    EventType.RETURN_DECLINED: "order",
    EventType.RETURN_CANCELLED: "order",
    EventType.RETURN_RECEIVED: "order",
    EventType.RETURN_EXCHANGED: "order",
    EventType.RETURN_COMPLETED: "order",
    EventType.PAYMENT_CAPTURED: "payment",
    EventType.PAYMENT_FAILED: "payment",
    EventType.REFUND_SETTLED: "payment",
    EventType.REFUND_FAILED: "payment",
    EventType.PAYMENT_DISPUTED: "payment",
    EventType.DISPUTE_CLOSED: "payment",
    EventType.INVOICE_ISSUED: "invoice",
    EventType.CUSTOMER_REGISTERED: "account",
}
"""What each type is about."""


TYPE_NAMES: Mapping[str, str] = {
    "order": "Order",
    "draft_order": "DraftOrder",
    "fulfillment": "Fulfillment",
    "return": "Return",
    "replacement": "Order",
    "payment": "Payment",
    "refund": "Refund",
    "invoice": "Invoice",
    "account": "Customer",
    "webhook_endpoint": "WebhookEndpoint",
}
"""How the API calls the types of things whose ids events carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedFact:
    """A fact that has just got its place in the log, public or not."""

    id: UUID
    kind: str
    aggregate: str
    aggregate_id: UUID
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Logged:
    """What one writing of the log came to: its last position, 0 when nothing was written; the deliveries made; the facts."""

    position: int
    deliveries: int
    facts: Sequence[LoggedFact]


class DeliveryState(enum.Enum):
    """How the sending of one event to one endpoint goes."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """An endpoint about to be made. `permissions` are its maker's: what its payloads may read."""

    id: UUID
    url: str
    description: str
    types: tuple[EventType, ...]
    selection: str | None
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointChange:
    """What is to become of an endpoint; None leaves a thing as it is, an empty selection takes it away."""

    url: str | None = None
    description: str | None = None
    types: tuple[EventType, ...] | None = None
    selection: str | None = None
    permissions: frozenset[Permission] | None = None
    """The changer's, when the selection or the types are changed."""
    is_active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEndpoint:
    """An endpoint taken for sending. `fence` is the number of this hold: what it brings counts while no later one began.

    `secrets` are sealed; the newest comes first, and one that was rotated away follows until its time is over.
    """

    id: UUID
    fence: int
    url: str
    selection: str | None
    permissions: frozenset[Permission]
    failures: int
    failing_since: datetime | None
    secrets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff:
    """An endpoint that was switched off by itself, and why."""

    url: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """One event for one endpoint. Its id is the webhook's id, the same at every try (Standard Webhooks)."""

    id: UUID
    endpoint_id: UUID
    attempts: int
    type_name: str
    aggregate: str
    aggregate_id: UUID
    position: int
    fields: Mapping[str, object]
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one try. `status` is None when there was no HTTP answer; `reason` is None when it was taken."""

    status: int | None
    reason: str | None
    response: str
    milliseconds: int
    is_final: bool = False
    """The receiver says that it is gone for good (410)."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """A delivery and what came of it."""

    delivery: DueDelivery
    outcome: Outcome
