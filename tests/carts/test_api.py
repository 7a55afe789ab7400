"""Carts through the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.shop import BERLIN, Shop


async def test_a_cart_totals_its_goods_with_delivery_and_the_tax_they_contain(shop: Shop) -> None:
    shopper = shop.shopper()
    await shopper.adds(await shop.goods(price=1999), 2)
    await shopper.introduces_themselves()

    cost = shopper.cart["cost"]
    assert cost["subtotal"]["amount"] == "39.98"
    assert cost["delivery"]["gross"]["amount"] == "4.90"
    # 39.98 * 19/119 = 6.383..., 4.90 * 19/119 = 0.782...
    assert cost["total"] == {"gross": {"amount": "44.88"}, "tax": {"amount": "7.16"}, "net": {"amount": "37.72"}}
    assert shopper.cart["readiness"] == {"isReady": True, "missing": []}


async def test_delivery_is_free_from_its_order_value_on(shop: Shop) -> None:
    shopper = shop.shopper()
    await shopper.adds(await shop.goods(price=2500), 2)
    await shopper.introduces_themselves()
    assert shopper.cart["cost"]["delivery"]["gross"]["amount"] == "0.00"
    assert shopper.cart["cost"]["total"]["gross"]["amount"] == "50.00"


async def test_adding_more_than_there_is_says_how_many_there_are_and_adds_nothing(shop: Shop) -> None:
    goods = await shop.goods(stock=3)
    shopper = shop.shopper()
    await shopper.adds(goods, 2)

    refused = await shopper.adds(goods, 2)

    assert refused["cart"] is None
    assert refused["userErrors"] == [
        {
            "code": "INSUFFICIENT_STOCK",
            "message": f"4 of {goods.sku} were asked for, only 3 are available.",
            "path": ["input", "lines", "0", "quantity"],
            "available": 3,
            "sku": goods.sku,
        }
    ]
    seen = await shop.data("query($id: ID!) { cart(id: $id) { totalQuantity } }", {"id": shopper.cart["id"]})
    assert seen["cart"]["totalQuantity"] == 2


@pytest.mark.parametrize("quantity", [-1, 0, 10_000, 2**31 - 1])
async def test_a_quantity_outside_its_range_is_refused_with_its_path(shop: Shop, quantity: int) -> None:
    shopper = shop.shopper()
    await shopper.adds(await shop.goods())
    refused = await shopper.adds(await shop.goods(), quantity)
    assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [
        ("QUANTITY_OUT_OF_RANGE", ["input", "lines", "0", "quantity"])
    ]


async def test_a_line_cannot_grow_beyond_its_bound_and_stays_as_it_was(shop: Shop) -> None:
    goods = await shop.goods(stock=20_000)
    shopper = shop.shopper()
    await shopper.adds(goods, 9_998)

    too_many = await shopper.adds(goods, 2)
    in_parts = await shop.shopper().does("cartCreate", {"lines": [{"variantId": goods.id, "quantity": 5_000}] * 2})
    just_enough = await shopper.adds(goods, 1)

    assert [(each["code"], each["path"]) for each in too_many["userErrors"]] == [
        ("QUANTITY_OUT_OF_RANGE", ["input", "lines", "0", "quantity"])
    ]
    assert [(each["code"], each["path"]) for each in in_parts["userErrors"]] == [
        ("QUANTITY_OUT_OF_RANGE", ["input", "lines", "1", "quantity"])
    ]
    assert just_enough["cart"]["totalQuantity"] == 9_999


async def test_a_variant_named_twice_is_added_twice(shop: Shop) -> None:
    goods = await shop.goods(stock=10)
    shopper = shop.shopper()
    added = await shopper.does(
        "cartCreate", {"lines": [{"variantId": goods.id, "quantity": 2}, {"variantId": goods.id, "quantity": 3}]}
    )
    assert [(line["sku"], line["quantity"]) for line in added["cart"]["lines"]] == [(goods.sku, 5)]


async def test_all_lines_go_in_or_none_and_every_wrong_one_is_named(shop: Shop) -> None:
    good, scarce = await shop.goods(), await shop.goods(stock=1)
    shopper = shop.shopper()
    lines = [
        {"variantId": good.id},
        {"variantId": scarce.id, "quantity": 2},
        {"variantId": "VmFyaWFudDpub25zZW5zZQ"},
        {"variantId": shop.channel.standard_delivery},
    ]
    refused = await shopper.does("cartCreate", {"lines": lines})
    assert [(each["code"], each["path"][2]) for each in refused["userErrors"]] == [
        ("INSUFFICIENT_STOCK", "1"),
        ("NOT_FOUND", "2"),
        ("NOT_FOUND", "3"),
    ]
    assert refused["cart"] is None


async def test_the_same_variant_twice_in_one_input_adds_up(shop: Shop) -> None:
    goods = await shop.goods(stock=5)
    shopper = shop.shopper()
    lines = [{"variantId": goods.id, "quantity": 2}, {"variantId": goods.id, "quantity": 3}]
    made = await shopper.does("cartCreate", {"lines": lines})
    assert [(line["sku"], line["quantity"]) for line in made["cart"]["lines"]] == [(goods.sku, 5)]


async def test_lines_are_set_removed_and_cleared(shop: Shop) -> None:
    first, second = await shop.goods(), await shop.goods()
    shopper = shop.shopper()
    await shopper.adds(first)
    await shopper.adds(second)
    cart = {"cartId": shopper.cart["id"]}
    one, two = (line["id"] for line in shopper.cart["lines"])

    await shopper.does("cartLinesUpdate", {**cart, "lines": [{"id": one, "quantity": 4}, {"id": two, "quantity": 0}]})
    assert [(line["sku"], line["quantity"]) for line in shopper.cart["lines"]] == [(first.sku, 4)]
    gone = await shopper.does("cartLinesRemove", {**cart, "lineIds": [two]})
    assert [(each["code"], each["path"]) for each in gone["userErrors"]] == [("NOT_FOUND", ["input", "lineIds", "0"])]
    await shopper.does("cartClear", cart)
    assert shopper.cart["lines"] == []
    assert {each["code"] for each in shopper.cart["readiness"]["missing"]} == {"CART_EMPTY", "MISSING"}


async def test_a_cart_has_at_most_two_hundred_lines(fresh_shop: Shop) -> None:
    goods = [await fresh_shop.goods() for _ in range(201)]
    shopper = fresh_shop.shopper()
    await shopper.does("cartCreate", {"lines": [{"variantId": each.id} for each in goods[:200]]})
    assert shopper.cart["totalQuantity"] == 200
    refused = await shopper.adds(goods[200])
    assert [each["code"] for each in refused["userErrors"]] == ["CART_FULL"]
    many = await shopper.does("cartCreate", {"lines": [{"variantId": each.id} for each in goods]})
    assert [(each["code"], each["path"]) for each in many["userErrors"]] == [("INVALID", ["input", "lines"])]


async def test_a_cart_is_reached_by_its_secret_alone(shop: Shop) -> None:
    shopper = shop.shopper()
    await shopper.adds(await shop.goods())
    secret = shopper.cart["id"]
    forged = secret[:-2] + ("AA" if not secret.endswith("AA") else "BB")
    for wrong in (forged, secret[:22], "", "x" * 500, shop.channel.standard_delivery):
        assert (await shop.data("query($id: ID!) { cart(id: $id) { id } }", {"id": wrong}))["cart"] is None
        refused = await shopper.does("cartClear", {"cartId": wrong})
        assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [("NOT_FOUND", ["input", "cartId"])]
    node = await shop.data("query($id: ID!) { node(id: $id) { __typename id } }", {"id": secret})
    assert node["node"] == {"__typename": "Cart", "id": secret}


async def test_addresses_are_checked_by_the_rules_of_their_country(shop: Shop) -> None:
    shopper = shop.shopper()
    await shopper.adds(await shop.goods())
    cart = {"cartId": shopper.cart["id"]}
    refused = await shopper.does("cartAddressesUpdate", {**cart, "shipping": {**BERLIN, "postalCode": "1", "city": ""}})
    assert {tuple(each["path"]) for each in refused["userErrors"]} == {
        ("input", "shipping", "postalCode"),
        ("input", "shipping", "city"),
    }
    good = await shopper.does("cartAddressesUpdate", {**cart, "shipping": {**BERLIN, "country": "AT", "postalCode": "1010"}})
    assert good["userErrors"] == []
    email = await shopper.does("cartBuyerUpdate", {**cart, "email": "nobody at home"})
    assert [(each["code"], each["path"]) for each in email["userErrors"]] == [("INVALID", ["input", "email"])]


async def test_only_deliveries_that_reach_the_address_are_offered_and_taken(shop: Shop) -> None:
    shopper = shop.shopper()
    await shopper.adds(await shop.goods(price=1000))
    cart = {"cartId": shopper.cart["id"]}
    await shopper.does("cartAddressesUpdate", {**cart, "shipping": {**BERLIN, "country": "AT", "postalCode": "1010"}})
    options = await shop.data("query($id: ID!) { cart(id: $id) { deliveryOptions { name } } }", {"id": shopper.cart["id"]})
    assert options["cart"]["deliveryOptions"] == [{"name": "Standard"}]
    refused = await shopper.does("cartDeliverySelect", {**cart, "deliveryOptionId": shop.channel.express_delivery})
    assert [each["code"] for each in refused["userErrors"]] == ["DELIVERY_UNAVAILABLE"]
    unknown = await shopper.does("cartDeliverySelect", {**cart, "deliveryOptionId": "nothing"})
    assert [each["code"] for each in unknown["userErrors"]] == ["NOT_FOUND"]


async def test_a_coupon_takes_its_share_in_any_letter_case(shop: Shop) -> None:
    code = await shop.coupon(basis_points=1000)
    shopper = shop.shopper()
    await shopper.adds(await shop.goods(price=1999), 1)
    await shopper.does("cartCouponApply", {"cartId": shopper.cart["id"], "code": f" {code.lower()} "})
    assert shopper.cart["coupon"] == {"code": code, "discount": {"amount": "2.00"}, "problem": None}
    assert shopper.cart["cost"]["total"]["gross"]["amount"] == "17.99"
    await shopper.does("cartCouponRemove", {"cartId": shopper.cart["id"]})
    assert shopper.cart["coupon"] is None


async def test_every_limit_of_a_coupon_has_its_own_code(shop: Shop) -> None:
    now = datetime.now(UTC)
    coupons = {
        "COUPON_EXPIRED": await shop.coupon(ends_at=now - timedelta(minutes=1)),
        "COUPON_NOT_YET_VALID": await shop.coupon(starts_at=now + timedelta(hours=1)),
        "COUPON_MINIMUM_NOT_MET": await shop.coupon(minimum=100_000),
        "COUPON_USED_UP": await shop.coupon(usage_limit=0),
        "COUPON_UNKNOWN": "no-such-coupon",
    }
    shopper = shop.shopper()
    await shopper.adds(await shop.goods())
    for expected, code in coupons.items():
        refused = await shopper.does("cartCouponApply", {"cartId": shopper.cart["id"], "code": code})
        assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [(expected, ["input", "code"])]
    assert shopper.cart["coupon"] is None


async def test_a_coupon_that_stops_applying_takes_nothing_and_says_why(shop: Shop) -> None:
    code = await shop.coupon(amount=500, minimum=3000)
    goods = await shop.goods(price=2000)
    shopper = shop.shopper()
    await shopper.adds(goods, 2)
    await shopper.does("cartCouponApply", {"cartId": shopper.cart["id"], "code": code})
    assert shopper.cart["cost"]["discount"]["amount"] == "5.00"
    line = shopper.cart["lines"][0]["id"]
    await shopper.does("cartLinesUpdate", {"cartId": shopper.cart["id"], "lines": [{"id": line, "quantity": 1}]})
    assert shopper.cart["cost"]["discount"]["amount"] == "0.00"
    assert shopper.cart["coupon"]["problem"] == {"code": "COUPON_MINIMUM_NOT_MET"}


async def test_the_explanation_sums_to_the_total(shop: Shop) -> None:
    code = await shop.coupon(basis_points=1500)
    shopper = shop.shopper()
    await shopper.adds(await shop.goods(price=1111), 3)
    await shopper.adds(await shop.goods(price=777), 1)
    await shopper.introduces_themselves()
    await shopper.does("cartCouponApply", {"cartId": shopper.cart["id"], "code": code})
    asked = """query($id: ID!) { cart(id: $id) { cost { total { gross { amount } }
        explanation { kind amount { amount } terms { kind amount { amount } terms { kind amount { amount } terms { kind } } } } } } }"""
    cost = (await shop.data(asked, {"id": shopper.cart["id"]}))["cart"]["cost"]
    tree = cost["explanation"]
    leaves = [leaf for line in tree["terms"] for leaf in line["terms"]]
    assert sum(int(leaf["amount"]["amount"].replace(".", "")) for leaf in leaves) == 3984
    assert tree["amount"]["amount"] == cost["total"]["gross"]["amount"] == "39.84"
