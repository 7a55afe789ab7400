"""The facts of second factors worth announcing. The owner of the account is told of each by mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfAccount(Event):
    aggregate: ClassVar[str] = "account"
    account_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorAdded(_OfAccount):
    """An account asks for one more thing from now on. `method` is a `Method`'s value."""

    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRemoved(_OfAccount):
    """An account asks for one thing less."""

    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesReplaced(_OfAccount):
    """New recovery codes were made, and the old ones are good no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodeUsed(_OfAccount):
    """A recovery code stood in for a factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyCloned(_OfAccount):
    """A passkey showed a counter that it had shown before, so there may be two of it: it was refused."""

    passkey_id: UUID
