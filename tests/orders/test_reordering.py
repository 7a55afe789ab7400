"""Buying again: what is there goes into a cart, what is gone, short or repriced is told, and nobody reorders others' orders."""

from __future__ import annotations

from typing import Any

from tests.makers.people import a_customer_token
from tests.shop import Shop

AGAIN = """mutation($input: CartCreateFromOrderInput!) { cartCreateFromOrder(input: $input) {
    cart { id lines { sku quantity unitPrice { amount } } } warnings { code message path } userErrors { code path } } }"""


async def _again(shop: Shop, token: str | None = None, **said: str) -> dict[str, Any]:
    payload: dict[str, Any] = (await shop.data(AGAIN, {"input": said}, token=token))["cartCreateFromOrder"]
    return payload


async def test_an_order_whose_goods_are_all_there_fills_a_cart_without_a_word(shop: Shop) -> None:
    shirt, mug = await shop.goods(price=1999), await shop.goods(price=500)
    order = await shop.shopper().orders((shirt, 2), (mug, 1))
    again = await _again(shop, orderToken=order["token"])
    assert (again["userErrors"], again["warnings"]) == ([], [])
    assert [(line["quantity"], line["unitPrice"]["amount"]) for line in again["cart"]["lines"]] == [(2, "19.99"), (1, "5.00")]


async def test_what_is_gone_short_or_repriced_is_told_line_by_line(shop: Shop) -> None:
    gone, short, dearer = await shop.goods(), await shop.goods(stock=5), await shop.goods(price=1000)
    order = await shop.shopper().orders((gone, 1), (short, 3), (dearer, 1))
    await shop.rows.execute("DELETE FROM price WHERE variant_id = $1", gone.variant_id)
    await shop.rows.execute("UPDATE price SET amount = 1200 WHERE variant_id = $1", dearer.variant_id)
    again = await _again(shop, orderToken=order["token"])
    assert [(each["code"], each["path"]) for each in again["warnings"]] == [
        ("VARIANT_UNAVAILABLE", ["order", "lines", "0"]),
        ("INSUFFICIENT_STOCK", ["order", "lines", "1"]),
        ("PRICE_CHANGED", ["order", "lines", "2"]),
    ]
    assert [(line["quantity"], line["unitPrice"]["amount"]) for line in again["cart"]["lines"]][1] == (1, "12.00")
    assert [line["quantity"] for line in again["cart"]["lines"]] == [2, 1]


async def test_the_cart_can_be_bought_at_once(shop: Shop) -> None:
    goods = await shop.goods(stock=10)
    shopper = shop.shopper()
    order = await shopper.orders((goods, 1))
    shopper.cart = (await _again(shop, orderToken=order["token"]))["cart"]
    await shopper.introduces_themselves()
    done = await shopper.completes()
    assert done["userErrors"] == []
    assert done["order"]["number"] != order["number"]


async def test_nobody_reorders_what_is_not_theirs(shop: Shop) -> None:
    order = await shop.shopper().orders((await shop.goods(), 1))
    stranger = await a_customer_token(shop)
    for said in ({"orderId": order["id"]}, {"orderToken": order["id"]}, {"orderToken": "x" * 43}):
        refused = await _again(shop, token=stranger, **said)
        assert (refused["cart"], refused["userErrors"][0]["code"]) == (None, "NOT_FOUND")
    neither = await _again(shop)
    assert neither["userErrors"] == [{"code": "INVALID", "path": ["input"]}]


async def test_a_customer_with_an_open_cart_gets_the_goods_into_that_one(shop: Shop) -> None:
    token = await a_customer_token(shop)
    shopper = shop.shopper(token=token)
    bought, wanted = await shop.goods(stock=3), await shop.goods()
    order = await shopper.orders((bought, 2))
    shopper.cart = {}
    await shopper.adds(wanted, 1)
    again = await _again(shop, token=token, orderId=order["id"])
    assert again["cart"]["id"] == shopper.cart["id"]
    assert [line["quantity"] for line in again["cart"]["lines"]] == [1, 1]
    assert [each["code"] for each in again["warnings"]] == ["INSUFFICIENT_STOCK"]
