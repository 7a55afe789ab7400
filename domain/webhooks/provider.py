"""The ports of outgoing webhooks: who carries a signed body out, and who resolves a selection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.vault import Vault
from domain.viewer import Permission
from domain.webhooks.model import DueDelivery, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent: the id and body that are signed (Standard Webhooks), and where to."""

    id: str
    url: str
    body: bytes
    secrets: Sequence[bytes]
    """The keys that sign, newest first: each gives a signature of its own, so that either is accepted while one replaces the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPorts:
    """What making endpoints takes. `check_selection` tells why a text is no selection, or None."""

    vault: Vault
    calls_local: bool
    """Whether addresses may be private, and without TLS: for trying things out."""
    check_selection: Callable[[str], Awaitable[str | None]]


class Carrier(Protocol):
    """Calls receivers. Never a private address, never a redirect, and never longer than ten seconds."""

    async def send(self, message: Message, *, now: datetime) -> Outcome:
        """One try; whatever goes wrong is in the outcome."""


class Selections(Protocol):
    """What payloads need of the schema: the result of an endpoint's GraphQL selection, and ids as the API spells them."""

    async def resolve(self, text: str, *, permissions: frozenset[Permission], delivery: DueDelivery) -> Mapping[str, object]:
        """The result, `data` and maybe `errors`, as the maker of the endpoint would see it."""

    def named(self, type_name: str, id: UUID) -> str:
        """The public id of a thing of a type of the schema."""
