"""The words of providers' statements of what they paid out: lines of a file, and what each was found to be. Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.ids import PaymentId
from domain.money import Money
from domain.payments.model import Payment


class RowOutcome(enum.Enum):
    """What a line of a provider's statement was found to be."""

    MATCHED = "MATCHED"
    """Our books say the same."""
    FEE_BOOKED = "FEE_BOOKED"
    """The same, and it told a fee that was not in our books; now it is."""
    DIFFERENT = "DIFFERENT"
    """We know the payment, and our books say otherwise. For a person."""
    UNKNOWN = "UNKNOWN"
    """We know no such payment. For a person."""
    MISSING = "MISSING"
    """No line of the file: our books say that it should be there. For a person."""
    REPEATED = "REPEATED"
    """Another statement told it before."""
    IGNORED = "IGNORED"
    """Not about a payment, such as a payout."""


class LineKind(enum.Enum):
    """What a line of a statement is about."""

    CHARGE = "CHARGE"
    REFUND = "REFUND"
    DISPUTE = "DISPUTE"
    FEE = "FEE"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as the file says it. `amount` and `fee` are without sign; `key` is the provider's own name for the line."""

    number: int
    key: str | None
    kind: LineKind
    reference: str
    amount: Money
    fee: Money
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """A payment in our books: the amounts of its captures, refunds and disputes that no statement has told yet."""

    payment: Payment
    captures: tuple[int, ...]
    refunds: tuple[int, ...]
    disputes: tuple[int, ...]
    settled_fee: int
    """What statements have told of its fee so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A line and what it was found to be."""

    line: Line
    outcome: RowOutcome
    payment_id: PaymentId | None = None
    detail: str = ""


class _Open:
    """What of the books the lines so far have not used up."""

    def __init__(self, books: Mapping[str, Books], keys_known: Collection[str]) -> None:
        self._books = books
        self._keys = set(keys_known)
        self._left = {
            (reference, kind): list(amounts)
            for reference, each in books.items()
            for kind, amounts in (
                (LineKind.CHARGE, each.captures),
                (LineKind.REFUND, each.refunds),
                (LineKind.DISPUTE, each.disputes),
            )
        }

    def judge(self, line: Line) -> Found:
        """What a line is. Each capture, refund and dispute is matched by one line only."""
        if line.key is not None and line.key in self._keys:
            return Found(line=replace(line, key=None), outcome=RowOutcome.REPEATED, detail=line.key)
        if line.key is not None:
            self._keys.add(line.key)
        if line.kind is LineKind.OTHER:
            return Found(line=line, outcome=RowOutcome.IGNORED)
        books = self._books.get(line.reference)
        if books is None:
            return Found(line=line, outcome=RowOutcome.UNKNOWN)
        payment = books.payment
        if line.kind is LineKind.FEE:
            return Found(line=line, outcome=RowOutcome.FEE_BOOKED, payment_id=payment.id)
        left = self._left[line.reference, line.kind]
        if line.amount.currency != payment.amount.currency or line.amount.minor not in left:
            ours = ", ".join(map(str, left)) or "nothing"
            detail = f"told {line.amount.minor} {line.amount.currency}, ours is {ours} in {payment.amount.currency}"
            return Found(line=line, outcome=RowOutcome.DIFFERENT, payment_id=payment.id, detail=detail)
        left.remove(line.amount.minor)
        is_news = line.fee.minor != 0 and payment.fee is None
        return Found(line=line, outcome=RowOutcome.FEE_BOOKED if is_news else RowOutcome.MATCHED, payment_id=payment.id)


def match(lines: Sequence[Line], books: Mapping[str, Books], *, keys_known: Collection[str]) -> list[Found]:
    """What each line is, by the payments of their references; `keys_known` are lines that a statement told before."""
    still = _Open(books, keys_known)
    return [still.judge(line) for line in lines]


def fees(found: Sequence[Found], books: Mapping[str, Books]) -> dict[PaymentId, Money]:
    """Of each payment whose fee is told: all that statements say of it, with those before."""
    by_payment = {each.payment.id: each for each in books.values()}
    told: dict[PaymentId, Money] = {}
    for each in found:
        good = each.outcome in (RowOutcome.MATCHED, RowOutcome.FEE_BOOKED)
        fee = each.line.amount if each.line.kind is LineKind.FEE else each.line.fee
        if each.payment_id is None or not good or fee.minor == 0:
            continue
        before = told.get(each.payment_id, Money(by_payment[each.payment_id].settled_fee, fee.currency))
        told[each.payment_id] = before + fee if before.currency == fee.currency else before
    return told


UNMATCHED = (RowOutcome.DIFFERENT, RowOutcome.UNKNOWN, RowOutcome.MISSING)
"""What a person has to look at."""
