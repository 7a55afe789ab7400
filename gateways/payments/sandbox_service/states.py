"""The sandbox's own rules of money: what a payment is, which move is open in which state, and what each move does.

Pure. The provider on the other side of the wire has words of its own on purpose: our translation of them is tested so.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

AMOUNT_MAX = 10**12
DISPUTE_ANSWER_MS = 7 * 24 * 3600 * 1000


class Status(enum.StrEnum):
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Move(enum.StrEnum):
    """What can happen to a payment; the value is the kind of the event that tells of it."""

    WAIT = "payment.pending"
    ASK = "payment.requires_action"
    AUTHORIZE = "payment.authorized"
    CAPTURE = "payment.captured"
    REFUND = "payment.refunded"
    FAIL = "payment.failed"
    CANCEL = "payment.cancelled"
    DISPUTE = "dispute.opened"
    WIN = "dispute.won"
    LOSE = "dispute.lost"


_OPEN = frozenset({Status.PENDING, Status.REQUIRES_ACTION})
_TAKEN = frozenset({Status.CAPTURED, Status.PARTIALLY_REFUNDED})
_FROM: dict[Move, frozenset[Status]] = {
    Move.WAIT: frozenset({Status.PENDING}),
    Move.ASK: frozenset({Status.PENDING}),
    Move.AUTHORIZE: _OPEN,
    Move.CAPTURE: frozenset({Status.AUTHORIZED, Status.CAPTURED}),
    Move.REFUND: _TAKEN,
    Move.FAIL: _OPEN,
    Move.CANCEL: _OPEN | {Status.AUTHORIZED},
    Move.DISPUTE: _TAKEN,
    Move.WIN: frozenset(Status),
    Move.LOSE: frozenset(Status),
}
_TO = {
    Move.ASK: Status.REQUIRES_ACTION,
    Move.AUTHORIZE: Status.AUTHORIZED,
    Move.CAPTURE: Status.CAPTURED,
    Move.FAIL: Status.FAILED,
    Move.CANCEL: Status.CANCELLED,
}
"""Where a move leads. How far a refund goes is a matter of its amount; waiting and disputes change no state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment as kept. Amounts are minor units; times are Unix milliseconds; `version` counts its moves."""

    id: str
    merchant_reference: str
    order_number: str
    amount: int
    currency: str
    authorized: int = 0
    captured: int = 0
    refunded: int = 0
    status: Status = Status.PENDING
    version: int = 0
    method: str
    capture: str
    return_url: str
    webhook_url: str
    page: str
    failure_code: str | None = None
    failure_message: str | None = None
    dispute_status: str | None = None
    dispute_until_ms: int | None = None
    created_ms: int
    updated_ms: int
    due_ms: int | None = None
    """When the scenario goes on by itself, and with which of its later steps."""
    due_step: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a payment came to nothing, as the API and the pages tell it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A move that is not open now; nothing was changed."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The payment after the move; `amount` goes into the ledger under the move's name."""

    payment: Payment
    move: Move
    amount: int


def moved(payment: Payment, move: Move, *, at_ms: int, amount: int = 0, failure: Failure | None = None) -> Moved | Refusal:
    """The payment after the move, or why it is refused. `amount` counts for capture and refund only."""
    if payment.status not in _FROM[move]:
        return Refusal("wrong_state", f"{move} is not possible while the payment is {payment.status}")
    refusal = _refusal(payment, move, amount)
    if refusal is not None:
        return refusal
    status = _TO.get(move, payment.status)
    after = replace(payment, version=payment.version + 1, updated_ms=max(at_ms, payment.updated_ms), status=status)
    match move:
        case Move.WAIT | Move.ASK:
            return Moved(after, move, 0)
        case Move.FAIL:
            told = failure or Failure("card_declined", "The bank declined the payment.")
            return Moved(replace(after, failure_code=told.code, failure_message=told.message), move, 0)
        case Move.DISPUTE | Move.WIN | Move.LOSE:
            return _disputed(after, move, at_ms=at_ms)
        case Move.AUTHORIZE | Move.CAPTURE | Move.REFUND | Move.CANCEL:
            return _figured(after, move, amount)


def _figured(payment: Payment, move: Move, amount: int) -> Moved:
    """The move's own figures: authorising and cancelling concern the whole, capturing and refunding the amount."""
    if move is Move.AUTHORIZE:
        return Moved(replace(payment, authorized=payment.amount), move, payment.amount)
    if move is Move.CANCEL:
        return Moved(replace(payment, authorized=0), move, payment.authorized)
    if move is Move.CAPTURE:
        return Moved(replace(payment, captured=payment.captured + amount), move, amount)
    refunded = payment.refunded + amount
    status = Status.REFUNDED if refunded == payment.captured else Status.PARTIALLY_REFUNDED
    return Moved(replace(payment, refunded=refunded, status=status), move, amount)


def _disputed(payment: Payment, move: Move, *, at_ms: int) -> Moved:
    """A dispute is about all that the shop still has of the payment."""
    kept = payment.captured - payment.refunded
    if move is Move.DISPUTE:
        return Moved(replace(payment, dispute_status="open", dispute_until_ms=at_ms + DISPUTE_ANSWER_MS), move, kept)
    return Moved(replace(payment, dispute_status="won" if move is Move.WIN else "lost"), move, kept)


def _refusal(payment: Payment, move: Move, amount: int) -> Refusal | None:
    """What the figures or a dispute forbid, where the state alone would allow it."""
    match move:
        case Move.CAPTURE if amount > payment.authorized - payment.captured:
            return Refusal("amount_too_large", f"{payment.authorized - payment.captured} can still be captured")
        case Move.REFUND if amount > payment.captured - payment.refunded:
            return Refusal("amount_too_large", f"{payment.captured - payment.refunded} can still be refunded")
        case Move.REFUND if payment.dispute_status in {"open", "lost"}:
            return Refusal("disputed", "the buyer's bank has the money or asks for it")
        case Move.DISPUTE if payment.dispute_status is not None:
            return Refusal("wrong_state", "a payment is disputed once")
        case Move.WIN | Move.LOSE if payment.dispute_status != "open":
            return Refusal("wrong_state", "no dispute is open")
        case _:
            return None
