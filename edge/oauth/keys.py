"""The keys that sign id tokens, remembered for a minute: another process's new key is published here by then."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from domain.apps.flows import SigningKey, signing_keys
from domain.apps.provider import AppPorts
from persistence.unit import Transactions

_KEPT = timedelta(seconds=60)


class KeyRing:
    """Reads the keys now and then; the first reader of all has one made."""

    def __init__(self, transact: Transactions, ports: AppPorts) -> None:
        self._transact = transact
        self._ports = ports
        self._keys: list[SigningKey] = []
        self._until: datetime | None = None
        self._reading = asyncio.Lock()

    async def all(self, now: datetime) -> list[SigningKey]:
        """Every key that is published, the current one first."""
        if self._until is None or now >= self._until:
            async with self._reading:
                if self._until is None or now >= self._until:
                    self._keys = await signing_keys(self._transact, self._ports, now=now)
                    self._until = now + _KEPT
        return self._keys

    async def current(self, now: datetime) -> SigningKey:
        """The key to sign with."""
        return (await self.all(now))[0]
