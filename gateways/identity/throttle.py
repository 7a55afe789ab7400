"""Counting attempts before they are made: log-ins, registrations, passwords, coupon codes.

Three counts a minute: what one address tries on one account, what one address tries at all, and what is tried on one
account from everywhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from limits import RateLimitItemPerMinute

from domain.access.model import Throttled
from gateways.limiting.counts import Count, SharedCounts, hashed, network_of

SHARED_FACTOR = 5
"""An address may serve that many people, and an account be tried from that many places, before they are throttled."""


class CountedAttempts:
    """`domain.access.provider.Throttle`. `per_minute`: what one address may try on one account."""

    def __init__(self, redis_url: str, *, per_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._counts = SharedCounts(redis_url, prefix="vitrine:attempts", monotonic=monotonic)
        self._pair = RateLimitItemPerMinute(per_minute)
        self._shared = RateLimitItemPerMinute(per_minute * SHARED_FACTOR)

    async def attempt(self, purpose: str, *, account: str | None, address: str | None) -> Throttled | None:
        """See the port. An exhausted count ends the counting: what is refused uses up nothing more."""
        place = network_of(address)
        counts = [Count(self._shared, hashed(purpose, "address", place))]
        if account is not None:
            counts += [
                Count(self._pair, hashed(purpose, "pair", account, place)),
                Count(self._shared, hashed(purpose, "account", account)),
            ]
        wait = await self._counts.hit(counts)
        return None if wait is None else Throttled(retry_after=wait)

    async def close(self) -> None:
        """Closes the connections to Redis."""
        await self._counts.close()
