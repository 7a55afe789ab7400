"""The words of customers: who buys, and where things go. Whether an address can exist is the provider's to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from domain.ids import AddressId, CustomerId

ADDRESSES_MAX = 50
"""Addresses one customer may keep."""
NAME_LENGTH_MAX = 100
LINE_LENGTH_MAX = 200
STREET_LINES_MAX = 3
POSTAL_CODE_LENGTH_MAX = 20
PHONE_LENGTH_MAX = 32
LANGUAGE_DEFAULT = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address. Empty text where a part is missing; `country` is ISO 3166-1 alpha-2, `phone` E.164 once normalised.

    `region` is the state or province, by its official key where the country has a list ("CA"). A country that has no
    postal codes, regions or cities in its addresses has them empty after normalising.
    """

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    street: tuple[str, ...] = ()
    city: str = ""
    postal_code: str = ""
    region: str = ""
    country: str
    phone: str = ""


def kept(address: Address) -> dict[str, Any]:
    """The address as the JSON object that tables, orders and snapshots keep."""
    return {**asdict(address), "street": list(address.street)}


def address_of(stored: Mapping[str, Any]) -> Address:
    """The address behind what `kept` made. KeyError or TypeError for anything else: a bug, not a caller's mistake."""
    return Address(**{**stored, "street": tuple(stored["street"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a customer tells about themselves; `phone` is E.164 or None, `language` a BCP 47 tag in its canonical case.

    `wants_sms`: text messages about their orders, at that number.
    """

    first_name: str = ""
    last_name: str = ""
    phone: str | None = None
    language: str = LANGUAGE_DEFAULT
    wants_sms: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """Which uses an address is the first choice for."""

    shipping: bool = False
    billing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEntry:
    """An address in a customer's book."""

    id: AddressId
    customer_id: CustomerId
    address: Address
    defaults: Defaults
    created_at: datetime
