"""Addresses and telephone numbers of many countries: what is normalised, what is refused, and where it says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.customers.errors import PhoneInvalid, PostalCodeInvalid
from domain.customers.model import Address, address_of, kept
from domain.error import Several
from gateways.addresses import WorldRules

RULES = WorldRules()
AT = ("input", "address")
BERLIN = Address(
    first_name="Ada", last_name="Byron", street=("Unter den Linden 6",), city="Berlin", postal_code="10117", country="DE"
)


def normalised(address: Address) -> Address:
    outcome = RULES.address(address, at=AT)
    assert isinstance(outcome, Address), outcome
    return outcome


def refusals(address: Address) -> set[tuple[str, str]]:
    """Code and place of all that is wrong."""
    outcome = RULES.address(address, at=AT)
    assert isinstance(outcome, Several), outcome
    assert all(error.path[:2] == AT for error in outcome.errors)
    return {(error.code, ".".join(error.path[2:])) for error in outcome.errors}


def test_a_good_address_stays_as_it_is() -> None:
    assert normalised(BERLIN) == BERLIN


def test_spaces_line_breaks_case_and_phone_are_written_one_way() -> None:
    typed = Address(
        first_name="  Ada\t ",
        last_name="Byron",
        street=(" 1600  Amphitheatre\nPkwy ", "  "),
        city="Mountain View",
        postal_code="94043",
        region="california",
        country="us",
        phone="(650) 253-0000",
    )
    assert normalised(typed) == Address(
        first_name="Ada",
        last_name="Byron",
        street=("1600 Amphitheatre Pkwy",),
        city="Mountain View",
        postal_code="94043",
        region="CA",
        country="US",
        phone="+16502530000",
    )


def test_a_postal_code_is_written_in_capitals_plain_digits_and_without_the_country() -> None:
    assert normalised(replace(BERLIN, country="GB", city="London", postal_code="sw1a 1aa")).postal_code == "SW1A 1AA"
    assert normalised(replace(BERLIN, country="CH", city="Zürich", postal_code="ch-8001")).postal_code == "8001"
    assert normalised(replace(BERLIN, country="IR", city="تهران", postal_code="۱۱۳۶۹۱۷۶۵۱")).postal_code == "1136917651"


def test_listed_regions_and_cities_are_found_without_case_and_accents() -> None:
    address = normalised(replace(BERLIN, country="BR", region="sao paulo", city="sao paulo", postal_code="01310-000"))
    assert (address.region, address.city) == ("SP", "São Paulo")


def test_parts_that_a_country_does_not_have_are_left_out() -> None:
    hong_kong = replace(BERLIN, country="HK", region="Kowloon", city="Mong Kok", postal_code="000000")
    assert normalised(hong_kong).postal_code == ""
    assert normalised(replace(BERLIN, region="Brandenburg")).region == ""


def test_ethiopian_addresses_need_no_postal_code_and_know_national_numbers() -> None:
    address = normalised(replace(BERLIN, country="ET", city="Addis Ababa", postal_code="", phone="0911 234567"))
    assert (address.postal_code, address.phone) == ("", "+251911234567")


def test_everything_that_is_wrong_is_told_at_once_each_at_its_place() -> None:
    assert refusals(Address(country="US", postal_code="ABC", phone="12")) == {
        ("REQUIRED", "last_name"),
        ("REQUIRED", "street"),
        ("REQUIRED", "region"),
        ("REQUIRED", "city"),
        ("POSTAL_CODE_INVALID", "postal_code"),
        ("PHONE_INVALID", "phone"),
    }


@pytest.mark.parametrize("country", ["", "ZZ", "XX", "D", "DEU", "1A", "../de", "ДЕ", "all", "\x00\x00"])
def test_what_is_no_country_is_refused(country: str) -> None:
    assert refusals(replace(BERLIN, country=country)) == {("COUNTRY_UNKNOWN", "country")}


def test_a_region_that_the_country_does_not_list_is_refused() -> None:
    assert refusals(replace(BERLIN, country="US", region="Bavaria", postal_code="94043")) == {("REGION_UNKNOWN", "region")}


def test_a_city_that_the_region_does_not_list_is_refused() -> None:
    assert refusals(replace(BERLIN, country="BR", region="SP", city="Springfield", postal_code="01310-000")) == {
        ("CITY_UNKNOWN", "city")
    }


def test_a_postal_code_of_another_region_is_refused_with_right_ones_beside_it() -> None:
    outcome = RULES.address(replace(BERLIN, country="US", region="NY", city="New York", postal_code="94043"), at=AT)
    assert isinstance(outcome, Several)
    (error,) = outcome.errors
    assert isinstance(error, PostalCodeInvalid)
    assert (error.path, error.examples) == ((*AT, "postal_code"), ("10000", "00544"))


@pytest.mark.parametrize("code", ["1011", "101177", "10117 Berlin", "x10117", "SW1A 1AA", "GIR 0AAx"])
def test_a_postal_code_must_fit_as_a_whole(code: str) -> None:
    assert refusals(replace(BERLIN, postal_code=code)) == {("POSTAL_CODE_INVALID", "postal_code")}
    if not code.startswith("SW1A"):
        assert refusals(replace(BERLIN, country="GB", postal_code=code)) == {("POSTAL_CODE_INVALID", "postal_code")}


def test_lengths_are_bounded_part_by_part() -> None:
    long = replace(BERLIN, city="x" * 101, street=("a", "", "x" * 201))
    assert refusals(long) == {("TOO_LONG", "city"), ("TOO_LONG", "street.2")}
    assert refusals(replace(BERLIN, street=("a", "b", "c", "d"))) == {("INVALID", "street")}
    assert refusals(replace(BERLIN, phone="+" + "4" * 100_000)) == {("PHONE_INVALID", "phone")}


def test_control_characters_become_spaces() -> None:
    assert normalised(replace(BERLIN, city="Ber\x00lin\x1b")).city == "Ber lin"


@pytest.mark.parametrize("text", ["", "1", "hello", "+1 555", "0911234567", "+49 30 901820 ext. 5", "tel:+49;x=1", "\x00"])
def test_what_is_no_number_of_the_world_is_refused(text: str) -> None:
    assert RULES.phone(text, country=None, at=("input", "phone")) == PhoneInvalid(path=("input", "phone"))


def test_an_address_survives_being_kept() -> None:
    assert address_of(kept(replace(BERLIN, street=("a", "b")))) == replace(BERLIN, street=("a", "b"))
