"""Who asks, from which address, over HTTP or a socket, and two APIs of one shop to ask."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx2
import pytest

from application import Api
from gateways.limiting.allowances import CountedAllowances
from gateways.settings import Settings
from tests.shop import Shop, open_api, open_shop

STRICT = "application/graphql-response+json"
PATIENT = 10.0
"""Seconds for Redis where the test is not about them: the machine may be busy."""


@dataclass(frozen=True, slots=True)
class Apis:
    """`shop` is open on the first; both share its database and Redis."""

    shop: Shop
    first: Api
    second: Api


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Apis]:
    """Both, from their start to their end, patient with Redis."""
    with pytest.MonkeyPatch.context() as patient:
        patient.setattr("supplies.CountedAllowances", partial(CountedAllowances, seconds=PATIENT))
        async with open_shop(settings) as shop, open_api(settings) as second:
            yield Apis(shop, shop.api, second)


@dataclass(frozen=True, slots=True)
class CallerAt:
    """Somebody at an address, and their token if they have one."""

    address: str
    token: str | None = None

    async def gets(self, api: Api, path: str) -> int:
        """The status of a page."""
        async with self._client(api) as client:
            return (await client.get(path)).status_code

    async def reads(self, api: Api, path: str) -> str:
        """A page's text."""
        async with self._client(api) as client:
            return (await client.get(path)).text

    async def notifies(self, api: Api) -> int:
        """The status of a payment provider's notification that nobody signed."""
        async with self._client(api) as client:
            return (await client.post("/webhooks/payments/sandbox", json={})).status_code

    async def posts(self, api: Api, document: str, *, accept: str = STRICT, **more: Any) -> httpx2.Response:
        """The whole answer of an operation; `more` goes beside `query`."""
        headers = {"Accept": accept, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        async with self._client(api) as client:
            return await client.post("/graphql", json={"query": document, **more}, headers=headers)

    async def code(self, api: Api, document: str, **more: Any) -> str:
        """The code of the first error, OK without one."""
        errors = (await self.posts(api, document, **more)).json().get("errors")
        return str(errors[0]["extensions"]["code"]) if errors else "OK"

    @asynccontextmanager
    async def socket(self, api: Api) -> AsyncIterator[Socket]:
        """A socket after its initialisation."""
        said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        heard: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        scope = {
            "type": "websocket",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": b"",
            "root_path": "",
            "scheme": "ws",
            "headers": [(b"host", b"shop")],
            "client": (self.address, 1),
            "server": ("shop", 80),
            "subprotocols": ["graphql-transport-ws"],
            "state": {},
        }
        living = asyncio.create_task(api(scope, said.get, heard.put))
        await said.put({"type": "websocket.connect"})
        assert (await heard.get())["type"] == "websocket.accept"
        socket = Socket(said, heard)
        await socket.says(type="connection_init")
        assert (await socket.hears())["type"] == "connection_ack"
        try:
            yield socket
        finally:
            await said.put({"type": "websocket.disconnect", "code": 1000})
            await living

    def _client(self, api: Api) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=api, client=(self.address, 1))
        return httpx2.AsyncClient(transport=transport, base_url="http://shop", timeout=30)


@dataclass(frozen=True, slots=True)
class Socket:
    """The client's side of graphql-transport-ws."""

    said: asyncio.Queue[dict[str, Any]]
    heard: asyncio.Queue[MutableMapping[str, Any]]

    async def says(self, **message: Any) -> None:
        await self.said.put({"type": "websocket.receive", "text": json.dumps(message)})

    async def hears(self) -> dict[str, Any]:
        """The next message but pings."""
        while True:
            event = await asyncio.wait_for(self.heard.get(), 30)
            assert event["type"] == "websocket.send", event
            message: dict[str, Any] = json.loads(event["text"])
            if message["type"] != "ping":
                return message

    async def code(self, document: str) -> str:
        """Runs one query or mutation: the code of its first error, OK without one."""
        await self.says(type="subscribe", id="1", payload={"query": document})
        message = await self.hears()
        if message["type"] == "error":
            return str(message["payload"][0]["extensions"]["code"])
        assert (await self.hears())["type"] == "complete"
        errors = message["payload"].get("errors")
        return str(errors[0]["extensions"]["code"]) if errors else "OK"
