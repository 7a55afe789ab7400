"""How much one caller may ask and do in a minute, over all processes: an account wherever it is, a guest by address.

Operations of a large allowance are counted a hundredth at a time, so that most of them cost no round trip; this refuses a
little early when a process does not spend what it took, and never lets pass more than was counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from limits import RateLimitItemPerMinute

from domain.access.model import Asker, Left, Throttled
from gateways.limiting.counts import REDIS_SECONDS, Count, SharedCounts, hashed, network_of
from gateways.limiting.leases import Leases

_LEASE_SHARE = 100
_LEASE_MAX = 20
_REQUESTS, _MUTATIONS = "requests", "mutations"


class CountedAllowances:
    """`domain.access.provider.Allowances`. `seconds` is the longest wait for Redis."""

    def __init__(
        self,
        redis_url: str,
        *,
        requests_per_minute: int,
        mutations_per_minute: int,
        monotonic: Callable[[], float] = time.monotonic,
        seconds: float = REDIS_SECONDS,
    ) -> None:
        self._counts = SharedCounts(redis_url, prefix="vitrine:allowances", monotonic=monotonic, seconds=seconds)
        self._requests = RateLimitItemPerMinute(requests_per_minute)
        self._mutations = RateLimitItemPerMinute(mutations_per_minute)
        self._leases = Leases(monotonic)
        self._at_once = min(_LEASE_MAX, requests_per_minute // _LEASE_SHARE)

    @property
    def is_alone(self) -> bool:
        """Whether this process counts for itself, Redis being away."""
        return self._counts.is_alone

    def exhausted(self, asker: Asker) -> Throttled | None:
        """See the port."""
        wait = self._counts.exhausted(_name(_REQUESTS, asker))
        return None if wait is None else Throttled(retry_after=wait)

    async def take(self, asker: Asker, *, mutations: int) -> Throttled | None:
        """See the port."""
        wait = await self._take_one(_name(_REQUESTS, asker))
        if wait is None and mutations:
            wait = await self._counts.hit([Count(self._mutations, _name(_MUTATIONS, asker), mutations)])
        return None if wait is None else Throttled(retry_after=wait)

    async def left(self, asker: Asker, *, of_mutations: bool) -> Left:
        """See the port."""
        if of_mutations:
            return await self._counts.left(self._mutations, _name(_MUTATIONS, asker))
        name = _name(_REQUESTS, asker)
        left = await self._counts.left(self._requests, name)
        return replace(left, remaining=left.remaining + self._leases.left(name))

    async def close(self) -> None:
        """Closes the connections to Redis."""
        await self._counts.close()

    async def _take_one(self, name: str) -> int | None:
        """The seconds to wait when there is none to take."""
        if self._leases.spend(name):
            return None
        if self._at_once > 1 and await self._counts.hit([Count(self._requests, name, self._at_once)]) is None:
            self._leases.add(name, self._at_once - 1)
            return None
        return await self._counts.hit([Count(self._requests, name)])


def _name(what: str, asker: Asker) -> str:
    if asker.account is not None:
        return hashed(what, "account", str(asker.account))
    return hashed(what, "address", network_of(asker.address))
