"""The facts of access worth announcing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfAccount(Event):
    """A fact about an account; of an address that has none the id is nobody's, so that asking costs the same."""

    aggregate: ClassVar[str] = "account"
    account_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(_OfAccount):
    """An account has a new password, and its other sessions have ended. The owner is told by mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshTokenReused(_OfAccount):
    """A refresh token came a second time, so one of two holders is a thief: the session was ended. The owner is told."""

    session_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerificationRequested(_OfAccount):
    """Somebody asked for a letter by which to verify an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetRequested(_OfAccount):
    """Somebody asked for a letter by which to set a new password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangeRequested(_OfAccount):
    """An account wishes for another address: both mailboxes are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChanged(_OfAccount):
    """An account has another address. The old mailbox is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSeen(_OfAccount):
    """Somebody logged in from a device or a place that the account was not seen on before. The owner is told."""

    session_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInsFailed(_OfAccount):
    """Log-ins on an address have failed often within an hour. Its owner, if it has one, is told."""
