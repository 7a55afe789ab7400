"""Money: whole minor units with their currency, and the ways to share them out.

No float and no decimal enters here; a currency knows its own number of minor digits (ISO 4217), so ten yen is 10 and
ten euros is 1000. Text forms for people belong to the API and to notices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NewType

Currency = NewType("Currency", str)

# ISO 4217 minor units that are not 2; every other code has two digits.
_NO_DIGITS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE_DIGITS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
_CODE = re.compile(r"[A-Z]{3}\Z")
BASIS_POINTS = 10_000
MINOR_MAX = 10**15
"""No amount in Vitrine may pass this many minor units: far above any order, far below bigint."""


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met: a bug of the caller, never something a buyer can do."""


def minor_digits(currency: Currency) -> int:
    """Digits after the decimal point in the currency, by ISO 4217 (JPY 0, EUR 2, KWD 3)."""
    if currency in _NO_DIGITS:
        return 0
    return 3 if currency in _THREE_DIGITS else 2


def currency_of(code: str) -> Currency:
    """The currency of an ISO 4217 code in any letter case; ValueError when it is no such code."""
    upper = code.upper()
    if not _CODE.match(upper):
        raise ValueError(f"{code!r} is no ISO 4217 code")
    return Currency(upper)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units of its currency; may be negative (a discount, a refund)."""

    minor: int
    currency: Currency

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(self.minor * count, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} met {other.currency}")
        return other.minor


def zero(currency: Currency) -> Money:
    return Money(0, currency)


def sum_of(amounts: Iterable[Money], currency: Currency) -> Money:
    """The sum, of `currency` even when there is nothing to add."""
    total = Money(0, currency)
    for amount in amounts:
        total = total + amount
    return total


def share(amount: Money, *, basis_points: int) -> Money:
    """`basis_points` ten-thousandths of the amount, half to even (IEEE 754 roundTiesToEven), exact in integers."""
    return Money(rounded_ratio(amount.minor * basis_points, BASIS_POINTS), amount.currency)


def rounded_ratio(numerator: int, denominator: int) -> int:
    """`numerator / denominator` to the nearest whole number, ties to even; `denominator` is positive."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and quotient % 2):
        return quotient + 1
    return quotient


def split(amount: Money, weights: Sequence[int]) -> list[Money]:
    """The amount in parts proportional to the weights; the parts sum to the whole.

    Largest remainder (Hamilton's method): each part gets its floor, what is left goes one minor unit each to the largest
    remainders, the earlier part first. All weights zero counts as all equal; no weights, no parts.
    """
    if not weights:
        return []
    if any(weight < 0 for weight in weights):
        raise ValueError("weights are not negative")
    total = sum(weights)
    shares = list(weights) if total else [1] * len(weights)
    total = total or len(weights)
    sign = -1 if amount.minor < 0 else 1
    whole = abs(amount.minor)
    parts = [whole * weight // total for weight in shares]
    by_remainder = sorted(range(len(shares)), key=lambda place: (-(whole * shares[place] % total), place))
    for place in by_remainder[: whole - sum(parts)]:
        parts[place] += 1
    return [Money(sign * part, amount.currency) for part in parts]
