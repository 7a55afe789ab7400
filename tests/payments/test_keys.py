"""Keys of idempotency, on every kind of mutation that takes one: twins are one deed, others' words conflict, and each caller
gets what they select.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from domain.viewer import Permission
from schema.ids import global_id
from tests.makers.people import a_staff_token
from tests.payments.till import Till

RIGHTS = (
    *(Permission.READ_ORDERS, Permission.MANAGE_ORDERS, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS),
    *(Permission.READ_STOCK, Permission.MANAGE_STOCK),
)


@dataclass(frozen=True)
class Case:
    """A mutation with what it is said, the same with other words, and a question whose answer tells how often it was done."""

    name: str
    said: dict[str, Any]
    others: dict[str, Any]
    asked: tuple[str, str]
    by_guest: bool
    done: Callable[[], Awaitable[object]]
    once: object


async def _paying(till: Till) -> Case:
    order = await till.order()

    async def charges() -> object:
        [payment] = (await till.seen(order))["payments"]
        return (await till.books(payment))["charges"]

    said = {"orderToken": order["token"], "method": "tok_success"}
    asked = ("payment { id }", "payment { state captured { amount } }")
    return Case("paymentCreate", said, {**said, "method": "tok_decline"}, asked, True, charges, 1)


async def _giving_back(till: Till) -> Case:
    order = await till.order()
    payment = await till.paid(order)

    async def refunds() -> object:
        await till.works(tries_again=True)
        return (await till.books(payment))["refunded"]

    said = {"orderId": order["id"], "amount": "3.00", "reason": "Late."}
    asked = ("refunds { id }", "refunds { amount { amount } } request { state }")
    return Case("refundCreate", said, {**said, "amount": "4.00"}, asked, False, refunds, 300)


async def _calling_off(till: Till) -> Case:
    order = await till.order()

    async def entries() -> object:
        return [event["kind"] for event in (await till.seen(order))["events"]].count("CANCELLED")

    said = {"orderToken": order["token"], "reason": "No."}
    return Case("orderCancel", said, {**said, "reason": "Well."}, ("order { id }", "order { status }"), True, entries, 1)


async def _counting_in(till: Till) -> Case:
    goods = await till.shop.goods(stock=5)
    question = "SELECT warehouse_id FROM stock WHERE variant_id = $1 LIMIT 1"
    warehouse = await till.shop.rows.fetchval(question, goods.variant_id)

    async def level() -> object:
        return (await till.shop.stock(goods))[0]

    said = {"variantId": goods.id, "warehouseId": global_id("Warehouse", warehouse), "delta": 3}
    return Case("stockAdjust", said, {**said, "delta": 4}, ("level { onHand }", "level { reserved }"), False, level, 8)


CASES = {"paymentCreate": _paying, "refundCreate": _giving_back, "orderCancel": _calling_off, "stockAdjust": _counting_in}


@pytest.mark.parametrize("name", CASES)
async def test_twins_under_one_key_are_one_deed_answered_alike(till: Till, name: str) -> None:
    case = await CASES[name](till)
    token = None if case.by_guest else await a_staff_token(till.shop, *RIGHTS)
    key = f"twins-{name}"
    twins = await asyncio.gather(
        *(till.does(name, case.said, case.asked[place % 2], token=token, key=key) for place in range(8))
    )
    assert [each["userErrors"] for each in twins] == [[]] * 8
    assert all(each == twins[place % 2] for place, each in enumerate(twins))
    assert await case.done() == case.once
    later = await till.does(name, case.said, case.asked[1], token=token, key=key)
    assert later["userErrors"] == []
    other = await till.does(name, case.others, case.asked[0], token=token, key=key)
    assert other["userErrors"] == [{"code": "IDEMPOTENCY_CONFLICT", "path": []}]
    assert await case.done() == case.once


async def test_a_guests_key_is_theirs_alone(till: Till) -> None:
    orders = [await till.order() for _ in range(2)]
    for order in orders:
        said = {"orderToken": order["token"], "reason": "No."}
        done = await till.does("orderCancel", said, "order { id }", key="the-same-word")
        assert done == {"order": {"id": order["id"]}, "userErrors": []}


async def test_keys_are_forgotten_after_three_days(till: Till) -> None:
    order = await till.order()
    said = {"orderToken": order["token"], "reason": "No."}
    await till.does("orderCancel", said, "order { id }", key="old")
    await till.shop.rows.execute(
        "UPDATE idempotency SET created_at = now() - interval '73 hours' WHERE mutation = 'orderCancel' AND key = 'old'"
    )
    await till.tools.transact.work(lambda unit: unit.idempotency.forget_old())
    again = await till.does("orderCancel", said, "order { id }", key="old")
    assert again["userErrors"][0]["code"] == "INVALID_TRANSITION"
