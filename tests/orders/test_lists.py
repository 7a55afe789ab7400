"""Staff finds orders: by text, by filters that hold together, sorted, page by page, in the channels they work in."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ids import new_id
from domain.viewer import Permission
from tests.makers.people import a_customer_token, a_staff_token
from tests.makers.trade import Goods
from tests.shop import Shop

LIST = """query($where: OrderWhereInput, $search: String, $sort: OrderSort! = PLACED_DESC, $first: Int, $after: String,
                 $last: Int, $before: String) {
    orders(where: $where, search: $search, orderBy: $sort, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { id number total { gross { amount } } } edges { cursor } pageInfo { hasNextPage hasPreviousPage } } }"""
MINE = "{ me { id orders { nodes { id } } } }"


async def _found(shop: Shop, token: str, **asked: Any) -> list[str]:
    """The ids of all orders that are found, which fit on a page."""
    found = (await shop.data(LIST, {"first": 100, **asked}, token=token))["orders"]
    assert found["totalCount"] == len(found["nodes"])
    return [each["id"] for each in found["nodes"]]


async def _refused(shop: Shop, token: str, **asked: Any) -> str:
    answer = await shop.ask(LIST, asked, token=token)
    code: str = answer["errors"][0]["extensions"]["code"]
    return code


@pytest.fixture
async def staff(shop: Shop) -> str:
    """The token of somebody who reads every channel's orders."""
    return await a_staff_token(shop, Permission.READ_ORDERS)


async def _orders(shop: Shop, goods: Goods, *quantities: int) -> list[dict[str, Any]]:
    return [await shop.shopper().orders((goods, each)) for each in quantities]


async def test_text_finds_whole_numbers_and_how_addresses_and_skus_begin(shop: Shop, staff: str) -> None:
    goods = await shop.goods(stock=50)
    shopper = shop.shopper()
    shopper.email = f"Ada.{new_id().hex}@example.com"
    order = await shopper.orders((goods, 1))
    other = await shop.shopper().orders((goods, 1))

    assert await _found(shop, staff, search=f" {shopper.email[:20].upper()} ") == [order["id"]]
    assert await _found(shop, staff, search=goods.sku.lower()) == [other["id"], order["id"]]
    assert await _found(shop, staff, search=goods.sku[:-1]) == [other["id"], order["id"]]
    assert await _found(shop, staff, search=f"#{order['number']}") == [order["id"]]
    assert await _found(shop, staff, search=str(order["number"]), where={"sku": goods.sku}) == [order["id"]]
    assert await _found(shop, staff, search=shopper.email[1:20]) == []
    assert await _found(shop, staff, search="9") == []
    # Nothing of it is a pattern.
    assert await _found(shop, staff, search="Ada%") == []
    for bad in ("ab", "x" * 101, "abc\x00"):
        assert await _refused(shop, staff, search=bad) == "BAD_USER_INPUT"


async def test_filters_hold_together(shop: Shop, staff: str) -> None:
    goods = await shop.goods(price=1000, stock=50, requires_shipping=False)
    token = await a_customer_token(shop)
    mine = await shop.shopper(token=token).orders((goods, 1))
    small, large = await _orders(shop, goods, 2, 3)
    cancel = "mutation($id: ID!) { orderCancel(input: { orderId: $id }) { order { id } } }"
    await shop.data(cancel, {"id": mine["id"]}, token=token)
    me = (await shop.data(MINE, token=token))["me"]
    every = [large["id"], small["id"], mine["id"]]
    euros = {"currency": "EUR"}

    async def those(**where: Any) -> list[str]:
        return await _found(shop, staff, where={"sku": goods.sku, **where})

    assert me["orders"]["nodes"] == [{"id": mine["id"]}]
    assert await those() == every
    assert await those(customerId=me["id"]) == [mine["id"]]
    assert await those(customerId=goods.id) == []
    assert await those(status=["CANCELLED", "PROCESSING"]) == [mine["id"]]
    assert await those(status=["PENDING", "CANCELLED"], paymentStatus="UNPAID", fulfillmentStatus=["UNFULFILLED"]) == every
    assert await those(status=[]) == []
    assert await those(channel="web", total={**euros, "min": "20.00"}) == [large["id"], small["id"]]
    assert await those(total={**euros, "min": "20.01", "max": "30"}) == [large["id"]]
    assert await those(total={"currency": "USD"}) == []
    assert await those(channel="moon") == []
    assert await those(placedFrom="2020-01-01T00:00:00Z", placedBefore="2020-01-02T00:00:00Z") == []
    assert await _refused(shop, staff, where={"total": {**euros, "min": "1.001"}}) == "BAD_USER_INPUT"


async def test_lists_by_total_are_walked_exactly_in_both_directions(shop: Shop, staff: str) -> None:
    goods = await shop.goods(price=1000, stock=50, requires_shipping=False)
    orders = await _orders(shop, goods, 2, 1, 2, 3, 2)
    totals = [each["id"] for each in sorted(orders, key=lambda each: float(each["total"]["gross"]["amount"]))]
    asked = {"where": {"sku": goods.sku, "total": {"currency": "EUR"}}, "sort": "TOTAL_ASC"}
    assert await _found(shop, staff, **asked) == totals
    assert await _found(shop, staff, **{**asked, "sort": "TOTAL_DESC"}) == totals[::-1]

    forwards: list[str] = []
    cursor: str | None = None
    while len(forwards) < len(totals):
        page = (await shop.data(LIST, {**asked, "first": 2, "after": cursor}, token=staff))["orders"]
        assert page["totalCount"] == 5
        forwards += [each["id"] for each in page["nodes"]]
        cursor = page["edges"][-1]["cursor"]
        assert page["pageInfo"]["hasNextPage"] == (len(forwards) < 5)
    assert forwards == totals
    back = (await shop.data(LIST, {**asked, "last": 2, "before": cursor}, token=staff))["orders"]
    assert [each["id"] for each in back["nodes"]] == totals[2:4]
    assert await _refused(shop, staff, sort="PLACED_ASC", after=cursor) == "BAD_USER_INPUT"
    assert await _refused(shop, staff, sort="TOTAL_ASC") == "BAD_USER_INPUT"


async def test_who_works_in_other_channels_finds_nothing_here(shop: Shop, staff: str) -> None:
    goods = await shop.goods()
    [order] = await _orders(shop, goods, 1)
    limited = await a_staff_token(shop, Permission.READ_ORDERS, channels=[shop.channel.id])
    elsewhere = await a_staff_token(shop, Permission.READ_ORDERS, channels=[])
    for asked in ({"search": goods.sku}, {"where": {"sku": goods.sku, "channel": "web"}}):
        assert await _found(shop, limited, **asked) == await _found(shop, staff, **asked) == [order["id"]]
        assert await _found(shop, elsewhere, **asked) == []


async def test_a_search_takes_as_many_statements_for_many_orders_as_for_one(shop: Shop, staff: str) -> None:
    goods = await shop.goods(stock=50)

    async def statements() -> int:
        body = {
            "query": "query($s: String) { orders(search: $s, first: 50) { totalCount nodes { id lines { sku } events { seq } } } }",
            "variables": {"s": goods.sku},
            "extensions": {"statements": True},
        }
        answer = await shop.client.post("/graphql", json=body, headers={"Authorization": f"Bearer {staff}"})
        taken: int = answer.json()["extensions"]["statements"]
        return taken

    await _orders(shop, goods, 1)
    await statements()
    one = await statements()
    await _orders(shop, goods, 1, 1, 1, 1)
    assert await statements() == one
