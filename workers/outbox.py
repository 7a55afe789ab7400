"""The relay: turns facts into tasks, takes what is due, and hands its ids to Dramatiq; any number of relays may run.

It claims by state and commits before it dispatches: a crash in between costs a task one waiting time. While Redis is away
nothing is claimed, so that no task uses up its tries.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import structlog

from domain.live import OUTBOX, Live
from domain.notifications.actions import note
from domain.webhooks.actions import write_log
from persistence.failures import BUSY, LOST, Overloaded, Unavailable
from persistence.outbox import DueTask, ParkedTask
from persistence.unit import Transactions, UnitOfWork
from workers.broker import BrokerAway, Messages
from workers.pace import Pace
from workers.tasks import Task

AWAY = (Unavailable, Overloaded, BrokerAway, *LOST, *BUSY)

log = structlog.stdlib.get_logger(__name__)


class _Taken(NamedTuple):
    routed: int
    parked: list[ParkedTask]
    due: list[DueTask]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """One relay. `routes`: the kind of a fact to the names of its tasks; `tasks`: those that this version knows."""

    transact: Transactions
    messages: Messages
    live: Live
    routes: Mapping[str, Sequence[str]]
    tasks: Mapping[str, Task]
    pace: Pace

    async def run(self) -> None:
        """Relays until cancelled, through every loss of PostgreSQL and Redis."""
        pause = 0.0
        async with self.live.listen(OUTBOX) as hints:
            waiting = Waiting(hints)
            try:
                while True:
                    try:
                        worked = await self.turn()
                    except AWAY as away:
                        if not pause:
                            log.warning("relay.waits", trouble=f"{type(away).__name__}: {away}")
                        pause = min(pause * 2 or 0.2, self.pace.backoff_seconds_max)
                        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreading, not a secret
                        continue
                    if pause:
                        log.info("relay.works_again")
                        pause = 0.0
                    if not worked:
                        await waiting.hint(self.pace.poll_seconds)
            finally:
                await waiting.close()

    async def turn(self) -> int:
        """One round: routes what is new, parks what is hopeless, dispatches what is due. How much there was to do."""
        await asyncio.to_thread(self.messages.ping)
        taken = await self.transact.work(_take, self.routes, self.pace)
        for parked in taken.parked:
            log.error("task.parked", task=parked.actor, task_id=str(parked.id), reason=parked.reason)
        if taken.due:
            sent = await asyncio.to_thread(self._dispatch, taken.due)
            if unsent := [each.id for each in taken.due[sent:]]:
                await self.transact.work(_give_back, unsent)
                raise BrokerAway("a part of the tasks could not be dispatched")
        return taken.routed + len(taken.due)

    def _dispatch(self, due: Sequence[DueTask]) -> int:
        """Sends tasks; how many of them, from the first, Redis took."""
        for place, each in enumerate(due):
            task = self.tasks.get(each.actor)
            if task is None:
                # Not ours to throw away: another version of Vitrine may know it. It is parked when its tries are used up.
                log.error("task.unknown", task=each.actor, task_id=str(each.id))
                continue
            try:
                self.messages.send_task(each.id, queue=task.queue, seconds_max=task.seconds_max)
            except BrokerAway:
                return place
        return len(due)


class Waiting:
    """Waits for hints with a limit of its own. A wait that is cut short is gone on with, for hints bear no cancelling."""

    def __init__(self, hints: AsyncIterator[None]) -> None:
        self._hints = hints
        self._next: asyncio.Future[None] | None = None

    async def hint(self, seconds: float) -> None:
        """Returns at the next hint, or after so long."""
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._hints))
        done, _ = await asyncio.wait({self._next}, timeout=seconds)
        if done:
            self._next = None

    async def close(self) -> None:
        if self._next is not None:
            self._next.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._next


async def _take(unit: UnitOfWork, routes: Mapping[str, Sequence[str]], pace: Pace) -> _Taken:
    await note(unit, facts=await write_log(unit, known=tuple(routes)))
    routed = await unit.outbox.route(routes)
    parked = await unit.outbox.park_exhausted(attempts_max=pace.attempts_max)
    return _Taken(routed, parked, await unit.outbox.claim_due(again_seconds=pace.again_seconds))


async def _give_back(unit: UnitOfWork, task_ids: Sequence[UUID]) -> None:
    await unit.outbox.give_back(task_ids)
