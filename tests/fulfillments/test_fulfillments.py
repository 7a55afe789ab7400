"""Goods leave the shop in parts and from several warehouses, each unit once, and the buyer hears of each parcel."""

from __future__ import annotations

import asyncio
from typing import Any

from domain.viewer import Permission
from tests.fulfillments.conftest import ORDER, Dispatch
from tests.makers.people import a_staff_token

OF_PARCEL = "fulfillment { id state trackingUrl } order { ...Standing }"


def _kinds(order: dict[str, Any]) -> list[str]:
    return [each["kind"] for each in order["events"]]


async def test_an_order_goes_out_in_parts_and_is_complete_when_the_last_has_arrived(dispatch: Dispatch) -> None:
    goods = await dispatch.shop.goods(stock=10)
    order = await dispatch.paid((goods, 3))
    assert await dispatch.shelf(goods) == {"north": (10, 3)}

    first = await dispatch.sends(order, (goods, 2), carrier="UPS", trackingNumber="1Z 999")
    assert first["userErrors"] == []
    seen = first["order"]
    assert (seen["status"], seen["fulfillmentStatus"]) == ("PROCESSING", "PARTIALLY_SHIPPED")
    assert [each["openQuantity"] for each in seen["lines"]] == [1]
    assert seen["fulfillments"] == [
        {
            "id": first["fulfillment"]["id"],
            "number": 1,
            "state": "SHIPPED",
            "carrier": "UPS",
            "trackingNumber": "1Z 999",
            "trackingUrl": "https://www.ups.com/track?tracknum=1Z%20999",
            "warehouseId": dispatch.north,
            "lines": [{"lineId": order["lines"][goods.sku], "sku": goods.sku, "quantity": 2}],
        }
    ]
    assert await dispatch.shelf(goods) == {"north": (8, 1)}

    second = await dispatch.sends(order, (goods, 1))
    assert (second["fulfillment"]["number"], second["order"]["fulfillmentStatus"]) == (2, "SHIPPED")
    arrived = await dispatch.does("fulfillmentDeliver", {"fulfillmentId": first["fulfillment"]["id"]}, OF_PARCEL)
    assert (arrived["order"]["status"], arrived["order"]["fulfillmentStatus"]) == ("PROCESSING", "SHIPPED")
    last = await dispatch.does("fulfillmentDeliver", {"fulfillmentId": second["fulfillment"]["id"]}, OF_PARCEL)
    assert (last["order"]["status"], last["order"]["fulfillmentStatus"]) == ("COMPLETED", "DELIVERED")
    assert _kinds(last["order"])[-9:] == [
        "FULFILLMENT_CREATED",
        "FULFILLMENT_CHANGED",
        "STATUS_CHANGED",
        "FULFILLMENT_CREATED",
        "FULFILLMENT_CHANGED",
        "FULFILLMENT_DELIVERED",
        "FULFILLMENT_DELIVERED",
        "FULFILLMENT_CHANGED",
        "STATUS_CHANGED",
    ]
    assert await dispatch.movements(order) == [("SHIPPED", -2), ("SHIPPED", -1)]


async def test_each_parcel_has_its_letters_with_what_is_in_it_and_where_to_follow_it(dispatch: Dispatch) -> None:
    goods = await dispatch.shop.goods(stock=5)
    order = await dispatch.paid((goods, 2))
    await dispatch.postman.letters(order["email"])
    sent = await dispatch.sends(order, (goods, 1), carrier="DPD", trackingNumber="0150")
    [letter] = await dispatch.postman.letters(order["email"])
    assert f"1 x {await _name(dispatch, order)} ({goods.sku})" in letter.text
    assert "Tracking number: DPD 0150" in letter.text
    assert "Follow the shipment: https://tracking.dpd.de/status/en_US/parcel/0150" in letter.text
    assert 'href="https://tracking.dpd.de/status/en_US/parcel/0150"' in letter.html
    parcel = {"fulfillmentId": sent["fulfillment"]["id"]}
    await dispatch.does(
        "fulfillmentTrackingUpdate", {**parcel, "carrier": "OTHER", "trackingUrl": "https://van.example/1"}, OF_PARCEL
    )
    await dispatch.does("fulfillmentDeliver", parcel, OF_PARCEL)
    told = await dispatch.postman.letters(order["email"])
    assert sorted(each.subject.partition(": ")[2].partition(" of ")[0] for each in told) == [
        "a shipment",
        "follow the shipment",
    ]
    assert any("https://van.example/1" in each.text for each in told)


async def _name(dispatch: Dispatch, order: dict[str, Any]) -> str:
    found = await dispatch.shop.data(
        "query($t: String!) { orderByToken(token: $t) { lines { productName variantName } } }", {"t": order["token"]}
    )
    line = found["orderByToken"]["lines"][0]
    return f"{line['productName']} · {line['variantName']}"


async def test_a_line_may_leave_two_warehouses_and_another_than_it_was_set_aside_in(dispatch: Dispatch) -> None:
    goods = await dispatch.shop.goods(stock=(2, 6))
    order = await dispatch.paid((goods, 4))
    assert await dispatch.shelf(goods) == {"north": (2, 2), "south": (6, 2)}
    sent = await dispatch.sends(order, (goods, 3), warehouse=dispatch.south)
    assert sent["userErrors"] == []
    assert await dispatch.shelf(goods) == {"north": (2, 1), "south": (3, 0)}
    rest = await dispatch.sends(order, (goods, 1), warehouse=dispatch.north)
    assert rest["order"]["fulfillmentStatus"] == "SHIPPED"
    assert await dispatch.shelf(goods) == {"north": (1, 0), "south": (3, 0)}


async def test_what_a_warehouse_does_not_have_free_does_not_leave_it(dispatch: Dispatch) -> None:
    goods = await dispatch.shop.goods(stock=(5, 1))
    order = await dispatch.paid((goods, 2))
    refused = await dispatch.sends(order, (goods, 2), warehouse=dispatch.south)
    assert refused["userErrors"] == [
        {"code": "INSUFFICIENT_STOCK", "path": ["input", "lines"], "sku": goods.sku, "available": 1}
    ]
    assert await dispatch.shelf(goods) == {"north": (5, 2), "south": (1, 0)}
    assert (await dispatch.seen(order))["fulfillments"] == []


async def test_a_parcel_that_is_called_back_lies_where_it_lay_once_and_goes_out_again(dispatch: Dispatch) -> None:
    goods = await dispatch.shop.goods(stock=10)
    order = await dispatch.paid((goods, 3))
    first = await dispatch.sends(order, (goods, 1))
    second = await dispatch.sends(order, (goods, 2))
    said = {"fulfillmentId": second["fulfillment"]["id"], "reason": "The van broke down."}
    done = await asyncio.gather(*(dispatch.does("fulfillmentCancel", said, OF_PARCEL) for _ in range(4)))
    assert sorted(len(each["userErrors"]) for each in done) == [0, 1, 1, 1]
    assert {error["code"] for each in done for error in each["userErrors"]} == {"FULFILLMENT_CLOSED"}
    assert await dispatch.shelf(goods) == {"north": (9, 2)}
    assert (await dispatch.seen(order))["fulfillmentStatus"] == "PARTIALLY_SHIPPED"
    emptied = await dispatch.does("fulfillmentCancel", {"fulfillmentId": first["fulfillment"]["id"]}, OF_PARCEL)
    assert (emptied["order"]["status"], emptied["order"]["fulfillmentStatus"]) == ("PROCESSING", "UNFULFILLED")
    assert await dispatch.shelf(goods) == {"north": (10, 3)}
    again = await dispatch.sends(order, (goods, 3))
    assert (again["fulfillment"]["number"], again["order"]["fulfillmentStatus"]) == (3, "SHIPPED")
    assert await dispatch.shelf(goods) == {"north": (7, 0)}
    assert await dispatch.movements(order) == [
        ("SHIPPED", -1),
        ("SHIPPED", -2),
        ("RETURNED", 2),
        ("RETURNED", 1),
        ("SHIPPED", -3),
    ]


async def test_racing_shipments_never_send_more_of_a_line_than_was_sold(dispatch: Dispatch) -> None:
    goods = await dispatch.shop.goods(stock=(20, 20))
    order = await dispatch.paid((goods, 5))
    done = await asyncio.gather(
        *(dispatch.sends(order, (goods, 2), warehouse=place) for place in (dispatch.north, dispatch.south) * 3)
    )
    assert sorted(len(each["userErrors"]) for each in done) == [0, 0, 1, 1, 1, 1]
    assert {(error["code"], error["open"]) for each in done for error in each["userErrors"]} == {("NOT_LEFT_TO_SHIP", 1)}
    assert [each["openQuantity"] for each in (await dispatch.seen(order))["lines"]] == [1]
    assert sum(delta for _, delta in await dispatch.movements(order)) == -4


async def test_the_same_key_sends_once(dispatch: Dispatch) -> None:
    goods = await dispatch.shop.goods(stock=5)
    order = await dispatch.paid((goods, 4))
    once, again = [await dispatch.sends(order, (goods, 1), key="one-parcel") for _ in range(2)]
    assert once["fulfillment"] == again["fulfillment"]
    assert await dispatch.shelf(goods) == {"north": (4, 3)}


async def test_units_that_were_given_back_before_they_went_out_are_not_sent(dispatch: Dispatch) -> None:
    goods = await dispatch.shop.goods(stock=5)
    order = await dispatch.paid((goods, 3))
    back = {"lineId": order["lines"][goods.sku], "quantity": 2, "restock": True}
    refund = {"orderId": order["id"], "lines": [back], "reason": "Changed their mind."}
    asked = "request { state } order { lines { openQuantity } }"
    given = await dispatch.does("refundCreate", refund, asked, key=f"back-{order['number']}")
    assert given == {"request": {"state": "APPROVED"}, "order": {"lines": [{"openQuantity": 1}]}, "userErrors": []}
    refused = await dispatch.sends(order, (goods, 2))
    assert [(each["code"], each["open"]) for each in refused["userErrors"]] == [("NOT_LEFT_TO_SHIP", 1)]
    sent = await dispatch.sends(order, (goods, 1))
    assert sent["order"]["fulfillmentStatus"] == "SHIPPED"
    assert await dispatch.shelf(goods) == {"north": (4, 0)}


async def test_a_parcel_of_which_goods_came_back_cannot_be_called_back(dispatch: Dispatch) -> None:
    goods = await dispatch.shop.goods(stock=5)
    order = await dispatch.paid((goods, 2))
    sent = await dispatch.sends(order, (goods, 2))
    back = {"lineId": order["lines"][goods.sku], "quantity": 1, "restock": True}
    refund = {"orderId": order["id"], "lines": [back], "reason": "Too small."}
    await dispatch.does("refundCreate", refund, "request { state }", key=f"back-{order['number']}")
    assert await dispatch.shelf(goods) == {"north": (4, 0)}
    refused = await dispatch.does("fulfillmentCancel", {"fulfillmentId": sent["fulfillment"]["id"]}, OF_PARCEL)
    assert [each["code"] for each in refused["userErrors"]] == ["GOODS_CAME_BACK"]
    assert await dispatch.shelf(goods) == {"north": (4, 0)}


async def test_all_that_is_left_goes_out_at_once_a_parcel_for_each_warehouse(dispatch: Dispatch) -> None:
    goods, voucher = await dispatch.shop.goods(stock=(2, 4)), await dispatch.shop.goods(stock=0, tracks_stock=False)
    order = await dispatch.paid((goods, 5), (voucher, 1))
    await dispatch.sends(order, (goods, 1))
    moved = {"orderId": order["id"], "fulfillmentStatus": "SHIPPED"}
    done = (await dispatch.does("orderTransition", moved, "order { ...Standing }"))["order"]
    assert (done["fulfillmentStatus"], [each["openQuantity"] for each in done["lines"]]) == ("SHIPPED", [0, 0])
    sent = [(line["sku"], line["quantity"]) for each in done["fulfillments"] for line in each["lines"]]
    assert sorted(sent) == sorted([(goods.sku, 1), (goods.sku, 1), (goods.sku, 3), (voucher.sku, 1)])
    assert await dispatch.shelf(goods) == {"north": (0, 0), "south": (1, 0)}
    over = {"orderId": order["id"], "fulfillmentStatus": "DELIVERED"}
    arrived = (await dispatch.does("orderTransition", over, "order { ...Standing }"))["order"]
    assert (arrived["status"], {each["state"] for each in arrived["fulfillments"]}) == ("COMPLETED", {"DELIVERED"})


async def test_nothing_leaves_for_an_order_that_is_not_paid_or_was_cancelled(dispatch: Dispatch) -> None:
    goods = await dispatch.shop.goods(stock=5)
    placed = await dispatch.shop.shopper().orders((goods, 1))
    unpaid = {**placed, "lines": {each["sku"]: each["id"] for each in (await dispatch.seen(placed))["lines"]}}
    assert [each["code"] for each in (await dispatch.sends(unpaid, (goods, 1)))["userErrors"]] == ["NOT_PAID"]
    await dispatch.does("orderCancel", {"orderToken": placed["token"]}, "order { status }")
    assert [each["code"] for each in (await dispatch.sends(unpaid, (goods, 1)))["userErrors"]] == ["INVALID_TRANSITION"]
    assert await dispatch.shelf(goods) == {"north": (5, 0)}


async def test_what_is_said_about_a_parcel_must_make_sense(dispatch: Dispatch) -> None:
    goods, other = await dispatch.shop.goods(stock=5), await dispatch.shop.goods(stock=5)
    order, foreign = await dispatch.paid((goods, 1)), await dispatch.paid((other, 1))
    borrowed = {**order, "lines": foreign["lines"]}
    for said, code, path in (
        ({"carrier": "OTHER", "trackingUrl": "javascript:alert(1)"}, "INVALID", ["input", "trackingUrl"]),
        ({"carrier": "OTHER", "trackingUrl": "http://van.example/1"}, "INVALID", ["input", "trackingUrl"]),
        ({"carrier": "UPS", "trackingUrl": "https://van.example/1"}, "INVALID", ["input", "trackingUrl"]),
        ({"carrier": "UPS", "trackingNumber": "<b>"}, "INVALID", ["input", "trackingNumber"]),
        ({"trackingNumber": "1Z"}, "INVALID", ["input", "carrier"]),
        ({"lines": []}, "INVALID", ["input", "lines"]),
        ({"warehouseId": order["id"]}, "NOT_FOUND", ["input", "warehouseId"]),
        ({"ifVersion": 1}, "VERSION_CONFLICT", ["input", "ifVersion"]),
    ):
        refused = await dispatch.sends(order, (goods, 1), **said)
        assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [(code, path)], said
    stranger = await dispatch.sends(borrowed, (other, 1))
    assert [(each["code"], each["path"][-1]) for each in stranger["userErrors"]] == [("NOT_FOUND", "lineId")]
    assert (await dispatch.seen(order))["fulfillments"] == []


async def test_who_works_in_another_channel_or_only_reads_sends_nothing(dispatch: Dispatch) -> None:
    goods = await dispatch.shop.goods(stock=5)
    order = await dispatch.paid((goods, 1))
    sent = await dispatch.sends(order, (goods, 1))
    reader = await a_staff_token(dispatch.shop, Permission.READ_ORDERS)
    text = "mutation($id: ID!) { fulfillmentDeliver(input: { fulfillmentId: $id }) { userErrors { code } } }"
    refused = await dispatch.shop.ask(text, {"id": sent["fulfillment"]["id"]}, token=reader)
    assert refused["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    guest = await dispatch.shop.ask(
        f"query($t: String!) {{ orderByToken(token: $t) {{ ...Standing }} }} {ORDER}", {"t": order["token"]}
    )
    assert guest["data"]["orderByToken"]["fulfillments"][0]["warehouseId"] is None
