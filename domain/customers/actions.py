"""Use cases of customers, one transaction each: joining, telling about oneself, and keeping an address book."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.access.rules import email_key
from domain.customers.errors import AddressBookFull
from domain.customers.events import CustomerRegistered, RegistrationRepeated
from domain.customers.model import ADDRESSES_MAX, Address, BookEntry, Defaults, Profile
from domain.error import Invalid, NotFound
from domain.idempotency import Answered, Claim, Fresh, KeyReused
from domain.ids import AccountId, AddressId, CustomerId, new_id
from domain.unit import Unit

ADDRESS_ID = ("input", "id")


async def register(unit: Unit, *, email: str, password_hash: str, profile: Profile, now: datetime) -> CustomerId | None:
    """Makes an account and its customer; None when the address has an account, whose owner is told by mail instead."""
    account_id = AccountId(new_id())
    key = email_key(email)
    if await unit.access.add_account(account_id, email=email, email_key=key, password_hash=password_hash, now=now):
        await unit.customers.add(CustomerId(account_id), profile, now=now)
        unit.announce(CustomerRegistered(account_id=account_id))
        return CustomerId(account_id)
    # As many statements as above, so that the time tells nothing.
    owner = await unit.access.account_by_key(key)
    if owner is not None:
        unit.announce(RegistrationRepeated(account_id=owner.id))
    return None


async def update_profile(
    unit: Unit,
    *,
    customer_id: CustomerId,
    first_name: str | None,
    last_name: str | None,
    phone: str | None,
    language: str | None,
    wants_sms: bool | None,
) -> CustomerId | NotFound | Invalid:
    """Changes what is given and leaves the rest; an empty phone removes it, and text messages with it. Values come normalised."""
    profile = await unit.customers.lock(customer_id)
    if profile is None:
        return NotFound(path=("input",), what="customer")
    number = profile.phone if phone is None else phone or None
    if wants_sms and number is None:
        return Invalid(path=("input", "wants_sms"), reason="Text messages need a telephone number.")
    await unit.customers.set_profile(
        customer_id,
        replace(
            profile,
            first_name=profile.first_name if first_name is None else first_name,
            last_name=profile.last_name if last_name is None else last_name,
            phone=number,
            language=profile.language if language is None else language,
            wants_sms=number is not None and (profile.wants_sms if wants_sms is None else wants_sms),
        ),
    )
    return customer_id


async def add_address(
    unit: Unit, *, customer_id: CustomerId, address: Address, defaults: Defaults, claim: Claim | None, now: datetime
) -> AddressId | NotFound | AddressBookFull | KeyReused:
    """Keeps a normalised address. The first one is the default for everything; a new default takes the old one's place.

    With a claim it is kept once, however often it is said.
    """
    if claim is not None:
        match await unit.idempotency.claim(claim):
            case Answered(outcome):
                return AddressId(UUID(outcome["address_id"]))
            case KeyReused() as reused:
                return reused
            case Fresh():
                pass
    if await unit.customers.lock(customer_id) is None:
        return NotFound(path=("input",), what="customer")
    count = await unit.customers.count_addresses(customer_id)
    if count >= ADDRESSES_MAX:
        return AddressBookFull(path=("input", "address"), count_max=ADDRESSES_MAX)
    wanted = defaults if count else Defaults(shipping=True, billing=True)
    await unit.customers.clear_defaults(customer_id, wanted)
    entry = BookEntry(id=AddressId(new_id()), customer_id=customer_id, address=address, defaults=wanted, created_at=now)
    await unit.customers.add_entry(entry)
    if claim is not None:
        await unit.idempotency.record(claim, {"address_id": str(entry.id)})
    return entry.id


async def update_address(
    unit: Unit, *, customer_id: CustomerId, address_id: AddressId, address: Address
) -> AddressId | NotFound:
    """Replaces a normalised address in the book."""
    entry = await _own_entry(unit, customer_id, address_id)
    if isinstance(entry, NotFound):
        return entry
    await unit.customers.set_entry(address_id, address, entry.defaults)
    return address_id


async def set_default_address(
    unit: Unit, *, customer_id: CustomerId, address_id: AddressId, kinds: Defaults
) -> AddressId | NotFound:
    """Makes an address the default of these kinds, instead of whichever was."""
    entry = await _own_entry(unit, customer_id, address_id)
    if isinstance(entry, NotFound):
        return entry
    await unit.customers.clear_defaults(customer_id, kinds)
    defaults = Defaults(shipping=entry.defaults.shipping or kinds.shipping, billing=entry.defaults.billing or kinds.billing)
    await unit.customers.set_entry(address_id, entry.address, defaults)
    return address_id


async def remove_address(unit: Unit, *, customer_id: CustomerId, address_id: AddressId) -> AddressId | NotFound:
    """Forgets an address. No other one becomes a default by itself: where to send things is the customer's to say."""
    entry = await _own_entry(unit, customer_id, address_id)
    if isinstance(entry, NotFound):
        return entry
    await unit.customers.remove_entry(address_id)
    return address_id


async def _own_entry(unit: Unit, customer_id: CustomerId, address_id: AddressId) -> BookEntry | NotFound:
    """The customer locked and their address found; anybody else's is as absent as one that never was."""
    missing = NotFound(path=ADDRESS_ID, what="address")
    if await unit.customers.lock(customer_id) is None:
        return missing
    return await unit.customers.entry(customer_id, address_id) or missing
