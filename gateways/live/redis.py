"""Live hints between processes over Redis: one subscription a process, fanned out inside; `domain.live.Live` made true.

All topics share one channel, so nothing is subscribed or forgotten as listeners come and go, and every process numbers what
it sends, so that a gap is seen. Listeners of the process that publishes are woken without Redis; when it is away, everybody
looks for themselves every two seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable, Sequence
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
_OWED_SECONDS = 1.0
"""How long to wait before saying again that something could not be said."""
_ORIGINS_MAX = 1_000
_SOCKET_SECONDS = 1.0
_CANCEL_SECONDS = 0.5

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
        self._sent = 0
        self._heard_of: OrderedDict[str, int] = OrderedDict()
        self._attendants: list[tuple[str, Callable[[Collection[str] | None], None]]] = []
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self._pending: set[str] = set()
        self._flushing: asyncio.Task[None] | None = None
        self._attending: asyncio.Task[None] | None = None
        self._hears = False

    @property
    def hears(self) -> bool:
        """Whether hints of other processes arrive."""
        return self._hears

    @property
    def look_seconds(self) -> float:
        """See the port."""
        return LOOK_SECONDS if self._hears else LOOK_SECONDS_ALONE

    async def open(self) -> None:
        """Begins to hear other processes; returns at once, whether Redis is there or not."""
        self._attending = asyncio.create_task(self._attend(), name="live")

    async def close(self) -> None:
        """Ends hearing and publishing; what was just said is still sent, if Redis takes it soon."""
        if self._flushing is not None:
            await asyncio.wait({self._flushing}, timeout=_SOCKET_SECONDS)
        await _end(task for task in (self._attending, self._flushing) if task is not None)
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

    def attend(self, prefix: str, heard: Callable[[Collection[str] | None], None]) -> None:
        """See the port."""
        self._attendants.append((prefix, heard))

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
            with contextlib.suppress(TimeoutError):
                # A little less each time, so that thousands who began together do not look together.
                async with asyncio.timeout(self.look_seconds * random.uniform(0.8, 1.0)):  # noqa: S311 - spreading, not a secret
                    await hint.wait()
            hint.clear()
            yield

    def _wake(self, topics: Collection[str]) -> None:
        for topic in topics:
            for hint in self._listeners.get(topic, ()):
                hint.set()
        for prefix, heard in self._attendants:
            if meant := [topic for topic in topics if topic.startswith(prefix)]:
                heard(meant)

    def _wake_all(self) -> None:
        """Something may have been said that was not heard."""
        for hints in self._listeners.values():
            for hint in hints:
                hint.set()
        for _, heard in self._attendants:
            heard(None)

    async def _flush(self) -> None:
        """Sends what is pending. What Redis does not take is dropped: the gap in the numbers tells the others to look.

        Since they see it at our next message only, an empty one follows as soon as Redis takes it.
        """
        owes = False
        while self._pending or owes:
            topics, self._pending = sorted(self._pending), set()
            self._sent += 1
            try:
                await self._client.publish(CHANNEL, "\n".join((self._origin, str(self._sent), *topics)))
                owes = False
            except (OSError, RedisError) as trouble:
                log.debug("live.hints_dropped", count=len(topics), trouble=type(trouble).__name__)
                owes = True
                await asyncio.sleep(_OWED_SECONDS)

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
                self._wake_all()
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
                    self._heard_of.clear()
                    # Whatever was said while we were deaf.
                    self._wake_all()
                elif kind == "message":
                    origin, number, *topics = text.split("\n")
                    if origin != self._origin:
                        self._hear_of(origin, int(number), topics)

    def _hear_of(self, origin: str, number: int, topics: Sequence[str]) -> None:
        """Wakes for another process's topics, or for everything when a message before this one is missing."""
        has_gap = self._heard_of.pop(origin, 0) + 1 != number
        self._heard_of[origin] = number
        if len(self._heard_of) > _ORIGINS_MAX:
            self._heard_of.popitem(last=False)
        if has_gap:
            self._wake_all()
        else:
            self._wake(topics)


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancels until all have ended. Once is not enough: `asyncio.wait_for`, by which the client closes a connection, can lose a
    cancellation on Python 3.11 (python/cpython#86296), and a process that waits for such a task never ends.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_CANCEL_SECONDS)


async def _next(channel: PubSub) -> tuple[str, str] | None:
    """The kind and the text of the next message; None after a silence."""
    message = await channel.get_message(timeout=_SILENCE_SECONDS)
    if message is None:
        return None
    data = message["data"]
    return str(message["type"]), data.decode(errors="replace") if isinstance(data, bytes) else ""
