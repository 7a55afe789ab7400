"""Postal addresses in the API: as they are said in an input, and as carts, orders and address books show them."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from domain.customers.model import Address
from domain.customers.provider import PlaceRules
from domain.error import Path, Several
from schema.context import Context
from schema.execution.fields import batch, plain, shows
from schema.scalars import CountryCode


def _streets(addresses: Sequence[Address], context: Context) -> list[list[str]]:
    del context
    return [list(each.street) for each in addresses]


@strawberry.type(
    name="PostalAddress", description="Where something goes, or whom a bill is for. A part a country has not is empty."
)
@shows(Address)
class PostalAddress:
    """Shown from `domain.customers.model.Address`."""

    first_name: str = plain("First name.")
    last_name: str = plain("Last name.")
    company: str = plain("Company.")
    street: list[str] = batch(_streets, "Street and number, in lines as on the envelope.")
    city: str = plain("City.")
    postal_code: str = plain("Postal code, as the country writes it.")
    region: str = plain("State or province, by its official key where the country has a list.")
    country: CountryCode = plain("Country.")
    phone: str = plain("Telephone number in E.164, or empty.")


@strawberry.input(name="AddressInput", description="A postal address. What is required depends on the country.")
class AddressInput:
    """Checked by the country's own rules."""

    country: CountryCode = strawberry.field(description="Country.")
    first_name: str = strawberry.field(default="", description="First name, at most 100 characters.")
    last_name: str = strawberry.field(default="", description="Last name, at most 100 characters.")
    company: str = strawberry.field(default="", description="Company, at most 100 characters.")
    street: list[str] = strawberry.field(
        default_factory=list, description="Street and number, 1 to 3 lines of at most 200 characters."
    )
    city: str = strawberry.field(default="", description="City.")
    postal_code: str = strawberry.field(default="", description="Postal code.")
    region: str = strawberry.field(default="", description="State or province: its key or its name.")
    phone: str = strawberry.field(default="", description="Telephone number, national or with +.")


def checked_address(rules: PlaceRules, said: AddressInput, *, at: Path) -> Address | Several:
    """The address normalised by its country's rules, or everything that is wrong with it."""
    return rules.address(
        Address(
            first_name=said.first_name,
            last_name=said.last_name,
            company=said.company,
            street=tuple(said.street),
            city=said.city,
            postal_code=said.postal_code,
            region=said.region,
            country=said.country,
            phone=said.phone,
        ),
        at=at,
    )
