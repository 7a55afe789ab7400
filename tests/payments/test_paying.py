"""Paying an order through the API, with the sandbox as the provider: every way that it can go."""

from __future__ import annotations

import asyncio

import pytest

from tests.makers.people import a_customer_token
from tests.payments.till import CALL_OFF, CANCEL, Till, raw_id

KINDS = ["PLACED", "PAYMENT_STARTED", "PAYMENT_CAPTURED", "STATUS_CHANGED"]


async def test_a_good_card_pays_confirms_and_keeps_the_goods(till: Till) -> None:
    order = await till.order()
    payload = await till.pays(order)
    assert payload["userErrors"] == []
    assert (payload["order"]["status"], payload["order"]["paymentStatus"]) == ("CONFIRMED", "PAID")
    payment = payload["payment"]
    assert (payment["state"], payment["captured"], payment["failure"]) == ("CAPTURED", {"amount": "24.89"}, None)
    assert payment["method"]["last4"].isdigit()
    await till.works()
    seen = await till.seen(order)
    assert [event["kind"] for event in seen["events"]] == KINDS
    assert await till.moved(order) == {"AUTHORIZED": 2489, "RECEIVABLE": -2489, "PROVIDER": 2489, "CUSTOMER": -2489}
    assert (await till.books(payment))["captured"] == 2489
    assert await till.shop.stock(order["goods"]) == (10, 1)
    facts = await till.facts(order)
    assert (facts["PaymentCaptured"], facts["PaymentFailed"]) == (1, 0)


async def test_the_webhooks_that_follow_an_answer_change_nothing_more(till: Till) -> None:
    order = await till.order()
    payment = await till.paid(order)
    await till.told_of(payment, 2)
    await till.works()
    assert {state for state, _ in await till.inbox(payment)} == {"DONE"}
    assert [event["kind"] for event in (await till.seen(order))["events"]] == KINDS


async def test_a_declined_card_is_told_and_another_may_pay(till: Till) -> None:
    order = await till.order()
    declined = await till.pays(order, "tok_decline")
    assert declined["userErrors"] == []
    assert (declined["payment"]["state"], declined["payment"]["failure"]) == ("FAILED", {"code": "card_declined"})
    assert (declined["order"]["status"], declined["order"]["paymentStatus"]) == ("PENDING", "UNPAID")
    assert (await till.paid(order))["state"] == "CAPTURED"
    await till.works()
    assert (await till.facts(order))["PaymentFailed"] == 1


@pytest.mark.parametrize(
    ("token", "form", "state", "status"),
    [
        ("tok_challenge", {"code": "123456"}, "CAPTURED", "PAID"),
        ("tok_challenge", {"code": "000000"}, "FAILED", "UNPAID"),
        ("tok_redirect", {"decision": "approve"}, "CAPTURED", "PAID"),
        ("tok_redirect", {"decision": "decline"}, "FAILED", "UNPAID"),
    ],
)
async def test_the_buyer_goes_on_at_the_providers_page(
    till: Till, token: str, form: dict[str, str], state: str, status: str
) -> None:
    order = await till.order()
    payment = await till.paid(order, token)
    assert payment["state"] == "REQUIRES_ACTION"
    assert (await till.client.post(payment["nextAction"]["url"], data=form)).status_code == 303
    seen = await till.becomes(order, paymentStatus=status)
    assert seen["payments"][0]["state"] == state


async def test_starting_a_payment_keeps_the_goods_for_as_long_again(till: Till) -> None:
    order = await till.order()
    held = "FROM reservation WHERE order_id = $1 AND state = 'HELD'"
    await till.shop.rows.execute(
        "UPDATE reservation SET expires_at = now() + interval '9 seconds' WHERE order_id = $1", raw_id(order["id"])
    )
    await till.paid(order, "tok_redirect")
    left = await till.shop.rows.fetchval(f"SELECT extract(epoch FROM min(expires_at) - now()) {held}", raw_id(order["id"]))
    assert 800 < left <= 900


async def test_an_asynchronous_payment_is_pending_and_then_paid(till: Till) -> None:
    order = await till.order()
    payload = await till.pays(order, "tok_async_success:100ms")
    assert (payload["payment"]["state"], payload["order"]["paymentStatus"]) == ("PENDING", "PENDING")
    seen = await till.becomes(order, paymentStatus="PAID")
    assert (seen["status"], seen["captured"]) == ("CONFIRMED", {"amount": "24.89"})


async def test_a_late_failure_leaves_the_order_open_for_another_attempt(till: Till) -> None:
    order = await till.order()
    await till.paid(order, "tok_late_failure:100ms")
    await till.becomes(order, paymentStatus="UNPAID")
    assert (await till.paid(order))["state"] == "CAPTURED"


async def test_twenty_copies_of_a_payment_with_one_key_charge_once(till: Till) -> None:
    order = await till.order()
    copies = await asyncio.gather(*(till.pays(order, key="the-key") for _ in range(20)))
    assert {(copy["payment"]["id"], copy["payment"]["state"]) for copy in copies if copy["payment"]} == {
        (copies[0]["payment"]["id"], "CAPTURED")
    }
    assert all(copy["userErrors"] == [] for copy in copies)
    books = await till.books(copies[0]["payment"])
    assert (books["payments"], books["captured"]) == (1, 2489)
    await till.works()
    assert (await till.facts(order))["PaymentCaptured"] == 1


async def test_a_key_used_with_another_method_conflicts_and_charges_nothing(till: Till) -> None:
    order = await till.order()
    await till.paid(order, "tok_decline", key="one-key")
    refused = await till.pays(order, "tok_success", key="one-key")
    assert [error["code"] for error in refused["userErrors"]] == ["IDEMPOTENCY_CONFLICT"]
    assert (await till.seen(order))["paymentStatus"] == "UNPAID"


async def test_a_payment_needs_a_key(till: Till) -> None:
    order = await till.order()
    refused = await till.pays(order, key=None)
    assert [error["code"] for error in refused["userErrors"]] == ["IDEMPOTENCY_KEY_REQUIRED"]
    assert (await till.seen(order))["payments"] == []


async def test_a_paid_order_takes_no_more_and_a_pending_one_waits(till: Till) -> None:
    order = await till.order()
    await till.paid(order, "tok_redirect")
    assert [error["code"] for error in (await till.pays(order))["userErrors"]] == ["PAYMENT_IN_PROGRESS"]
    other = await till.order()
    await till.paid(other)
    assert [error["code"] for error in (await till.pays(other))["userErrors"]] == ["ALREADY_PAID"]


async def test_a_payment_that_waits_for_its_buyer_can_be_called_off_and_the_order_paid_another_way(till: Till) -> None:
    order = await till.order()
    payment = await till.paid(order, "tok_redirect")
    stranger = {"paymentId": payment["id"]}
    refused = await till.shop.data(CALL_OFF, {"input": stranger})
    assert [error["code"] for error in refused["paymentCancel"]["userErrors"]] == ["NOT_FOUND"]
    done = await till.shop.data(CALL_OFF, {"input": {**stranger, "orderToken": order["token"]}})
    assert done["paymentCancel"] == {"payment": {"state": "CANCELLED"}, "order": {"paymentStatus": "UNPAID"}, "userErrors": []}
    assert (await till.client.post(payment["nextAction"]["url"], data={"decision": "approve"})).status_code in {303, 409}
    assert (await till.books(payment))["captured"] == 0
    assert (await till.paid(order))["state"] == "CAPTURED"


async def test_an_order_can_be_paid_in_parts_that_never_pass_its_total(till: Till) -> None:
    order = await till.order()
    await till.paid(order, amount="20.00")
    assert (await till.seen(order))["paymentStatus"] == "PARTIALLY_PAID"
    refused = await till.pays(order, amount="4.90")
    assert refused["userErrors"][0]["code"] == "AMOUNT_EXCEEDS_OUTSTANDING"
    assert refused["userErrors"][0]["outstanding"] == {"amount": "4.89"}
    await till.paid(order)
    seen = await till.seen(order)
    assert (seen["status"], seen["paymentStatus"], seen["captured"]) == ("CONFIRMED", "PAID", {"amount": "24.89"})


async def test_twenty_different_payments_at_once_take_the_total_once(till: Till) -> None:
    order = await till.order()
    outcomes = await asyncio.gather(*(till.pays(order) for _ in range(20)))
    won = [outcome for outcome in outcomes if outcome["payment"] is not None]
    assert len(won) == 1
    assert {error["code"] for outcome in outcomes for error in outcome["userErrors"]} <= {"PAYMENT_IN_PROGRESS", "ALREADY_PAID"}
    assert (await till.seen(order))["captured"] == {"amount": "24.89"}


async def test_a_cancelled_order_is_not_paid(till: Till) -> None:
    order = await till.order()
    await till.shop.data(CANCEL, {"input": {"orderToken": order["token"]}})
    assert [error["code"] for error in (await till.pays(order))["userErrors"]] == ["ORDER_NOT_PAYABLE"]


async def test_a_foreign_order_is_not_found_and_nothing_is_charged(till: Till) -> None:
    order = await till.order()
    token = await a_customer_token(till.shop)
    said = {"method": "tok_success", "orderId": order["id"]}
    for stranger in (None, token):
        payload = await till.shop.data(
            "mutation($input: PaymentCreateInput!) { paymentCreate(input: $input) { payment { id } userErrors { code path } } }",
            {"input": said},
            token=stranger,
            key="stranger",
        )
        assert payload["paymentCreate"] == {
            "payment": None,
            "userErrors": [{"code": "NOT_FOUND", "path": ["input", "orderId"]}],
        }
    forged = await till.pays({"token": order["token"][:-2] + "AA"})
    assert [error["code"] for error in forged["userErrors"]] == ["NOT_FOUND"]
    assert (await till.seen(order))["payments"] == []


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "1.005"}, "amount"),
        ({"returnUrl": "javascript:alert(1)"}, "returnUrl"),
        ({"returnUrl": "https://shop.example/ \nx"}, "returnUrl"),
        ({"returnUrl": "https://shop.example/" + "x" * 2000}, "returnUrl"),
        ({"method": "tok success"}, "method"),
        ({"method": "x" * 300}, "method"),
        ({"provider": "stripe"}, "provider"),
        ({"provider": "../sandbox"}, "provider"),
    ],
)
async def test_what_is_said_wrongly_is_refused_at_its_place(till: Till, said: dict[str, str], path: str) -> None:
    order = await till.order()
    refused = await till.pays(order, **{"method": "tok_success", **said})
    assert [error["path"] for error in refused["userErrors"]] == [["input", path]]
    assert (await till.seen(order))["payments"] == []


async def test_an_unknown_method_token_is_a_failed_payment_that_took_nothing(till: Till) -> None:
    order = await till.order()
    payment = await till.paid(order, "tok_of_nobody")
    assert (payment["state"], payment["failure"]) == ("FAILED", {"code": "unknown_method"})
    assert (await till.seen(order))["paymentStatus"] == "UNPAID"


async def test_the_ways_to_pay_are_listed_with_methods_for_trying_them_out(till: Till) -> None:
    data = await till.shop.data("{ paymentProviders { name isDefault samples { token story } } }")
    [sandbox] = data["paymentProviders"]
    assert (sandbox["name"], sandbox["isDefault"]) == ("sandbox", True)
    assert "tok_success" in [sample["token"] for sample in sandbox["samples"]]
