"""What customers can say about themselves and about where things go."""

from __future__ import annotations

import strawberry

from domain.access.model import EMAIL_LENGTH_MAX, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN
from domain.customers.model import LANGUAGE_DEFAULT, NAME_LENGTH_MAX
from schema.customers.addresses import AddressInput
from schema.scalars import LanguageCode


@strawberry.input(name="CustomerRegisterInput", description="A newcomer.")
class CustomerRegisterInput:
    email: str = strawberry.field(description=f"The address to log in with, {EMAIL_LENGTH_MAX} characters at most.")
    password: str = strawberry.field(
        description=f"{PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters that take more than 100 million guesses."
    )
    first_name: str = strawberry.field(default="", description=f"First name, {NAME_LENGTH_MAX} characters at most.")
    last_name: str = strawberry.field(default="", description=f"Last name, {NAME_LENGTH_MAX} characters at most.")
    phone: str = strawberry.field(default="", description="A telephone number with its country code, kept as E.164.")
    language: LanguageCode = strawberry.field(
        default=LanguageCode(LANGUAGE_DEFAULT), description="The language to be written to in."
    )


@strawberry.input(name="CustomerUpdateInput", description="What to change about yourself; what is left out stays.")
class CustomerUpdateInput:
    first_name: str | None = strawberry.field(default=None, description=f"First name, {NAME_LENGTH_MAX} characters at most.")
    last_name: str | None = strawberry.field(default=None, description=f"Last name, {NAME_LENGTH_MAX} characters at most.")
    phone: str | None = strawberry.field(
        default=None, description="A telephone number with its country code, kept as E.164; an empty text removes it."
    )
    wants_sms: bool | None = strawberry.field(
        default=None, description="Whether to be sent text messages about orders, at that number; it ends when the number goes."
    )
    language: LanguageCode | None = strawberry.field(default=None, description="The language to be written to in.")


@strawberry.input(name="AddressCreateInput", description="An address for your book.")
class AddressCreateInput:
    address: AddressInput = strawberry.field(description="The address.")
    default_shipping: bool = strawberry.field(
        default=False, description="Whether parcels go there from now on. The first address is the default for all."
    )
    default_billing: bool = strawberry.field(default=False, description="Whether bills go there from now on.")


@strawberry.input(name="AddressUpdateInput", description="Another address in the place of one in your book.")
class AddressUpdateInput:
    id: strawberry.ID = strawberry.field(description="The id of the entry in your book.")
    address: AddressInput = strawberry.field(description="The whole address, as it is from now on.")


@strawberry.input(name="AddressSetDefaultInput", description="Where things go from now on.")
class AddressSetDefaultInput:
    id: strawberry.ID = strawberry.field(description="The id of the entry in your book.")
    shipping: bool = strawberry.field(default=False, description="Whether parcels go there.")
    billing: bool = strawberry.field(default=False, description="Whether bills go there.")


@strawberry.input(name="AddressDeleteInput", description="An address to forget.")
class AddressDeleteInput:
    id: strawberry.ID = strawberry.field(description="The id of the entry in your book.")
