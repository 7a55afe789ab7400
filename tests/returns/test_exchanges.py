"""Goods that came back are exchanged: others are set aside at once and go out as an order that costs nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.fulfillments.conftest import ORDER
from tests.makers.people import a_customer_token
from tests.makers.trade import Goods, some_goods
from tests.returns.conftest import RETURN, Desk

PLACED = """replacement { id token status paymentStatus fulfillmentStatus total { gross { amount } } email
    shippingAddress { city } delivery { name cost { gross { amount } } } lines { id sku quantity total { gross { amount } } } }"""


async def _exchanges(desk: Desk, return_id: str, *lines: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    return await desk.office.does(
        "returnExchange", {"returnId": return_id, "lines": list(lines)}, f"{PLACED} {RETURN}", key=key
    )


async def _other_size(desk: Desk, goods: Goods, *, stock: int) -> Goods:
    """Another variant of the same product."""
    async with desk.office.shop.rows.acquire() as connection:
        made = await some_goods(connection, desk.office.shop.channel, stock=stock)
        await connection.execute(
            "UPDATE variant SET product_id = $1, position = 2, name = 'Large', option1 = 'Large' WHERE id = $2",
            goods.product_id,
            made.variant_id,
        )
    return Goods(goods.product_id, made.variant_id, made.sku)


async def test_another_size_goes_out_as_an_order_that_costs_nothing(desk: Desk) -> None:
    office = desk.office
    goods = await office.shop.goods(price=1000, stock=5)
    large = await _other_size(desk, goods, stock=2)
    order = await desk.sold((goods, 3))
    return_id = await desk.received(order, goods, 2)
    line = {"lineId": order["lines"][goods.sku]}
    await office.postman.letters(order["email"])
    done = await _exchanges(desk, return_id, {**line, "quantity": 1, "variantId": large.id}, key="one-exchange")
    replacement = done["replacement"]
    assert replacement == {
        "id": replacement["id"],
        "token": replacement["token"],
        "status": "CONFIRMED",
        "paymentStatus": "PAID",
        "fulfillmentStatus": "UNFULFILLED",
        "total": {"gross": {"amount": "0.00"}},
        "email": order["email"],
        "shippingAddress": {"city": "Berlin"},
        "delivery": {"name": "Standard", "cost": {"gross": {"amount": "0.00"}}},
        "lines": [
            {"id": replacement["lines"][0]["id"], "sku": large.sku, "quantity": 1, "total": {"gross": {"amount": "0.00"}}}
        ],
    }
    assert (done["return"]["state"], done["return"]["replacements"]) == ("RECEIVED", [{"id": replacement["id"]}])
    assert await office.shelf(large) == {"north": (2, 1)}
    again = await _exchanges(desk, return_id, {**line, "quantity": 1, "variantId": large.id}, key="one-exchange")
    assert again["replacement"]["id"] == replacement["id"]
    assert await office.shelf(large) == {"north": (2, 1)}
    rest = await desk.refunds(return_id)
    assert (rest["request"]["amount"], rest["return"]["state"]) == ({"amount": "10.00"}, "COMPLETED")
    sent = await office.sends({"id": replacement["id"], "lines": {large.sku: replacement["lines"][0]["id"]}}, (large, 1))
    assert (sent["userErrors"], sent["order"]["fulfillmentStatus"]) == ([], "SHIPPED")
    assert await office.shelf(large) == {"north": (1, 0)}
    letters = await office.postman.letters(order["email"])
    [placed] = [each for each in letters if "€0.00" in each.text and large.sku in each.text]
    assert "You will hear from us as soon as it is on its way." in placed.text


async def test_units_that_other_goods_were_sent_for_are_not_refunded_as_well_until_these_are_called_off(desk: Desk) -> None:
    goods = await desk.office.shop.goods(price=1000, stock=5)
    order = await desk.sold((goods, 2))
    return_id = await desk.received(order, goods, 1)
    line = order["lines"][goods.sku]
    replacement = (await _exchanges(desk, return_id, {"lineId": line, "quantity": 1}))["replacement"]

    async def refund(quantity: int) -> dict[str, Any]:
        said = {"orderId": order["id"], "lines": [{"lineId": line, "quantity": quantity}], "reason": "Both?"}
        return await desk.office.does("refundCreate", said, "refunds { amount { amount } }", key=f"both-{line}-{quantity}")

    both = await refund(2)
    assert [(each["code"], each["path"][-1]) for each in both["userErrors"]] == [("INVALID", "quantity")]
    assert both["refunds"] is None
    assert [each["amount"]["amount"] for each in (await refund(1))["refunds"]] == ["10.00"]
    off = await desk.office.does("orderCancel", {"orderId": replacement["id"], "reason": "Gone."}, "order { status }")
    assert off["userErrors"] == []
    again = {"orderId": order["id"], "lines": [{"lineId": line, "quantity": 1}], "reason": "Nothing was sent for it."}
    rest = await desk.office.does("refundCreate", again, "refunds { amount { amount } }", key=f"rest-{line}")
    assert [each["amount"]["amount"] for each in rest["refunds"]] == ["10.00"]


async def test_a_return_of_what_cost_nothing_has_nothing_to_give_back_and_says_so_of_the_return(desk: Desk) -> None:
    goods = await desk.office.shop.goods(price=1000, stock=5)
    order = await desk.sold((goods, 1))
    sent = await _exchanges(desk, await desk.received(order, goods, 1), {"lineId": order["lines"][goods.sku], "quantity": 1})
    replacement = {**sent["replacement"], "lines": {goods.sku: sent["replacement"]["lines"][0]["id"]}}
    for status in ("SHIPPED", "DELIVERED"):
        moved = {"orderId": replacement["id"], "fulfillmentStatus": status}
        await desk.office.does("orderTransition", moved, "order { status }")
    refused = await desk.refunds(await desk.received(replacement, goods, 1))
    assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [("REFUND_TOO_LARGE", ["input", "returnId"])]


async def test_what_is_sent_in_place_of_goods_is_not_more_by_an_edit(desk: Desk) -> None:
    goods, other = await desk.office.shop.goods(price=1000, stock=5), await desk.office.shop.goods(price=2000)
    order = await desk.sold((goods, 1))
    return_id = await desk.received(order, goods, 1)
    done = await _exchanges(desk, return_id, {"lineId": order["lines"][goods.sku], "quantity": 1})
    replacement = done["replacement"]
    for quantity in (4, 0):
        said = {"orderId": replacement["id"], "lines": [{"lineId": replacement["lines"][0]["id"], "quantity": quantity}]}
        refused = await desk.office.does("orderEdit", said, "change { total { gross { amount } } }")
        assert [(each["code"], each["path"][-1]) for each in refused["userErrors"]] == [("LINE_NOT_EDITABLE", "lineId")]
    assert await desk.office.shelf(goods) == {"north": (5, 1)}
    said = {"orderId": replacement["id"], "add": [{"variantId": other.id, "quantity": 1}]}
    sold = await desk.office.does("orderEdit", said, "change { due { amount } }")
    assert (sold["userErrors"], sold["change"]) == ([], {"due": {"amount": "20.00"}})


async def test_racing_exchanges_set_aside_each_unit_once_and_never_what_is_not_there(desk: Desk) -> None:
    office = desk.office
    goods = await office.shop.goods(price=1000, stock=5)
    large = await _other_size(desk, goods, stock=1)
    order = await desk.sold((goods, 4))
    return_id = await desk.received(order, goods, 2)
    one = {"lineId": order["lines"][goods.sku], "quantity": 1, "variantId": large.id}
    done = await asyncio.gather(*(_exchanges(desk, return_id, one) for _ in range(3)))
    assert sorted(len(each["userErrors"]) for each in done) == [0, 1, 1]
    assert {(error["code"], error["available"]) for each in done for error in each["userErrors"]} == {("INSUFFICIENT_STOCK", 0)}
    assert await office.shelf(large) == {"north": (1, 1)}
    same = {"lineId": order["lines"][goods.sku], "quantity": 1}
    last = await _exchanges(desk, return_id, same)
    assert (last["return"]["state"], [each["sku"] for each in last["replacement"]["lines"]]) == ("COMPLETED", [goods.sku])
    refused = await _exchanges(desk, return_id, same)
    assert [each["code"] for each in refused["userErrors"]] == ["RETURN_STEP_REFUSED"]
    money = await desk.refunds(return_id)
    assert [each["code"] for each in money["userErrors"]] == ["RETURN_STEP_REFUSED"]


async def test_what_is_refunded_is_not_exchanged_however_they_race(desk: Desk) -> None:
    goods = await desk.office.shop.goods(price=1000, stock=5)
    order = await desk.sold((goods, 1))
    return_id = await desk.received(order, goods, 1)
    one = {"lineId": order["lines"][goods.sku], "quantity": 1}
    done = await asyncio.gather(desk.refunds(return_id), _exchanges(desk, return_id, one), desk.refunds(return_id))
    assert sorted(len(each["userErrors"]) for each in done) == [0, 1, 1]
    [line] = next(each["return"]["lines"] for each in done if not each["userErrors"])
    assert line["refunded"] + line["exchanged"] == line["accepted"] == 1


async def test_only_a_variant_of_the_same_product_stands_in_and_no_more_than_came_back(desk: Desk) -> None:
    office = desk.office
    goods, other = await office.shop.goods(stock=5), await office.shop.goods(stock=5)
    order = await desk.sold((goods, 2))
    return_id = await desk.received(order, goods, 1)
    line = {"lineId": order["lines"][goods.sku]}
    for said, code, path in (
        ({**line, "quantity": 1, "variantId": other.id}, "NOT_FOUND", "variantId"),
        ({**line, "quantity": 1, "variantId": order["id"]}, "NOT_FOUND", "variantId"),
        ({**line, "quantity": 2}, "NOT_LEFT_TO_SETTLE", "quantity"),
        ({"lineId": order["id"], "quantity": 1}, "NOT_FOUND", "lineId"),
    ):
        refused = await _exchanges(desk, return_id, said)
        assert [(each["code"], each["path"][-1]) for each in refused["userErrors"]] == [(code, path)], said
    assert await office.shelf(other) == {"north": (5, 0)}
    assert (await _exchanges(desk, return_id, {**line, "quantity": 1}))["userErrors"] == []


async def test_whoever_watches_an_order_sees_its_return_move(desk: Desk) -> None:
    goods = await desk.office.shop.goods(stock=5)
    order = await desk.sold((goods, 1))
    await desk.received(order, goods, 1)
    text = f"query($t: String!) {{ orderByToken(token: $t) {{ ...Standing }} }} {ORDER}".replace(" warehouseId", "")
    seen = (await desk.office.shop.data(text, {"t": order["token"]}))["orderByToken"]
    assert [each["kind"] for each in seen["events"]][-4:] == [
        "RETURN_REQUESTED",
        "RETURN_APPROVED",
        "RETURN_RECEIVED",
        "FULFILLMENT_CHANGED",
    ]


async def test_a_customer_sees_what_replaces_their_goods_among_their_orders_and_keeps_their_cart(desk: Desk) -> None:
    office = desk.office
    token = await a_customer_token(office.shop)
    buyer = office.shop.shopper(token=token)
    goods = await office.shop.goods(price=1000, stock=5)
    order = await desk.sold((goods, 1), buyer=buyer)
    buyer.cart = {}
    assert (await buyer.adds(goods))["userErrors"] == []
    asked = await desk.asks(order, (goods, 1), token=token)
    assert (asked["userErrors"], asked["return"]["state"]) == ([], "REQUESTED")
    off = await desk.does("returnCancel", {"returnId": asked["return"]["id"]}, token=token)
    assert (off["userErrors"], off["return"]["state"]) == ([], "CANCELLED")
    return_id = await desk.received(order, goods, 1)
    done = await _exchanges(desk, return_id, {"lineId": order["lines"][goods.sku], "quantity": 1})
    assert done["userErrors"] == []
    mine = await office.shop.data("{ me { orders { nodes { id } } } myCart { id totalQuantity } }", token=token)
    assert [each["id"] for each in mine["me"]["orders"]["nodes"]] == [done["replacement"]["id"], order["id"]]
    assert mine["myCart"] == {"id": buyer.cart["id"], "totalQuantity": 1}
