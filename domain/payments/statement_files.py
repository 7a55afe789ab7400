"""Reading providers' statements from CSV: which of their columns say what, and amounts as they write them. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from domain.money import MINOR_MAX, Currency, Money, currency_of, minor_digits
from domain.payments.statements import Line, LineKind

LINES_MAX = 20_000
_NAME = re.compile(r"[^a-z0-9]+")
_NOISE = re.compile(r"[^\d.,()-]")
_KINDS = {
    "charge": LineKind.CHARGE,
    "payment": LineKind.CHARGE,
    "sale": LineKind.CHARGE,
    "express checkout payment": LineKind.CHARGE,
    "website payment": LineKind.CHARGE,
    "success": LineKind.CHARGE,
    "refund": LineKind.REFUND,
    "partial refund": LineKind.REFUND,
    "payment refund": LineKind.REFUND,
    "dispute": LineKind.DISPUTE,
    "chargeback": LineKind.DISPUTE,
    "fee": LineKind.FEE,
    "payment fee": LineKind.FEE,
}


class BadStatement(ValueError):
    """The file is no statement of this provider; the message says what is wrong, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where a provider's files say what: for each the names its reports use, compared without case and punctuation."""

    key: tuple[str, ...]
    kind: tuple[str, ...]
    reference: tuple[str, ...]
    amount: tuple[str, ...]
    fee: tuple[str, ...]
    currency: tuple[str, ...]
    at: tuple[str, ...]
    currency_default: str | None = None
    kinds: Mapping[str, LineKind] = field(default_factory=lambda: _KINDS)


GENERIC = Columns(
    key=("id",),
    kind=("type", "kind"),
    reference=("reference",),
    amount=("amount", "gross"),
    fee=("fee",),
    currency=("currency",),
    at=("date", "created at"),
)
COLUMNS: Mapping[str, Columns] = {
    "stripe": Columns(
        key=("balance_transaction_id",),
        kind=("reporting_category", "type"),
        reference=("payment_intent_id", "charge_id", "source_id"),
        amount=("gross", "amount"),
        fee=("fee",),
        currency=("currency",),
        at=("created_utc", "created"),
    ),
    "paypal": Columns(
        key=("transaction id",),
        kind=("type",),
        reference=("reference txn id", "custom number", "invoice number", "transaction id"),
        amount=("gross",),
        fee=("fee",),
        currency=("currency",),
        at=("date",),
    ),
    "square": Columns(
        key=("transaction id",),
        kind=("event type", "type"),
        reference=("payment id",),
        amount=("total collected", "amount"),
        fee=("fees",),
        currency=("currency",),
        at=("date",),
        currency_default="USD",
    ),
    "chapa": Columns(
        key=("reference", "chapa reference"),
        kind=("status", "type"),
        reference=("tx_ref", "transaction reference"),
        amount=("amount",),
        fee=("charge", "fee"),
        currency=("currency",),
        at=("created at", "date"),
        currency_default="ETB",
    ),
}
"""Of other providers the columns are those of `GENERIC`."""


def digest_of(content: str) -> str:
    """What tells one file from another."""
    return hashlib.sha256(content.encode()).hexdigest()


def read(provider: str, content: str) -> list[Line]:
    """The file's lines. Raises BadStatement."""
    text = content.removeprefix("\ufeff")
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        names = [_plain(name) for name in next(rows, [])]
        said = [row for row in rows if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise BadStatement(f"line {rows.line_num}: {error}") from None
    if len(said) > LINES_MAX:
        raise BadStatement(f"a file has at most {LINES_MAX} lines; split it")
    columns = COLUMNS.get(provider, GENERIC)
    reader = _Reader(columns, names)
    return [reader.line(number, row) for number, row in enumerate(said, start=2)]


class _Reader:
    def __init__(self, columns: Columns, names: Sequence[str]) -> None:
        self._columns = columns
        self._names = names
        for what in ("reference", "amount", "kind"):
            if not self._places(what):
                wanted = " or ".join(getattr(columns, what))
                raise BadStatement(f"line 1: there is no column {wanted}")
        if not self._places("currency") and columns.currency_default is None:
            raise BadStatement("line 1: there is no column for the currency")

    def line(self, number: int, row: Sequence[str]) -> Line:
        cells = {what: self._cell(what, row) for what in ("key", "kind", "reference", "amount", "fee", "currency", "at")}
        try:
            currency = currency_of(cells["currency"] or self._columns.currency_default or "")
            amount, fee = _money(cells["amount"], currency), _money(cells["fee"] or "0", currency)
            return Line(
                number=number,
                key=cells["key"][:200] or None,
                kind=self._columns.kinds.get(_plain(cells["kind"]), LineKind.OTHER),
                reference=cells["reference"][:200],
                amount=amount,
                fee=fee,
                at=_moment(cells["at"]),
            )
        except ValueError as error:
            raise BadStatement(f"line {number}: {error}") from None

    def _places(self, what: str) -> list[int]:
        wanted = [_plain(name) for name in getattr(self._columns, what)]
        return [self._names.index(name) for name in wanted if name in self._names]

    def _cell(self, what: str, row: Sequence[str]) -> str:
        """The first of the columns that says anything."""
        return next((row[place].strip() for place in self._places(what) if place < len(row) and row[place].strip()), "")


def _plain(name: str) -> str:
    return _NAME.sub(" ", name.lower()).strip()


def _money(text: str, currency: Currency) -> Money:
    """The amount without its sign: what a line is about is said by its kind."""
    bare = _NOISE.sub("", text).strip("()-").replace(",", "")
    try:
        minor = Decimal(bare).scaleb(minor_digits(currency))
    except InvalidOperation:
        raise ValueError(f"{text[:40]!r} is no amount") from None
    if minor != minor.to_integral_value() or not 0 <= minor <= MINOR_MAX:
        raise ValueError(f"{text[:40]!r} is no amount of {currency}")
    return Money(int(minor), currency)


def _moment(text: str) -> datetime | None:
    """A time of ISO 8601, or a date as reports write them; UTC where nothing else is said. None for what is neither."""
    for shape in (None, "%m/%d/%Y", "%d/%m/%Y"):
        try:
            found = datetime.fromisoformat(text) if shape is None else datetime.strptime(text, shape)  # noqa: DTZ007 - next line
        except ValueError:
            continue
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return None
