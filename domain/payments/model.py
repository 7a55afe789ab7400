"""The words of payments: the states of one attempt to pay, what a provider tells of it, and what decisions need of both."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from domain.ids import CustomerId, OrderId, PaymentId, PaymentMethodId, RefundRequestId
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


OPEN = (PaymentState.PENDING, PaymentState.REQUIRES_ACTION)
"""States of an attempt that may still come to anything."""


class ProviderStatus(enum.Enum):
    """Where a payment stands with the provider. The figures of the snapshot say how much; this says what next."""

    PENDING = "PENDING"
    """The provider works on it or waits for a bank; neither paid nor failed."""
    REQUIRES_ACTION = "REQUIRES_ACTION"
    """The buyer has to follow `next_action`."""
    AUTHORIZED = "AUTHORIZED"
    """Promised, nothing taken yet."""
    CAPTURED = "CAPTURED"
    """Taken, in part or in whole; nothing given back."""
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class ActionKind(enum.Enum):
    """What a buyer has to do before a payment goes on."""

    REDIRECT = "REDIRECT"
    """Go to `url`, a page of the provider's or of a bank's."""
    CHALLENGE = "CHALLENGE"
    """Let the provider's own script finish in the browser, with `client_secret`."""
    INSTRUCTIONS = "INSTRUCTIONS"
    """Do what `text` says, such as a bank transfer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAction:
    """How the buyer goes on; one of the three is set, the one that goes with the kind."""

    kind: ActionKind
    url: str | None = None
    client_secret: str | None = None
    text: str | None = None


class DisputeStatus(enum.Enum):
    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """The buyer's bank asks the money back; without an answer by `respond_by` (UTC) the shop loses it."""

    reference: str
    amount: Money
    reason: str
    status: DisputeStatus
    respond_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodShown:
    """What a receipt may say about how it was paid."""

    brand: str
    last4: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMethod:
    """A method that the provider keeps for later purchases. `token` is the provider's and a secret of ours and theirs."""

    token: str
    shown: MethodShown
    expires_on: date | None = None
    """The last day on which it is good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPayment:
    """One payment as the provider saw it at `version`, which only grows: of two snapshots the higher version is newer."""

    provider: str
    account: str
    """Our account with the provider; a notification of somebody else's is recorded and not applied."""
    reference: str
    attempt_key: str
    """Ours, given with the request: it ties the payment to one attempt of one order."""
    amount: Money
    authorized: Money
    """All that was ever promised and not released: 0 <= refunded <= captured <= authorized <= amount."""
    captured: Money
    refunded: Money
    status: ProviderStatus
    version: int
    came_back: Money | None = None
    """Of what was given back, all that ever failed on its way and is ours again; it only grows. None: nothing."""
    next_action: NextAction | None = None
    waits_until: datetime | None = None
    """So long the provider waits for a buyer who pays slowly, as by bank transfer; the goods are held until then."""
    failure_code: str | None = None
    failure_message: str | None = None
    method: MethodShown | None = None
    kept: KeptMethod | None = None
    """The method, where it was asked to be kept and was."""
    fee: Money | None = None
    """What the provider charges us for it, all in all, in whatever currency it settles; None while it does not say."""
    dispute: Dispute | None = None
    created_at: datetime


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
    next_action: NextAction | None
    failure_code: str | None
    failure_message: str | None
    method: MethodShown | None
    keeps_method: bool = False
    """Whether its buyer asked to keep the method for later."""
    fee: Money | None = None
    is_settled: bool = False
    """Whether its fee is that of the provider's statement, which counts more than what snapshots say."""
    created_at: datetime


class RefundState(enum.Enum):
    """Of money to give back, and to take: PENDING until the provider has said what came of it."""

    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money to give back. Its id is the key under which the provider is asked."""

    id: UUID
    payment_id: PaymentId
    order_id: OrderId
    amount: Money
    reason: str
    state: RefundState
    created_at: datetime
    request_id: RefundRequestId | None = None
    """The decision of staff that it comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMethod:
    """A method that a provider keeps for a customer."""

    id: PaymentMethodId
    customer_id: CustomerId
    provider: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Money to take of what was promised. Its id is the key under which the provider is asked."""

    id: UUID
    payment_id: PaymentId
    order_id: OrderId
    amount: Money
    state: RefundState


class TransferKind(enum.Enum):
    """What moved; see `ACCOUNTS` for between which accounts."""

    AUTHORIZATION = "AUTHORIZATION"
    RELEASE = "RELEASE"
    CAPTURE = "CAPTURE"
    REFUND = "REFUND"
    REFUND_FAILED = "REFUND_FAILED"
    """Money that was given back came back to us: the account that it was sent to is closed, say."""
    FEE = "FEE"
    FEE_BACK = "FEE_BACK"
    DISPUTE = "DISPUTE"
    DISPUTE_WON = "DISPUTE_WON"
    DISPUTE_LOST = "DISPUTE_LOST"


ACCOUNTS: dict[TransferKind, tuple[str, str]] = {
    TransferKind.AUTHORIZATION: ("AUTHORIZED", "RECEIVABLE"),
    TransferKind.RELEASE: ("RECEIVABLE", "AUTHORIZED"),
    TransferKind.CAPTURE: ("PROVIDER", "CUSTOMER"),
    TransferKind.REFUND: ("CUSTOMER", "PROVIDER"),
    TransferKind.REFUND_FAILED: ("PROVIDER", "CUSTOMER"),
    TransferKind.FEE: ("FEES", "PROVIDER"),
    TransferKind.FEE_BACK: ("PROVIDER", "FEES"),
    TransferKind.DISPUTE: ("DISPUTED", "PROVIDER"),
    TransferKind.DISPUTE_WON: ("PROVIDER", "DISPUTED"),
    TransferKind.DISPUTE_LOST: ("LOST", "DISPUTED"),
}
"""For each kind the account that is debited (+) and the one that is credited (-)."""
ACCOUNT_NAMES = ("PROVIDER", "CUSTOMER", "AUTHORIZED", "RECEIVABLE", "FEES", "DISPUTED", "LOST")


@dataclass(frozen=True, slots=True)
class Transfer:
    """One double entry of the ledger; `amount` is positive."""

    kind: TransferKind
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A genuine message of the provider. `kind` is the provider's own word: recorded, never decided upon.

    It tells the payment whole, or only names it by `reference`: then the worker asks the provider how it stands.
    """

    provider: str
    notification_id: str
    kind: str
    payment: ProviderPayment | None
    reference: str
    occurred_at: datetime


class NotificationState(enum.Enum):
    """PENDING until it was applied (or found stale), PARKED when a person has to look."""

    PENDING = "PENDING"
    DONE = "DONE"
    PARKED = "PARKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptNotification:
    """A provider's message as it lies in the inbox; `payment` None while the provider has to be asked about `reference`."""

    id: UUID
    provider: str
    payment: ProviderPayment | None
    reference: str
    state: NotificationState
    attempts: int
    received_at: datetime


class FindingKind(enum.Enum):
    """What a comparison with the provider brought to light."""

    BEHIND = "BEHIND"
    """The provider knew more than we did: a notification was lost. Repaired."""
    NEVER_ARRIVED = "NEVER_ARRIVED"
    """The provider never heard of the attempt; it is closed as failed. Repaired."""
    DIFFERENT = "DIFFERENT"
    """Amount, currency, account or figures are not what we agreed to. For a person."""
    UNKNOWN_TO_US = "UNKNOWN_TO_US"
    """The provider has a payment under our account that we never asked for. For a person."""
    UNKNOWN_TO_PROVIDER = "UNKNOWN_TO_PROVIDER"
    """The provider has no payment of a reference that it once gave us. For a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference between the provider's books and ours; `detail` holds text and numbers."""

    kind: FindingKind
    payment_id: PaymentId | None
    reference: str | None
    was_repaired: bool
    detail: dict[str, str | int]
