"""Money that is promised first and taken by staff: in whole, in parts, once, and never more than was promised."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from domain.viewer import Permission
from tests.makers.people import a_staff_token
from tests.payments.counter import Counter
from tests.payments.till import CALL_OFF, CANCEL, Till

_KEYS = itertools.count(1)
ASKED = """capture { id state amount { amount } failure } payment { state authorized { amount } captured { amount } }
    order { status paymentStatus }"""


@pytest.fixture(scope="module")
async def staff(counter: Counter) -> str:
    """The token of somebody who may move money."""
    return await a_staff_token(counter.till.shop, Permission.READ_ORDERS, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS)


async def _takes(
    till: Till, staff: str | None, payment: dict[str, Any], *, key: str | None = "", **said: Any
) -> dict[str, Any]:
    fresh = f"capture-{next(_KEYS)}" if key == "" else key
    given = {"paymentId": payment["id"], **said}
    return await till.does("paymentCapture", given, ASKED, token=staff, key=fresh)


async def test_a_promise_confirms_the_order_and_staff_takes_the_money_in_parts(counter: Counter, staff: str) -> None:
    till = counter.till
    order = await till.order(stock=1)
    payment = await till.paid(order)
    assert (payment["state"], payment["captured"]) == ("AUTHORIZED", {"amount": "0.00"})
    seen = await till.seen(order)
    assert (seen["status"], seen["paymentStatus"]) == ("CONFIRMED", "AUTHORIZED")
    await till.expires(order)
    assert (await till.seen(order))["status"] == "CONFIRMED"
    part = await _takes(till, staff, payment, amount="10.00")
    assert (part["userErrors"], part["capture"]["state"]) == ([], "DONE")
    assert part["payment"] == {"state": "CAPTURED", "authorized": {"amount": "24.89"}, "captured": {"amount": "10.00"}}
    assert part["order"] == {"status": "CONFIRMED", "paymentStatus": "PARTIALLY_PAID"}
    too_much = await _takes(till, staff, payment, amount="14.90")
    assert too_much["userErrors"] == [{"code": "CAPTURE_TOO_LARGE", "path": ["input", "amount"]}]
    rest = await _takes(till, staff, payment)
    assert (rest["capture"]["amount"], rest["order"]["paymentStatus"]) == ({"amount": "14.89"}, "PAID")
    await till.works()
    assert await till.books(payment) == {**await till.books(payment), "captured": 2489, "charges": 2}
    assert await till.shop.stock(order["goods"]) == (1, 1)


async def test_a_capture_under_one_key_takes_once_and_other_words_conflict(counter: Counter, staff: str) -> None:
    till = counter.till
    payment = await till.paid(await till.order())
    done = await asyncio.gather(*(_takes(till, staff, payment, key="take-it", amount="5.00") for _ in range(4)))
    assert len({each["capture"]["id"] for each in done}) == 1
    other = await _takes(till, staff, payment, key="take-it", amount="6.00")
    assert other["userErrors"] == [{"code": "IDEMPOTENCY_CONFLICT", "path": []}]
    assert (await till.books(payment))["captured"] == 500
    without = await _takes(till, staff, payment, key=None)
    assert without["userErrors"] == [{"code": "IDEMPOTENCY_KEY_REQUIRED", "path": ["input"]}]


async def test_captures_that_race_never_take_more_than_was_promised(counter: Counter, staff: str) -> None:
    till = counter.till
    order = await till.order()
    payment = await till.paid(order)
    done = await asyncio.gather(*(_takes(till, staff, payment, amount="10.00") for _ in range(5)))
    codes = sorted(error["code"] for each in done for error in each["userErrors"])
    assert codes == ["CAPTURE_TOO_LARGE"] * 3
    await till.works(tries_again=True)
    assert (await till.books(payment))["captured"] == 2000
    assert (await till.seen(order))["captured"] == {"amount": "20.00"}


async def test_a_capture_and_a_cancellation_that_race_end_with_nothing_kept_of_a_cancelled_order(
    counter: Counter, staff: str
) -> None:
    till = counter.till
    orders = [await till.order() for _ in range(6)]
    payments = [await till.paid(order) for order in orders]

    async def cancels(order: dict[str, Any]) -> None:
        await till.shop.data(CANCEL, {"input": {"orderToken": order["token"], "reason": "No more."}})

    await asyncio.gather(
        *(_takes(till, staff, payment) for payment in payments),
        *(cancels(order) for order in orders),
    )
    for order, payment in zip(orders, payments, strict=True):
        seen = await till.becomes(order, status="CANCELLED")
        async with asyncio.timeout(30):
            while (books := await till.books(payment))["captured"] != books["refunded"] or not (
                books["captured"] or books["released"]
            ):
                await till.works(tries_again=True)
        assert (await till.seen(order))["captured"]["amount"] in {"0.00", "24.89"}, seen


async def test_a_buyer_may_not_call_off_what_a_confirmed_order_rests_on(counter: Counter, staff: str) -> None:
    till = counter.till
    order = await till.order()
    payment = await till.paid(order)
    said = {"paymentId": payment["id"], "orderToken": order["token"]}
    for token in (None, staff):
        refused = (await till.shop.data(CALL_OFF, {"input": said}, token=token))["paymentCancel"]
        assert refused["userErrors"] == [{"code": "PAYMENT_COVERS_ORDER", "path": ["input", "paymentId"]}]
    assert (await till.books(payment))["released"] == 0


async def test_guests_and_customers_take_nothing(counter: Counter) -> None:
    till = counter.till
    payment = await till.paid(await till.order())
    body = await till.shop.ask(
        "mutation($input: PaymentCaptureInput!) { paymentCapture(input: $input) { userErrors { code } } }",
        {"input": {"paymentId": payment["id"]}},
        key="mine",
    )
    assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await till.books(payment))["captured"] == 0


async def test_an_order_is_split_over_several_payments_and_never_promised_more_than_its_total(counter: Counter) -> None:
    till = counter.till
    order = await till.order()
    first = await till.paid(order, amount="10.00")
    assert first["state"] == "AUTHORIZED"
    assert (await till.seen(order))["status"] == "PENDING"
    tries = await asyncio.gather(*(till.pays(order, amount="14.89") for _ in range(4)))
    assert sorted(len(each["userErrors"]) for each in tries) == [0, 1, 1, 1]
    seen = await till.seen(order)
    assert (seen["status"], seen["paymentStatus"]) == ("CONFIRMED", "AUTHORIZED")


async def test_after_a_decline_the_rest_is_paid_another_way(counter: Counter) -> None:
    till = counter.till
    order = await till.order()
    await till.paid(order, amount="10.00")
    assert (await till.paid(order, "tok_decline"))["state"] == "FAILED"
    assert (await till.paid(order))["amount"] == {"amount": "14.89"}
    assert (await till.seen(order))["status"] == "CONFIRMED"
