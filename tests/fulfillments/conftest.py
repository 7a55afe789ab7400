"""A dispatch office: a shop that is paid by bank transfer, staff that sends goods, and a worker who writes the letters."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from domain.viewer import Permission
from gateways.payments.configured import configured
from gateways.payments.http import payment_client
from gateways.settings import load_settings
from persistence.invariants import check
from schema.ids import global_id
from tests.conftest import Clone
from tests.makers.mail import Postman, a_postman
from tests.makers.people import a_staff_token
from tests.makers.trade import Goods
from tests.payments.till import raw_id
from tests.shop import Shop, Shopper, open_shop

_KEYS = itertools.count(1)
RIGHTS = (Permission.READ_ORDERS, Permission.MANAGE_ORDERS, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS)
ORDER = """fragment Standing on Order { status fulfillmentStatus version lines { id sku quantity openQuantity }
    fulfillments { id number state carrier trackingNumber trackingUrl warehouseId lines { lineId sku quantity } }
    events { kind } }"""
SEEN = f"query($token: String!) {{ orderByToken(token: $token) {{ ...Standing }} }} {ORDER}".replace(" warehouseId", "")
FAILURES = """userErrors { code path ... on NotLeftToShip { open } ... on InsufficientStock { sku available }
    ... on NotReturnable { returnable } ... on NotLeftToSettle { open } ... on ReturnStepRefused { current asked allowed } }"""


@dataclass(slots=True)
class Dispatch:
    """The office."""

    shop: Shop
    token: str
    postman: Postman

    @property
    def north(self) -> str:
        """The first warehouse's public id."""
        return global_id("Warehouse", self.shop.channel.warehouse_id)

    @property
    def south(self) -> str:
        """The second warehouse's public id."""
        return global_id("Warehouse", self.shop.channel.second_warehouse_id)

    async def paid(self, *wanted: tuple[Goods, int], buyer: Shopper | None = None) -> dict[str, Any]:
        """An order that was placed and paid, with its lines' ids by SKU."""
        shopper = buyer or self.shop.shopper()
        order = await shopper.orders(*wanted)
        said = {"orderToken": order["token"], "method": "bank_transfer", "provider": "manual"}
        started = await self.does("paymentCreate", said, "payment { id }", key=f"pay-{next(_KEYS)}")
        assert started["userErrors"] == [], started
        came = await self.does(
            "paymentMarkReceived", {"paymentId": started["payment"]["id"]}, "order { status }", key=f"came-{next(_KEYS)}"
        )
        assert came["userErrors"] == [], came
        seen = await self.seen(order)
        return {**order, "email": shopper.email, "lines": {each["sku"]: each["id"] for each in seen["lines"]}}

    async def does(
        self, name: str, said: dict[str, Any], asked: str, *, token: str | None = "", key: str | None = None
    ) -> dict[str, Any]:
        """A mutation's payload; by staff unless said otherwise."""
        title = f"{name[0].upper()}{name[1:]}Input"
        fragment = ORDER if "...Standing" in asked else ""
        text = f"mutation($input: {title}!) {{ {name}(input: $input) {{ {asked} {FAILURES} }} }} {fragment}"
        by = self.token if token == "" else token
        payload: dict[str, Any] = (await self.shop.data(text, {"input": said}, token=by, key=key))[name]
        return payload

    async def sends(
        self,
        order: dict[str, Any],
        *units: tuple[Goods, int],
        warehouse: str | None = None,
        key: str | None = None,
        **said: Any,
    ) -> dict[str, Any]:
        """Sends units of an order from the first warehouse, or another: the payload, with `fulfillment` and `order`."""
        given = {
            "orderId": order["id"],
            "warehouseId": warehouse or self.north,
            "lines": [{"lineId": order["lines"][goods.sku], "quantity": quantity} for goods, quantity in units],
            **said,
        }
        return await self.does("fulfillmentCreate", given, "fulfillment { id number state } order { ...Standing }", key=key)

    async def seen(self, order: dict[str, Any]) -> dict[str, Any]:
        """The order as its buyer sees it."""
        found: dict[str, Any] = (await self.shop.data(SEEN, {"token": order["token"]}))["orderByToken"]
        return found

    async def shelf(self, goods: Goods) -> dict[str, tuple[int, int]]:
        """On hand and reserved in each warehouse, and the ledger agrees."""
        rows = await self.shop.rows.fetch(
            """SELECT w.id, s.on_hand, s.reserved, (SELECT coalesce(sum(m.delta), 0) FROM stock_movement m
                   WHERE (m.variant_id, m.warehouse_id) = (s.variant_id, s.warehouse_id)) AS moved
               FROM stock s JOIN warehouse w ON w.id = s.warehouse_id WHERE s.variant_id = $1""",
            goods.variant_id,
        )
        assert all(row["on_hand"] == row["moved"] for row in rows)
        names = {self.shop.channel.warehouse_id: "north", self.shop.channel.second_warehouse_id: "south"}
        return {names[row["id"]]: (row["on_hand"], row["reserved"]) for row in rows}

    async def movements(self, order: dict[str, Any]) -> list[tuple[str, int]]:
        """What moved for an order: why and how much."""
        known = raw_id(order["id"])
        rows = await self.shop.rows.fetch(
            "SELECT reason, delta FROM stock_movement WHERE order_id = $1 ORDER BY created_at", known
        )
        return [(row["reason"], row["delta"]) for row in rows]


@asynccontextmanager
async def open_dispatch(url: str, redis_url: str, data_dir: Path, **more: Any) -> AsyncIterator[Dispatch]:
    """An office on a database; `more` are further settings."""
    settings = load_settings(
        env_file=None,
        data_dir=data_dir,
        database_url=url,
        redis_url=redis_url,
        requests_per_minute=1_000_000,
        mutations_per_minute=1_000_000,
        logins_per_minute=1_000_000,
        access_token_seconds=86_400,
        response_cache_bytes=0,
        row_cache_bytes=0,
        payment_providers="*:*=manual",
        manual_methods="bank_transfer",
        manual_instructions="Send {amount} for order {order}.",
        **more,
    )
    async with open_shop(settings) as shop, a_postman(shop) as postman, payment_client() as client:
        postman.tools = replace(postman.tools, providers=configured(settings, client=client))
        yield Dispatch(shop, await a_staff_token(shop, *RIGHTS), postman)
        await postman.works()


@pytest.fixture(scope="module")
async def dispatch(clone: Clone, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dispatch]:
    """An office of its own shop, which the judge looks through in the end."""
    url = await clone()
    async with open_dispatch(url, redis_url, tmp_path_factory.mktemp("dispatch")) as office:
        yield office
    assert await check(url) == []
