"""What apps need from outside: keys that sign what is told of people, with what seals their private parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from domain.vault import Vault


class KeyMaker(Protocol):
    """Makes key pairs, slowly and off the event loop."""

    async def made(self, key_id: UUID) -> tuple[bytes, Mapping[str, Any]]:
        """A fresh private key in PEM (RFC 7468), and its public part as a JSON Web Key (RFC 7517) with this `kid`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppPorts:
    """What apps are made of, put together once by the composition root. Lifetimes are in seconds."""

    keys: KeyMaker
    vault: Vault
    access_seconds: int
    refresh_seconds: int
