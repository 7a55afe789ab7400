"""Decides what a provider's word means for a payment and its order. Pure, and the only place where either moves by money.

A provider's snapshot is cumulative and has a version, so the decision is a difference: late, doubled and permuted messages
come to the same end. Providers are asked, and rows written, by others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from domain.money import Money, zero
from domain.orders.model import Entry, EventKind, Order, OrderStatus, States
from domain.orders.rules import payment_status
from domain.payments import figures
from domain.payments.model import (
    OPEN,
    Dispute,
    DisputeStatus,
    KeptMethod,
    Payment,
    PaymentState,
    ProviderPayment,
    ProviderStatus,
    Transfer,
)

_DISPUTED = {
    DisputeStatus.OPEN: EventKind.DISPUTE_OPENED,
    DisputeStatus.WON: EventKind.DISPUTE_WON,
    DisputeStatus.LOST: EventKind.DISPUTE_LOST,
}
NOT_STARTED = "not_started"
"""The failure code of an attempt that the provider never heard of."""
CAME_BACK = "came_back"
"""The failure code of a refund that the provider had made, and whose money came back."""
TEXT_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What else of the order counts: whether another attempt is open, and refunds pending or done, of the payment and of all."""

    others_open: bool
    promised: Money
    promised_of_order: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One move of the order: its states after it, and what its history says. `captured` is what this step brought."""

    states: States
    entries: tuple[Entry, ...]
    captured: Money | None = None
    has_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """The payment moves on: how it stands after, the order's steps and sums, what moved, and what has to go back."""

    payment: Payment
    steps: tuple[Step, ...]
    authorized: Money
    captured: Money
    refunded: Money
    transfers: tuple[Transfer, ...]
    is_confirmed: bool
    """The order is paid by this: its goods are to be allocated."""
    unasked_refund: Money
    """Given back by the provider without our asking."""
    to_refund: Money
    """Taken for an order that is off, or paid twice."""
    came_back: Money
    """Of what was given back: it failed on its way."""
    dispute: Dispute | None = None
    """A dispute that is new or has ended."""
    is_first_of_dispute: bool = False
    """Whether nothing was known of the dispute before."""
    kept: KeptMethod | None = None
    """A method that its buyer asked to keep, and that the provider kept."""
    hold_until: datetime | None = None
    """So long the provider waits for the buyer, and the goods with it."""


@dataclass(frozen=True, slots=True)
class Stale:
    """Nothing new: as much or more was applied before."""

    version: int


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Not what we asked for, or impossible: nothing is applied, a person looks. `what` is for them."""

    what: str


Decision = Advance | Stale | Mismatch


def apply(
    payment: Payment,
    order: Order,
    seen: ProviderPayment,
    *,
    account: str,
    around: Around,
    disputed: Dispute | None = None,
) -> Decision:
    """What a provider's snapshot changes. `account` is ours with the provider, `disputed` how we know its dispute so far."""
    if (what := _mismatch(payment, seen, account)) is not None:
        return Mismatch(what)
    # Before the first answer there is nothing to be older than; a provider may count from 0.
    dispute = figures.dispute_change(disputed, seen.dispute)
    if payment.reference is not None and seen.version <= payment.version:
        # A dispute is a story of its own: that it was opened counts even when it is told after what came later.
        return Stale(payment.version) if dispute is None else _with_dispute(payment, order, around, dispute, known=disputed)
    lost = payment.refunded - seen.refunded
    if seen.captured < payment.captured or lost > (seen.came_back or zero(lost.currency)):
        return Mismatch(f"captured {payment.captured.minor} or refunded {payment.refunded.minor} went down")
    after = replace(
        payment,
        reference=seen.reference,
        state=PaymentState[seen.status.name],
        authorized=seen.authorized,
        captured=seen.captured,
        refunded=seen.refunded,
        version=seen.version,
        next_action=seen.next_action,
        failure_code=seen.failure_code,
        failure_message=seen.failure_message[:TEXT_LENGTH_MAX] if seen.failure_message is not None else None,
        method=seen.method or payment.method,
        fee=payment.fee if payment.is_settled or seen.fee is None else seen.fee,
    )
    decided = _advance(payment, after, order, around, dispute, known=disputed)
    return replace(
        decided,
        transfers=(*decided.transfers, *figures.fee_transfers(payment.fee, after.fee)),
        kept=seen.kept if payment.keeps_method else None,
        hold_until=seen.waits_until if after.state in OPEN and order.states.status is OrderStatus.PENDING else None,
    )


def close(payment: Payment, order: Order, state: PaymentState, *, code: str, message: str, around: Around) -> Decision:
    """Ends an attempt that the provider certainly did not take up; what it says later all the same still counts."""
    if payment.reference is not None or payment.state not in OPEN:
        return Stale(payment.version)
    after = replace(payment, state=state, failure_code=code, failure_message=message[:TEXT_LENGTH_MAX])
    return _advance(payment, after, order, around)


def _mismatch(payment: Payment, seen: ProviderPayment, account: str) -> str | None:
    told = (
        ("provider", payment.provider, seen.provider),
        ("account", account, seen.account),
        ("attempt", str(payment.id), seen.attempt_key),
        ("currency", payment.amount.currency, seen.amount.currency),
        ("amount", payment.amount.minor, seen.amount.minor),
        ("reference", payment.reference or seen.reference, seen.reference),
    )
    for name, ours, theirs in told:
        if ours != theirs:
            return f"{name}: ours is {ours}, told was {str(theirs)[:100]}"
    figures = (seen.refunded, seen.captured, seen.authorized, seen.amount)
    if any(each.currency != payment.amount.currency for each in figures):
        return "figures of several currencies"
    minor = [each.minor for each in figures]
    if minor != sorted(minor) or minor[0] < 0 or not _fits(seen):
        return f"figures that cannot be: {seen.status.value} with {minor}"
    return None


def _fits(seen: ProviderPayment) -> bool:
    """Whether the status goes with the figures."""
    match seen.status:
        case ProviderStatus.PENDING | ProviderStatus.REQUIRES_ACTION | ProviderStatus.FAILED | ProviderStatus.CANCELLED:
            return seen.captured.minor == 0 and seen.authorized.minor == 0
        case ProviderStatus.AUTHORIZED:
            return seen.authorized.minor > 0 and seen.captured.minor == 0
        case ProviderStatus.CAPTURED:
            return seen.captured.minor > 0 and seen.refunded.minor == 0
        case ProviderStatus.PARTIALLY_REFUNDED:
            return 0 < seen.refunded.minor < seen.captured.minor
        case ProviderStatus.REFUNDED:
            return 0 < seen.refunded.minor == seen.captured.minor


@dataclass
class _Walk:
    """The order on its way through the steps of one advance: each step by the tables, as if it had been told alone."""

    order: Order
    payment: Payment
    is_pending: bool

    def __post_init__(self) -> None:
        self.states = self.order.states
        self.authorized, self.captured, self.refunded = self.order.authorized, self.order.captured, self.order.refunded
        self.steps: list[Step] = []

    def step(self, kind: EventKind, amount: Money | None, **more: str | None) -> None:
        money = payment_status(
            self.order,
            authorized=self.authorized,
            captured=self.captured,
            refunded=self.refunded,
            is_pending=self.is_pending,
        )
        data: dict[str, str | int | None] = {"payment": str(self.payment.id), **more}
        if amount is not None:
            data |= {"amount": amount.minor, "currency": amount.currency}
        entries = [Entry(kind=kind, data=data)]
        status = self.states.status
        # What is promised holds as what was taken does: the goods are kept for the buyer, and staff takes the money later.
        if status is OrderStatus.PENDING and self.order.billed <= self.authorized:
            status = OrderStatus.CONFIRMED
            entries.append(Entry(kind=EventKind.STATUS_CHANGED, data={"from": self.states.status.value, "to": status.value}))
        self.states = replace(self.states, status=status, payment=money)
        self.steps.append(
            Step(
                states=self.states,
                entries=tuple(entries),
                captured=amount if kind is EventKind.PAYMENT_CAPTURED else None,
                has_failed=kind is EventKind.PAYMENT_FAILED,
            )
        )


def _with_dispute(payment: Payment, order: Order, around: Around, dispute: Dispute, *, known: Dispute | None) -> Advance:
    """The payment stays as it is; its dispute is new, or over."""
    return _advance(payment, payment, order, around, dispute, known=known)


def _advance(
    before: Payment,
    after: Payment,
    order: Order,
    around: Around,
    dispute: Dispute | None = None,
    *,
    known: Dispute | None = None,
) -> Advance:
    authorized, captured, refunded = (
        after.authorized - before.authorized,
        after.captured - before.captured,
        after.refunded - before.refunded,
    )
    walk = _Walk(order, after, around.others_open or after.state in OPEN)
    if authorized.minor > 0:
        walk.authorized += authorized
        if captured.minor == 0:
            walk.step(EventKind.PAYMENT_AUTHORIZED, authorized)
    if captured.minor > 0:
        walk.captured += captured
        walk.step(EventKind.PAYMENT_CAPTURED, captured)
    if refunded.minor > 0:
        walk.refunded += refunded
        walk.step(EventKind.REFUNDED, refunded)
    if refunded.minor < 0:
        walk.refunded += refunded
        walk.step(EventKind.REFUND_FAILED, -refunded, code=CAME_BACK)
    if authorized.minor < 0:
        walk.authorized += authorized
    if after.state is not before.state:
        _tell_state(walk, after)
    if dispute is not None:
        told = {"code": dispute.reason[:TEXT_LENGTH_MAX], "respond_by": dispute.respond_by.isoformat()}
        # One that was over before we heard of it was opened all the same.
        for status in dict.fromkeys((DisputeStatus.OPEN, dispute.status) if known is None else (dispute.status,)):
            walk.step(_DISPUTED[status], dispute.amount, **told)
    return Advance(
        payment=after,
        steps=tuple(walk.steps),
        authorized=walk.authorized,
        captured=walk.captured,
        refunded=walk.refunded,
        transfers=(
            *figures.money_transfers(authorized, captured, refunded),
            *figures.dispute_transfers(known, dispute),
        ),
        dispute=dispute,
        is_first_of_dispute=known is None,
        is_confirmed=walk.states.status is not order.states.status,
        unasked_refund=_positive(after.refunded - max(before.refunded, around.promised)),
        came_back=_positive(-refunded),
        to_refund=_to_refund(walk, after, around, captured) if captured.minor > 0 else zero(order.currency),
    )


def _tell_state(walk: _Walk, after: Payment) -> None:
    match after.state:
        case PaymentState.REQUIRES_ACTION:
            walk.step(EventKind.PAYMENT_ACTION_REQUIRED, None)
        case PaymentState.FAILED:
            walk.step(EventKind.PAYMENT_FAILED, None, code=after.failure_code)
        case PaymentState.CANCELLED:
            walk.step(EventKind.PAYMENT_CANCELLED, None)
        case _:
            pass  # told with the money that moved


def _to_refund(walk: _Walk, after: Payment, around: Around, captured: Money) -> Money:
    """Of what came in now all when the order is off; of a live one what passes its total, as when two attempts were charged."""
    left = min(figures.refundable(after, around.promised), captured)
    if walk.order.states.status is OrderStatus.CANCELLED:
        return _positive(left)
    kept = walk.captured - max(walk.refunded, around.promised_of_order)
    return _positive(min(left, kept - walk.order.total))


def _positive(amount: Money) -> Money:
    return amount if amount.minor > 0 else zero(amount.currency)
