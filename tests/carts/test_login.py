"""What happens to a guest's cart when its buyer logs in."""

from __future__ import annotations

from typing import Any

from tests.makers.people import PASSWORD, a_customer_token
from tests.shop import Shop

LOG_IN = """mutation($input: TokenCreateInput!) { tokenCreate(input: $input) {
    accessToken cart { id lines { sku quantity } } warnings { code } userErrors { code } } }"""
MINE = "{ myCart { id lines { sku quantity } coupon { code } email } me { email } }"


def _lines(cart: dict[str, Any]) -> dict[str, int]:
    return {line["sku"]: line["quantity"] for line in cart["lines"]}


async def test_a_guests_cart_becomes_the_customers_who_has_none(shop: Shop) -> None:
    goods = await shop.goods()
    token = await a_customer_token(shop)
    guest = shop.shopper()
    await guest.adds(goods, 2)
    guest.token = token
    moved = await guest.does("cartAssociate", {"cartId": guest.cart["id"]})
    assert _lines(moved["cart"]) == {goods.sku: 2}
    mine = await shop.data(MINE, token=token)
    assert mine["myCart"]["id"] == guest.cart["id"]
    assert mine["myCart"]["email"] == mine["me"]["email"]
    nobody = await shop.data("query($id: ID!) { cart(id: $id) { id } }", {"id": guest.cart["id"]})
    assert nobody["cart"] is None


async def test_two_carts_become_one_and_of_a_variant_in_both_the_larger_quantity_stays(shop: Shop) -> None:
    both, mine_only, guests_only = await shop.goods(), await shop.goods(), await shop.goods()
    code = await shop.coupon()
    token = await a_customer_token(shop)
    mine = shop.shopper(token=token)
    await mine.adds(both, 3)
    await mine.adds(mine_only, 1)
    guest = shop.shopper()
    await guest.adds(both, 2)
    await guest.adds(guests_only, 4)
    await guest.does("cartCouponApply", {"cartId": guest.cart["id"], "code": code})
    guest_id = guest.cart["id"]

    guest.token = token
    moved = await guest.does("cartAssociate", {"cartId": guest_id})
    again = await guest.does("cartAssociate", {"cartId": guest_id})

    expected = {both.sku: 3, mine_only.sku: 1, guests_only.sku: 4}
    assert _lines(moved["cart"]) == _lines(again["cart"]) == expected
    assert moved["cart"]["id"] == mine.cart["id"]
    assert moved["cart"]["coupon"]["code"] == code
    led_on = await shop.data("query($id: ID!) { cart(id: $id) { id } }", {"id": guest_id}, token=token)
    assert led_on["cart"]["id"] == mine.cart["id"]


async def test_logging_in_brings_the_cart_along_and_a_wrong_one_is_a_warning(shop: Shop) -> None:
    goods = await shop.goods()
    token = await a_customer_token(shop)
    email = (await shop.data("{ me { email } }", token=token))["me"]["email"]
    guest = shop.shopper()
    await guest.adds(goods, 2)
    said = {"email": email, "password": PASSWORD, "cartId": guest.cart["id"]}
    logged_in = (await shop.data(LOG_IN, {"input": said}))["tokenCreate"]
    assert _lines(logged_in["cart"]) == {goods.sku: 2}
    assert logged_in["warnings"] == []

    wrong = (await shop.data(LOG_IN, {"input": {**said, "cartId": "nothing"}}))["tokenCreate"]
    assert wrong["accessToken"]
    assert (wrong["cart"], wrong["warnings"]) == (None, [{"code": "NOT_FOUND"}])


async def test_somebody_elses_cart_cannot_be_taken(shop: Shop) -> None:
    owner, thief = await a_customer_token(shop), await a_customer_token(shop)
    mine = shop.shopper(token=owner)
    await mine.adds(await shop.goods())
    stranger = shop.shopper(token=thief)
    refused = await stranger.does("cartAssociate", {"cartId": mine.cart["id"]})
    assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [("NOT_FOUND", ["input", "cartId"])]
    assert (await shop.data(MINE, token=thief))["myCart"] is None
    guest = shop.shopper()
    for mutation, said in (("cartClear", {}), ("cartCouponRemove", {}), ("cartBuyerUpdate", {"note": "x"})):
        denied = await guest.does(mutation, {"cartId": mine.cart["id"], **said})
        assert [each["code"] for each in denied["userErrors"]] == ["NOT_FOUND"]
    assert (await guest.does("checkoutComplete", {"cartId": mine.cart["id"]}, thing="order"))["userErrors"][0][
        "code"
    ] == "NOT_FOUND"
