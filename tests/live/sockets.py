"""WebSockets straight into the ASGI application, without a network: hundreds of them cost a test next to nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from application import Api

WATCH = (
    "subscription Watch($token: String!, $after: Int) { orderStatusChanged(token: $token, after: $after) { seq kind status } }"
)
PATIENCE_SECONDS = 30.0


@dataclass(slots=True)
class Socket:
    """One client. What it does not read waits in `said`, as it would in a network's buffers."""

    told: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    said: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    closed: int | None = None

    async def tell(self, **message: object) -> None:
        await self.told.put({"type": "websocket.receive", "text": json.dumps(message)})

    async def hear(self) -> dict[str, Any] | None:
        """The next message but pings; None when the server has closed."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                event = await self.said.get()
                if event["type"] == "websocket.close":
                    self.closed = event["code"]
                    return None
                if event["type"] == "websocket.send" and (message := json.loads(event["text"]))["type"] != "ping":
                    return dict(message)

    async def entry(self) -> dict[str, Any]:
        """The next entry of the order that is watched."""
        message = await self.hear()
        assert message is not None, f"closed with {self.closed}"
        assert message["type"] == "next", message
        data: dict[str, Any] = message["payload"]["data"]
        return dict(data["orderStatusChanged"])

    def waiting(self) -> list[str]:
        """The types of the messages that nobody has read."""
        texts = [self.said.get_nowait() for _ in range(self.said.qsize())]
        kinds = [json.loads(each["text"])["type"] for each in texts if each["type"] == "websocket.send"]
        return [kind for kind in kinds if kind != "ping"]


async def _served(api: Api, scope: dict[str, Any], socket: Socket) -> None:
    await api(scope, socket.told.get, socket.said.put)  # type: ignore[arg-type]  # ASGI's messages are dicts here


@asynccontextmanager
async def sockets(api: Api, count: int, *, token: str | None = None) -> AsyncIterator[list[Socket]]:
    """So many initialised sockets, closed at the end."""
    headers = [(b"host", b"shop"), (b"sec-websocket-protocol", b"graphql-transport-ws")]
    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": headers,
        "subprotocols": ["graphql-transport-ws"],
        "client": ("127.0.0.1", 1),
        "server": ("shop", 80),
        "scheme": "ws",
    }
    async with AsyncExitStack() as stack:
        opened = [Socket() for _ in range(count)]
        tasks = []
        for each in opened:
            await each.told.put({"type": "websocket.connect"})
            payload = {"authorization": f"Bearer {token}"} if token else {}
            await each.tell(type="connection_init", payload=payload)
            tasks.append(asyncio.create_task(_served(api, dict(scope), each)))
        stack.push_async_callback(asyncio.wait, tasks)
        for each in opened:
            assert await each.hear() == {"type": "connection_ack"}
        yield opened
        for each in opened:
            await each.told.put({"type": "websocket.disconnect", "code": 1000})


async def watch(opened: list[Socket], token: str, *, after: int | None = 0, query: str = WATCH) -> None:
    """Each watches the order that the token is for."""
    variables = {"token": token, "after": after}
    for each in opened:
        await each.tell(id="1", type="subscribe", payload={"query": query, "variables": variables})
