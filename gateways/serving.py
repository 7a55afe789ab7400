"""Runs an ASGI application until SIGINT or SIGTERM, then drains it; a listening socket is taken before anything is started.

Uvicorn's own signal handling raises the signal again after its shutdown, which would skip what has to be stopped after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import math
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

import structlog
import uvicorn
from starlette.types import ASGIApp

from gateways.refusal import CannotStart
from gateways.signals import STOPPING

_TEND_SECONDS = 0.5
_LOOK_SECONDS = 0.05
_KEEP_ALIVE_SECONDS = 30
_SWITCH_SECONDS = 0.0005
# The longest WebSocket message taken: a GraphQL document and its variables, not an upload.
_SOCKET_MESSAGE_BYTES_MAX = 65_536

log = structlog.stdlib.get_logger(__name__)


class Stopping:
    """Whether a stop signal has come. Once `watching`, signals only set this: whoever runs looks at it and unwinds."""

    def __init__(self) -> None:
        self._came = threading.Event()
        self._count = 0

    @property
    def is_set(self) -> bool:
        return self._came.is_set()

    @property
    def is_urgent(self) -> bool:
        """A second signal: stop without draining."""
        return self._count > 1

    @contextlib.contextmanager
    def watching(self) -> Iterator[Stopping]:
        """Handles SIGINT and SIGTERM while the block runs; belongs to the main thread."""

        def note(_number: int, _frame: FrameType | None) -> None:
            self._count += 1
            self._came.set()

        before = {number: signal.signal(number, note) for number in STOPPING}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class Drain:
    """How a stopping server goes: told at once, unready for a while, then so long for what is under way. Whole seconds."""

    begin: Callable[[], None]
    unready_seconds: int
    drain_seconds: int


@dataclass(frozen=True, slots=True)
class Serving:
    """An application with what goes on around it: `ready` once it takes requests, `tend` twice a second in a thread."""

    app: ASGIApp
    drain: Drain
    ready: Callable[[], None]
    tend: Callable[[], None]
    forwarded_allow_ips: str


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises CannotStart when the port is taken or not ours to take."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(512)
    except OSError as trouble:
        taken.close()
        raise CannotStart(_refused(trouble, host, port)) from None
    taken.setblocking(False)
    return taken


def free_port(host: str, *, preferred: int) -> int:
    """The preferred port, or another when that is taken; free at this moment, which is all that can be said."""
    for port in (preferred, 0):
        with contextlib.suppress(CannotStart), contextlib.closing(listen(host, port)) as found:
            return int(found.getsockname()[1])
    raise CannotStart(f"There is no free port on {host}.")


def serve_app(serving: Serving, listener: socket.socket, *, stopping: Stopping) -> None:
    """Serves on the socket until `stopping`. Raises CannotStart when the application's own start fails."""
    config = uvicorn.Config(
        serving.app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=serving.forwarded_allow_ips,
        # Without tasks of its own for each socket, and without a compressor, which takes more memory than all the rest.
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=_SOCKET_MESSAGE_BYTES_MAX,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=serving.drain.drain_seconds,
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        try:
            runner.run(_run(_Server(config), serving, listener, stopping))
        except SystemExit:  # Uvicorn's word for a lifespan that failed; it has logged the reason
            raise CannotStart("The API did not start; the lines above say why.") from None


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the application's lifespan in a hurry too, where Uvicorn would leave its connections to their fate."""
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()


def _settle() -> None:
    """What was made at the start stays: it need not be looked through again and again, and garbage is collected less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    # A thread that checks a large document hands the processor back sooner to the event loop, which takes it often and briefly.
    sys.setswitchinterval(_SWITCH_SECONDS)


async def _run(server: _Server, serving: Serving, listener: socket.socket, stopping: Stopping) -> None:
    serve = asyncio.create_task(server.serve(sockets=[listener]))
    tending = asyncio.create_task(_tend(serving.tend))
    try:
        await _until(lambda: server.started or serve.done())
        if server.started and not stopping.is_set:
            _settle()
            serving.ready()
        await _until(lambda: stopping.is_set or serve.done())
        serving.drain.begin()
        await _until(lambda: stopping.is_urgent or serve.done(), seconds=serving.drain.unready_seconds)
        server.should_exit = True
        await _until(lambda: stopping.is_urgent or serve.done())
        server.force_exit = stopping.is_urgent
        await serve
    finally:
        tending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tending


async def _until(true: Callable[[], bool], *, seconds: float = math.inf) -> None:
    """Looks a few times a second: what is waited for is set by a signal handler, or by Uvicorn, which has no event for it."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() >= until:
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _tend(tend: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(_TEND_SECONDS)
        try:
            await asyncio.to_thread(tend)
        except Exception:
            log.exception("tending.failed")


def _refused(trouble: OSError, host: str, port: int) -> str:
    match trouble.errno:
        case errno.EADDRINUSE:
            return f"Port {port} on {host} is taken by another program: stop it, or start with --port {port + 2}."
        case errno.EACCES:
            return f"Port {port} may not be opened by this account: start with --port 8000."
        case _:
            return f"{host}:{port} cannot be listened on ({trouble.strerror}): choose another with --host and --port."
