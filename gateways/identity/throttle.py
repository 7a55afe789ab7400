"""Counting log-in attempts before they are made: in Redis for all processes, in this process alone while Redis is away.

Three counts a minute: what one address tries on one account, what one address tries at all, and what is tried on one
account from everywhere. The names that are counted are hashed; neither e-mail nor network addresses reach Redis.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from domain.access.model import Throttled

SHARED_FACTOR = 5
"""An address may serve that many people, and an account be tried from that many places, before they are throttled."""
WINDOW_SECONDS = 60
_LOCAL_FACTOR = 2
"""Alone, a process allows this many times less: the others count for themselves, too."""
_REDIS_SECONDS = 0.3
_AWAY_SECONDS = 5.0
"""After a failure Redis is left alone for so long: nobody should wait for it at every attempt."""
_REMEMBERED_MAX = 50_000
log = structlog.stdlib.get_logger(__name__)


class CountedAttempts:
    """`domain.access.provider.Throttle`. `per_minute`: what one address may try on one account."""

    def __init__(self, redis_url: str, *, per_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        uri = f"async+redis+{redis_url}" if redis_url.startswith("unix:") else f"async+{redis_url}"
        self._storage = RedisStorage(
            uri,
            implementation="redispy",
            key_prefix="vitrine:attempts",
            socket_timeout=_REDIS_SECONDS,
            socket_connect_timeout=_REDIS_SECONDS,
        )
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._pair = RateLimitItemPerMinute(per_minute)
        self._shared = RateLimitItemPerMinute(per_minute * SHARED_FACTOR)
        self._monotonic = monotonic
        self._local = _LocalCounts(monotonic)
        self._away_until = -math.inf

    async def attempt(self, purpose: str, *, account: str | None, address: str | None) -> Throttled | None:
        """See the port. An exhausted count ends the counting: what is refused uses up nothing more."""
        place = _network(address)
        counts = [(self._shared, _name(purpose, "address", place))]
        if account is not None:
            counts += [
                (self._pair, _name(purpose, "pair", account, place)),
                (self._shared, _name(purpose, "account", account)),
            ]
        if self._monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(_REDIS_SECONDS):
                    return await self._counted(counts)
            except (RedisError, OSError, TimeoutError) as trouble:
                self._away_until = self._monotonic() + _AWAY_SECONDS
                log.warning("throttle.alone", trouble=type(trouble).__name__)
        return self._counted_here(counts)

    async def close(self) -> None:
        """Closes the connections to Redis."""
        if isinstance(self._storage.bridge, RedispyBridge):
            await self._storage.bridge.storage.aclose()

    async def _counted(self, counts: Sequence[tuple[RateLimitItem, str]]) -> Throttled | None:
        for limit, name in counts:
            if not await self._limiter.hit(limit, name):
                window = await self._limiter.get_window_stats(limit, name)
                return Throttled(retry_after=max(1, math.ceil(window.reset_time - time.time())))
        return None

    def _counted_here(self, counts: Sequence[tuple[RateLimitItem, str]]) -> Throttled | None:
        for limit, name in counts:
            wait = self._local.hit(name, count_max=max(1, limit.amount // _LOCAL_FACTOR))
            if wait is not None:
                return Throttled(retry_after=wait)
        return None


class _LocalCounts:
    """Fixed windows of a minute in memory; the longest untouched are forgotten first when there are too many."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def hit(self, name: str, *, count_max: int) -> int | None:
        """Counts one; or the seconds until counting begins anew when there were enough."""
        now = self._monotonic()
        began, count = self._windows.get(name, (now, 0))
        if now - began >= WINDOW_SECONDS:
            began, count = now, 0
        if count >= count_max:
            return max(1, math.ceil(began + WINDOW_SECONDS - now))
        self._windows[name] = (began, count + 1)
        self._windows.move_to_end(name)
        if len(self._windows) > _REMEMBERED_MAX:
            self._windows.popitem(last=False)
        return None


def _network(address: str | None) -> str:
    """What counts as one place: an IPv4 address, or the /64 that an IPv6 customer is given whole."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "elsewhere"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def _name(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:40]
