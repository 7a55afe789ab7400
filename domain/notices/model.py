"""The words of messages to people: their kinds, their states, what one says, and what a letter must know of an order.

Orders stand above notices, so their states come here as the text that the tables keep.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ids import ChannelId, NoticeId, OrderId, VariantId
from domain.money import Currency

E164 = r"^[+][1-9][0-9]{6,14}$"
"""What a telephone number looks like (ITU-T E.164), in the form that every carrier takes."""


class NoticeKind(enum.Enum):
    """What a message is about; the value is the stored and published name, and the section of the words it is made of."""

    ORDER_CONFIRMED = "ORDER_CONFIRMED"
    PAYMENT_REQUESTED = "PAYMENT_REQUESTED"
    PAYMENT_RECEIVED = "PAYMENT_RECEIVED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    ORDER_STATUS_CHANGED = "ORDER_STATUS_CHANGED"
    ORDER_SHIPPED = "ORDER_SHIPPED"
    FULFILLMENT_SENT = "FULFILLMENT_SENT"
    FULFILLMENT_TRACKED = "FULFILLMENT_TRACKED"
    FULFILLMENT_DELIVERED = "FULFILLMENT_DELIVERED"
    FULFILLMENT_CANCELLED = "FULFILLMENT_CANCELLED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    ORDER_EDITED = "ORDER_EDITED"
    RETURN_APPROVED = "RETURN_APPROVED"
    RETURN_DECLINED = "RETURN_DECLINED"
    RETURN_RECEIVED = "RETURN_RECEIVED"
    RETURN_REFUNDED = "RETURN_REFUNDED"
    REFUNDED = "REFUNDED"
    STAFF_ORDER_PLACED = "STAFF_ORDER_PLACED"
    WELCOME = "WELCOME"
    ALREADY_REGISTERED = "ALREADY_REGISTERED"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - the name of a letter
    SESSION_ENDED = "SESSION_ENDED"
    FACTOR_ADDED = "FACTOR_ADDED"
    FACTOR_REMOVED = "FACTOR_REMOVED"
    RECOVERY_CODES_REPLACED = "RECOVERY_CODES_REPLACED"
    RECOVERY_CODE_USED = "RECOVERY_CODE_USED"
    PASSKEY_CLONED = "PASSKEY_CLONED"
    IDENTITY_LINKED = "IDENTITY_LINKED"
    IDENTITY_UNLINKED = "IDENTITY_UNLINKED"
    EMAIL_VERIFICATION = "EMAIL_VERIFICATION"
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - the name of a letter
    EMAIL_CHANGE_LEAVING = "EMAIL_CHANGE_LEAVING"
    EMAIL_CHANGE_TAKING = "EMAIL_CHANGE_TAKING"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    NEW_DEVICE = "NEW_DEVICE"
    LOG_INS_FAILED = "LOG_INS_FAILED"
    ERASURE_PLANNED = "ERASURE_PLANNED"
    ERASURE_CANCELLED = "ERASURE_CANCELLED"
    DATA_EXPORT_READY = "DATA_EXPORT_READY"
    BACK_IN_STOCK = "BACK_IN_STOCK"
    STAFF_WEBHOOK_DISABLED = "STAFF_WEBHOOK_DISABLED"
    STAFF_RETURN_REQUESTED = "STAFF_RETURN_REQUESTED"
    STAFF_REFUND_FAILED = "STAFF_REFUND_FAILED"
    STAFF_REFUND_REQUESTED = "STAFF_REFUND_REQUESTED"
    STAFF_DISPUTE_OPENED = "STAFF_DISPUTE_OPENED"
    STAFF_DISPUTE_CLOSED = "STAFF_DISPUTE_CLOSED"
    STAFF_BOOKS_DIFFER = "STAFF_BOOKS_DIFFER"


class Medium(enum.Enum):
    """How a message reaches a person; the value is the stored and published name."""

    EMAIL = "EMAIL"
    SMS = "SMS"


class NoticeState(enum.Enum):
    """How the saying goes. A message is SENDING from the claim until the outcome is known, which a crash may put off."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    DEAD = "DEAD"
    WITHHELD = "WITHHELD"


class Receipt(enum.Enum):
    """What the carrier has told of a message after taking it over; the value is the stored and published name."""

    DELIVERED = "DELIVERED"
    UNDELIVERED = "UNDELIVERED"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateKey:
    """Which template: the words of one kind of message in one language for one medium."""

    kind: NoticeKind
    language: str
    medium: Medium


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a template says: text with the names of variables in double braces, paragraphs of the body by empty lines.

    A text message has no subject and no heading: they are empty.
    """

    subject: str
    heading: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message as it is sent, but for its secrets. A text message has neither subject nor HTML: they are empty."""

    language: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """A message about to be queued. `cause` names what asked for it: a second message of the same cause is never made."""

    id: NoticeId
    cause: str
    kind: NoticeKind
    recipient: str
    language: str
    subject: str
    text: str
    html: str
    message_id: str
    order_id: OrderId | None
    medium: Medium = Medium.EMAIL
    channel_id: ChannelId | None = None
    """Where it belongs to, for what depends on that; None for the shop's default channel."""
    unsubscribe_url: str = ""
    """Where its reader says that they want no more of its kind; empty for what always goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A claimed message. `fence` is the number of this try: an outcome is kept only while no later try has begun.

    `tries` counts those since it was last asked for, by its cause or by staff. `is_unsure`: nobody knows whether an earlier
    try was taken, for its answer was lost. `claimed_at` is when this try began, by the database's clock.
    """

    id: NoticeId
    kind: NoticeKind
    fence: int
    recipient: str
    language: str
    subject: str
    text: str
    html: str
    message_id: str
    created_at: datetime
    claimed_at: datetime
    medium: Medium = Medium.EMAIL
    tries: int = 1
    is_unsure: bool = False
    unsubscribe_url: str = ""
    channel_id: ChannelId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a carrier tells of a message that it took, under its own name for it, and ours where it knows that, with the
    number of the try.

    `receipt` is None while the message is under way, and `reason` why it did not arrive.
    """

    reference: str
    notice_id: NoticeId | None = None
    fence: int = 0
    receipt: Receipt | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a message stands when staff wants it sent again. `is_erased`: there is nobody any more whom it could go to."""

    medium: Medium
    state: NoticeState
    receipt: Receipt | None
    is_unsure: bool
    is_erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """A line of an order as its letter tells it; amounts are minor units of the order's currency."""

    product_name: str
    variant_name: str
    sku: str
    quantity: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What letters tell of an order; amounts are minor units of its currency, addresses as the order keeps them.

    `language` is the buyer's, `shop_language` that of the channel, in which staff is written to. `sms_phone` is the E.164
    number that the buyer wants text messages at, None for who wants none.
    """

    id: OrderId
    shop_name: str
    shop_language: str
    number: int
    email: str
    sms_phone: str | None = None
    language: str
    currency: Currency
    status: str
    payment_status: str
    fulfillment_status: str
    subtotal: int
    discount: int
    shipping: int
    tax_added: int
    tax_total: int
    total: int
    captured: int
    refunded: int
    shipping_address: dict[str, Any] | None
    placed_at: datetime
    lines: tuple[LineFacts, ...]
    edited_back: int = 0
    """What had come in and is owed no more, since the order was edited."""

    @property
    def due(self) -> int:
        """What is still to be paid; below zero when more came in than that."""
        return self.total + self.edited_back - self.captured


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopFacts:
    """What letters to staff tell of the shop; `language` is the default channel's."""

    shop_name: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockFacts:
    """What a letter tells of goods that are there again; `product` is their name, `path` their page among the shop's pages."""

    shop_name: str
    language: str
    product: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockWish:
    """Somebody wants to be told when goods are there again. `is_own`: they are known to own the address."""

    id: UUID
    variant_id: VariantId
    channel_id: ChannelId
    email: str
    language: str
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilledWish:
    """A wish whose goods are there again, with what its letter tells."""

    email: str
    channel_id: ChannelId
    facts: StockFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What letters tell of an account."""

    shop_name: str
    email: str
    first_name: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How stubbornly messages are sent.

    `lease_seconds` is how long a claimed message is left alone: longer than one call of the transport may take, and short
    enough that what a crash left is sent soon. Pauses double from `pause_seconds` to `pause_seconds_max`. One run of
    sending tries `batch` messages at most.
    """

    attempts_max: int = 12
    lease_seconds: int = 20
    pause_seconds: int = 15
    pause_seconds_max: int = 3600
    batch: int = 20

    def pause_after(self, attempts: int) -> int | None:
        """Seconds until the next try after so many; None when there is none."""
        if attempts >= self.attempts_max:
            return None
        return int(min(self.pause_seconds * 2 ** (attempts - 1), self.pause_seconds_max))
