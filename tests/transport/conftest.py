"""The endpoint in process and behind a real server, and what it logged."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import Any

import httpx2
import pytest
import structlog
import uvicorn
from starlette.types import Receive, Scope, Send

from edge.layers import layered
from edge.limits import InputLimits
from edge.metrics import Metrics
from schema.transport.connection import SocketLimits
from schema.transport.endpoint import GraphQLEndpoint
from tests.transport.world import World, endpoint, until, until_idle

Logs = list[MutableMapping[str, Any]]

QUICK = SocketLimits(init_seconds=0.3, ping_seconds=0.2, send_seconds=0.5, operations=5, user_subscriptions=3)
"""The same bounds as in production, sooner reached."""


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(autouse=True)
def logs() -> Iterator[Logs]:
    """What was logged in the test."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """Talks to the bare endpoint in process; an exception of the app fails the test."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(endpoint(world)), base_url="http://shop.test") as http:
        yield http


class Served:
    """A real server on a free port of this machine, all layers on; each test puts an endpoint of its own into it."""

    def __init__(self) -> None:
        self.graphql: GraphQLEndpoint
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.http_url = f"http://{self.host}/graphql"
        self.ws_url = f"ws://{self.host}/graphql"
        app = layered(self._app, metrics=Metrics(operations=(), routes=("/graphql",)), limits=InputLimits())
        config = uvicorn.Config(
            app,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_max_size=QUICK.frame_bytes,
            log_config=None,
            lifespan="off",
            server_header=False,
            ws_ping_interval=None,
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith("/graphql/assets/") and self.graphql.explorer is not None:
            await self.graphql.explorer.asset(scope, receive, send)
        else:
            await self.graphql(scope, receive, send)

    async def start(self) -> None:
        self._running = asyncio.create_task(self._server._serve([self._socket]))
        await until(lambda: self._server.started)

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._running


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[Served]:
    running = Served()
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def served(world: World, server: Served) -> AsyncIterator[Served]:
    """The server with an endpoint over this test's world; afterwards nothing of it may be left open."""
    graphql = endpoint(world, sockets=QUICK, stream_keep_alive_seconds=0.2)
    server.graphql = graphql
    yield server
    graphql.drain.begin()
    await until(lambda: not graphql.websockets.sockets and not graphql.streams.open)
    await until_idle(world)
