"""The shop as a stranger meets it: `python3 server.py` in a process of its own, spoken to over HTTP and a real WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import websockets

from tests.shop import BERLIN, CART, FAILURES, ORDER

SECONDS = 60.0
WATCH = """subscription($token: String!, $after: Int!) { orderStatusChanged(token: $token, after: $after) {
    seq kind status paymentStatus fulfillmentStatus order { number } } }"""
PAY = """mutation($input: PaymentCreateInput!, $key: String!) { paymentCreate(input: $input) @idempotent(key: $key) {
    payment { id state nextAction { url } failure { code } } userErrors { code message path } } }"""
LOG_IN = "mutation($input: TokenCreateInput!) { tokenCreate(input: $input) { accessToken userErrors { code } } }"


@dataclass(slots=True)
class Street:
    """Outside the shop's door: its address, its data directory, and a client."""

    url: str
    data_dir: Path
    client: httpx2.AsyncClient

    async def asks(self, document: str, variables: dict[str, Any] | None = None, *, token: str | None = None) -> dict[str, Any]:
        """The data of an operation that must not fail."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self.client.post("/graphql", json={"query": document, "variables": variables or {}}, headers=headers)
        body = answer.json()
        assert answer.status_code == 200, body
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data

    async def logs_in(self, email: str, password: str) -> str:
        tokens = (await self.asks(LOG_IN, {"input": {"email": email, "password": password}}))["tokenCreate"]
        assert tokens["userErrors"] == [], tokens
        token: str = tokens["accessToken"]
        return token

    async def letters(self, to: str, *, count: int) -> list[str]:
        """The subjects of the letters to somebody, once there are that many."""
        page = ""
        for _ in range(int(SECONDS * 4)):
            page = (await self.client.get("/mailbox")).text
            rows = [row for row in page.split("<tr>") if to in row and "SENT" in row]
            if len(rows) >= count:
                return [row.split("</a>")[0].rpartition(">")[2] for row in reversed(rows)]
            await asyncio.sleep(0.25)
        raise AssertionError(f"no {count} letters to {to}: {page}")

    @contextlib.asynccontextmanager
    async def watching(self, order_token: str, *, after: int = 0) -> AsyncIterator[Watcher]:
        """A socket on which the order's history arrives."""
        address = self.url.replace("http", "ws", 1) + "/graphql"
        protocol = websockets.Subprotocol("graphql-transport-ws")
        async with websockets.connect(address, subprotocols=[protocol]) as socket:
            await socket.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            variables = {"token": order_token, "after": after}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": WATCH, "variables": variables}}))
            watcher = Watcher()
            task = asyncio.create_task(watcher.listens(socket))
            try:
                yield watcher
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, websockets.ConnectionClosed):
                    await task


@dataclass(slots=True)
class Watcher:
    """What came over the socket so far."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listens(self, socket: websockets.ClientConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "ping":
                await socket.send('{"type":"pong"}')
                continue
            assert message["type"] == "next", message
            self.seen.append(message["payload"]["data"]["orderStatusChanged"])
            self._news.set()

    async def sees(self, wanted: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Waits until what was seen is as wanted; all of it."""
        async with asyncio.timeout(SECONDS):
            while not wanted(self.seen):
                self._news.clear()
                await self._news.wait()
        return self.seen

    @property
    def kinds(self) -> list[str]:
        return [each["kind"] for each in self.seen]


@dataclass(slots=True)
class Buyer:
    """Somebody on the street with a cart."""

    street: Street
    email: str
    token: str | None = None
    cart: dict[str, Any] = field(default_factory=dict)

    async def does(self, mutation: str, said: dict[str, Any]) -> dict[str, Any]:
        """A mutation on the cart, which must be done."""
        title = f"{mutation[0].upper()}{mutation[1:]}Input"
        parts = f"{{ cart {{ ...CartParts }} userErrors {{ ...Failures }} }} }} {CART} {FAILURES}"
        document = f"mutation($input: {title}!) {{ {mutation}(input: $input) {parts}"
        payload: dict[str, Any] = (await self.street.asks(document, {"input": said}, token=self.token))[mutation]
        assert payload["userErrors"] == [], payload
        self.cart = payload["cart"]
        return payload

    async def fills_a_cart(self, *, quantity: int = 1) -> None:
        """Takes the first thing on the shelf that is there."""
        asked = "{ products(first: 20) { nodes { name variants { id sku availability { status } } } } }"
        products = (await self.street.asks(asked))["products"]["nodes"]
        variant = next(v for product in products for v in product["variants"] if v["availability"]["status"] == "IN_STOCK")
        await self.does("cartCreate", {"lines": [{"variantId": variant["id"], "quantity": quantity}]})

    async def introduces_themselves(self) -> None:
        cart = {"cartId": self.cart["id"]}
        await self.does("cartBuyerUpdate", {**cart, "email": self.email})
        await self.does("cartAddressesUpdate", {**cart, "shipping": BERLIN})
        options = await self.street.asks(
            "query($id: ID!) { cart(id: $id) { deliveryOptions { id } } }", {"id": self.cart["id"]}, token=self.token
        )
        await self.does("cartDeliverySelect", {**cart, "deliveryOptionId": options["cart"]["deliveryOptions"][0]["id"]})

    async def orders(self) -> dict[str, Any]:
        """Completes the checkout; the order."""
        parts = f"{{ order {{ ...OrderParts }} userErrors {{ ...Failures }} }} }} {ORDER} {FAILURES}"
        document = f"mutation($input: CheckoutCompleteInput!) {{ checkoutComplete(input: $input) {parts}"
        payload = (await self.street.asks(document, {"input": {"cartId": self.cart["id"]}}, token=self.token))[
            "checkoutComplete"
        ]
        assert payload["userErrors"] == [], payload
        order: dict[str, Any] = payload["order"]
        return order

    async def pays(self, order: dict[str, Any], method: str, *, key: str = "first") -> dict[str, Any]:
        """One attempt; the payment."""
        said = {"orderToken": order["token"], "method": method}
        payload = (await self.street.asks(PAY, {"input": said, "key": key}, token=self.token))["paymentCreate"]
        assert payload["userErrors"] == [], payload
        payment: dict[str, Any] = payload["payment"]
        return payment
