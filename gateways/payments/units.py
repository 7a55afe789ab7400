"""A provider's own smallest units: how many digits it writes of a currency, in what steps, and which currencies it takes.

An amount that the provider cannot say exactly is not said at all; nothing is ever rounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.money import MINOR_MAX, Currency, Money, minor_digits
from domain.payments.provider import Declined

_DECIMAL = re.compile(r"([0-9]{1,16})(?:\.([0-9]{1,8}))?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Where a provider departs from ISO 4217. `digits`: after the point; `steps`: what its whole numbers are multiples of."""

    digits: Mapping[str, int] = field(default_factory=dict)
    steps: Mapping[str, int] = field(default_factory=dict)
    currencies: frozenset[Currency] | None = None
    """Those it takes; None: it says so itself when asked."""

    def refusal(self, amount: Money) -> Declined | None:
        """Why the provider cannot be asked for this amount, if it cannot."""
        if self.currencies is not None and amount.currency not in self.currencies:
            return Declined(code="unsupported_currency", message=f"This way to pay takes no {amount.currency}.")
        try:
            self.whole(amount)
        except ValueError:
            return Declined(
                code="unsupported_amount", message=f"This way to pay cannot take exactly this amount of {amount.currency}."
            )
        return None

    def whole(self, amount: Money) -> int:
        """The amount as the provider's whole number. Raises ValueError when it has none."""
        theirs, ours = self._digits(amount.currency), minor_digits(amount.currency)
        value, rest = divmod(amount.minor * _power(theirs), _power(ours))
        if rest or value % self.steps.get(amount.currency, 1):
            raise ValueError(f"{amount} has more digits than the provider writes")
        return value

    def of_whole(self, value: int, currency: Currency) -> Money:
        """Our amount of the provider's whole number. Raises ValueError when we cannot say it."""
        theirs, ours = self._digits(currency), minor_digits(currency)
        minor, rest = divmod(value * _power(ours), _power(theirs))
        if rest or not 0 <= minor <= MINOR_MAX:
            raise ValueError(f"{value} is no amount of {currency}")
        return Money(minor, currency)

    def text(self, amount: Money) -> str:
        """The amount as decimal text, `49.90`. Raises ValueError when the provider cannot say it."""
        value, digits = self.whole(amount), self._digits(amount.currency)
        whole, rest = divmod(value, _power(digits))
        return f"{whole}.{rest:0{digits}}" if digits else str(whole)

    def of_text(self, text: str, currency: Currency) -> Money:
        """Our amount of decimal text; more zeros after the point are no matter. Raises ValueError for anything else."""
        found = _DECIMAL.match(text)
        if found is None:
            raise ValueError(f"{text[:40]!r} is no amount")
        ours = minor_digits(currency)
        after = (found[2] or "").ljust(ours, "0")
        minor = int(found[1] + after[:ours])
        if after[ours:].strip("0") or minor > MINOR_MAX:
            raise ValueError(f"{text[:40]!r} is no amount of {currency}")
        return Money(minor, currency)

    def _digits(self, currency: Currency) -> int:
        return self.digits.get(currency, minor_digits(currency))


def _power(digits: int) -> int:
    return int("1" + "0" * digits)
