"""The facts of access worth announcing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Event):
    """An account has a new password, and its other sessions have ended. The owner is told by mail."""

    aggregate: ClassVar[str] = "account"
    account_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshTokenReused(Event):
    """A refresh token came a second time, so one of two holders is a thief: the session was ended. The owner is told."""

    aggregate: ClassVar[str] = "account"
    account_id: UUID
    session_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id
