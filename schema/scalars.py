"""The scalars of the API, and money as it is shown: decimal text with the currency's own number of digits."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from domain.money import Currency, minor_digits
from domain.money import Money as Amount
from schema.execution.fields import computed, plain, shows

Decimal = NewType("Decimal", str)
CurrencyCode = NewType("CurrencyCode", str)
CountryCode = NewType("CountryCode", str)
LanguageCode = NewType("LanguageCode", str)
Json = NewType("Json", object)

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})\Z"
)
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,4}))?\Z")


def _text(pattern: str, hint: str) -> Callable[[Any], str]:
    form = re.compile(pattern + r"\Z")

    def parse(value: Any) -> str:
        if not isinstance(value, str) or form.match(value) is None:
            raise GraphQLError(f"This is not {hint}.")
        return value

    return parse


def _moment(value: Any) -> datetime:
    """A moment in UTC (RFC 3339). Without an offset it would be another on every machine; past year 9999 it cannot be kept."""
    if isinstance(value, str) and _MOMENT.match(value) is not None:
        with contextlib.suppress(ValueError, OverflowError):
            return datetime.fromisoformat(value).astimezone(UTC)
    raise GraphQLError('This is not a moment with its offset, such as "2026-03-01T12:00:00Z".')


def as_is(value: Any) -> Any:
    """How scalars whose views carry their output already are put out."""
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description='A moment as RFC 3339 text with its offset, such as "2026-03-01T12:00:00Z"; answered in UTC.',
        specified_by_url="https://www.rfc-editor.org/info/rfc3339",
        serialize=datetime.isoformat,
        parse_value=_moment,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An amount as decimal text, such as "12.50": never a float, no exponent, no grouping.',
        serialize=as_is,
        parse_value=_text(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?", 'an amount such as "12.50"'),
    ),
    CurrencyCode: strawberry.scalar(
        name="CurrencyCode",
        description='A currency by its ISO 4217 code, such as "EUR".',
        specified_by_url="https://www.iso.org/iso-4217-currency-codes.html",
        serialize=as_is,
        parse_value=_text("[A-Z]{3}", 'an ISO 4217 code such as "EUR"'),
    ),
    CountryCode: strawberry.scalar(
        name="CountryCode",
        description='A country by its ISO 3166-1 code of two letters, such as "DE".',
        specified_by_url="https://www.iso.org/iso-3166-country-codes.html",
        serialize=as_is,
        parse_value=_text("[A-Z]{2}", 'an ISO 3166-1 code such as "DE"'),
    ),
    LanguageCode: strawberry.scalar(
        name="LanguageCode",
        description='A language by its BCP 47 tag, such as "en" or "pt-BR".',
        specified_by_url="https://www.rfc-editor.org/info/bcp47",
        serialize=as_is,
        parse_value=_text("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", 'a BCP 47 tag such as "en"'),
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="Free-form data: any JSON value.",
        specified_by_url="https://www.rfc-editor.org/info/rfc8259",
        serialize=as_is,
    ),
}


def decimal_text(amount: Amount) -> Decimal:
    """The amount with its currency's digits: 1050 minor units of EUR are "10.50", of JPY "1050"."""
    return _decimal(amount.minor, amount.currency)


@lru_cache(maxsize=10_000)
def _decimal(minor: int, currency: Currency) -> Decimal:
    """Remembered, since a shop's prices are few and each is told many times."""
    digits = minor_digits(currency)
    if not digits:
        return Decimal(str(minor))
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**digits)
    return Decimal(f"{sign}{whole}.{rest:0{digits}d}")


def amount_of(text: str, currency: Currency) -> Amount | None:
    """The amount behind decimal text; None when it has more digits than the currency, or is no amount at all."""
    match = _DECIMAL.match(text)
    digits = minor_digits(currency)
    if match is None or len(match.group(2) or "") > digits:
        return None
    return Amount(int(match.group(1) + (match.group(2) or "").ljust(digits, "0")), currency)


@strawberry.type(name="Money", description="An amount of money in one currency. Inside it is whole minor units.")
@shows(Amount)
class Money:
    """Shown from `domain.money.Money`."""

    amount: Decimal = computed(decimal_text, "The amount as decimal text with the currency's own number of digits.")
    currency: CurrencyCode = plain("The currency of the amount.")
