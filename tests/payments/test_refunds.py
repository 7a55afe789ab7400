"""Money goes back when it has to, once, and never more than came in."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from domain.viewer import Permission
from tests.makers.people import a_staff_token
from tests.payments.till import CANCEL, REFUND, Till, message, raw_id

_KEYS = itertools.count(1)


@pytest.fixture(scope="module")
async def staff(till: Till) -> str:
    """The token of somebody who may move money."""
    return await a_staff_token(till.shop, Permission.READ_ORDERS, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS)


async def _gives_back(till: Till, staff: str, *, key: str | None = "", **said: Any) -> dict[str, Any]:
    fresh = f"refund-{next(_KEYS)}" if key == "" else key
    given = {"reason": "Torn on arrival.", **said}
    payload: dict[str, Any] = (await till.shop.data(REFUND, {"input": given}, token=staff, key=fresh))["refundCreate"]
    return payload


async def _cancels(till: Till, order: dict[str, Any]) -> None:
    done = await till.shop.data(CANCEL, {"input": {"orderToken": order["token"], "reason": "Changed my mind."}})
    assert done["orderCancel"]["userErrors"] == []


def _kinds(seen: dict[str, Any]) -> list[str]:
    return [event["kind"] for event in seen["events"]]


async def test_a_cancelled_order_gets_its_money_back_in_full(till: Till) -> None:
    order = await till.order()
    payment = await till.paid(order)
    await _cancels(till, order)
    await till.works()
    seen = await till.seen(order)
    assert (seen["status"], seen["paymentStatus"], seen["refunded"]) == ("CANCELLED", "REFUNDED", {"amount": "24.89"})
    assert _kinds(seen)[-3:] == ["CANCELLED", "REFUND_STARTED", "REFUNDED"]
    books = await till.books(payment)
    assert (books["captured"], books["refunded"], books["refunds"]) == (2489, 2489, 1)
    assert await till.moved(order) == {"AUTHORIZED": 2489, "RECEIVABLE": -2489}
    assert (await till.facts(order))["RefundSettled"] == 1
    assert await till.shop.stock(order["goods"]) == (10, 0)


async def test_a_capture_that_comes_after_the_reservation_ran_out_is_given_back(till: Till) -> None:
    order = await till.order(stock=1)
    payment = await till.paid(order, "tok_redirect")
    await till.expires(order)
    assert (await till.seen(order))["status"] == "CANCELLED"
    other = await till.shop.shopper().orders((order["goods"], 1))
    # The buyer approves before the cancellation reaches the provider.
    await till.client.post(payment["nextAction"]["url"], data={"decision": "approve"})
    seen = await till.becomes(order, paymentStatus="REFUNDED")
    assert (seen["status"], seen["captured"], seen["refunded"]) == ("CANCELLED", {"amount": "24.89"}, {"amount": "24.89"})
    await till.works()
    books = await till.books(payment)
    assert (books["captured"], books["refunded"]) == (2489, 2489)
    assert await till.shop.stock(order["goods"]) == (1, 1)
    facts = await till.facts(order)
    assert (facts["OrderCancelled"], facts["RefundDue"], facts["RefundSettled"]) == (1, 1, 1)
    assert other["status"] == "PENDING"


async def test_an_open_attempt_of_a_cancelled_order_is_dropped_at_the_provider(till: Till) -> None:
    order = await till.order()
    payment = await till.paid(order, "tok_redirect")
    await _cancels(till, order)
    await till.works()
    seen = await till.seen(order)
    assert (seen["payments"][0]["state"], seen["paymentStatus"]) == ("CANCELLED", "UNPAID")
    assert (await till.snapshot(payment))["status"] == "cancelled"


async def test_an_attempt_that_the_provider_never_heard_of_is_closed_once_no_call_can_be_under_way(till: Till) -> None:
    order = await till.order()
    payment = await till.paid(order, "tok_server_error")
    await _cancels(till, order)
    await till.works()
    assert (await till.seen(order))["payments"][0]["state"] == "PENDING"
    await till.shop.rows.execute(
        "UPDATE payment SET created_at = created_at - interval '2 minutes' WHERE id = $1", raw_id(payment["id"])
    )
    await till.works(tries_again=True)
    seen = await till.seen(order)
    assert (seen["payments"][0]["state"], seen["paymentStatus"]) == ("CANCELLED", "UNPAID")
    assert await till.books(payment) == {}


async def test_cancelling_while_the_money_comes_in_ends_with_nothing_kept(till: Till) -> None:
    async def race() -> None:
        order = await till.order()
        payment = await till.paid(order, "tok_redirect")
        await asyncio.gather(
            till.client.post(payment["nextAction"]["url"], data={"decision": "approve"}),
            _cancels(till, order),
        )
        await till.settled(payment)
        seen = await till.seen(order)
        assert seen["status"] == "CANCELLED"
        assert seen["captured"] == seen["refunded"]
        books = await till.books(payment)
        assert books["captured"] == books["refunded"]

    await asyncio.gather(*(race() for _ in range(8)))


async def test_staff_gives_a_part_back_and_then_the_rest_but_no_more(till: Till, staff: str) -> None:
    order = await till.order()
    payment = await till.paid(order)
    part = await _gives_back(till, staff, paymentId=payment["id"], amount="4.89")
    assert [(each["state"], each["amount"]["amount"], each["reason"]) for each in part["refunds"]] == [
        ("PENDING", "4.89", "Torn on arrival.")
    ]
    await till.works()
    assert (await till.seen(order))["paymentStatus"] == "PARTIALLY_REFUNDED"
    refused = await _gives_back(till, staff, paymentId=payment["id"], amount="20.01")
    assert refused["userErrors"][0]["code"] == "REFUND_TOO_LARGE"
    assert refused["userErrors"][0]["refundable"] == {"amount": "20.00"}
    await _gives_back(till, staff, orderId=order["id"])
    await till.works()
    seen = await till.seen(order)
    assert (seen["status"], seen["paymentStatus"]) == ("CONFIRMED", "REFUNDED")
    assert [refund["state"] for refund in seen["payments"][0]["refunds"]] == ["DONE", "DONE"]
    assert (await till.books(payment))["refunded"] == 2489
    again = await _gives_back(till, staff, orderId=order["id"])
    assert again["userErrors"][0]["code"] == "REFUND_TOO_LARGE"


async def test_payments_that_race_the_expiry_of_their_orders_end_paid_or_given_back_and_never_between(till: Till) -> None:
    orders = [await till.order() for _ in range(6)]
    outcomes = await asyncio.gather(
        *(each for order in orders for each in (till.pays(order), till.expires(order))), till.works(), till.works()
    )
    assert {error["code"] for outcome in outcomes if outcome for error in outcome["userErrors"]} <= {"ORDER_NOT_PAYABLE"}
    for order in orders:
        async with asyncio.timeout(60):
            while True:
                await till.works(tries_again=True)
                seen = await till.seen(order)
                books = [await till.books(payment) for payment in seen["payments"]]
                kept = sum(each["captured"] - each["refunded"] for each in books)
                if (seen["status"], seen["paymentStatus"], kept) == ("CONFIRMED", "PAID", 2489):
                    break
                if seen["status"] == "CANCELLED" and kept == 0 and seen["captured"] == seen["refunded"]:
                    break
                await asyncio.sleep(0.05)
    held = (
        "SELECT count(*) FROM reservation r JOIN orders o ON o.id = r.order_id WHERE o.id = ANY($1) AND o.status = 'CANCELLED'"
    )
    ids = [raw_id(order["id"]) for order in orders]
    assert await till.shop.rows.fetchval(f"{held} AND r.state IN ('HELD', 'ALLOCATED')", ids) == 0


async def test_refunds_that_race_give_back_what_came_in_and_no_more(till: Till, staff: str) -> None:
    order = await till.order()
    payment = await till.paid(order)
    outcomes = await asyncio.gather(*(_gives_back(till, staff, paymentId=payment["id"], amount="10.00") for _ in range(12)))
    assert sum(1 for outcome in outcomes if outcome["refunds"]) == 2
    assert {error["code"] for outcome in outcomes for error in outcome["userErrors"]} == {"REFUND_TOO_LARGE"}
    await asyncio.gather(*(till.works() for _ in range(3)))
    assert (await till.seen(order))["refunded"] == {"amount": "20.00"}
    assert (await till.books(payment))["refunded"] == 2000


async def test_one_key_gives_back_once_however_often_it_is_sent(till: Till, staff: str) -> None:
    order = await till.order()
    payment = await till.paid(order)
    copies = await asyncio.gather(
        *(_gives_back(till, staff, key="same", paymentId=payment["id"], amount="1.00") for _ in range(10))
    )
    assert len({copy["refunds"][0]["id"] for copy in copies}) == 1
    await till.works()
    assert (await till.books(payment))["refunded"] == 100


async def test_a_refund_over_two_payments_takes_the_latest_first(till: Till, staff: str) -> None:
    order = await till.order()
    first, second = await till.paid(order, amount="20.00"), await till.paid(order)
    await _gives_back(till, staff, orderId=order["id"], amount="5.00")
    await till.works()
    assert (await till.books(second))["refunded"] == 489
    assert (await till.books(first))["refunded"] == 11


async def test_a_refund_that_the_provider_refuses_is_told_and_can_be_asked_again(till: Till, staff: str) -> None:
    order = await till.order()
    payment = await till.paid(order, "tok_refund_refused")
    await _gives_back(till, staff, paymentId=payment["id"])
    await till.works()
    seen = await till.seen(order)
    assert (seen["paymentStatus"], _kinds(seen)[-2:]) == ("PAID", ["REFUND_STARTED", "REFUND_FAILED"])
    assert seen["payments"][0]["refunds"] == [{"state": "FAILED", "amount": {"amount": "24.89"}}]
    again = await _gives_back(till, staff, paymentId=payment["id"])
    assert [each["state"] for each in again["refunds"]] == ["PENDING"]
    await till.works()


async def test_a_refund_made_in_the_providers_pages_is_noted(till: Till) -> None:
    order = await till.order()
    payment = await till.paid(order)
    told = await till.snapshot(payment)
    refunded = {**told, "status": "partially_refunded", "refunded": 300, "version": told["version"] + 1}
    assert await till.told(refunded) == 200
    await till.works()
    seen = await till.seen(order)
    assert (seen["paymentStatus"], seen["refunded"]) == ("PARTIALLY_REFUNDED", {"amount": "3.00"})
    assert seen["payments"][0]["refunds"] == [{"state": "DONE", "amount": {"amount": "3.00"}}]
    assert (await till.facts(order))["RefundSettled"] == 1


async def test_an_order_that_was_paid_twice_gives_the_second_back(till: Till) -> None:
    order = await till.order()
    late = await till.paid(order, "tok_lost_webhook:60s")
    # We gave up on the first attempt, the buyer paid with another, and then the first one was charged after all.
    told = await till.snapshot(late)
    failed = {**told, "status": "failed", "failure": {"code": "expired", "message": "Nobody came."}, "version": 5}
    await till.told(failed)
    await till.works()
    assert (await till.paid(order))["state"] == "CAPTURED"
    paid = {"status": "captured", "authorized": 2489, "captured": 2489}
    body, headers = message({**told, **paid, "version": 7})
    await till.told(body, headers=headers)
    await till.works()
    facts = await till.facts(order)
    assert (facts["PaymentCaptured"], facts["RefundDue"]) == (2, 1)
    seen = await till.seen(order)
    assert (seen["status"], [refund["amount"]["amount"] for each in seen["payments"] for refund in each["refunds"]]) == (
        "CONFIRMED",
        ["24.89"],
    )


async def test_refunds_are_for_staff_with_the_permission_and_need_a_key(till: Till, staff: str) -> None:
    order = await till.order()
    payment = await till.paid(order)
    said = {"input": {"paymentId": payment["id"], "reason": "x"}}
    reader = await a_staff_token(till.shop, Permission.READ_PAYMENTS)
    for token, code in ((None, "UNAUTHENTICATED"), (reader, "PERMISSION_DENIED")):
        refused = await till.shop.ask(REFUND, said, token=token, key="k")
        assert refused["errors"][0]["extensions"]["code"] == code
    keyless = await _gives_back(till, staff, key=None, paymentId=payment["id"])
    assert [error["code"] for error in keyless["userErrors"]] == ["IDEMPOTENCY_KEY_REQUIRED"]
    both = await _gives_back(till, staff, paymentId=payment["id"], orderId=order["id"])
    assert [error["code"] for error in both["userErrors"]] == ["INVALID"]
    negative = await till.shop.ask(
        REFUND, {"input": {"paymentId": payment["id"], "reason": "x", "amount": "-1.00"}}, token=staff, key="k2"
    )
    assert "errors" in negative
    assert (await till.seen(order))["refunded"] == {"amount": "0.00"}
