"""How much one caller may ask and do in a minute, over all processes: an account wherever it is, a guest by address."""

from __future__ import annotations

import time
from collections.abc import Callable

from limits import RateLimitItemPerMinute

from domain.access.model import Asker, Left, Throttled
from gateways.limiting.counts import REDIS_SECONDS, Count, SharedCounts, hashed, network_of

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
        counts = [Count(self._requests, _name(_REQUESTS, asker))]
        if mutations:
            counts.append(Count(self._mutations, _name(_MUTATIONS, asker), mutations))
        wait = await self._counts.hit(counts)
        return None if wait is None else Throttled(retry_after=wait)

    async def left(self, asker: Asker, *, of_mutations: bool) -> Left:
        """See the port."""
        if of_mutations:
            return await self._counts.left(self._mutations, _name(_MUTATIONS, asker))
        return await self._counts.left(self._requests, _name(_REQUESTS, asker))

    async def close(self) -> None:
        """Closes the connections to Redis."""
        await self._counts.close()


def _name(what: str, asker: Asker) -> str:
    if asker.account is not None:
        return hashed(what, "account", str(asker.account))
    return hashed(what, "address", network_of(asker.address))
