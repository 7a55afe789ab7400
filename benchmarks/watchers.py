"""Many sockets that watch one order: what each costs in memory, and how long until the last has heard of a change."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import websockets

from benchmarks.buyers import buy
from benchmarks.load import lines
from benchmarks.operations import CANCEL, WATCH
from benchmarks.processes import Server
from domain.ids import VariantId

OPENED_AT_ONCE = 100
"""So many sockets are between their first byte and their first answer at any time."""
OPENING_SECONDS = 300.0
QUIET_SECONDS = 5.0
"""As long as the longest pause between two looks of a socket at the database."""
PATIENCE_SECONDS = 90.0
_PROTOCOL = websockets.Subprotocol("graphql-transport-ws")


@dataclass(frozen=True, slots=True)
class Watched:
    """Milliseconds from the change to a socket's message; `cpu` is microseconds of the server's process for each socket.

    `idle` is the same for a second in which nothing happens; `lost` sockets were told an error, or were closed.
    """

    sockets: int
    lost: int
    memory_kib: float
    cpu: float
    idle: float
    p50: float
    p99: float
    last: float


@dataclass(slots=True)
class _Watcher:
    """One socket, read all the time: a server closes whoever does not answer its pings."""

    url: str
    token: str
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    heard: float | None = None

    async def watches(self, turn: asyncio.Semaphore) -> None:
        """Until it is cancelled, or the socket lost."""
        try:
            with contextlib.suppress(OSError, websockets.WebSocketException):
                async with turn:
                    socket = await websockets.connect(
                        self.url, subprotocols=[_PROTOCOL], proxy=None, compression=None, ping_interval=None, close_timeout=1
                    )
                    await socket.send('{"type":"connection_init"}')
                    payload = {"query": WATCH, "operationName": "Watch", "variables": {"token": self.token, "after": 0}}
                    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
                    await self._reads(socket, until=self.is_open)
                async with socket:
                    await self._reads(socket, until=None)  # stays: closing is not what an event costs
        finally:
            self.is_open.set()
            self.is_over.set()

    async def _reads(self, socket: websockets.ClientConnection, *, until: asyncio.Event | None) -> None:
        """Until that has happened, or for good; whoever is told an error is over."""
        while until is None or not until.is_set():
            told = json.loads(await socket.recv())
            match told["type"]:
                case "next":
                    self.is_open.set()
                    if told["payload"]["data"]["orderStatusChanged"]["status"] == "CANCELLED":
                        self.heard = time.perf_counter()
                        self.is_over.set()
                case "ping":
                    await socket.send('{"type":"pong"}')
                case "error" | "complete":
                    self.is_open.set()
                    self.is_over.set()


async def _opened(watchers: Sequence[_Watcher]) -> None:
    """Returns once each is open or over; RuntimeError when that takes too long."""
    try:
        async with asyncio.timeout(OPENING_SECONDS):
            await asyncio.gather(*(each.is_open.wait() for each in watchers))
    except TimeoutError:
        found = sum(each.is_open.is_set() for each in watchers)
        raise RuntimeError(f"{found} of {len(watchers)} sockets were open after {OPENING_SECONDS:g} s") from None


async def watch(server: Server, variants: Sequence[VariantId], *, sockets: int) -> Watched:
    """Opens the sockets on a fresh order, cancels it, and waits until each has heard so."""
    async with lines(server, 1) as (line,):
        order = await buy(line, variants[:1], email="watcher@mail.example")
    before, turn = server.memory_kib(), asyncio.Semaphore(OPENED_AT_ONCE)
    watchers = [_Watcher(f"ws://127.0.0.1:{server.port}/graphql", order["token"]) for _ in range(sockets)]
    watching = [asyncio.create_task(each.watches(turn)) for each in watchers]
    await _opened(watchers)
    was_open = sum(not each.is_over.is_set() for each in watchers)
    idle = server.cpu_seconds()
    await asyncio.sleep(QUIET_SECONDS)
    idle = server.cpu_seconds() - idle
    memory = (server.memory_kib() - before) / max(was_open, 1)
    async with lines(server, 1) as (line,):  # another one: the server has closed the first for being idle so long
        used, started = server.cpu_seconds(), time.perf_counter()
        await line.data(CANCEL, "Cancel", input={"orderToken": order["token"]})
        with contextlib.suppress(TimeoutError):  # whoever has not heard by then is counted as lost
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*(each.is_over.wait() for each in watchers))
        used = server.cpu_seconds() - used
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    heard = sorted(each.heard - started for each in watchers if each.heard is not None)
    if len(heard) < sockets / 2:
        raise RuntimeError(f"{sockets - len(heard)} of {sockets} sockets were lost")
    return Watched(
        sockets=sockets,
        lost=sockets - len(heard),
        memory_kib=memory,
        cpu=used * 1_000_000 / len(heard),
        idle=idle * 1_000_000 / max(was_open, 1) / QUIET_SECONDS,
        p50=heard[len(heard) // 2] * 1_000,
        p99=heard[len(heard) * 99 // 100] * 1_000,
        last=heard[-1] * 1_000,
    )
