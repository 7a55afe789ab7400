"""The ways to pay: which are offered, kept methods and whose they are, pages to come back to, and payment by hand."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from domain.viewer import Permission
from tests.makers.people import a_customer_token, a_staff_token
from tests.payments.counter import PAGES, Counter
from tests.payments.till import Till, raw_id

_KEYS = itertools.count(1)
OPTIONS = "paymentOptions { name isDefault abilities }"
MINE = "{ me { paymentMethods { id provider brand last4 expires } } }"
PAID = "payment { id state nextAction { kind url clientSecret text } failure { code } method { brand } } order { status paymentStatus }"


@pytest.fixture(scope="module")
async def staff(counter: Counter) -> str:
    return await a_staff_token(counter.till.shop, Permission.READ_ORDERS, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS)


async def _pays(till: Till, *, token: str | None = None, **said: Any) -> dict[str, Any]:
    return await till.does("paymentCreate", said, PAID, token=token, key=f"way-{next(_KEYS)}")


async def _order_of(till: Till, token: str) -> dict[str, Any]:
    goods = await till.shop.goods(price=1999)
    return await till.shop.shopper(token=token).orders((goods, 1))


async def test_a_cart_and_an_order_say_how_they_can_be_paid(counter: Counter) -> None:
    till = counter.till
    order = await till.order()
    question = f"query($token: String!) {{ orderByToken(token: $token) {{ {OPTIONS} }} }}"
    offered = (await till.shop.data(question, {"token": order["token"]}))["orderByToken"]["paymentOptions"]
    assert [(each["name"], each["isDefault"]) for each in offered] == [("sandbox", True), ("stripe", False), ("manual", False)]
    assert "SAVED_METHODS" in offered[1]["abilities"]
    assert "OFFLINE" in offered[2]["abilities"]
    shopper = till.shop.shopper()
    await shopper.adds(await till.shop.goods())
    asked = f"query($id: ID!) {{ cart(id: $id) {{ {OPTIONS} }} }}"
    assert (await till.shop.data(asked, {"id": shopper.cart["id"]}))["cart"]["paymentOptions"] == offered


async def test_a_customer_keeps_a_method_pays_with_it_and_forgets_it(counter: Counter) -> None:
    till = counter.till
    ada, bob = await a_customer_token(till.shop), await a_customer_token(till.shop)
    order = await _order_of(till, ada)
    method = {"orderId": order["id"], "provider": "stripe", "method": "pm_card_visa", "keepMethod": True}
    assert (await _pays(till, token=ada, **method))["userErrors"] == []
    await till.works()
    [kept] = (await till.shop.data(MINE, token=ada))["me"]["paymentMethods"]
    assert kept["provider"] == "stripe"
    assert (await till.shop.data(MINE, token=bob))["me"]["paymentMethods"] == []
    again = await _order_of(till, ada)
    paid = await _pays(till, token=ada, orderId=again["id"], savedMethodId=kept["id"])
    assert (paid["userErrors"], paid["payment"]["state"]) == ([], "AUTHORIZED")
    other = await _order_of(till, bob)
    stolen = await _pays(till, token=bob, orderId=other["id"], savedMethodId=kept["id"])
    assert stolen["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "savedMethodId"]}]
    guest = await till.order()
    foreign = await _pays(till, orderToken=guest["token"], savedMethodId=kept["id"])
    assert foreign["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "savedMethodId"]}]
    forgets = "paymentMethodDelete", {"methodId": kept["id"]}, "customer { paymentMethods { id } }"
    refused = await till.does(*forgets, token=bob)
    assert refused["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "methodId"]}]
    gone = await till.does(*forgets, token=ada)
    assert gone == {"customer": {"paymentMethods": []}, "userErrors": []}
    late = await _order_of(till, ada)
    too_late = await _pays(till, token=ada, orderId=late["id"], savedMethodId=kept["id"])
    assert too_late["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "savedMethodId"]}]
    await till.works()
    assert await till.shop.rows.fetchval("SELECT count(*) FROM payment_method WHERE id = $1", raw_id(kept["id"])) == 0


async def test_guests_keep_nothing_and_a_provider_that_cannot_says_so(counter: Counter) -> None:
    till = counter.till
    order = await till.order()
    guest = await _pays(till, orderToken=order["token"], provider="stripe", method="pm_card_visa", keepMethod=True)
    assert guest["userErrors"] == [{"code": "INVALID", "path": ["input", "keepMethod"]}]
    ada = await a_customer_token(till.shop)
    own = await _order_of(till, ada)
    cannot = await _pays(till, token=ada, orderId=own["id"], provider="manual", method="bank_transfer", keepMethod=True)
    assert cannot["userErrors"] == [{"code": "PROVIDER_CANNOT", "path": ["input", "keepMethod"]}]


@pytest.mark.parametrize("number", ["4242424242424242", "4242-4242-4242-4242", "378282246310005"])
async def test_a_card_number_is_refused_before_anybody_sees_it(counter: Counter, number: str) -> None:
    till = counter.till
    order = await till.order()
    refused = await _pays(till, orderToken=order["token"], method=number)
    assert refused["userErrors"] == [{"code": "INVALID", "path": ["input", "method"]}]
    assert (await till.seen(order))["payments"] == []


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        (PAGES, True),
        (f"{PAGES}/done?order=1#top", True),
        (f"{PAGES}ping", False),
        ("https://pages.example/", False),
        (f"{PAGES}/../evil", False),
        ("http://pages.example/shop", False),
        ("https://pages.example.evil.example/shop", False),
        ("https://pages.example@evil.example/shop", False),
        ("https://pages.example:8443/shop", False),
        ("//pages.example/shop", False),
        ("https://pages.example\\@evil.example/shop", False),
        ("javascript:alert(1)", False),
    ],
)
async def test_buyers_come_back_to_pages_of_the_shop_only(counter: Counter, url: str, is_allowed: bool) -> None:
    order = await counter.till.order()
    payload = await _pays(counter.till, orderToken=order["token"], method="tok_redirect", returnUrl=url)
    refused = [{"code": "RETURN_URL_NOT_ALLOWED", "path": ["input", "returnUrl"]}]
    assert payload["userErrors"] == ([] if is_allowed else refused)
    assert (payload["payment"] is not None) is is_allowed


async def test_a_bank_transfer_waits_for_days_until_staff_says_that_it_came(counter: Counter, staff: str) -> None:
    till = counter.till
    order = await till.order(stock=1)
    paid = await _pays(till, orderToken=order["token"], provider="manual", method="bank_transfer")
    action = paid["payment"]["nextAction"]
    assert (action["kind"], action["text"]) == ("INSTRUCTIONS", f"Send 24.89 EUR for order {order['number']}.")
    held = await till.shop.rows.fetchval(
        "SELECT expires_at > now() + interval '6 days' FROM reservation WHERE order_id = $1", raw_id(order["id"])
    )
    assert held is True
    await till.asks_unfinished()
    assert (await till.seen(order))["payments"][0]["state"] == "REQUIRES_ACTION"
    mark = {"paymentId": paid["payment"]["id"]}
    asked = "payment { state captured { amount } } order { status paymentStatus }"
    part = await till.does("paymentMarkReceived", {**mark, "amount": "20.00"}, asked, token=staff, key="came-1")
    assert part["payment"] == {"state": "CAPTURED", "captured": {"amount": "20.00"}}
    assert part["order"] == {"status": "PENDING", "paymentStatus": "PARTIALLY_PAID"}
    for _ in range(2):
        rest = await till.does("paymentMarkReceived", mark, asked, token=staff, key="came-2")
        assert rest["order"] == {"status": "CONFIRMED", "paymentStatus": "PAID"}
    more = await till.does("paymentMarkReceived", {**mark, "amount": "0.01"}, asked, token=staff, key="came-3")
    assert more["userErrors"] == [{"code": "CAPTURE_TOO_LARGE", "path": ["input", "amount"]}]
    assert (await till.moved(order))["PROVIDER"] == 2489


async def test_a_refund_by_hand_waits_for_staff_and_is_counted_once(counter: Counter, staff: str) -> None:
    till = counter.till
    order = await till.order()
    paid = await _pays(till, orderToken=order["token"], provider="manual", method="cash_on_delivery")
    assert (paid["payment"]["state"], paid["order"]["status"]) == ("AUTHORIZED", "CONFIRMED")
    # Cash is paid at the door, so the goods go out on the promise.
    keeper = await a_staff_token(till.shop, Permission.READ_ORDERS, Permission.MANAGE_ORDERS)
    sent = {"orderId": order["id"], "fulfillmentStatus": "SHIPPED"}
    shipped = await till.does("orderTransition", sent, "order { fulfillmentStatus }", token=keeper)
    assert shipped == {"order": {"fulfillmentStatus": "SHIPPED"}, "userErrors": []}
    mark = {"paymentId": paid["payment"]["id"]}
    await till.does("paymentMarkReceived", mark, "payment { state }", token=staff, key=f"way-{next(_KEYS)}")
    back = {"orderId": order["id"], "amount": "5.00", "reason": "Scratched."}
    made = await till.does("refundCreate", back, "refunds { id state }", token=staff, key=f"way-{next(_KEYS)}")
    [refund] = made["refunds"]
    await till.works()
    assert (await till.seen(order))["refunded"] == {"amount": "0.00"}
    for _ in range(2):
        done = await till.does("refundMarkPaid", {"refundId": refund["id"]}, "refund { state }", token=staff)
        assert done == {"refund": {"state": "DONE"}, "userErrors": []}
    assert (await till.seen(order))["refunded"] == {"amount": "5.00"}
    online = await till.paid(await till.order())
    wrong = await till.does(
        "paymentMarkReceived", {"paymentId": online["id"]}, "payment { id }", token=staff, key=f"way-{next(_KEYS)}"
    )
    assert wrong["userErrors"] == [{"code": "PROVIDER_CANNOT", "path": ["input", "paymentId"]}]
