"""A whole purchase through each provider, over the API: paid, told by webhook, given back, and the same in both books."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateways.payments.circuit import FAILURES_MAX
from tests.conftest import Clone
from tests.gateways.counter import Counter, open_counter
from tests.gateways.fakes.serving import Fault
from tests.gateways.fakes.square import DECLINED, GOOD
from tests.payments.till import CANCEL, REFUND

PAY = """mutation($input: PaymentCreateInput!) { paymentCreate(input: $input) {
    payment { id state nextAction { kind url clientSecret text } failure { code } method { brand last4 } }
    order { status paymentStatus } userErrors { code path } } }"""
RECEIVED = """mutation($input: PaymentMarkReceivedInput!) { paymentMarkReceived(input: $input) {
    payment { state captured { amount } } order { paymentStatus } userErrors { code } } }"""
PAID_OUT = """mutation($input: RefundMarkPaidInput!) { refundMarkPaid(input: $input) {
    refund { state } userErrors { code } } }"""
OPTIONS = """query($token: String!) { orderByToken(token: $token) { paymentOptions { name isDefault abilities methods } } }"""
AMOUNT = 2_489


@pytest.fixture(scope="module")
async def counter(clone: Clone, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Counter]:
    async with open_counter(await clone(), redis_url, tmp_path_factory.mktemp("counter")) as counter:
        yield counter


@pytest.fixture
async def staff(counter: Counter) -> str:
    return await counter.staff()


async def _pays(counter: Counter, order: dict[str, Any], provider: str, method: str | None, *, key: str) -> dict[str, Any]:
    said = {"orderToken": order["token"], "provider": provider, "method": method}
    payload = (await counter.till.shop.data(PAY, {"input": said}, key=f"{key}-{order['token'][-24:]}"))["paymentCreate"]
    assert payload["userErrors"] == [], payload
    payment: dict[str, Any] = payload["payment"]
    return payment


async def _gives_back(counter: Counter, staff: str, payment: dict[str, Any], amount: str | None = None) -> dict[str, Any]:
    said = {"paymentId": payment["id"], "reason": "Too small.", "amount": amount}
    answer = await counter.till.shop.data(REFUND, {"input": said}, token=staff, key=f"back-{payment['id']}-{amount}")
    assert answer["refundCreate"]["userErrors"] == [], answer
    refund: dict[str, Any] = answer["refundCreate"]["refunds"][0]
    return refund


async def _told(counter: Counter, provider: str, body: bytes, headers: dict[str, str]) -> int:
    url = f"{counter.till.url}/webhooks/payments/{provider}"
    return (await counter.till.client.post(url, content=body, headers=headers)).status_code


async def test_stripe_asks_the_buyer_and_a_part_goes_back(counter: Counter, staff: str) -> None:
    order = await counter.till.order()
    payment = await _pays(counter, order, "stripe", "pm_card_authenticationRequired", key="stripe")
    assert (payment["state"], payment["nextAction"]["kind"]) == ("REQUIRES_ACTION", "REDIRECT")
    await counter.decides(payment)
    seen = await counter.ends(order, status="CONFIRMED", paymentStatus="PAID")
    assert seen["captured"]["amount"] == "24.89"
    await _gives_back(counter, staff, payment, "10.00")
    seen = await counter.ends(order, paymentStatus="PARTIALLY_REFUNDED")
    assert seen["refunded"]["amount"] == "10.00"
    attempt = await counter.attempt_key(payment)
    assert counter.stripe.charged(attempt) == (1, AMOUNT)
    own = [each for each in counter.stripe.intents.values() if each["metadata"]["attempt"] == attempt]
    refunds = [each for each in counter.stripe.refunds.values() if each["payment_intent"] == own[0]["id"]]
    assert [each["amount"] for each in refunds] == [1_000]
    fee = AMOUNT * 29 // 1_000
    moved = await counter.till.moved(order)
    assert (moved["CUSTOMER"], moved["PROVIDER"]) == (1_000 - AMOUNT, AMOUNT - 1_000 - fee)


async def test_a_refund_that_fails_days_later_is_undone_in_the_books_and_staff_is_told(counter: Counter, staff: str) -> None:
    till = counter.till
    order = await till.order()
    payment = await _pays(counter, order, "stripe", "pm_card_visa", key="returned")
    await _gives_back(counter, staff, payment, "10.00")
    await counter.ends(order, paymentStatus="PARTIALLY_REFUNDED")
    await _gives_back(counter, staff, payment, "14.89")
    await counter.ends(order, paymentStatus="REFUNDED")
    before = await till.moved(order)
    counter.stripe.fail_refund(await counter.attempt_key(payment))
    seen = await counter.ends(order, paymentStatus="PARTIALLY_REFUNDED")
    assert seen["refunded"]["amount"] == "10.00"
    refunds = {each["amount"]["amount"]: each["state"] for each in seen["payments"][0]["refunds"]}
    assert refunds == {"10.00": "DONE", "14.89": "FAILED"}
    assert [event["kind"] for event in seen["events"]].count("REFUND_FAILED") == 1
    assert (await till.facts(order))["RefundFailed"] == 1
    moved = await till.moved(order)
    assert (moved["PROVIDER"] - before["PROVIDER"], moved["CUSTOMER"] - before.get("CUSTOMER", 0)) == (1_489, -1_489)
    # What came back can be given back another way; and the news that is told again changes nothing.
    counter.stripe.backstage.tell(
        json.dumps(
            {
                "id": "evt_again",
                "object": "event",
                "type": "refund.failed",
                "created": int(time.time()),
                "data": {
                    "object": {"object": "refund", "id": "re_x", "payment_intent": next(iter(reversed(counter.stripe.intents)))}
                },
            }
        ).encode()
    )
    await counter.quiet()
    assert await till.moved(order) == moved
    await _gives_back(counter, staff, payment)
    seen = await counter.ends(order, paymentStatus="REFUNDED")
    assert seen["refunded"]["amount"] == "24.89"
    told = await till.shop.rows.fetchval(
        "SELECT count(*) FROM notice WHERE kind = 'STAFF_REFUND_FAILED' AND created_at > now() - interval '5 minutes'"
    )
    assert told >= 1


async def test_stripes_element_gets_a_secret_and_nothing_else_of_the_payment(counter: Counter) -> None:
    order = await counter.till.order()
    payment = await _pays(counter, order, "stripe", None, key="element")
    action = payment["nextAction"]
    assert (action["kind"], action["url"]) == ("CHALLENGE", None)
    intent = next(each for each in counter.stripe.intents.values() if each["client_secret"] == action["clientSecret"])
    counter.stripe.charge(intent["id"])
    await counter.ends(order, status="CONFIRMED", paymentStatus="PAID")


async def test_paypal_is_approved_there_and_taken_by_us(counter: Counter, staff: str) -> None:
    order = await counter.till.order()
    payment = await _pays(counter, order, "paypal", None, key="paypal")
    attempt = await counter.attempt_key(payment)
    await counter.decides(payment, "cancel")
    await counter.ends(order, status="PENDING")
    assert counter.paypal.charged(attempt) == (0, [])
    await counter.decides(payment)
    await counter.ends(order, status="CONFIRMED", paymentStatus="PAID")
    assert counter.paypal.charged(attempt) == (1, ["24.89"])
    await _gives_back(counter, staff, payment)
    seen = await counter.ends(order, paymentStatus="REFUNDED")
    assert seen["refunded"]["amount"] == "24.89"


async def test_what_was_approved_for_a_cancelled_order_is_not_taken(counter: Counter) -> None:
    order = await counter.till.order()
    payment = await _pays(counter, order, "paypal", None, key="late")
    counter.paypal.backstage.drops = 1
    await counter.decides(payment)
    await counter.till.shop.data(CANCEL, {"input": {"orderToken": order["token"], "reason": "Changed my mind."}}, key="off")
    seen = await counter.ends(order, status="CANCELLED")
    assert [each["state"] for each in seen["payments"]] == ["CANCELLED"]
    assert counter.paypal.charged(await counter.attempt_key(payment)) == (0, [])


async def test_approval_whose_message_was_lost_is_found_by_asking(counter: Counter) -> None:
    order = await counter.till.order()
    payment = await _pays(counter, order, "paypal", None, key="lost")
    counter.paypal.backstage.drops = 2
    await counter.decides(payment)
    await counter.till.asks_unfinished()
    await counter.ends(order, status="CONFIRMED", paymentStatus="PAID")
    assert counter.paypal.charged(await counter.attempt_key(payment)) == (1, ["24.89"])
    counter.paypal.backstage.drops = 0


async def test_square_takes_another_card_after_a_refused_one(counter: Counter, staff: str) -> None:
    order = await counter.till.order()
    declined = await _pays(counter, order, "square", DECLINED, key="declined")
    assert (declined["state"], declined["failure"]["code"]) == ("FAILED", "card_declined")
    payment = await _pays(counter, order, "square", GOOD, key="square")
    assert payment["method"] == {"brand": "visa", "last4": "5858"}
    await counter.ends(order, status="CONFIRMED", paymentStatus="PAID")
    await _gives_back(counter, staff, payment, "4.89")
    await _gives_back(counter, staff, payment, "20.00")
    await counter.ends(order, paymentStatus="REFUNDED")
    assert counter.square.charged(await counter.attempt_key(payment)) == (1, AMOUNT)


async def test_chapa_takes_birr_on_its_page_and_gives_all_of_it_back(clone: Clone, redis_url: str, tmp_path: Path) -> None:
    async with open_counter(await clone(), redis_url, tmp_path, payment_providers="*:*=stripe;*:ETB=chapa,manual") as counter:
        await counter.till.shop.rows.execute("UPDATE channel SET currency = 'ETB', currencies = '{ETB}'")
        await counter.till.shop.rows.execute("UPDATE shipping_method SET currency = 'ETB'")
        goods = await counter.till.shop.goods(price=1_999, currency="ETB")
        order = await counter.till.shop.shopper().orders((goods, 1))
        offered = (await counter.till.shop.data(OPTIONS, {"token": order["token"]}))["orderByToken"]["paymentOptions"]
        assert [(each["name"], each["isDefault"]) for each in offered] == [("chapa", True), ("manual", False)]
        payment = await _pays(counter, order, "chapa", None, key="chapa")
        await counter.decides(payment)
        await counter.ends(order, status="CONFIRMED", paymentStatus="PAID")
        staff, part = await counter.staff(), {"paymentId": payment["id"], "reason": "Torn.", "amount": "1.00"}
        refused = (await counter.till.shop.data(REFUND, {"input": part}, token=staff, key="part"))["refundCreate"]
        assert refused == {"refunds": None, "userErrors": [{"code": "PROVIDER_CANNOT", "path": ["input", "amount"]}]}
        await _gives_back(counter, staff, payment)
        await counter.ends(order, paymentStatus="REFUNDED")
        attempt = await counter.attempt_key(payment)
        assert counter.chapa.charged(attempt) == (1, AMOUNT)
        assert list(counter.chapa.refunds.values()) == [attempt]


async def test_a_bank_transfer_is_paid_when_staff_says_so(counter: Counter, staff: str) -> None:
    order = await counter.till.order()
    payment = await _pays(counter, order, "manual", "bank_transfer", key="transfer")
    assert payment["nextAction"]["kind"] == "INSTRUCTIONS"
    assert payment["nextAction"]["text"].startswith("Please transfer 24.89 EUR and write ")
    await counter.till.asks_unfinished()
    await counter.ends(order, status="PENDING")
    said = {"input": {"paymentId": payment["id"]}}
    answer = await counter.till.shop.data(RECEIVED, said, token=staff, key="received")
    assert answer["paymentMarkReceived"]["payment"] == {"state": "CAPTURED", "captured": {"amount": "24.89"}}
    await counter.ends(order, status="CONFIRMED", paymentStatus="PAID")
    refund = await _gives_back(counter, staff, payment)
    await counter.ends(order, paymentStatus="PAID")
    paid_out = await counter.till.shop.data(PAID_OUT, {"input": {"refundId": refund["id"]}}, token=staff, key="paid-out")
    assert paid_out["refundMarkPaid"]["userErrors"] == []
    await counter.ends(order, paymentStatus="REFUNDED")


async def test_cash_at_the_door_confirms_the_order_before_it_is_paid(counter: Counter) -> None:
    order = await counter.till.order()
    payment = await _pays(counter, order, "manual", "cash_on_delivery", key="cash")
    assert (payment["state"], payment["nextAction"]) == ("AUTHORIZED", None)
    await counter.ends(order, status="CONFIRMED", paymentStatus="AUTHORIZED")


async def test_all_providers_are_offered_that_take_the_currency(counter: Counter) -> None:
    order = await counter.till.order()
    offered = (await counter.till.shop.data(OPTIONS, {"token": order["token"]}))["orderByToken"]["paymentOptions"]
    assert [each["name"] for each in offered] == ["stripe", "paypal", "square", "manual", "sandbox"]
    assert [each["isDefault"] for each in offered] == [True, False, False, False, False]
    assert [each["methods"] for each in offered] == [[], [], [], ["bank_transfer", "cash_on_delivery"], []]


@pytest.mark.parametrize("provider", ["stripe", "paypal", "square", "chapa"])
async def test_forged_and_oversized_messages_are_refused_and_leave_no_row(counter: Counter, provider: str) -> None:
    before = await counter.kept(provider)
    body = json.dumps({"id": "evt_1", "type": "payment_intent.succeeded", "created": 1}).encode()
    signed = counter.backstages[provider].sign(body)
    forged = [
        (body, {}),
        (body, {"webhook-signature": "v1,AAAA"}),
        (body + b" ", signed),
        (b"", signed),
        (b"x" * 300_000, signed),
    ]
    assert [await _told(counter, provider, *each) for each in forged] == [400, 400, 400, 400, 413]
    assert await counter.kept(provider) == before


async def test_nobody_tells_of_payments_by_hand(counter: Counter) -> None:
    assert await _told(counter, "manual", b"{}", {}) == 400
    assert await counter.kept("manual") == 0


async def test_a_provider_that_does_not_answer_is_told_as_such_and_another_takes_the_order(
    clone: Clone, redis_url: str, tmp_path: Path
) -> None:
    async with open_counter(await clone(), redis_url, tmp_path) as counter:
        counter.stripe.backstage.faults.extend([Fault.DOWN] * FAILURES_MAX)
        for number in range(FAILURES_MAX):
            pending = await _pays(counter, await counter.till.order(), "stripe", "pm_card_visa", key=f"down-{number}")
            assert (pending["state"], pending["failure"]) == ("PENDING", None)
        order = await counter.till.order()
        refused = await _pays(counter, order, "stripe", "pm_card_visa", key="refused")
        assert (refused["state"], refused["failure"]["code"]) == ("FAILED", "provider_unavailable")
        assert counter.stripe.charged(await counter.attempt_key(refused)) == (0, 0)
        metrics = (await counter.till.client.get(f"{counter.till.url}/metrics")).text
        assert "vitrine_payments_stripe_circuit_open 1.0" in metrics
        assert "vitrine_payments_square_circuit_open 0.0" in metrics
        await _pays(counter, order, "square", GOOD, key="another")
        await counter.ends(order, status="CONFIRMED", paymentStatus="PAID")
