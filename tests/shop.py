"""The shop as its users meet it: GraphQL over ASGI, nothing else. `Shopper` is a person with a cart."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx2

from application import Api, build_app
from gateways.settings import Settings
from tests.makers.trade import Channel, Goods, a_channel, a_coupon, some_goods

_NUMBERS = itertools.count(1)
BERLIN = {
    "country": "DE",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "street": ["Invalidenstr. 116"],
    "city": "Berlin",
    "postalCode": "10115",
}
CART = """
fragment CartParts on Cart {
  id state version totalQuantity email currency
  lines { id sku quantity unitPrice { amount } available discount { amount } total { gross { amount } } }
  cost { subtotal { amount } discount { amount } delivery { gross { amount } } total { net { amount } gross { amount } tax { amount } } }
  coupon { code discount { amount } problem { code } }
  delivery { name price { amount } }
  readiness { isReady missing { code path } }
}
"""
FAILURES = """
fragment Failures on UserError {
  code message path ... on InsufficientStock { available sku } ... on InvalidTransition { allowed }
  ... on PriceChanged { seen { amount } current { amount } } ... on TotalChanged { current { amount } }
}
"""
ORDER = """
fragment OrderParts on Order {
  id number token status paymentStatus fulfillmentStatus version total { gross { amount } tax { amount } }
  events { seq kind status paymentStatus fulfillmentStatus }
}
"""


@dataclass(slots=True)
class Shop:
    """A running API with a channel that sells, and a way to its database for setting the scene and for judging it."""

    api: Api
    client: httpx2.AsyncClient
    rows: asyncpg.Pool[asyncpg.Record]
    channel: Channel

    async def ask(
        self, document: str, variables: dict[str, Any] | None = None, *, token: str | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """The whole answer of an operation: `data` and `errors`."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        answer = await self.client.post("/graphql", json={"query": document, "variables": variables or {}}, headers=headers)
        assert answer.status_code < 500, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def data(
        self, document: str, variables: dict[str, Any] | None = None, *, token: str | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """The data of an operation that must not fail."""
        body = await self.ask(document, variables, token=token, key=key)
        assert "errors" not in body, body["errors"]
        data: dict[str, Any] = body["data"]
        return data

    async def goods(self, **about: Any) -> Goods:
        """Something on the shelf."""
        async with self.rows.acquire() as connection:
            return await some_goods(connection, self.channel, **about)

    async def coupon(self, **about: Any) -> str:
        """A coupon's code."""
        async with self.rows.acquire() as connection:
            return await a_coupon(connection, self.channel, **about)

    async def stock(self, goods: Goods) -> tuple[int, int]:
        """On hand and reserved, over all warehouses."""
        row = await self.rows.fetchrow(
            "SELECT coalesce(sum(on_hand), 0)::int, coalesce(sum(reserved), 0)::int FROM stock WHERE variant_id = $1",
            goods.variant_id,
        )
        assert row is not None
        return row[0], row[1]

    def shopper(self, *, token: str | None = None) -> Shopper:
        """Somebody new."""
        return Shopper(self, email=f"shopper-{next(_NUMBERS)}@example.com", token=token)


@dataclass(slots=True)
class Shopper:
    """A person with a cart; a guest unless they have a token."""

    shop: Shop
    email: str
    token: str | None = None
    cart: dict[str, Any] = field(default_factory=dict)

    async def does(self, mutation: str, said: dict[str, Any], *, key: str | None = None, thing: str = "cart") -> dict[str, Any]:
        """A mutation on the cart: its whole payload. `thing` is what the payload gives."""
        title = f"{mutation[0].upper()}{mutation[1:]}Input"
        parts = "...CartParts" if thing == "cart" else "...OrderParts"
        fragment = (CART if thing == "cart" else ORDER) + FAILURES
        document = (
            f"mutation($input: {title}!) {{ {mutation}(input: $input) "
            f"{{ {thing} {{ {parts} }} userErrors {{ ...Failures }} warnings {{ code path }} }} }} {fragment}"
        )
        payload: dict[str, Any] = (await self.shop.data(document, {"input": said}, token=self.token, key=key))[mutation]
        if thing == "cart" and payload["cart"] is not None:
            self.cart = payload["cart"]
        return payload

    async def adds(self, goods: Goods, quantity: int = 1) -> dict[str, Any]:
        """Puts goods into the cart, starting one if there is none."""
        lines = [{"variantId": goods.id, "quantity": quantity}]
        if not self.cart:
            return await self.does("cartCreate", {"lines": lines})
        return await self.does("cartLinesAdd", {"cartId": self.cart["id"], "lines": lines})

    async def introduces_themselves(self) -> None:
        """Tells address and e-mail, and chooses the standard delivery."""
        cart = {"cartId": self.cart["id"]}
        await self.does("cartBuyerUpdate", {**cart, "email": self.email})
        told = await self.does("cartAddressesUpdate", {**cart, "shipping": BERLIN})
        assert told["userErrors"] == [], told
        chosen = await self.does("cartDeliverySelect", {**cart, "deliveryOptionId": self.shop.channel.standard_delivery})
        assert chosen["userErrors"] == [], chosen

    async def completes(self, *, key: str | None = None, **said: Any) -> dict[str, Any]:
        """Completes the checkout: the payload, with `order`."""
        return await self.does("checkoutComplete", {"cartId": self.cart["id"], **said}, key=key, thing="order")

    async def orders(self, *wanted: tuple[Goods, int]) -> dict[str, Any]:
        """Everything from the empty cart to the placed order; the order."""
        for goods, quantity in wanted:
            added = await self.adds(goods, quantity)
            assert added["userErrors"] == [], added
        await self.introduces_themselves()
        done = await self.completes()
        assert done["userErrors"] == [], done
        order: dict[str, Any] = done["order"]
        return order


@asynccontextmanager
async def open_api(settings: Settings) -> AsyncIterator[Api]:
    """The API between its start and its end (ASGI lifespan protocol)."""
    api = build_app(settings)
    told: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    said: asyncio.Queue[Any] = asyncio.Queue()
    living = asyncio.create_task(api({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, told.get, said.put))
    await told.put({"type": "lifespan.startup"})
    assert (await said.get())["type"] == "lifespan.startup.complete"
    try:
        yield api
    finally:
        await told.put({"type": "lifespan.shutdown"})
        await said.get()
        await living


@asynccontextmanager
async def open_shop(settings: Settings, *, slug: str = "web", prices_include_tax: bool = True) -> AsyncIterator[Shop]:
    """A shop on a database of its own, with one channel."""
    assert settings.database_url is not None
    async with (
        open_api(settings) as api,
        asyncpg.create_pool(settings.database_url, min_size=1, max_size=4) as rows,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://shop", timeout=30) as client,
    ):
        async with rows.acquire() as connection:
            channel = await a_channel(connection, slug=slug, prices_include_tax=prices_include_tax)
        yield Shop(api, client, rows, channel)
