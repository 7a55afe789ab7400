"""What customers and checkout need from outside: the postal and telephone rules of the world's countries."""

from __future__ import annotations

from typing import Protocol

from domain.customers.errors import PhoneInvalid
from domain.customers.model import Address
from domain.error import Path, Several


class PlaceRules(Protocol):
    """Decides whether addresses and numbers can exist, and writes them one way. Pure and quick: no network."""

    def address(self, address: Address, *, at: Path) -> Address | Several:
        """The address normalised, or everything that is wrong with it.

        Normalised: spaces collapsed, country, region key and postal code in capitals or the official spelling, parts that
        the country's addresses do not have left empty, phone in E.164. Paths are `at` and the part.
        """

    def phone(self, text: str, *, country: str | None, at: Path) -> str | PhoneInvalid:
        """The number in E.164 (+, country code, number); a national number is read as one of `country`."""
