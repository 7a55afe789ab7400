"""The failures of profiles and addresses as GraphQL types."""

from __future__ import annotations

from domain.customers import errors as domain
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(domain.ValueMissing, "A part that cannot be done without is empty."),
    error_type(
        domain.TextTooLong,
        "A text has more characters than can be kept.",
        length_max=(int, "How many characters it may have at most."),
    ),
    error_type(domain.CountryUnknown, "This is no country of ISO 3166-1 that things can be sent to."),
    error_type(domain.RegionUnknown, "The country has a list of its regions, and this is none of them."),
    error_type(domain.CityUnknown, "The region has a list of its cities, and this is none of them."),
    error_type(
        domain.PostalCodeInvalid,
        "This is no postal code of the country, or not of the region.",
        examples=(list[str], "Right ones, three at most; may be empty."),
    ),
    error_type(domain.PhoneInvalid, "This is no telephone number that can exist."),
    error_type(domain.LanguageUnknown, "This is no language tag of BCP 47."),
    error_type(
        domain.AddressBookFull,
        "The address book holds as many addresses as it may.",
        count_max=(int, "How many that is."),
    ),
    error_type(domain.NothingToCancel, "No erasure of the account is planned."),
)
