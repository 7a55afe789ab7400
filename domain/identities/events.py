"""The facts of identities worth announcing. The owner of the account is told of each by mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityLinked(Event):
    """A log-in at another provider opens the account from now on. `provider` is the name it has in our settings."""

    aggregate: ClassVar[str] = "account"
    account_id: UUID
    provider: str

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityUnlinked(Event):
    """It does so no more."""

    aggregate: ClassVar[str] = "account"
    account_id: UUID
    provider: str

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id
