"""A returns desk: the dispatch office of a shop in which two people agree to refunds above 100.00, with goods that went out."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from persistence.invariants import check
from tests.conftest import Clone
from tests.fulfillments.conftest import Dispatch, open_dispatch
from tests.makers.trade import Goods
from tests.shop import Shopper

_KEYS = itertools.count(1)
RETURN = """return { id number state note declineReason lines { sku quantity reason accepted refunded exchanged }
    receipts { sku: lineId quantity condition warehouseId } refundRequests { state amount { amount } shipping { amount } }
    replacements { id } } order { ...Standing returns { state } }"""


@dataclass(slots=True)
class Desk:
    """Where goods come back."""

    office: Dispatch

    async def sold(self, *wanted: tuple[Goods, int], arrives: bool = True, buyer: Shopper | None = None) -> dict[str, Any]:
        """An order that was paid and went out whole, and has arrived unless said otherwise."""
        order = await self.office.paid(*wanted, buyer=buyer)
        for status in ("SHIPPED", "DELIVERED") if arrives else ("SHIPPED",):
            moved = {"orderId": order["id"], "fulfillmentStatus": status}
            await self.office.does("orderTransition", moved, "order { status }")
        return order

    async def asks(
        self, order: dict[str, Any], *units: tuple[Goods, int], token: str | None = None, **said: Any
    ) -> dict[str, Any]:
        """The buyer asks for units to be taken back, with the order's token; or whoever has the log-in. The payload."""
        lines = [
            {"lineId": order["lines"][goods.sku], "quantity": quantity, "reason": "DOES_NOT_FIT"} for goods, quantity in units
        ]
        whose = {"orderToken": order["token"]} if token is None else {"orderId": order["id"]}
        return await self.does("returnRequest", {**whose, "lines": lines, **said}, token=token)

    async def approved(self, order: dict[str, Any], *units: tuple[Goods, int]) -> str:
        """A return that the buyer asked for and the shop agreed to; its id."""
        asked = await self.asks(order, *units)
        assert asked["userErrors"] == [], asked
        agreed = await self.does("returnApprove", {"returnId": asked["return"]["id"]})
        assert agreed["userErrors"] == [], agreed
        return str(asked["return"]["id"])

    async def receives(
        self, order: dict[str, Any], return_id: str, *units: tuple[Goods, int, str, str | None]
    ) -> dict[str, Any]:
        """Units come back in a condition, and are put on a shelf or not; the payload."""
        lines = [
            {
                "lineId": order["lines"][goods.sku],
                "quantity": quantity,
                "condition": condition,
                "restockWarehouseId": shelf,
            }
            for goods, quantity, condition, shelf in units
        ]
        return await self.does("returnReceive", {"returnId": return_id, "lines": lines})

    async def received(self, order: dict[str, Any], goods: Goods, quantity: int) -> str:
        """A return of which everything came back as new and lies in the first warehouse; its id."""
        return_id = await self.approved(order, (goods, quantity))
        done = await self.receives(order, return_id, (goods, quantity, "NEW", self.office.north))
        assert done["userErrors"] == [], done
        return return_id

    async def refunds(self, return_id: str, *, key: str | None = None, token: str | None = "", **said: Any) -> dict[str, Any]:
        """Money goes back for a return; the payload."""
        asked = f"request {{ id state amount {{ amount }} reason }} refunds {{ id state amount {{ amount }} }} {RETURN}"
        given = {"returnId": return_id, **said}
        return await self.office.does("returnRefund", given, asked, token=token, key=key or f"refund-{next(_KEYS)}")

    async def does(self, name: str, said: dict[str, Any], *, token: str | None = "", key: str | None = None) -> dict[str, Any]:
        """A mutation about a return; by staff unless said otherwise."""
        asked = RETURN if token == "" else "return { id state } order { status fulfillmentStatus }"
        return await self.office.does(name, said, asked, token=token, key=key)


@pytest.fixture(scope="session")
async def desk(clone: Clone, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A desk of its own shop, which the judge looks through in the end."""
    url = await clone()
    limits = {"refund_approval_above": "EUR:100"}
    async with open_dispatch(url, redis_url, tmp_path_factory.mktemp("desk"), **limits) as office:
        yield Desk(office)
    assert await check(url) == []
