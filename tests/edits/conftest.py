"""A desk where orders are changed: a shop that is paid by bank transfer, staff, and a worker who writes the letters."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from persistence.invariants import check
from schema.ids import global_id
from tests.conftest import Clone
from tests.fulfillments.conftest import Dispatch, open_dispatch
from tests.makers.trade import Goods
from tests.shop import Shop

_KEYS = itertools.count(1)
EDIT = """mutation($input: OrderEditInput!) { orderEdit(input: $input) {
    change { totalBefore { gross { amount } } total { gross { amount } tax { amount } } difference { amount } due { amount }
        refund { amount } discount { amount } addressChanged lines { sku quantityBefore quantityAfter } }
    explanation { amount { amount } terms { kind } }
    order { ...Parts } userErrors { code path message ... on InsufficientStock { available }
        ... on TotalChanged { current { amount } } ... on VersionConflict { currentVersion: current } } } }
fragment Parts on Order { status paymentStatus fulfillmentStatus version country couponCode captured { amount } refunded { amount }
    total { gross { amount } tax { amount } } discount { amount } delivery { name } shippingAddress { country city }
    lines { id sku quantity unitPrice { amount } total { gross { amount } } }
    invoices { kind total { amount } tax { amount } }
    events { kind change { reason difference { amount } lines { sku quantityAfter } } } }"""
READ = "query($t: String!) { orderByToken(token: $t) { ...Parts } }" + EDIT[EDIT.index("fragment Parts") :]


@dataclass(slots=True)
class Desk:
    """Staff who changes orders."""

    office: Dispatch

    @property
    def shop(self) -> Shop:
        return self.office.shop

    async def edits(
        self, order: dict[str, Any], *, token: str | None = None, key: str | None = None, **said: Any
    ) -> dict[str, Any]:
        """The payload of an edit."""
        payload: dict[str, Any] = (
            await self.shop.data(EDIT, {"input": {"orderId": order["id"], **said}}, token=token or self.office.token, key=key)
        )["orderEdit"]
        return payload

    async def done(self, order: dict[str, Any], **said: Any) -> dict[str, Any]:
        """The payload of an edit that must be done."""
        payload = await self.edits(order, **said)
        assert payload["userErrors"] == [], payload
        return payload

    async def refused(self, order: dict[str, Any], **said: Any) -> list[tuple[str, str]]:
        """Codes and last steps of the paths of what keeps an edit from being done."""
        payload = await self.edits(order, **said)
        assert payload["change"] is None
        return [(each["code"], [*each["path"], ""][max(len(each["path"]) - 1, 0)]) for each in payload["userErrors"]]

    async def seen(self, order: dict[str, Any]) -> dict[str, Any]:
        """The order as its buyer sees it."""
        found: dict[str, Any] = (await self.shop.data(READ, {"t": order["token"]}))["orderByToken"]
        return found

    async def line(self, order: dict[str, Any], goods: Goods, quantity: int) -> dict[str, Any]:
        """What sets the quantity of a line."""
        line_id = next(each["id"] for each in (await self.seen(order))["lines"] if each["sku"] == goods.sku)
        return {"lineId": line_id, "quantity": quantity}

    async def pays(self, order: dict[str, Any]) -> str:
        """Pays what is left by bank transfer, which arrives; the amount."""
        said = {"orderToken": order["token"], "method": "bank_transfer", "provider": "manual"}
        started = await self.office.does(
            "paymentCreate", said, "payment { id amount { amount } }", key=f"edit-pay-{next(_KEYS)}"
        )
        assert started["userErrors"] == [], started
        payment = started["payment"]
        came = await self.office.does(
            "paymentMarkReceived", {"paymentId": payment["id"]}, "order { status }", key=f"edit-came-{next(_KEYS)}"
        )
        assert came["userErrors"] == [], came
        amount: str = payment["amount"]["amount"]
        return amount

    async def refunds(self, order: dict[str, Any]) -> list[int]:
        """What was promised back of an order, in minor units."""
        number = "SELECT amount FROM refund f JOIN orders o ON o.id = f.order_id WHERE o.number = $1 ORDER BY f.created_at"
        return [row["amount"] for row in await self.shop.rows.fetch(number, order["number"])]

    async def gave_back(self, order: dict[str, Any]) -> None:
        """Staff has given back by bank transfer what was promised; the worker hears of it."""
        found = "SELECT f.id FROM refund f JOIN orders o ON o.id = f.order_id WHERE o.number = $1 AND f.state = 'PENDING'"
        for row in await self.shop.rows.fetch(found, order["number"]):
            said = {"refundId": global_id("Refund", row["id"])}
            paid = await self.office.does("refundMarkPaid", said, "refund { state }", key=f"edit-back-{next(_KEYS)}")
            assert paid["userErrors"] == [], paid
        await self.office.postman.works()


def added(goods: Goods, quantity: int = 1) -> list[dict[str, Any]]:
    """What puts goods into an order."""
    return [{"variantId": goods.id, "quantity": quantity}]


@pytest.fixture(scope="module")
async def desk(clone: Clone, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A desk of its own shop, which the judge looks through in the end."""
    url = await clone()
    async with open_dispatch(url, redis_url, tmp_path_factory.mktemp("desk")) as office:
        yield Desk(office)
    assert await check(url) == []
