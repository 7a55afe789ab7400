"""Live hints between processes over Redis: one subscription a process, fanned out inside; `domain.live.Live` made true.

All topics share one channel, so nothing is subscribed or forgotten as listeners come and go. Listeners of the process that
publishes are woken without Redis; when it is away, everybody looks for themselves every two seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import redis.asyncio
import structlog
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

CHANNEL = "vitrine:live"
LOOK_SECONDS = 5.0
"""How often a listener looks for itself while hints arrive."""
LOOK_SECONDS_ALONE = 2.0
"""How often it does while Redis is away."""
_SILENCE_SECONDS = 2.0
_PAUSE_SECONDS_MAX = 2.0
_SOCKET_SECONDS = 1.0

log = structlog.stdlib.get_logger(__name__)


class RedisLive:
    """Belongs to the event loop it is used in. `open` begins to hear other processes; publishing works without."""

    def __init__(self, url: str) -> None:
        # One try each: a hint that waits for its second is worth less than the next look.
        self._client = redis.asyncio.Redis.from_url(
            url,
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=_SOCKET_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._origin = secrets.token_hex(8)
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self._pending: set[str] = set()
        self._flushing: asyncio.Task[None] | None = None
        self._attending: asyncio.Task[None] | None = None
        self._hears = False

    @property
    def hears(self) -> bool:
        """Whether hints of other processes arrive."""
        return self._hears

    async def open(self) -> None:
        """Begins to hear other processes; returns at once, whether Redis is there or not."""
        self._attending = asyncio.create_task(self._attend(), name="live")

    async def close(self) -> None:
        """Ends hearing and publishing."""
        tasks = [task for task in (self._attending, self._flushing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    async def publish(self, topic: str) -> None:
        """See the port."""
        self.published((topic,))

    def published(self, topics: Sequence[str]) -> None:
        """Sends hints without waiting and without ever raising, as `Transactions` asks of whom it tells."""
        self._wake(topics)
        self._pending.update(topics)
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.get_running_loop().create_task(self._flush(), name="live-hints")

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[AsyncIterator[None]]:
        """See the port."""
        hint = asyncio.Event()
        hints = self._listeners.setdefault(topic, set())
        hints.add(hint)
        wakes = self._wakes(hint)
        try:
            yield wakes
        finally:
            hints.discard(hint)
            if not hints and self._listeners.get(topic) is hints:
                del self._listeners[topic]
            await wakes.aclose()

    async def _wakes(self, hint: asyncio.Event) -> AsyncGenerator[None]:
        while True:
            seconds = LOOK_SECONDS if self._hears else LOOK_SECONDS_ALONE
            with contextlib.suppress(TimeoutError):
                # A little less each time, so that thousands who began together do not look together.
                async with asyncio.timeout(seconds * random.uniform(0.8, 1.0)):  # noqa: S311 - spreading, not a secret
                    await hint.wait()
            hint.clear()
            yield

    def _wake(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for hint in self._listeners.get(topic, ()):
                hint.set()

    async def _flush(self) -> None:
        """Sends what is pending; hints that Redis does not take are dropped, for looking replaces them."""
        while self._pending:
            topics, self._pending = sorted(self._pending), set()
            try:
                await self._client.publish(CHANNEL, "\n".join((self._origin, *topics)))
            except (OSError, RedisError) as trouble:
                log.debug("live.hints_dropped", count=len(topics), trouble=type(trouble).__name__)

    async def _attend(self) -> None:
        """Hears for as long as the process lives, through every loss of Redis."""
        pause = 0.0
        while True:
            try:
                await self._hear()
            except (OSError, RedisError) as trouble:
                if self._hears:
                    log.warning("live.lost", trouble=type(trouble).__name__)
                    pause = 0.0
            if self._hears:
                self._hears = False
                self._wake(list(self._listeners))
            pause = min(pause * 2 or 0.1, _PAUSE_SECONDS_MAX)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreading, not a secret

    async def _hear(self) -> None:
        """One connection, until it is lost. Silence is broken by a ping: a Redis that hangs does not close its sockets."""
        async with self._client.pubsub() as channel:
            await channel.subscribe(CHANNEL)
            is_asked = False
            while True:
                message = await _next(channel)
                if message is None:
                    if is_asked:
                        raise TimeoutError("no answer to a ping")
                    await channel.ping()
                    is_asked = True
                    continue
                is_asked = False
                kind, text = message
                if kind == "subscribe":
                    self._hears = True
                    # Whatever was said while we were deaf.
                    self._wake(list(self._listeners))
                elif kind == "message":
                    origin, *topics = text.split("\n")
                    if origin != self._origin:
                        self._wake(topics)


async def _next(channel: PubSub) -> tuple[str, str] | None:
    """The kind and the text of the next message; None after a silence."""
    message = await channel.get_message(timeout=_SILENCE_SECONDS)
    if message is None:
        return None
    data = message["data"]
    return str(message["type"]), data.decode(errors="replace") if isinstance(data, bytes) else ""
