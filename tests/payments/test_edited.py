"""Promised money of orders that staff changes: no more is taken than they cost, and goods wait for what they cost more."""

from __future__ import annotations

from typing import Any

from domain.viewer import Permission
from tests.makers.people import a_staff_token
from tests.payments.counter import Counter

SENT = "fulfillment { id }"


async def test_of_an_edited_order_as_much_is_taken_as_it_costs_and_goods_wait_until_more_is_promised(counter: Counter) -> None:
    till = counter.till
    staff = await a_staff_token(
        till.shop,
        *(Permission.READ_ORDERS, Permission.MANAGE_ORDERS, Permission.READ_STOCK),
        *(Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS),
    )
    order = await till.order(price=1000, quantity=3, stock=9)
    payment = await till.paid(order)
    asked = "{ orders(first: 1, search: %s) { nodes { lines { id } due { amount } } } warehouses { id } }"

    async def seen() -> dict[str, Any]:
        return await till.shop.data(asked % f'"{order["number"]}"', token=staff)

    line = (await seen())["orders"]["nodes"][0]["lines"][0]["id"]

    async def edits(quantity: int) -> dict[str, Any]:
        said = {"orderId": order["id"], "lines": [{"lineId": line, "quantity": quantity}]}
        return await till.does(
            "orderEdit", said, "change { due { amount } refund { amount } } order { paymentStatus }", token=staff
        )

    # 34.90 are promised; with a fourth, 10.00 more would have to be.
    more = await edits(4)
    assert (more["order"], more["change"]["due"]) == ({"paymentStatus": "AUTHORIZED"}, {"amount": "44.90"})
    sends = {
        "orderId": order["id"],
        "warehouseId": (await seen())["warehouses"][0]["id"],
        "lines": [{"lineId": line, "quantity": 1}],
    }
    assert [each["code"] for each in (await till.does("fulfillmentCreate", sends, SENT, token=staff))["userErrors"]] == [
        "NOT_PAID"
    ]
    less = await edits(2)
    assert (less["order"], less["change"]["refund"]) == ({"paymentStatus": "AUTHORIZED"}, {"amount": "0.00"})
    taken = await till.does(
        "paymentCapture",
        {"paymentId": payment["id"]},
        "capture { amount { amount } } order { paymentStatus due { amount } }",
        token=staff,
        key="take-edited",
    )
    assert taken["capture"] == {"amount": {"amount": "24.90"}}
    assert taken["order"] == {"paymentStatus": "PAID", "due": {"amount": "0.00"}}
    assert (await till.does("fulfillmentCreate", sends, SENT, token=staff))["userErrors"] == []
