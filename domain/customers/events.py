"""The facts of customers worth announcing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRegistered(Event):
    """Somebody has an account now. The owner of the address is welcomed by mail."""

    aggregate: ClassVar[str] = "account"
    account_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRepeated(Event):
    """Somebody registered an address that has an account, and was answered like a newcomer.

    The owner is told by mail that they have an account already: nobody else may learn it.
    """

    aggregate: ClassVar[str] = "account"
    account_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequested(Event):
    """A customer will be erased when their time to think is over. The owner is told by mail."""

    aggregate: ClassVar[str] = "account"
    account_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureCancelled(Event):
    """A customer changed their mind about being erased. The owner is told by mail."""

    aggregate: ClassVar[str] = "account"
    account_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DataExportRequested(Event):
    """A customer wants a copy of their data; a worker makes it."""

    aggregate: ClassVar[str] = "account"
    account_id: UUID
    export_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DataExportReady(Event):
    """The copy of a customer's data can be fetched. The owner is told by mail."""

    aggregate: ClassVar[str] = "account"
    account_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id
