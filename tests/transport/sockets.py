"""A client's side of graphql-transport-ws, message by message, so that tests can also say what no client library would."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from tests.transport.conftest import Served

PROTOCOL = websockets.Subprotocol("graphql-transport-ws")


@contextlib.asynccontextmanager
async def raw(served: Served, **options: Any) -> AsyncIterator[ClientConnection]:
    """A socket after its handshake, nothing said yet."""
    options.setdefault("subprotocols", [PROTOCOL])
    async with websockets.connect(served.ws_url, ping_interval=None, compression=None, close_timeout=1, **options) as socket:
        yield socket


@contextlib.asynccontextmanager
async def opened(served: Served, payload: dict[str, object] | None = None) -> AsyncIterator[ClientConnection]:
    """A socket after its initialisation."""
    async with raw(served) as socket:
        await say(socket, type="connection_init", **({"payload": payload} if payload else {}))
        assert await hear(socket) == {"type": "connection_ack"}
        yield socket


async def say(socket: ClientConnection, **message: object) -> None:
    await socket.send(json.dumps(message))


async def subscribe(socket: ClientConnection, operation_id: str, query: str, **more: object) -> None:
    await say(socket, id=operation_id, type="subscribe", payload={"query": query, **more})


async def hear(socket: ClientConnection) -> dict[str, Any]:
    """The next message but pings."""
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 10))
        if message["type"] != "ping":
            return message


async def closing(socket: ClientConnection) -> tuple[int, str]:
    """The code and reason that the server closes with."""
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await asyncio.wait_for(socket.recv(), 10)
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""
