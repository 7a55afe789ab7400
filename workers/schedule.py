"""The clock: what runs every so often. Whoever moves an entry's row on starts that run, so two clocks never start it twice.

A run goes to Dramatiq like any other work; while Redis is away it is done in this process, because expired reservations
must be given back all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from persistence.schedule import Schedule
from persistence.unit import Transactions, UnitOfWork
from workers.broker import BrokerAway, Messages
from workers.outbox import AWAY
from workers.pace import Pace
from workers.tasks import Tools

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that runs every so often. A run must bear another beside it, for a lost worker's run is begun again."""

    every_seconds: float
    run: Callable[[Tools], Awaitable[object]]
    seconds_max: float = 25.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One clock. `run_here` starts a run in this process without waiting for it."""

    transact: Transactions
    messages: Messages
    entries: Mapping[str, Entry]
    run_here: Callable[[str], None]
    pace: Pace

    async def run(self) -> None:
        """Ticks until cancelled."""
        is_entered = False
        while True:
            try:
                if not is_entered:
                    await self.enter()
                    is_entered = True
                await self.tick()
            except AWAY as away:
                log.debug("clock.waits", trouble=f"{type(away).__name__}: {away}")
            await asyncio.sleep(self.pace.clock_seconds)

    async def enter(self) -> None:
        """Makes the rows of entries that are new; they are due at once."""
        await self.transact.work(_enter, self.rhythm)

    @property
    def rhythm(self) -> dict[str, float]:
        return {name: entry.every_seconds for name, entry in self.entries.items()}

    async def tick(self) -> list[str]:
        """Starts what is due and nobody else has started; which entries."""
        taken = await self.transact.work(_take_due, self.rhythm)
        for name in taken:
            try:
                await asyncio.to_thread(self.messages.send_scheduled, name, seconds_max=self.entries[name].seconds_max)
            except BrokerAway:
                self.run_here(name)
        return taken


async def run_entry(name: str, *, entries: Mapping[str, Entry], tools: Tools) -> None:
    """One run of an entry; what goes wrong is logged, and the next run comes in its time."""
    entry = entries.get(name)
    if entry is None:
        log.error("schedule.unknown", entry=name)
        return
    with structlog.contextvars.bound_contextvars(entry=name):
        try:
            async with asyncio.timeout(entry.seconds_max):
                await entry.run(tools)
        except TimeoutError:
            log.warning("schedule.cut_short", after_seconds=entry.seconds_max)
        except AWAY as away:
            log.warning("schedule.failed", reason=f"{type(away).__name__}: {away}")
        except Exception:
            log.exception("schedule.broke")


async def _enter(unit: UnitOfWork, rhythm: Mapping[str, float]) -> None:
    await Schedule(unit.transaction).enter(rhythm)


async def _take_due(unit: UnitOfWork, rhythm: Mapping[str, float]) -> list[str]:
    return await Schedule(unit.transaction).take_due(rhythm)
