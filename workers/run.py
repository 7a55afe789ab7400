"""The worker process: Dramatiq's threads with their event loop, and beside them the relay and the clock.

Told to stop (SIGTERM or SIGINT) it dispatches no more, lets what is under way end, gives the rest back, and returns.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog
from dramatiq import Worker

from gateways.live.redis import RedisLive
from gateways.serving import Stopping
from gateways.settings import Settings
from persistence.engine import Database
from persistence.unit import Transactions
from workers.broker import Handlers, Messages, actors_loop
from workers.crew import Crew, MakeSelections, database_settings, opened, redis_url
from workers.outbox import Relay
from workers.pace import Pace
from workers.roster import ROSTER, Roster
from workers.schedule import Clock
from workers.watchdog import watch

_CLOSE_SECONDS = 5.0

log = structlog.stdlib.get_logger(__name__)


def run_worker(settings: Settings, *, selections: MakeSelections, roster: Roster = ROSTER, pace: Pace | None = None) -> None:
    """Works until SIGTERM. Raises CannotStart when settings are missing; any other exception is a bug that ends the process."""
    pace = pace or Pace()
    with contextlib.ExitStack() as stack:
        stopping = stack.enter_context(Stopping().watching())
        messages = Messages(redis_url(settings), heartbeat_seconds=pace.heartbeat_seconds)
        stack.callback(messages.close)
        loop = stack.enter_context(actors_loop())
        watch("actors", loop, stuck_seconds=pace.stuck_seconds)
        crew = Crew(settings, roster, pace, selections=selections)
        stack.callback(_close, crew, loop)
        if not asyncio.run_coroutine_threadsafe(crew.open(given_up=lambda: stopping.is_set), loop).result():
            return
        messages.serve(Handlers(perform=crew.perform, run_scheduled=crew.run_scheduled))
        # Dramatiq's own command line would say this; time limits are kept by a thread that it starts.
        messages.broker.emit_after("process_boot")
        worker = Worker(messages.broker, worker_threads=settings.worker_threads, worker_timeout=int(pace.fetch_seconds * 1000))
        worker.start()
        stack.callback(worker.stop, timeout=settings.drain_seconds * 1000)

        def run_here(name: str) -> None:
            asyncio.run_coroutine_threadsafe(crew.run_scheduled(name), loop)

        log.info("worker.ready", threads=settings.worker_threads)
        asyncio.run(_oversee(settings, roster=roster, pace=pace, messages=messages, run_here=run_here, stopping=stopping))
        log.info("worker.stopping")


async def _oversee(
    settings: Settings,
    *,
    roster: Roster,
    pace: Pace,
    messages: Messages,
    run_here: Callable[[str], None],
    stopping: Stopping,
) -> None:
    """The relay and the clock, until the process is to stop or one of them breaks."""
    database = Database(database_settings(settings))
    live = RedisLive(redis_url(settings))
    if not await opened(database, given_up=lambda: stopping.is_set):
        return
    watch("relay", asyncio.get_running_loop(), stuck_seconds=pace.stuck_seconds)
    transact = Transactions(database, published=live.published)
    relay = Relay(transact=transact, messages=messages, live=live, routes=roster.routes, tasks=roster.tasks, pace=pace)
    clock = Clock(transact=transact, messages=messages, entries=roster.entries, run_here=run_here, pace=pace)
    await live.open()
    running = {asyncio.create_task(relay.run(), name="relay"), asyncio.create_task(clock.run(), name="clock")}
    try:
        ended: set[asyncio.Task[None]] = set()
        while not (stopping.is_set or ended):
            ended, _ = await asyncio.wait(running, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await live.close()
        await database.close()


def _close(crew: Crew, loop: asyncio.AbstractEventLoop) -> None:
    with contextlib.suppress(TimeoutError):
        asyncio.run_coroutine_threadsafe(crew.close(), loop).result(_CLOSE_SECONDS)
