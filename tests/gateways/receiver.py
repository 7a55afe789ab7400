"""Somebody who receives webhooks, over real HTTP: it keeps what came and answers as it is told to, 200 unless told."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

WAIT_SECONDS = 30


@dataclass(frozen=True)
class Received:
    """One request as it came; header names in lower case."""

    body: bytes
    headers: dict[str, str]


class Receiver:
    """Boxes by address: a test takes one of its own and sees nobody else's webhooks."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._numbers = itertools.count(1)
        self._boxes: dict[str, list[Received]] = defaultdict(list)
        self._answers: dict[str, list[int]] = defaultdict(list)
        self._came = asyncio.Condition()
        self.released = asyncio.Event()
        """Whoever is answered 0 waits for this first."""

    def box(self, *answers: int) -> str:
        """A new address, whose first requests are answered with the statuses given."""
        number = next(self._numbers)
        self._answers[f"/{number}"] = list(answers)
        return f"http://127.0.0.1:{self._port}/{number}"

    async def wait(self, box: str, count: int) -> list[Received]:
        """What came to the address, once there are so many."""
        held = self._boxes["/" + box.rpartition("/")[2]]
        async with asyncio.timeout(WAIT_SECONDS), self._came:
            await self._came.wait_for(lambda: len(held) >= count)
        return list(held)

    async def take(self, request: Request) -> Response:
        path = request.url.path
        received = Received(await request.body(), {name.lower(): value for name, value in request.headers.items()})
        async with self._came:
            self._boxes[path].append(received)
            self._came.notify_all()
        answers = self._answers[path]
        answer = answers.pop(0) if answers else 200
        if answer == 0:
            await self.released.wait()
        return Response(status_code=answer or 200)


class QuietServer(uvicorn.Server):
    """Leaves the signals of the test process alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        receiver = Receiver(listening.getsockname()[1])
        application = Starlette(routes=[Route("/{number}", receiver.take, methods=["POST"])])
        server = QuietServer(uvicorn.Config(application, log_level="critical", lifespan="off", ws="none"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield receiver
        finally:
            server.should_exit = True
            await serving
