"""What providers tell that nobody likes to hear: disputes, figures that are not what was asked for; and taking money by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Clone
from tests.gateways.counter import Counter, open_counter
from tests.gateways.fakes.square import GOOD
from tests.gateways.test_purchases import PAY

DISPUTES = """query($token: String!) { orderByToken(token: $token) {
    disputes { status amount { amount } reason } } }"""
CAPTURE = """mutation($input: PaymentCaptureInput!) { paymentCapture(input: $input) {
    payment { state captured { amount } } userErrors { code } } }"""
METHODS = {"stripe": "pm_card_visa", "paypal": None, "square": GOOD}


@pytest.fixture(scope="module")
async def counter(clone: Clone, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Counter]:
    async with open_counter(await clone(), redis_url, tmp_path_factory.mktemp("trouble")) as counter:
        yield counter


@pytest.fixture(scope="module")
async def by_hand(clone: Clone, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Counter]:
    """A shop that takes money when staff says so."""
    place = tmp_path_factory.mktemp("by-hand")
    async with open_counter(await clone(), redis_url, place, payment_capture="manual") as counter:
        yield counter


async def _begun(counter: Counter, order: dict[str, Any], provider: str, method: str | None) -> dict[str, Any]:
    said = {"orderToken": order["token"], "provider": provider, "method": method}
    payload = (await counter.till.shop.data(PAY, {"input": said}, key=f"begun-{order['token'][-24:]}"))["paymentCreate"]
    assert payload["userErrors"] == [], payload
    payment: dict[str, Any] = payload["payment"]
    return payment


async def _reference(counter: Counter, payment: dict[str, Any]) -> str:
    attempt = await counter.attempt_key(payment)
    return str(await counter.till.shop.rows.fetchval("SELECT reference FROM payment WHERE id::text = $1", attempt))


OPENED: dict[str, tuple[Callable[[Counter, str], object], Callable[[Counter, str], object]]] = {
    "stripe": (lambda it, name: it.stripe.dispute(name), lambda it, name: it.stripe.dispute(name, status="lost")),
    "paypal": (
        lambda it, name: it.paypal.dispute(name),
        lambda it, name: it.paypal.dispute(name, outcome="RESOLVED_BUYER_FAVOUR"),
    ),
    "square": (lambda it, name: it.square.dispute(name), lambda it, name: it.square.dispute(name, state="LOST")),
}


@pytest.mark.parametrize("provider", OPENED)
async def test_a_dispute_comes_to_staff_with_the_payment_and_so_does_how_it_ends(counter: Counter, provider: str) -> None:
    order, staff = await counter.till.order(), await counter.staff()
    payment = await _begun(counter, order, provider, METHODS[provider])
    if payment["nextAction"] is not None:
        await counter.decides(payment)
    await counter.ends(order, paymentStatus="PAID")
    name, (opens, is_lost) = await _reference(counter, payment), OPENED[provider]

    async def shown() -> list[tuple[str, str]]:
        await counter.quiet()
        told = (await counter.till.shop.data(DISPUTES, {"token": order["token"]}, token=staff))["orderByToken"]["disputes"]
        return [(each["status"], each["amount"]["amount"]) for each in told]

    assert await shown() == []
    opens(counter, name)
    assert await shown() == [("OPEN", "24.89")]
    is_lost(counter, name)
    assert await shown() == [("LOST", "24.89")]


def _cheapens(counter: Counter, name: str) -> None:
    order = counter.paypal.orders[name]["purchase_units"][0]
    order["amount"] = {**order["amount"], "value": "0.01"}


def _pays_another(counter: Counter, name: str) -> None:
    counter.paypal.orders[name]["purchase_units"][0]["payee"]["merchant_id"] = "MERCHANT00002"


def _pays_in_dollars(counter: Counter, name: str) -> None:
    counter.paypal.orders[name]["purchase_units"][0]["amount"]["currency_code"] = "USD"


def _pays_for_another(counter: Counter, name: str) -> None:
    counter.stripe.intents[name]["metadata"]["attempt"] = next(
        each["metadata"]["attempt"] for each in counter.stripe.intents.values() if each["id"] != name
    )


def _takes_a_cent(counter: Counter, name: str) -> None:
    counter.stripe.intents[name]["amount"] = 1


LIES = {
    "another amount": ("paypal", _cheapens),
    "another account": ("paypal", _pays_another),
    "another currency": ("paypal", _pays_in_dollars),
    "another order": ("stripe", _pays_for_another),
    "a cent": ("stripe", _takes_a_cent),
}


@pytest.mark.parametrize(("provider", "lies"), LIES.values(), ids=LIES)
async def test_genuine_messages_about_something_else_pay_no_order(
    counter: Counter, provider: str, lies: Callable[[Counter, str], None]
) -> None:
    other, order = await counter.till.order(), await counter.till.order()
    method = "pm_card_authenticationRequired" if provider == "stripe" else None
    await _begun(counter, other, provider, method)
    payment = await _begun(counter, order, provider, method)
    lies(counter, await _reference(counter, payment))
    await counter.decides(payment)
    await counter.ends(order, status="PENDING", paymentStatus="PENDING")
    await counter.ends(other, status="PENDING", paymentStatus="PENDING")
    outcome = await counter.till.shop.rows.fetchval("SELECT outcome FROM inbox WHERE state = 'PARKED' ORDER BY id DESC LIMIT 1")
    assert str(outcome).startswith("mismatch: ")


@pytest.mark.parametrize(("provider", "amount"), [("stripe", "20.00"), ("paypal", "20.00"), ("square", "24.89")])
async def test_what_is_promised_confirms_the_order_and_staff_takes_it(by_hand: Counter, provider: str, amount: str) -> None:
    order, staff = await by_hand.till.order(), await by_hand.staff()
    payment = await _begun(by_hand, order, provider, METHODS[provider])
    if payment["nextAction"] is not None:
        await by_hand.decides(payment)
    await by_hand.ends(order, status="CONFIRMED", paymentStatus="AUTHORIZED")
    said = {"input": {"paymentId": payment["id"], "amount": amount}}
    taken = (await by_hand.till.shop.data(CAPTURE, said, token=staff, key=f"take-{provider}"))["paymentCapture"]
    assert taken["userErrors"] == []
    assert taken["payment"] == {"state": "CAPTURED", "captured": {"amount": amount}}
    seen = await by_hand.ends(order)
    assert seen["captured"]["amount"] == amount
    await by_hand.till.compares()
    await by_hand.till.asks_unfinished()


async def test_square_takes_no_part_of_a_promise(by_hand: Counter) -> None:
    order, staff = await by_hand.till.order(), await by_hand.staff()
    payment = await _begun(by_hand, order, "square", GOOD)
    said = {"input": {"paymentId": payment["id"], "amount": "20.00"}}
    refused = (await by_hand.till.shop.data(CAPTURE, said, token=staff, key="part"))["paymentCapture"]
    assert [each["code"] for each in refused["userErrors"]] == ["PROVIDER_CANNOT"]
    assert by_hand.square.charged(await by_hand.attempt_key(payment)) == (0, 0)


async def test_a_message_that_cannot_be_checked_now_is_sent_again_and_taken_then(
    clone: Clone, redis_url: str, tmp_path: Path
) -> None:
    async with open_counter(await clone(), redis_url, tmp_path) as counter:
        order = await counter.till.order()
        payment = await _begun(counter, order, "paypal", None)
        counter.paypal.certificates_down = 2
        await counter.decides(payment)
        await counter.ends(order, status="CONFIRMED", paymentStatus="PAID")
        assert counter.paypal.backstage.answers[:3] == [503, 503, 200]
        assert counter.paypal.certificates_asked == 3


async def test_a_message_that_comes_three_times_is_kept_once(counter: Counter) -> None:
    order = await counter.till.order()
    payment = await _begun(counter, order, "square", GOOD)
    await counter.ends(order, paymentStatus="PAID")
    kept = await counter.kept("square")
    name = await _reference(counter, payment)
    event = {
        "merchant_id": "M",
        "type": "payment.updated",
        "event_id": f"thrice-{name}",
        "created_at": datetime.now(UTC).isoformat(),
    }
    body = json.dumps({**event, "data": {"object": {"payment": {"id": name}}}}).encode()
    for _ in range(3):
        counter.square.backstage.tell(body)
    seen = await counter.ends(order, paymentStatus="PAID")
    assert seen["captured"]["amount"] == "24.89"
    assert await counter.kept("square") == kept + 1
