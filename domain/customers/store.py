"""What customers and their address books need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from domain.customers.model import Address, BookEntry, Defaults, Profile
from domain.ids import AddressId, CustomerId, ExportId


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

    async def plan_erasure(self, customer_id: CustomerId, *, after: datetime) -> datetime:
        """Notes when a locked customer is to be erased, unless that was noted before; when it is."""

    async def erasure_planned(self, customer_id: CustomerId) -> datetime | None:
        """When a customer is to be erased. Locks nothing."""

    async def cancel_erasure(self, customer_id: CustomerId) -> bool:
        """Forgets the plan; False when there was none."""

    async def lock_due_erasure(self, *, now: datetime) -> CustomerId | None:
        """A customer whose time has come and whose orders are all done or called off, locked; passes over those others have."""

    async def erase(self, customer_id: CustomerId, *, failure_key: bytes, now: datetime) -> None:
        """Takes the person out of every table. `failure_key` is what failed log-ins on their address are counted under."""

    async def queued_export(self, customer_id: CustomerId) -> ExportId | None:
        """The copy that is being made for a locked customer."""

    async def add_export(self, export_id: ExportId, customer_id: CustomerId, *, now: datetime, until: datetime) -> None:
        """Notes that a copy is to be made for a locked customer; the database refuses a second one at a time."""

    async def lock_export(self, export_id: ExportId) -> CustomerId | None:
        """Whose a copy is that is still to be made, locked."""

    async def gather(self, customer_id: CustomerId) -> Mapping[str, Any]:
        """What is kept about a customer, as JSON."""

    async def keep_export(self, export_id: ExportId, content: Mapping[str, Any], *, now: datetime, until: datetime) -> None:
        """Keeps a locked copy until then."""

    async def forget_exports(self, *, before: datetime) -> int:
        """Drops copies that were kept until then; how many."""
