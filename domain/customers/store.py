"""What customers and their address books need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.customers.model import Address, BookEntry, Defaults, Profile
from domain.ids import AddressId, CustomerId


class CustomersStore(Protocol):
    """Customers, inside one transaction."""

    async def add(self, customer_id: CustomerId, profile: Profile, *, now: datetime) -> None:
        """Keeps a customer; their account has the same id and is there already."""

    async def lock(self, customer_id: CustomerId) -> Profile | None:
        """The customer's profile, locked: also their address book stays as it is until the end of the transaction."""

    async def set_profile(self, customer_id: CustomerId, profile: Profile) -> None:
        """Replaces the profile of a locked customer."""

    async def count_addresses(self, customer_id: CustomerId) -> int:
        """How many addresses a locked customer keeps."""

    async def entry(self, customer_id: CustomerId, address_id: AddressId) -> BookEntry | None:
        """An address of this customer's book; another one's is not there."""

    async def add_entry(self, entry: BookEntry) -> None:
        """Keeps an address of a locked customer. The database refuses two defaults of a kind: clear the old ones first."""

    async def set_entry(self, address_id: AddressId, address: Address, defaults: Defaults) -> None:
        """Replaces an address of a locked customer; on defaults as with `add_entry`."""

    async def clear_defaults(self, customer_id: CustomerId, kinds: Defaults) -> None:
        """No address of the customer is the default of these kinds any more."""

    async def remove_entry(self, address_id: AddressId) -> None:
        """Forgets an address of a locked customer. Orders keep their own copies."""
