"""A sales desk: staff that makes orders for buyers who call, a shop that is paid by bank transfer, and a postman."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from domain.seal import Seal
from domain.viewer import Permission
from gateways.payments.configured import configured
from gateways.payments.http import payment_client
from gateways.settings import load_settings
from persistence.invariants import check
from tests.conftest import Clone
from tests.makers.mail import Postman, a_postman
from tests.makers.people import a_staff_token
from tests.makers.trade import Channel, Goods, a_channel
from tests.shop import BERLIN, Shop, open_shop

_KEYS = itertools.count(1)
RIGHTS = (
    Permission.READ_ORDERS,
    Permission.MANAGE_ORDERS,
    Permission.MANAGE_ORDER_PRICES,
    Permission.READ_PAYMENTS,
    Permission.MANAGE_PAYMENTS,
    Permission.READ_EVENTS,
    Permission.READ_CUSTOMERS,
)
DRAFT = """fragment Drafted on DraftOrder {
  id state version email note currency language customerId closedAt
  lines { sku quantity hasOwnPrice unitPrice { amount } listPrice { amount } discount { amount } total { gross { amount } } }
  cost { subtotal { amount } discount { amount } delivery { gross { amount } } total { gross { amount } tax { amount } }
    explanation { kind amount { amount } terms { kind amount { amount } terms { kind label amount { amount } } } } }
  discount { percentage amount { amount } reason } coupon { code discount { amount } }
  delivery { name } readiness { isReady missing { code path } } order { id }
}"""
ORDER = """fragment Made on Order {
  id number token status paymentStatus email couponCode total { gross { amount } tax { amount } }
  subtotal { amount } discount { amount } delivery { cost { gross { amount } } }
  lines { id sku quantity unitPrice { amount } discount { amount } total { gross { amount } tax { amount } } }
  events { seq kind actor } payments { id captured { amount } }
}"""
FAILURES = """userErrors { code path ... on TotalChanged { expected { amount } current { amount } }
  ... on InsufficientStock { sku asked available } ... on DraftClosed { state } }"""


@dataclass(slots=True)
class Sales:
    """The desk."""

    shop: Shop
    token: str
    postman: Postman
    south: Channel
    """A second channel, beside the shop's own."""

    async def does(
        self,
        name: str,
        said: dict[str, Any],
        *,
        asked: str = "draftOrder { ...Drafted }",
        token: str = "",
        key: str | None = None,
    ) -> dict[str, Any]:
        """A mutation's payload; by staff with every right unless said otherwise."""
        title = f"{name[0].upper()}{name[1:]}Input"
        fragments = " ".join(text for used, text in (("...Drafted", DRAFT), ("...Made", ORDER)) if used in asked)
        text = f"mutation($input: {title}!) {{ {name}(input: $input) {{ {asked} {FAILURES} }} }} {fragments}"
        payload: dict[str, Any] = (await self.shop.data(text, {"input": said}, token=token or self.token, key=key))[name]
        return payload

    async def drafts(self, *lines: dict[str, Any], **said: Any) -> dict[str, Any]:
        """A draft that can be completed."""
        given = {
            "email": f"caller-{next(_KEYS)}@example.com",
            "shippingAddress": BERLIN,
            "deliveryOptionId": self.shop.channel.standard_delivery,
            "lines": list(lines),
            **said,
        }
        made = await self.does("draftOrderCreate", given)
        assert made["userErrors"] == [], made
        draft: dict[str, Any] = made["draftOrder"]
        return draft

    async def changes(self, draft: dict[str, Any], *, token: str = "", **said: Any) -> dict[str, Any]:
        """The payload of a change."""
        return await self.does("draftOrderUpdate", {"id": draft["id"], **said}, token=token)

    async def completes(
        self, draft: dict[str, Any], *, total: str | None = None, token: str = "", key: str | None = None, **said: Any
    ) -> dict[str, Any]:
        """The payload of completing at the total that the draft shows, or another."""
        expected = total or draft["cost"]["total"]["gross"]["amount"]
        given = {"id": draft["id"], "expectedTotal": expected, **said}
        return await self.does(
            "draftOrderComplete", given, asked="draftOrder { ...Drafted } order { ...Made }", token=token, key=key
        )

    async def seen(self, draft: dict[str, Any], *, token: str = "") -> dict[str, Any] | None:
        """The draft as staff reads it."""
        text = f"query($id: ID!) {{ draftOrder(id: $id) {{ ...Drafted }} }} {DRAFT}"
        found: dict[str, Any] | None = (await self.shop.data(text, {"id": draft["id"]}, token=token or self.token))[
            "draftOrder"
        ]
        return found

    async def receives(self, order: dict[str, Any]) -> dict[str, Any]:
        """Staff records that the whole sum came in by bank transfer; the order after it."""
        said = {"orderId": order["id"], "method": "bank_transfer", "provider": "manual"}
        started = await self.does("paymentCreate", said, asked="payment { id }", key=f"draft-pay-{next(_KEYS)}")
        assert started["userErrors"] == [], started
        came = await self.does(
            "paymentMarkReceived",
            {"paymentId": started["payment"]["id"]},
            asked="order { ...Made }",
            key=f"draft-came-{next(_KEYS)}",
        )
        assert came["userErrors"] == [], came
        paid: dict[str, Any] = came["order"]
        return paid


def line(goods: Goods, quantity: int = 1, price: str | None = None) -> dict[str, Any]:
    """A line as it is said; the catalogue's price when none is."""
    return {"variantId": goods.id, "quantity": quantity} | ({"price": price} if price is not None else {})


@pytest.fixture(scope="session")
async def sales(clone: Clone, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sales]:
    """A desk of its own shop, which the judge looks through in the end."""
    url = await clone()
    settings = load_settings(
        env_file=None,
        data_dir=tmp_path_factory.mktemp("sales"),
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
    )
    async with open_shop(settings) as shop, a_postman(shop) as postman, payment_client() as client:
        postman.tools = replace(
            postman.tools,
            providers=configured(settings, client=client),
            seal=Seal(tuple(key.encode() for key in shop.api.settings.secret_keys)),
        )
        async with shop.rows.acquire() as connection:
            south = await a_channel(connection, slug="south", is_default=False)
        yield Sales(shop, await a_staff_token(shop, *RIGHTS), postman, south)
        await postman.works()
    assert await check(url) == []
