"""How much one caller may ask and do in a minute, over all processes: an account wherever it is, a guest by address.

What operations cost is counted by the fiftieth part of an allowance at a time, so that most of them take no round trip; this
refuses a little early when a process does not spend what it took, and never lets pass more than was counted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from limits import RateLimitItemPerMinute

from domain.access.model import Asker, Left, Throttled
from gateways.limiting.counts import REDIS_SECONDS, Count, SharedCounts, hashed, network_of
from gateways.limiting.leases import Leases

_LEASE_SHARE = 50
_COST, _MUTATIONS = "cost", "mutations"


@dataclass(slots=True)
class _Queue:
    """Who waits for one caller's next count, and what they need together."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    cost: int = 0
    callers: int = 0


class CountedAllowances:
    """`domain.access.provider.Allowances`. `seconds` is the longest wait for Redis.

    However little an operation costs, there are no more than `requests_per_minute`: each counts for at least that part.
    """

    def __init__(
        self,
        redis_url: str,
        *,
        cost_per_minute: int,
        requests_per_minute: int,
        mutations_per_minute: int,
        monotonic: Callable[[], float] = time.monotonic,
        seconds: float = REDIS_SECONDS,
    ) -> None:
        self._counts = SharedCounts(redis_url, prefix="vitrine:allowances", monotonic=monotonic, seconds=seconds)
        self._cost = RateLimitItemPerMinute(cost_per_minute)
        self._cost_min = max(1, cost_per_minute // requests_per_minute)
        self._mutations = RateLimitItemPerMinute(mutations_per_minute)
        self._leases = Leases(monotonic)
        self._at_once = cost_per_minute // _LEASE_SHARE
        self._queues: dict[str, _Queue] = {}

    @property
    def is_alone(self) -> bool:
        """Whether this process counts for itself, Redis being away."""
        return self._counts.is_alone

    def exhausted(self, asker: Asker) -> Throttled | None:
        """See the port."""
        wait = self._counts.exhausted(_name(_COST, asker))
        return None if wait is None else Throttled(retry_after=wait)

    def spend(self, asker: Asker, *, cost: int) -> bool:
        """See the port."""
        name = _name(_COST, asker)
        return self._counts.exhausted(name) is None and self._leases.spend(name, max(cost, self._cost_min))

    async def take(self, asker: Asker, *, cost: int, mutations: int) -> Throttled | None:
        """See the port."""
        wait = await self._take_cost(_name(_COST, asker), max(cost, self._cost_min))
        if wait is None and mutations:
            wait = await self._counts.hit([Count(self._mutations, _name(_MUTATIONS, asker), mutations)])
        return None if wait is None else Throttled(retry_after=wait)

    async def left(self, asker: Asker, *, of_mutations: bool) -> Left:
        """See the port."""
        if of_mutations:
            return await self._counts.left(self._mutations, _name(_MUTATIONS, asker))
        name = _name(_COST, asker)
        left = await self._counts.left(self._cost, name)
        return replace(left, remaining=left.remaining + self._leases.left(name))

    async def close(self) -> None:
        """Closes the connections to Redis."""
        await self._counts.close()

    async def _take_cost(self, name: str, cost: int) -> int | None:
        """The seconds to wait when there is not so much to take.

        One question at a time for a caller, which takes what those need who wait behind it: a hundred requests that come at
        once are counted by a few round trips.
        """
        if self._leases.spend(name, cost):
            return None
        queue = self._queues.setdefault(name, _Queue())
        queue.cost += cost
        queue.callers += 1
        try:
            async with queue.turn:
                return None if self._leases.spend(name, cost) else await self._ask_for(name, cost, queue.cost)
        finally:
            queue.cost -= cost
            queue.callers -= 1
            if not queue.callers:
                del self._queues[name]

    async def _ask_for(self, name: str, cost: int, wanted: int) -> int | None:
        """Takes what is `wanted` by all who wait, and no less than a lease; else just what this one needs."""
        together = max(wanted, self._at_once)
        if cost < together and await self._counts.hit([Count(self._cost, name, together)]) is None:
            self._leases.add(name, together - cost)
            return None
        return await self._counts.hit([Count(self._cost, name, cost)], least=self._cost_min)


@lru_cache(maxsize=10_000)
def _name(what: str, asker: Asker) -> str:
    if asker.account is not None:
        return hashed(what, "account", str(asker.account))
    return hashed(what, "address", network_of(asker.address))
