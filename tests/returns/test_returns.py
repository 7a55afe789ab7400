"""Goods come back: asked for by their buyer, agreed to, received by condition and shelf, and refunded, each unit once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from domain.viewer import Permission
from tests.invoices.conftest import OF_ORDER, SELLER, SETTINGS
from tests.makers.people import a_customer_token, a_staff_token
from tests.payments.till import raw_id
from tests.returns.conftest import Desk

BUYERS = """query($token: String!) { orderByToken(token: $token) { fulfillmentStatus
    lines { returnableQuantity returnableUntil } returns { number state lines { accepted } } } }"""
SHOPS = "query($token: String!) { orderByToken(token: $token) { returns { state requestedBy receipts { quantity } } } }"
RETURNS = """query($where: ReturnWhereInput, $first: Int, $after: String) { returns(where: $where, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { id state order { number } } } }"""


def _errors(payload: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["code"], each["path"][-1]) for each in payload["userErrors"]]


async def test_goods_come_back_and_are_paid_for_to_the_last_minor_unit(desk: Desk) -> None:
    office = desk.office
    goods, other = await office.shop.goods(price=1999, stock=10), await office.shop.goods(price=500, stock=10)
    order = await desk.sold((goods, 3), (other, 1))
    asked = await desk.asks(order, (goods, 2), note="Too small.")
    assert (asked["return"]["state"], asked["order"]["fulfillmentStatus"]) == ("REQUESTED", "DELIVERED")
    return_id = asked["return"]["id"]
    seen = (await office.shop.data(BUYERS, {"token": order["token"]}))["orderByToken"]
    assert [each["returnableQuantity"] for each in seen["lines"]] == [1, 1]
    assert seen["returns"] == [{"number": 1, "state": "REQUESTED", "lines": [{"accepted": 0}]}]
    for_the_shop = await office.shop.ask(SHOPS, {"token": order["token"]})
    assert {each["extensions"]["code"] for each in for_the_shop["errors"]} == {"UNAUTHENTICATED"}
    [hidden] = for_the_shop["data"]["orderByToken"]["returns"]
    assert hidden == {"state": "REQUESTED", "requestedBy": None, "receipts": None}
    assert _errors(await desk.receives(order, return_id)) == [("RETURN_STEP_REFUSED", "returnId")]
    await desk.does("returnApprove", {"returnId": return_id})
    done = await desk.receives(order, return_id, (goods, 1, "NEW", office.south), (goods, 1, "DAMAGED", None))
    assert (done["return"]["state"], done["order"]["fulfillmentStatus"], done["order"]["status"]) == (
        "RECEIVED",
        "PARTIALLY_RETURNED",
        "COMPLETED",
    )
    assert done["return"]["receipts"] == [
        {"sku": order["lines"][goods.sku], "quantity": 1, "condition": "NEW", "warehouseId": office.south},
        {"sku": order["lines"][goods.sku], "quantity": 1, "condition": "DAMAGED", "warehouseId": None},
    ]
    assert await office.shelf(goods) == {"north": (7, 0), "south": (1, 0)}
    assert [each for each in await office.movements(order) if each[1] > 0] == [("RESTOCKED", 1)]
    assert _errors(await desk.receives(order, return_id)) == [("RETURN_STEP_REFUSED", "returnId")]

    first = await desk.refunds(return_id, lines=[{"lineId": order["lines"][goods.sku], "quantity": 1}])
    assert (first["request"]["amount"], first["return"]["state"]) == ({"amount": "19.99"}, "RECEIVED")
    rest = await desk.refunds(return_id, shipping=True)
    assert rest["request"] == {
        "id": rest["request"]["id"],
        "state": "APPROVED",
        "amount": {"amount": "19.99"},
        "reason": f"Return {order['number']}-1",
    }
    assert rest["return"]["state"] == "COMPLETED"
    [line] = rest["return"]["lines"]
    assert (line["quantity"], line["accepted"], line["refunded"], line["exchanged"]) == (2, 2, 2, 0)
    assert _errors(await desk.refunds(return_id)) == [("RETURN_STEP_REFUSED", "returnId")]
    kinds = [each["kind"] for each in rest["order"]["events"]]
    assert [each for each in kinds if each.startswith("RETURN")] == [
        "RETURN_REQUESTED",
        "RETURN_APPROVED",
        "RETURN_RECEIVED",
        "RETURN_COMPLETED",
    ]
    assert await office.shelf(goods) == {"north": (7, 0), "south": (1, 0)}


async def test_the_delivery_goes_back_only_when_it_is_asked_for(desk: Desk) -> None:
    goods = await desk.office.shop.goods(price=1000, stock=5)
    order = await desk.sold((goods, 1))
    whole = await desk.refunds(await desk.received(order, goods, 1), shipping=True)
    assert whole["request"]["amount"] == {"amount": "14.90"}
    assert whole["return"]["refundRequests"] == [
        {"state": "APPROVED", "amount": {"amount": "14.90"}, "shipping": {"amount": "4.90"}}
    ]
    assert (whole["order"]["fulfillmentStatus"], whole["return"]["state"]) == ("RETURNED", "COMPLETED")


async def test_who_asks_is_told_and_staff_too(desk: Desk) -> None:
    office = desk.office
    goods = await office.shop.goods(price=1000, stock=5)
    order = await desk.sold((goods, 3))
    await office.postman.letters(order["email"])
    await office.postman.letters("staff@example.com")
    asked = await desk.asks(order, (goods, 1), note="Scratched <b>badly</b>.")
    [to_staff] = await office.postman.letters("staff@example.com")
    assert "asks to send back: 1 x " in to_staff.text
    assert "What they say: Scratched <b>badly</b>." in to_staff.text
    assert "<b>badly" not in to_staff.html
    reason = "It is older than a year."
    declined = await desk.does("returnDecline", {"returnId": asked["return"]["id"], "reason": reason})
    assert (declined["return"]["state"], declined["return"]["declineReason"]) == ("DECLINED", reason)
    [letter] = await office.postman.letters(order["email"])
    assert f"We cannot: {reason}" in letter.text
    return_id = await desk.received(order, goods, 2)
    told = await office.postman.letters(order["email"])
    assert sorted(each.subject.partition(": ")[2].partition(str(order["number"]))[0] for each in told) == [
        "goods of your order ",
        "you may send goods of your order ",
    ]
    refunded = await desk.refunds(return_id)
    [refund] = refunded["refunds"]
    await office.does("refundMarkPaid", {"refundId": refund["id"]}, "refund { state }", key=f"paid-{order['number']}")
    [money] = await office.postman.letters(order["email"])
    assert "that you sent back we have given money back, €20.00" in money.text


async def test_what_goes_back_for_a_return_has_its_credit_note(desk: Desk) -> None:
    office = desk.office
    manager = await a_staff_token(office.shop, Permission.MANAGE_SETTINGS)
    await office.shop.data(SETTINGS, {"input": {**SELLER, "isAutomatic": True}}, token=manager)
    goods = await office.shop.goods(price=1000, stock=5)
    order = await desk.sold((goods, 2))
    await office.postman.works()
    await office.shop.data(SETTINGS, {"input": {**SELLER, "isAutomatic": False}}, token=manager)
    [refund] = (await desk.refunds(await desk.received(order, goods, 1)))["refunds"]
    await office.does("refundMarkPaid", {"refundId": refund["id"]}, "refund { state }", key=f"paid-{order['number']}")
    await office.postman.works()
    papers = (await office.shop.data(OF_ORDER, {"token": order["token"]}))["orderByToken"]["invoices"]
    assert [(each["kind"], each["total"]["amount"]) for each in papers] == [("INVOICE", "24.90"), ("CREDIT_NOTE", "10.00")]


async def test_the_time_to_ask_is_the_channels_and_binds_buyers_only(desk: Desk) -> None:
    office = desk.office
    goods = await office.shop.goods(stock=5)
    order = await desk.sold((goods, 2), arrives=False)
    long_ago = "UPDATE fulfillment SET created_at = now() - $2::interval WHERE order_id = $1"
    await office.shop.rows.execute(long_ago, raw_id(order["id"]), timedelta(days=31))
    assert _errors(await desk.asks(order, (goods, 1))) == [("RETURN_WINDOW_CLOSED", "lineId")]
    manager = await a_staff_token(office.shop, Permission.MANAGE_SETTINGS)
    slug = office.shop.channel.slug
    window = (
        "mutation($i: ChannelReturnWindowSetInput!) { channelReturnWindowSet(input: $i) { days userErrors { code path } } }"
    )
    for days, errors in ((40, []), (-1, [{"code": "INVALID", "path": ["input", "days"]}])):
        set_ = await office.shop.data(window, {"i": {"channel": slug, "days": days}}, token=manager)
        assert set_["channelReturnWindowSet"]["userErrors"] == errors
    assert (await office.shop.data("{ localization { returnDays } }"))["localization"] == {"returnDays": 40}
    assert (await desk.asks(order, (goods, 1)))["userErrors"] == []
    await office.shop.data(window, {"i": {"channel": slug, "days": 30}}, token=manager)
    by_staff = await desk.asks(order, (goods, 1), token=office.token)
    assert by_staff["return"]["state"] == "APPROVED"


async def test_racing_requests_never_take_back_more_than_was_sent_and_what_is_declined_counts_no_more(desk: Desk) -> None:
    goods = await desk.office.shop.goods(stock=10)
    order = await desk.sold((goods, 5))
    done = await asyncio.gather(*(desk.asks(order, (goods, 2)) for _ in range(5)))
    assert sorted(len(each["userErrors"]) for each in done) == [0, 0, 1, 1, 1]
    assert {(error["code"], error["returnable"]) for each in done for error in each["userErrors"]} == {("NOT_RETURNABLE", 1)}
    made = [each["return"]["id"] for each in done if each["return"] is not None]
    await desk.does("returnDecline", {"returnId": made[0], "reason": "No."})
    cancelled = await desk.does("returnCancel", {"returnId": made[1], "orderToken": order["token"]}, token=None)
    assert cancelled["return"]["state"] == "CANCELLED"
    again = await desk.received(order, goods, 3)
    assert _errors(await desk.asks(order, (goods, 3))) == [("NOT_RETURNABLE", "quantity")]
    assert (await desk.refunds(again))["return"]["state"] == "COMPLETED"


async def test_racing_receipts_and_refunds_count_once_and_the_same_key_answers_again(desk: Desk) -> None:
    goods = await desk.office.shop.goods(price=1000, stock=10)
    order = await desk.sold((goods, 2))
    return_id = await desk.approved(order, (goods, 2))
    parcel = (goods, 2, "NEW", desk.office.north)
    came = await asyncio.gather(*(desk.receives(order, return_id, parcel) for _ in range(3)))
    assert sorted(len(each["userErrors"]) for each in came) == [0, 1, 1]
    assert await desk.office.shelf(goods) == {"north": (10, 0)}
    done = await asyncio.gather(*(desk.refunds(return_id) for _ in range(4)))
    assert sorted(len(each["userErrors"]) for each in done) == [0, 1, 1, 1]
    other = await desk.sold((goods, 1))
    one = await desk.received(other, goods, 1)
    once, again = [await desk.refunds(one, key="one-refund") for _ in range(2)]
    assert once["request"] == again["request"]
    reused = await desk.refunds(one, key="one-refund", shipping=True)
    assert [each["code"] for each in reused["userErrors"]] == ["IDEMPOTENCY_CONFLICT"]
    paid = await desk.office.shop.rows.fetch("SELECT amount FROM refund WHERE order_id = $1", raw_id(order["id"]))
    assert [row["amount"] for row in paid] == [2000]


async def test_much_money_waits_for_a_second_person_and_the_return_with_it(desk: Desk) -> None:
    office = desk.office
    goods = await office.shop.goods(price=6000, stock=10)
    order = await desk.sold((goods, 2))
    return_id = await desk.received(order, goods, 2)
    asked = await desk.refunds(return_id)
    assert (asked["request"]["state"], asked["return"]["state"], asked["refunds"]) == ("WAITING", "RECEIVED", [])
    assert _errors(await desk.does("returnComplete", {"returnId": return_id})) == [("INVALID", "returnId")]
    second = await a_staff_token(office.shop, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS)
    for said, left, state in (("refundReject", [0], "RECEIVED"), ("refundApprove", [2], "COMPLETED")):
        waiting = asked["request"]["id"] if said == "refundReject" else (await desk.refunds(return_id))["request"]["id"]
        decided = await office.does(said, {"requestId": waiting}, "request { state }", token=second, key=said)
        assert decided["userErrors"] == []
        [found] = (await office.shop.data(RETURNS, {"where": {"orderId": order["id"]}}, token=office.token))["returns"]["nodes"]
        assert (found["state"], found["order"]["number"]) == (state, order["number"]), left


async def test_what_a_return_puts_on_the_shelf_no_refund_puts_there_too(desk: Desk) -> None:
    office = desk.office
    goods = await office.shop.goods(price=1000, stock=5)
    order = await desk.sold((goods, 3))
    return_id = await desk.received(order, goods, 2)
    back = {"lineId": order["lines"][goods.sku], "quantity": 2, "restock": True}
    refund = {"orderId": order["id"], "lines": [back], "reason": "Again."}
    refused = await office.does("refundCreate", refund, "request { state }", key=f"shelf-{order['number']}")
    assert _errors(refused) == [("INVALID", "restock")]
    given = {**refund, "lines": [{**back, "quantity": 1}]}
    one = await office.does("refundCreate", given, "request { state }", key=f"one-{order['number']}")
    assert one["request"] == {"state": "APPROVED"}
    assert await office.shelf(goods) == {"north": (5, 0)}
    assert _errors(await desk.asks(order, (goods, 1))) == [("NOT_RETURNABLE", "quantity")]
    ended = await desk.does("returnComplete", {"returnId": return_id})
    assert (ended["return"]["state"], ended["return"]["lines"][0]["refunded"]) == ("COMPLETED", 0)


async def test_a_parcel_whose_goods_come_back_cannot_be_called_back(desk: Desk) -> None:
    office = desk.office
    goods = await office.shop.goods(stock=5)
    order = await desk.sold((goods, 2), arrives=False)
    await desk.approved(order, (goods, 1))
    [parcel] = (await office.seen(order))["fulfillments"]
    refused = await office.does("fulfillmentCancel", {"fulfillmentId": parcel["id"]}, "order { status }")
    assert _errors(refused) == [("GOODS_CAME_BACK", "fulfillmentId")]
    off = await office.does("orderCancel", {"orderToken": order["token"]}, "order { status }")
    assert _errors(off) == [("ALREADY_SHIPPED", "orderId")]


async def test_nothing_that_was_asked_for_may_be_good_enough_and_goods_nobody_keeps_have_no_shelf(desk: Desk) -> None:
    office = desk.office
    goods, voucher = await office.shop.goods(stock=5), await office.shop.goods(stock=0, tracks_stock=False)
    order = await desk.sold((goods, 1), (voucher, 1))
    return_id = await desk.approved(order, (goods, 1), (voucher, 1))
    for units, problem in (
        ((voucher, 1, "NEW", office.north), ("INVALID", "restockWarehouseId")),
        ((goods, 2, "NEW", office.north), ("INVALID", "quantity")),
        ((goods, 1, "NEW", order["id"]), ("NOT_FOUND", "restockWarehouseId")),
    ):
        assert _errors(await desk.receives(order, return_id, units)) == [problem]
    none = await desk.receives(order, return_id)
    assert (none["return"]["state"], none["order"]["fulfillmentStatus"]) == ("COMPLETED", "DELIVERED")
    assert await office.shelf(goods) == {"north": (4, 0)}
    assert (await desk.asks(order, (goods, 1)))["userErrors"] == []


async def test_a_return_is_its_buyers_and_its_channels_staffs(desk: Desk) -> None:
    office = desk.office
    goods = await office.shop.goods(stock=5)
    order = await desk.sold((goods, 2))
    stranger = await a_customer_token(office.shop)
    assert _errors(await desk.asks(order, (goods, 1), token=stranger)) == [("NOT_FOUND", "orderId")]
    other = await desk.sold((goods, 1))
    borrowed = {**order, "lines": other["lines"]}
    assert _errors(await desk.asks(borrowed, (goods, 1))) == [("NOT_FOUND", "lineId")]
    asked = (await desk.asks(order, (goods, 1)))["return"]["id"]
    for said in ({"returnId": asked}, {"returnId": asked, "orderToken": other["token"]}):
        assert _errors(await desk.does("returnCancel", said, token=stranger)) == [("NOT_FOUND", "returnId")]
    elsewhere = await a_staff_token(office.shop, *Permission, channels=[])
    for name, said in (("returnApprove", {}), ("returnDecline", {"reason": "No."}), ("returnReceive", {"lines": []})):
        refused = await desk.does(name, {"returnId": asked, **said}, token=elsewhere)
        assert _errors(refused) == [("NOT_FOUND", "returnId")], name
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await office.shop.data(node, {"id": asked}, token=stranger))["node"] is None
    assert (await office.shop.data(node, {"id": asked}, token=office.token))["node"] == {"id": asked}
    assert (await office.shop.data(RETURNS, {}, token=elsewhere))["returns"]["totalCount"] == 0
    page = (await office.shop.data(RETURNS, {"where": {"state": "REQUESTED"}, "first": 1}, token=office.token))["returns"]
    assert [(each["id"], each["order"]["number"]) for each in page["nodes"]] == [(asked, order["number"])]
    assert page["pageInfo"]["hasNextPage"] == (page["totalCount"] > 1)
    after = {"where": {"orderId": order["id"]}, "after": page["pageInfo"]["endCursor"]}
    assert (await office.shop.data(RETURNS, after, token=office.token))["returns"]["nodes"] == []


async def test_a_refund_that_waited_puts_nothing_on_the_shelf_that_has_become_a_returns(desk: Desk) -> None:
    office = desk.office
    goods = await office.shop.goods(price=6000, stock=5)
    order = await desk.sold((goods, 2))
    back = {"lineId": order["lines"][goods.sku], "quantity": 2, "restock": True}
    refund = {"orderId": order["id"], "lines": [back], "reason": "Worn."}
    asked = await office.does("refundCreate", refund, "request { id state }", key=f"waits-{order['number']}")
    assert asked["request"]["state"] == "WAITING"
    return_id = await desk.approved(order, (goods, 1))
    second = await a_staff_token(office.shop, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS)
    said = {"requestId": asked["request"]["id"]}
    refused = await office.does("refundApprove", said, "request { state }", token=second)
    assert _errors(refused) == [("INVALID", "requestId")]
    assert await office.shelf(goods) == {"north": (3, 0)}
    await desk.does("returnCancel", {"returnId": return_id})
    agreed = await office.does("refundApprove", said, "request { state }", token=second)
    assert (agreed["userErrors"], agreed["request"]) == ([], {"state": "APPROVED"})
    assert await office.shelf(goods) == {"north": (5, 0)}
