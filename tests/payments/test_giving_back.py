"""Giving back for goods and delivery, with a second person's word where it is much, and what becomes of a refund that fails."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from domain.viewer import Permission
from tests.gateways.requests import eur
from tests.makers.people import a_staff_token
from tests.payments.counter import Counter
from tests.payments.till import Till, message, raw_id

_KEYS = itertools.count(1)
RIGHTS = (Permission.READ_ORDERS, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS)
ASKED = """refunds { id state amount { amount } }
    request { id state takesTwo amount { amount } shipping { amount } lines { quantity restocks } }"""
DECIDED = "request { state decidedBy }"


@pytest.fixture(scope="module")
async def one(counter: Counter) -> str:
    return await a_staff_token(counter.till.shop, *RIGHTS)


@pytest.fixture(scope="module")
async def two(counter: Counter) -> str:
    return await a_staff_token(counter.till.shop, *RIGHTS)


async def _gives(till: Till, staff: str, **said: Any) -> dict[str, Any]:
    given = {"reason": "Torn.", **said}
    return await till.does("refundCreate", given, ASKED, token=staff, key=f"back-{next(_KEYS)}")


async def _told(till: Till, order: dict[str, Any]) -> list[str]:
    """What staff was written about an order, beside that it was placed."""
    rows = await till.shop.rows.fetch(
        """SELECT kind FROM notice WHERE kind LIKE 'STAFF%' AND kind <> 'STAFF_ORDER_PLACED' AND subject ~ $1 ORDER BY id""",
        rf"order {order['number']}\y",
    )
    return [row["kind"] for row in rows]


async def _paid(counter: Counter, *, price: int = 333, quantity: int = 3) -> tuple[dict[str, Any], dict[str, Any]]:
    """An order of three for 9.99 and 4.90 for delivery, with its money taken; and its line."""
    till = counter.till
    order = await till.order(price=price, quantity=quantity)
    token = await a_staff_token(till.shop, *RIGHTS)
    payment = await till.paid(order)
    await till.does("paymentCapture", {"paymentId": payment["id"]}, "payment { id }", token=token, key=f"back-{next(_KEYS)}")
    line = (await till.shop.data("query($t: String!) { orderByToken(token: $t) { lines { id } } }", {"t": order["token"]}))[
        "orderByToken"
    ]["lines"][0]
    return order, line


async def test_money_goes_back_for_units_of_a_line_to_the_last_cent_and_they_go_back_on_the_shelf(
    counter: Counter, one: str
) -> None:
    till = counter.till
    order, line = await _paid(counter, price=333)
    unit = {"lineId": line["id"], "quantity": 1}
    assert await till.shop.stock(order["goods"]) == (10, 3)
    first = await _gives(till, one, orderId=order["id"], lines=[{**unit, "restock": True}])
    assert (first["userErrors"], first["request"]["amount"]) == ([], {"amount": "3.33"})
    assert await till.shop.stock(order["goods"]) == (10, 2)
    await _gives(till, one, orderId=order["id"], lines=[unit])
    assert await till.shop.stock(order["goods"]) == (10, 2)
    last = await _gives(till, one, orderId=order["id"], lines=[unit], shipping=True)
    assert (last["request"]["amount"], last["request"]["shipping"]) == ({"amount": "8.23"}, {"amount": "4.90"})
    again = await _gives(till, one, orderId=order["id"], lines=[unit])
    assert again["userErrors"] == [{"code": "INVALID", "path": ["input", "lines", "0", "quantity"]}]
    seen = await till.becomes(order, paymentStatus="REFUNDED")
    assert seen["refunded"] == {"amount": "14.89"}


async def test_units_of_a_line_are_not_given_back_twice_by_requests_that_race(counter: Counter, one: str) -> None:
    till = counter.till
    order, line = await _paid(counter)
    wanted = [{"lineId": line["id"], "quantity": 2}]
    done = await asyncio.gather(*(_gives(till, one, orderId=order["id"], lines=wanted) for _ in range(4)))
    assert sorted(len(each["userErrors"]) for each in done) == [0, 1, 1, 1]
    assert {error["path"][-1] for each in done for error in each["userErrors"]} == {"quantity"}


async def test_another_orders_line_is_not_there(counter: Counter, one: str) -> None:
    till = counter.till
    (order, _), (_, foreign) = await _paid(counter), await _paid(counter)
    refused = await _gives(till, one, orderId=order["id"], lines=[{"lineId": foreign["id"], "quantity": 1}])
    assert refused["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "lines", "0", "lineId"]}]


async def test_a_large_refund_waits_for_somebody_else(counter: Counter, one: str, two: str) -> None:
    till = counter.till
    order, _ = await _paid(counter, price=2500, quantity=1)
    small = await _gives(till, one, orderId=order["id"], amount="15.00")
    assert (small["request"]["state"], small["request"]["takesTwo"]) == ("APPROVED", False)
    # In parts it is as much: what was given back before counts.
    large = await _gives(till, one, orderId=order["id"], amount="5.01")
    assert (large["refunds"], large["request"]["state"]) == ([], "WAITING")
    said = {"requestId": large["request"]["id"]}
    own = await till.does("refundApprove", said, DECIDED, token=one)
    assert own["userErrors"] == [{"code": "SECOND_PERSON_NEEDED", "path": ["input", "requestId"]}]
    agreed = await asyncio.gather(*(till.does("refundApprove", said, DECIDED, token=two) for _ in range(3)))
    assert sorted(len(each["userErrors"]) for each in agreed) == [0, 1, 1]
    assert {error["code"] for each in agreed for error in each["userErrors"]} == {"ALREADY_DECIDED"}
    await till.works(tries_again=True)
    assert (await till.seen(order))["refunded"] == {"amount": "20.01"}
    assert await _told(till, order) == ["STAFF_REFUND_REQUESTED"]


async def test_what_somebody_else_refuses_is_not_given_back_and_can_be_asked_for_again(
    counter: Counter, one: str, two: str
) -> None:
    till = counter.till
    order, line = await _paid(counter, price=2500, quantity=1)
    wanted = [{"lineId": line["id"], "quantity": 1, "restock": True}]
    asked = await _gives(till, one, orderId=order["id"], lines=wanted)
    assert asked["request"]["state"] == "WAITING"
    said = {"requestId": asked["request"]["id"]}
    assert (await till.does("refundReject", said, DECIDED, token=two))["request"]["state"] == "REJECTED"
    await till.works()
    assert (await till.seen(order))["refunded"] == {"amount": "0.00"}
    assert await till.shop.stock(order["goods"]) == (10, 1)
    assert (await _gives(till, one, orderId=order["id"], lines=wanted))["request"]["state"] == "WAITING"


async def test_a_dispute_is_told_with_its_deadline_and_moves_the_ledger_until_it_is_won_or_lost(
    counter: Counter, one: str
) -> None:
    till = counter.till
    for outcome, left in (("won", {"PROVIDER": 2489, "CUSTOMER": -2489}), ("lost", {"CUSTOMER": -2489, "LOST": 2489})):
        order = await till.order()
        payment = await till.paid(order)
        await till.does("paymentCapture", {"paymentId": payment["id"]}, "payment { id }", token=one, key=f"back-{next(_KEYS)}")
        await till.works()
        told = await till.snapshot(payment)
        dispute = {
            "id": f"dp_{outcome}",
            "amount": 2489,
            "reason": "fraudulent",
            "status": "open",
            "respond_by": "2027-01-01T12:00:00+00:00",
        }
        assert await till.told({**told, "version": told["version"] + 1, "dispute": dispute}) == 200
        await till.works()
        assert (await till.moved(order))["DISPUTED"] == 2489
        question = """query($id: ID!) { order(id: $id) {
            disputes { status amount { amount } reason respondBy } events { kind } } }"""
        seen = (await till.shop.data(question, {"id": order["id"]}, token=one))["order"]
        shown = {"status": "OPEN", "amount": {"amount": "24.89"}, "reason": "fraudulent", "respondBy": "2027-01-01T12:00:00Z"}
        assert [{**each, "respondBy": each["respondBy"].replace("+00:00", "Z")} for each in seen["disputes"]] == [shown]
        assert seen["events"][-1]["kind"] == "DISPUTE_OPENED"
        ended = {**told, "version": told["version"] + 2, "dispute": {**dispute, "status": outcome}}
        body, headers = message(ended)
        for _ in range(3):
            assert await till.told(body, headers=headers) == 200
        await till.works()
        assert {
            key: value for key, value in (await till.moved(order)).items() if key not in {"AUTHORIZED", "RECEIVABLE"}
        } == left
        kinds = (await till.facts(order)).keys()
        assert {"PaymentDisputed", "DisputeClosed"} <= kinds
        assert await _told(till, order) == ["STAFF_DISPUTE_OPENED", "STAFF_DISPUTE_CLOSED"]


async def test_a_refund_that_nobody_answered_for_a_day_is_looked_up_before_it_is_asked_again(
    counter: Counter, one: str
) -> None:
    till = counter.till
    order, _ = await _paid(counter)
    deaf = till.deaf()
    made = await _gives(till, one, orderId=order["id"], amount="3.00")
    [refund] = made["refunds"]
    await deaf.works()
    # Somebody asked, and the answer was lost: the provider's figures say that it was done.
    [payment] = (await till.seen(order))["payments"]
    reference = (await till.snapshot(payment))["id"]
    await till.provider.refund(reference, eur(300), "another key, for the provider has forgotten ours")
    await till.shop.rows.execute("UPDATE refund SET created_at = now() - interval '2 days' WHERE id = $1", raw_id(refund["id"]))
    await till.asks_unfinished()
    assert (await till.books(payment))["refunds"] == 1
    assert (await till.seen(order))["refunded"] == {"amount": "3.00"}
    state = await till.shop.rows.fetchval("SELECT state FROM refund WHERE id = $1", raw_id(refund["id"]))
    assert state == "DONE"
