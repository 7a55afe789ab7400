"""Counting by the minute over all processes: in Redis, and in this process alone while Redis is away.

Windows slide, so that the turn of a minute gives nobody twice as much. What is counted, how often it may be and under which
names is said by whoever counts.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

import structlog
from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from domain.access.model import Left

WINDOW_SECONDS = 60
REDIS_SECONDS = 0.2
"""The longest that anybody waits for Redis."""
AWAY_SECONDS = 5.0
"""After a failure Redis is left alone for so long; then one caller tries it, and the others go on without."""
LOCAL_FACTOR = 2
"""Alone, a process allows this many times less: the others count for themselves, too."""
_REMEMBERED_MAX = 50_000
T = TypeVar("T")
log = structlog.stdlib.get_logger(__name__)


class Count(NamedTuple):
    """Something to be counted: how often it may be in a minute, under which name (`hashed`), and how much it is this time."""

    limit: RateLimitItem
    name: str
    cost: int = 1


class SharedCounts:
    """Counts of one kind, under `prefix` in Redis. `seconds` is the longest wait for Redis at one question."""

    def __init__(
        self,
        redis_url: str,
        *,
        prefix: str,
        monotonic: Callable[[], float] = time.monotonic,
        seconds: float = REDIS_SECONDS,
    ) -> None:
        uri = f"async+redis+{redis_url}" if redis_url.startswith("unix:") else f"async+{redis_url}"
        self._storage = RedisStorage(
            uri, implementation="redispy", key_prefix=prefix, socket_timeout=seconds, socket_connect_timeout=seconds
        )
        if isinstance(self._storage.bridge, RedispyBridge):
            # Once more, at once, for a connection that Redis closed meanwhile; who pauses only keeps the caller waiting.
            self._storage.bridge.storage.set_retry(Retry(NoBackoff(), 1))
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._seconds = seconds
        self._monotonic = monotonic
        self._local = _LocalCounts(monotonic)
        self._refused: OrderedDict[str, float] = OrderedDict()
        self._away_until = -math.inf
        self.is_alone = False
        """Whether this process counts for itself, since Redis did not answer when last asked."""

    def exhausted(self, name: str) -> int | None:
        """The seconds that a name has still to wait after a refusal, as far as this process knows without asking."""
        until = self._refused.get(name)
        if until is None:
            return None
        if (left := until - self._monotonic()) > 0:
            return math.ceil(left)
        del self._refused[name]
        return None

    async def hit(self, counts: Sequence[Count], *, least: int = 1) -> int | None:
        """Counts all of them in turn; or the seconds until the first exhausted one has room, which ends the counting.

        What is refused is not counted itself. Nobody ever counts less than `least`: where that does not fit, nothing does.
        """
        waits = [wait for count in counts if (wait := self.exhausted(count.name)) is not None]
        if waits:
            return max(waits)
        wait = await self._asked(lambda: self._counted(counts, least))
        return (self._counted_here(counts) if wait is None else wait) or None

    async def left(self, limit: RateLimitItem, name: str) -> Left:
        """What is left under a name; asks and counts nothing."""

        async def ask() -> Left:
            window = await self._limiter.get_window_stats(limit, name)
            return Left(limit=limit.amount, remaining=window.remaining, reset_seconds=_wait(window.reset_time - time.time()))

        return await self._asked(ask) or self._local.left(name, count_max=_alone(limit))

    async def close(self) -> None:
        """Closes the connections to Redis."""
        if isinstance(self._storage.bridge, RedispyBridge):
            await self._storage.bridge.storage.aclose()

    async def _asked(self, question: Callable[[], Awaitable[T]]) -> T | None:
        """The answer of Redis; None while it is away."""
        if self._monotonic() < self._away_until:
            return None
        if self.is_alone:
            self._away_until = self._monotonic() + AWAY_SECONDS
        try:
            async with asyncio.timeout(self._seconds):
                answer = await question()
        except (RedisError, OSError, TimeoutError) as trouble:
            if not self.is_alone:
                log.warning("limits.alone", trouble=type(trouble).__name__)
            self.is_alone = True
            self._away_until = self._monotonic() + AWAY_SECONDS
            return None
        if self.is_alone:
            log.info("limits.shared")
        self.is_alone = False
        self._away_until = -math.inf
        return answer

    async def _counted(self, counts: Sequence[Count], least: int) -> int:
        """0 when all were counted, else the seconds to wait."""
        for limit, name, cost in counts:
            if not await self._limiter.hit(limit, name, cost=cost):
                window = await self._limiter.get_window_stats(limit, name)
                wait = _wait(window.reset_time - time.time())
                if cost <= least:
                    # Nothing fits for so long: until then nobody needs to be asked.
                    self._remember(name, wait)
                return wait
        return 0

    def _counted_here(self, counts: Sequence[Count]) -> int | None:
        for limit, name, cost in counts:
            wait = self._local.hit(name, cost, count_max=_alone(limit))
            if wait is not None:
                return wait
        return None

    def _remember(self, name: str, wait: int) -> None:
        self._refused[name] = self._monotonic() + wait
        self._refused.move_to_end(name)
        if len(self._refused) > _REMEMBERED_MAX:
            self._refused.popitem(last=False)


class _LocalCounts:
    """Fixed windows of a minute in memory; the longest untouched are forgotten first when there are too many."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def hit(self, name: str, cost: int, *, count_max: int) -> int | None:
        """Counts; or the seconds until counting begins anew when there is not room for as much."""
        began, count = self._window(name)
        if count + cost > count_max:
            return _wait(began + WINDOW_SECONDS - self._monotonic())
        self._windows[name] = (began, count + cost)
        self._windows.move_to_end(name)
        if len(self._windows) > _REMEMBERED_MAX:
            self._windows.popitem(last=False)
        return None

    def left(self, name: str, *, count_max: int) -> Left:
        """What is left under a name."""
        began, count = self._window(name)
        reset = _wait(began + WINDOW_SECONDS - self._monotonic())
        return Left(limit=count_max, remaining=max(0, count_max - count), reset_seconds=reset)

    def _window(self, name: str) -> tuple[float, int]:
        now = self._monotonic()
        began, count = self._windows.get(name, (now, 0))
        return (now, 0) if now - began >= WINDOW_SECONDS else (began, count)


@lru_cache(maxsize=10_000)
def network_of(address: str | None) -> str:
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


def hashed(*parts: str) -> str:
    """The name under which something is counted: neither e-mail nor network addresses reach Redis."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:40]


def _alone(limit: RateLimitItem) -> int:
    return max(1, limit.amount // LOCAL_FACTOR)


def _wait(seconds: float) -> int:
    return max(1, math.ceil(seconds))
