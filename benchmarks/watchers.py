"""Many sockets that watch one order: what each costs in memory, and how long until the last has heard of a change."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import websockets

from benchmarks.buyers import buy
from benchmarks.load import lines
from benchmarks.operations import CANCEL, WATCH
from benchmarks.processes import Server
from domain.ids import VariantId

OPENED_AT_ONCE = 100
QUIET_SECONDS = 5.0
"""As long as the longest pause between two looks of a socket at the database."""
HEARD_SECONDS = 60.0
_PROTOCOL = websockets.Subprotocol("graphql-transport-ws")


@dataclass(frozen=True, slots=True)
class Watched:
    """Milliseconds from the change to a socket's message; `cpu` is microseconds of the server's process for each socket.

    `idle` is the same for a second in which nothing happens.
    """

    sockets: int
    memory_kib: float
    cpu: float
    idle: float
    p50: float
    p99: float
    last: float


async def watch(server: Server, variants: Sequence[VariantId], *, sockets: int) -> Watched:
    """Opens the sockets on a fresh order, cancels it, and waits until each has heard so."""
    async with AsyncExitStack() as stack:
        (line,) = await stack.enter_async_context(lines(server, 1))
        order = await buy(line, variants[:1], email="watcher@mail.example")
        before = server.memory_kib()
        opened: list[websockets.ClientConnection] = []
        for start in range(0, sockets, OPENED_AT_ONCE):
            number = min(OPENED_AT_ONCE, sockets - start)
            batch = await asyncio.gather(*(_open(server, order["token"]) for _ in range(number)))
            stack.push_async_callback(_close, batch)
            opened += batch
        idle = server.cpu_seconds()
        await asyncio.sleep(QUIET_SECONDS)
        idle = server.cpu_seconds() - idle
        memory = (server.memory_kib() - before) / sockets
        hearing = [asyncio.create_task(_hears(socket)) for socket in opened]
        await asyncio.sleep(0)
        used, started = server.cpu_seconds(), time.perf_counter()
        await line.data(CANCEL, "Cancel", input={"orderToken": order["token"]})
        async with asyncio.timeout(HEARD_SECONDS):
            heard = sorted(moment - started for moment in await asyncio.gather(*hearing))
        used = server.cpu_seconds() - used
    marks = statistics.quantiles(heard, n=100, method="inclusive")
    return Watched(
        sockets=sockets,
        memory_kib=memory,
        cpu=used * 1_000_000 / sockets,
        idle=idle * 1_000_000 / sockets / QUIET_SECONDS,
        p50=marks[49] * 1_000,
        p99=marks[98] * 1_000,
        last=heard[-1] * 1_000,
    )


async def _open(server: Server, token: str) -> websockets.ClientConnection:
    """A socket that has heard everything that had happened before."""
    socket = await websockets.connect(
        f"ws://127.0.0.1:{server.port}/graphql",
        subprotocols=[_PROTOCOL],
        proxy=None,
        compression=None,
        ping_interval=None,
        open_timeout=60,
        close_timeout=1,
    )
    await socket.send('{"type":"connection_init"}')
    payload = {"query": WATCH, "operationName": "Watch", "variables": {"token": token, "after": 0}}
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
    while json.loads(await socket.recv())["type"] != "next":
        pass
    return socket


async def _close(sockets: Sequence[websockets.ClientConnection]) -> None:
    await asyncio.gather(*(socket.close() for socket in sockets))


async def _hears(socket: websockets.ClientConnection) -> float:
    """When the entry came that says the order is cancelled."""
    while True:
        told = json.loads(await socket.recv())
        match told["type"]:
            case "next" if told["payload"]["data"]["orderStatusChanged"]["status"] == "CANCELLED":
                return time.perf_counter()
            case "ping":
                await socket.send('{"type":"pong"}')
            case "error" | "complete":
                raise RuntimeError(str(told))
