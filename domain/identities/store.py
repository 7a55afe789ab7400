"""What log-ins at other providers need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.identities.model import Journey, Person
from domain.ids import AccountId


class IdentitiesStore(Protocol):
    """Identities, inside one transaction. The account is locked before its identities change."""

    async def add_journey(self, journey: Journey) -> None:
        """Keeps that somebody was sent to a provider."""

    async def take_journey(self, journey_id: UUID, *, now: datetime) -> Journey | None:
        """The journey, for the one caller who comes first and in time; then it is gone."""

    async def owner(self, provider: str, subject: str) -> AccountId | None:
        """Whose identity this is. Locks nothing."""

    async def add(self, account_id: AccountId, provider: str, person: Person, *, now: datetime) -> UUID | None:
        """Links an identity; None when it belongs to an account already, or the account has another one there."""

    async def use(self, provider: str, person: Person, *, now: datetime) -> None:
        """Notes that it opened its account, and which address the provider knows now."""

    async def count(self, account_id: AccountId) -> int:
        """How many identities an account has."""

    async def remove(self, account_id: AccountId, identity_id: UUID) -> str | None:
        """Unlinks an identity of this account; its provider, or None when there is none."""

    async def remove_all(self, account_id: AccountId) -> int:
        """Unlinks every identity of this account; how many."""

    async def without_password(self, account_id: AccountId, *, verified_at: datetime) -> None:
        """The account has no password that anybody knows, and its address was vouched for at that time."""

    async def forget_expired(self, *, before: datetime, count_max: int) -> int:
        """Drops journeys whose time was before then, so many at most; how many."""
