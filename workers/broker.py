"""Dramatiq on Redis, set up so that a lost worker is noticed in seconds; messages are JSON with a task's id and nothing else.

Nothing here is trusted with work: a message that Redis loses is sent again by the relay, and Dramatiq itself retries
nothing, because the outbox does.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from dramatiq import Actor, Message
from dramatiq.asyncio import EventLoopThread, set_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.logging import get_logger
from dramatiq.middleware import TimeLimit
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from workers.tasks import CALLING, LONG, QUICK

NAMESPACE = "vitrine:tasks"
HEARTBEAT_SECONDS = 15.0
"""A worker that has said nothing for so long is taken for dead, and what it held is handed to others."""
# Look for dead workers at every fetch (the default, one in a thousand, leaves orphans lying for minutes).
_ALWAYS = 1_000_000
_SOCKET_SECONDS = 3.0
_LOOP_START_SECONDS = 30.0
# Lower goes first; one pool of threads serves all queues.
_PRIORITIES = {QUICK: 0, CALLING: 10, LONG: 20}
QUEUE_KEYS = {name: f"{NAMESPACE}:{name}" for name in _PRIORITIES}
"""The keys in Redis under which messages wait, by queue."""
_GRACE_SECONDS = 5.0
CLOCK_ACTOR = "run_scheduled"


class BrokerAway(Exception):
    """Redis did not take what was to be sent; the rest of it was not tried."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """What messages lead to: a task by its id, a scheduled entry by its name."""

    perform: Callable[[UUID], Awaitable[None]]
    run_scheduled: Callable[[str], Awaitable[None]]


class Messages:
    """The broker with its actors, one a queue and one for the clock. Sending blocks: call it off the event loop."""

    def __init__(self, url: str, *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self.broker = RedisBroker(  # type: ignore[no-untyped-call]
            client=Redis.from_url(
                url,
                socket_timeout=_SOCKET_SECONDS,
                socket_connect_timeout=_SOCKET_SECONDS,
                retry=Retry(NoBackoff(), 1),
            ),
            namespace=NAMESPACE,
            heartbeat_timeout=int(heartbeat_seconds * 1000),
            maintenance_chance=_ALWAYS,
            middleware=[TimeLimit()],
        )
        self.actors: list[Actor[[str], None]] = []

    def serve(self, handlers: Handlers) -> None:
        """Declares the actors of this process; only who declares them is sent anything by Dramatiq's worker."""

        async def perform(task_id: str) -> None:
            await handlers.perform(UUID(task_id))

        for queue, priority in _PRIORITIES.items():
            self._declare(perform, queue, queue=queue, priority=priority)

        async def run_scheduled(name: str) -> None:
            await handlers.run_scheduled(name)

        self._declare(run_scheduled, CLOCK_ACTOR, queue=CALLING, priority=_PRIORITIES[CALLING])

    def ping(self) -> None:
        """Raises BrokerAway when Redis does not answer."""
        try:
            self.broker.client.ping()
        except (OSError, RedisError) as trouble:
            raise BrokerAway(type(trouble).__name__) from trouble

    def send_task(self, task_id: UUID, *, queue: str, seconds_max: float) -> None:
        """Puts a task into a queue. Raises BrokerAway."""
        self._send(queue, queue, {"task_id": str(task_id)}, seconds_max)

    def send_scheduled(self, name: str, *, seconds_max: float) -> None:
        """Puts a run of a scheduled entry into a queue. Raises BrokerAway."""
        self._send(CLOCK_ACTOR, CALLING, {"name": name}, seconds_max)

    def close(self) -> None:
        self.broker.client.close()

    def _declare(self, run: Callable[[str], Awaitable[None]], name: str, *, queue: str, priority: int) -> None:
        made: Actor[[str], None] = Actor(
            run, broker=self.broker, actor_name=name, queue_name=queue, priority=priority, options={}
        )
        self.actors.append(made)

    def _send(self, actor: str, queue: str, arguments: dict[str, str], seconds_max: float) -> None:
        # Our own limit comes first and is told beside the task; Dramatiq's is for what does not listen to it.
        options = {"time_limit": int((seconds_max + _GRACE_SECONDS) * 1000)}
        try:
            self.broker.enqueue(Message(queue_name=queue, actor_name=actor, args=(), kwargs=dict(arguments), options=options))
        except (OSError, RedisError) as trouble:
            raise BrokerAway(type(trouble).__name__) from trouble


@contextlib.contextmanager
def actors_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The event loop that actors run on, in a thread of its own for as long as the block lasts."""
    thread = EventLoopThread(get_logger(__name__))  # type: ignore[no-untyped-call]
    thread.start(timeout=_LOOP_START_SECONDS)
    set_event_loop_thread(thread)
    try:
        yield thread.loop
    finally:
        set_event_loop_thread(None)
        thread.stop()  # type: ignore[no-untyped-call]
