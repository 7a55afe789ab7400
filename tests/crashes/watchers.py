"""Those who watch an order live, over a WebSocket or a stream: they come back after every loss, and go on where they were."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
import websockets

from tests.crashes.ground import Ground
from tests.crashes.judge import raw
from tests.workers.world import eventually

WATCH = """subscription($token: String!, $after: Int!) { orderStatusChanged(token: $token, after: $after) {
  seq kind paymentStatus order { id } } }"""
_PROTOCOL = websockets.Subprotocol("graphql-transport-ws")
_SEQUENCE = "SELECT seq, kind FROM order_event WHERE order_id = $1 ORDER BY seq"


@dataclass
class Watcher(ABC):
    """`seen` is every entry that was heard, in the order it was heard; `losses` counts broken connections."""

    url: str
    order: dict[str, Any]
    chance: random.Random
    drops: float = 0.0
    seen: list[tuple[int, str]] = field(default_factory=list)
    losses: int = 0

    @property
    def after(self) -> int:
        return self.seen[-1][0] if self.seen else 0

    async def watches(self) -> None:
        """Until it is cancelled."""
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException, httpx2.TransportError, TimeoutError):
                async for entry in self._hears():
                    self.seen.append((entry["seq"], entry["kind"]))
                    if self.chance.random() < self.drops:
                        break
            self.losses += 1
            await asyncio.sleep(0.05)

    @abstractmethod
    def _hears(self) -> AsyncIterator[dict[str, Any]]:
        """One connection's entries, until it is lost."""

    @property
    def _asked(self) -> dict[str, Any]:
        return {"query": WATCH, "variables": {"token": self.order["token"], "after": self.after}}


class SocketWatcher(Watcher):
    """Over graphql-transport-ws, with a real client."""

    async def _hears(self) -> AsyncIterator[dict[str, Any]]:
        url = f"ws{self.url.removeprefix('http')}/graphql"
        async with websockets.connect(url, subprotocols=[_PROTOCOL], close_timeout=1, proxy=None) as socket:
            await socket.send('{"type":"connection_init"}')
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": self._asked}))
            async for message in socket:
                told = json.loads(message)
                match told["type"]:
                    case "next":
                        assert "errors" not in told["payload"], told
                        yield told["payload"]["data"]["orderStatusChanged"]
                    case "error" | "complete":
                        return
                    case "ping":
                        await socket.send('{"type":"pong"}')


class StreamWatcher(Watcher):
    """Over server-sent events (distinct connections of GraphQL over SSE)."""

    async def _hears(self) -> AsyncIterator[dict[str, Any]]:
        async with (
            httpx2.AsyncClient(trust_env=False, timeout=30) as client,
            client.stream("POST", f"{self.url}/graphql", json=self._asked, headers={"Accept": "text/event-stream"}) as answer,
        ):
            kind = ""
            async for line in answer.aiter_lines():
                name, _, said = line.partition(": ")
                if name == "event":
                    kind = said
                elif name == "data" and kind == "next" and said:
                    yield json.loads(said)["data"]["orderStatusChanged"]


@contextlib.asynccontextmanager
async def watching(watchers: Sequence[Watcher]) -> AsyncIterator[None]:
    """They watch while the block lasts."""
    tasks = [asyncio.create_task(each.watches()) for each in watchers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [each for each in told if not isinstance(each, asyncio.CancelledError)] == []


async def all_have_seen(ground: Ground, watchers: Sequence[Watcher]) -> None:
    """Waits until each has heard its order's whole history: every entry once, in order."""
    for watcher in watchers:
        history = await ground.rows(_SEQUENCE, raw(watcher.order["id"]))

        async def heard(watcher: Watcher = watcher, history: list[tuple[Any, ...]] = history) -> bool:
            return len(watcher.seen) >= len(history)

        await eventually(heard, f"entries up to {len(history)}")
        assert watcher.seen == history
        assert [seq for seq, _ in watcher.seen] == list(range(1, len(history) + 1))
