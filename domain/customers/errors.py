"""What can be wrong with what a customer tells: each expected failure with its code and its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueMissing(UserError):
    """A part that this country's addresses (or this form) cannot do without is empty."""

    code: ClassVar[str] = "REQUIRED"

    @property
    def message(self) -> str:
        return "This is required."


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTooLong(UserError):
    """A text has more characters than can be kept."""

    code: ClassVar[str] = "TOO_LONG"
    length_max: int

    @property
    def message(self) -> str:
        return f"This may have at most {self.length_max} characters."


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryUnknown(UserError):
    """No country of ISO 3166-1 alpha-2 that things can be sent to."""

    code: ClassVar[str] = "COUNTRY_UNKNOWN"

    @property
    def message(self) -> str:
        return "This is no country code of two letters (ISO 3166-1)."


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionUnknown(UserError):
    """The country has a list of its regions, and this is none of them."""

    code: ClassVar[str] = "REGION_UNKNOWN"

    @property
    def message(self) -> str:
        return "The country has no such region."


@dataclass(frozen=True, slots=True, kw_only=True)
class CityUnknown(UserError):
    """The region has a list of its cities, and this is none of them."""

    code: ClassVar[str] = "CITY_UNKNOWN"

    @property
    def message(self) -> str:
        return "The region has no such city."


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalCodeInvalid(UserError):
    """No postal code of this country, or not of this region; `examples` are right ones."""

    code: ClassVar[str] = "POSTAL_CODE_INVALID"
    examples: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        if self.examples:
            return f"This is no postal code there. A right one looks like {self.examples[0]}."
        return "This is no postal code there."


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneInvalid(UserError):
    """No telephone number that can exist."""

    code: ClassVar[str] = "PHONE_INVALID"

    @property
    def message(self) -> str:
        return "This is no telephone number. Write it with its country code, such as +49 30 901820."


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageUnknown(UserError):
    """No language tag of BCP 47 in the form language, or language-REGION."""

    code: ClassVar[str] = "LANGUAGE_UNKNOWN"

    @property
    def message(self) -> str:
        return "This is no language tag. Right ones are en, de or pt-BR."


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressBookFull(UserError):
    """The customer keeps as many addresses as one may."""

    code: ClassVar[str] = "ADDRESS_BOOK_FULL"
    count_max: int

    @property
    def message(self) -> str:
        return f"An address book holds at most {self.count_max} addresses."


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToCancel(UserError):
    """No erasure is planned."""

    code: ClassVar[str] = "NOTHING_TO_CANCEL"

    @property
    def message(self) -> str:
        return "Your account is not going to be erased."
