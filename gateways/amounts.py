"""Amounts of money as settings write them: `EUR:500`, a currency and decimal text."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from domain.money import Currency, Money, currency_of, minor_digits
from gateways.refusal import CannotStart

_WHAT = "{!r} is no amount: write a currency and a number, as in EUR:500"


def amounts_by_currency(texts: Iterable[str]) -> dict[Currency, Money]:
    """The amount of each currency. Raises CannotStart for what is none."""
    return {amount.currency: amount for amount in map(_amount, texts)}


def _amount(text: str) -> Money:
    code, _, amount = text.partition(":")
    try:
        currency = currency_of(code.strip())
        minor = Decimal(amount.strip()).scaleb(minor_digits(currency))
    except (ValueError, InvalidOperation):
        raise CannotStart(_WHAT.format(text)) from None
    if not minor.is_finite() or minor != minor.to_integral_value() or minor < 0:
        raise CannotStart(_WHAT.format(text))
    return Money(int(minor), currency)
