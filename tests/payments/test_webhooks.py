"""The door for providers' notifications: nothing gets in unsigned, nothing is applied that does not fit, nothing is done twice."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge import webhooks
from edge.webhooks import PaymentWebhooks
from persistence.engine import Database, DatabaseSettings
from persistence.unit import Transactions
from tests.payments.till import Till, message, raw_id, signed

OTHER_SECRET = "whsec_b3RoZXItdGVuYW50LXNlY3JldC0zMi1ieXRlcy1sb25nIQ=="


async def _waiting(till: Till) -> tuple[dict[str, Any], dict[str, Any]]:
    """An order whose payment waits for the buyer, and the payment, all told so far applied."""
    order = await till.order()
    payment = await till.paid(order, "tok_redirect")
    await till.told_of(payment, 1)
    await till.works()
    return order, payment


async def _captured(till: Till, payment: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """What the sandbox would tell if the buyer had paid."""
    told = await till.snapshot(payment)
    paid = {"status": "captured", "authorized": told["amount"], "captured": told["amount"], "next_action": None}
    return {**told, **paid, "version": told["version"] + 2, **changed}


async def test_a_genuine_notification_pays_the_order_once_the_actor_has_run(till: Till) -> None:
    order, payment = await _waiting(till)
    assert await till.told(await _captured(till, payment)) == 200
    assert (await till.seen(order))["paymentStatus"] == "PENDING"
    await till.works()
    assert (await till.seen(order))["paymentStatus"] == "PAID"
    assert (await till.inbox(payment))[-1] == ("DONE", "applied: CAPTURED at version 3")


async def test_the_request_id_of_a_webhook_goes_with_what_it_announces(till: Till) -> None:
    _, payment = await _waiting(till)
    body, headers = message(await _captured(till, payment))
    assert await till.told(body, headers={**headers, "X-Request-Id": "hook-7"}) == 200
    kept = "SELECT request_id FROM outbox_event WHERE kind = 'NotificationReceived' ORDER BY id DESC LIMIT 1"
    assert await till.shop.rows.fetchval(kept) == "hook-7"


async def test_twenty_copies_at_once_are_one_row_and_one_effect(till: Till) -> None:
    order, payment = await _waiting(till)
    body, headers = message(await _captured(till, payment))
    answers = await asyncio.gather(*(till.told(body, headers=headers) for _ in range(20)))
    assert set(answers) == {200}
    await asyncio.gather(*(till.works() for _ in range(4)))
    assert len(await till.inbox(payment)) == 2
    seen = await till.seen(order)
    assert [event["kind"] for event in seen["events"]].count("PAYMENT_CAPTURED") == 1
    assert (await till.facts(order))["PaymentCaptured"] == 1
    assert await till.moved(order) == {"AUTHORIZED": 2489, "RECEIVABLE": -2489, "PROVIDER": 2489, "CUSTOMER": -2489}


async def test_twenty_notifications_of_one_state_are_twenty_rows_and_one_effect(till: Till) -> None:
    order, payment = await _waiting(till)
    told = await _captured(till, payment)
    assert set(await asyncio.gather(*(till.told(told) for _ in range(20)))) == {200}
    await asyncio.gather(*(till.works() for _ in range(4)))
    outcomes = [outcome for _, outcome in await till.inbox(payment)][1:]
    assert sorted(str(outcome)[:7] for outcome in outcomes) == ["applied"] + ["stale: "] * 19
    assert (await till.facts(order))["PaymentCaptured"] == 1


async def test_a_repeat_of_an_applied_notification_does_nothing(till: Till) -> None:
    order, payment = await _waiting(till)
    body, headers = message(await _captured(till, payment))
    await till.told(body, headers=headers)
    await till.works()
    before = await till.facts(order)
    assert await till.told(body, headers=headers) == 200
    await till.works()
    assert await till.facts(order) == before
    assert len(await till.inbox(payment)) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": 2488, "authorized": 2488, "captured": 2488},
        {"amount": 2490, "authorized": 2490, "captured": 2490},
        {"currency": "JPY"},
        {"account": "acct_of_somebody_else"},
        {"id": "sp_ffffffffffffffffffffffff"},
        {"status": "refunded"},
        {"captured": 0},
    ],
)
async def test_a_signed_notification_that_does_not_fit_is_parked_and_the_order_stays_unpaid(
    till: Till, changed: dict[str, Any]
) -> None:
    order, payment = await _waiting(till)
    assert await till.told(await _captured(till, payment, **changed)) == 200
    await till.works()
    state, outcome = (await till.inbox(payment))[-1]
    assert state == "PARKED"
    assert outcome is not None
    assert outcome.startswith("mismatch: ")
    seen = await till.seen(order)
    assert (seen["paymentStatus"], seen["captured"]) == ("PENDING", {"amount": "0.00"})
    assert await till.moved(order) == {}


async def test_a_notification_with_another_orders_attempt_key_does_not_pay_that_order(till: Till) -> None:
    cheap, dear = await till.order(price=100), await till.order(price=100_000)
    paid, waiting = await till.paid(cheap), await till.paid(dear, "tok_redirect")
    await till.told_of(waiting, 1)
    await till.works()
    stolen = await till.snapshot(paid, merchant_reference=str(raw_id(waiting["id"])), version=9)
    assert await till.told(stolen) == 200
    await till.works()
    assert (await till.inbox(waiting))[-1][0] == "PARKED"
    assert (await till.seen(dear))["paymentStatus"] == "PENDING"


async def test_a_notification_that_comes_before_its_payment_waits_and_is_applied(till: Till) -> None:
    order, payment = await _waiting(till)
    told = await _captured(till, payment)
    payment_id = raw_id(payment["id"])
    rows = till.shop.rows
    # The payment's row as it would be while the transaction that makes it is not committed yet: nowhere.
    kept = await rows.fetchrow("DELETE FROM payment WHERE id = $1 RETURNING *", payment_id)
    assert kept is not None
    assert await till.told(told) == 200
    await till.works()
    assert (await till.inbox(payment))[-1] == ("PENDING", None)
    places = ", ".join(f"${n}" for n in range(1, len(kept) + 1))
    await rows.execute(f"INSERT INTO payment VALUES ({places})", *kept.values())
    assert await till.told(message(told)[0], headers={}) == 400
    await rows.execute("UPDATE inbox SET next_attempt_at = now() WHERE state = 'PENDING'")
    await till.looks_into_the_inbox()
    assert (await till.inbox(payment))[-1] == ("DONE", "applied: CAPTURED at version 3")
    assert (await till.seen(order))["paymentStatus"] == "PAID"


async def test_a_repeat_wakes_a_notification_that_still_waits(till: Till) -> None:
    body, headers = message(await _of_nobody(till))
    assert await till.told(body, headers=headers) == 200
    await till.works()
    before = await _attempts(till, headers)
    assert await till.told(body, headers=headers) == 200
    await till.works()
    assert await _attempts(till, headers) == before + 1


async def test_a_notification_about_nothing_we_know_is_parked_after_three_days(till: Till) -> None:
    told = await _of_nobody(till)
    body, headers = message(told)
    await till.told(body, headers=headers)
    await till.works()
    place = "notification_id = $1 AND state = 'PENDING'"
    long_ago = datetime.now(UTC) - timedelta(hours=73)
    await till.shop.rows.execute(
        f"UPDATE inbox SET received_at = $2, next_attempt_at = now() WHERE {place}", headers["webhook-id"], long_ago
    )
    await till.looks_into_the_inbox()
    row = await till.shop.rows.fetchrow("SELECT state, outcome FROM inbox WHERE notification_id = $1", headers["webhook-id"])
    assert row is not None
    assert tuple(row) == ("PARKED", "no such payment, for 72 hours")


async def _of_nobody(till: Till) -> dict[str, Any]:
    payment = await till.paid(await till.order())
    return await till.snapshot(payment, merchant_reference="0199c0de-0000-7000-8000-000000000000")


async def _attempts(till: Till, headers: dict[str, str]) -> int:
    count: int = await till.shop.rows.fetchval("SELECT attempts FROM inbox WHERE notification_id = $1", headers["webhook-id"])
    return count


async def _kept(till: Till, *notification_ids: str) -> int:
    """How many of these lie in the inbox: what other tests' payments are told of comes in between."""
    count: int = await till.shop.rows.fetchval("SELECT count(*) FROM inbox WHERE notification_id = ANY($1)", notification_ids)
    return count


async def test_what_is_not_signed_for_us_now_is_refused_and_not_kept(till: Till) -> None:
    order, payment = await _waiting(till)
    body, good = message(await _captured(till, payment))
    one = good["webhook-id"]
    forgeries: dict[str, tuple[bytes, dict[str, str]]] = {
        "unsigned": (body, {}),
        "by somebody else": (body, signed(body, message_id=one, secret=OTHER_SECRET)),
        "for another body": (body.replace(b"2489", b"9999"), good),
        "with a space more": (body + b" ", good),
        "for another message": (body, {**good, "webhook-id": "evt_another"}),
        "cut short": (body, {**good, "webhook-signature": good["webhook-signature"][:-4]}),
        "of an older scheme": (body, {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v0,")}),
        "replayed after ten minutes": (body, signed(body, message_id=one, at=time.time() - 600)),
        "from the future": (body, signed(body, message_id=one, at=time.time() + 600)),
        "not ASCII": (body, {**good, "webhook-signature": "v1,ä"}),
        "malformed though signed": (b"{", signed(b"{", message_id=one)),
        "of another kind though signed": (b"[]", signed(b"[]", message_id=one)),
    }
    for name, (content, headers) in forgeries.items():
        raw = {key.encode(): value.encode() for key, value in headers.items()}
        answer = await till.client.post(f"{till.url}/webhooks/payments/sandbox", content=content, headers=raw)
        assert answer.status_code == 400, name
        assert set(answer.json()) == {"code"}, name
    assert await _kept(till, one, "evt_another") == 0
    assert (await till.seen(order))["paymentStatus"] == "PENDING"


async def test_a_body_over_256_kb_an_unknown_provider_and_another_method_are_refused(till: Till) -> None:
    large = b" " * (256 * 1024 + 1)
    headers = signed(large, message_id="evt_large")
    assert await till.told(large, headers=headers) == 413
    streamed = await till.client.post(f"{till.url}/webhooks/payments/sandbox", content=_pieces(), headers=headers)
    assert streamed.status_code == 413
    assert await till.told(b"{}", headers={}, provider="stripe") == 404
    assert (await till.client.get(f"{till.url}/webhooks/payments/sandbox")).status_code == 405
    assert await _kept(till, "evt_large") == 0


async def _pieces() -> Any:
    for _ in range(257):
        yield b" " * 1024


async def test_a_genuine_notification_about_no_payment_is_answered_and_not_kept(till: Till) -> None:
    body = json.dumps({"id": "evt_ping", "type": "account.updated", "occurred_at": datetime.now(UTC).isoformat()}).encode()
    assert await till.told(body, headers=signed(body, message_id="evt_ping")) == 200
    assert await _kept(till, "evt_ping") == 0


async def test_while_the_database_is_away_the_provider_is_asked_to_send_again(till: Till) -> None:
    payment = await till.paid(await till.order())
    body, headers = message(await till.snapshot(payment))
    database = Database(DatabaseSettings(url="postgresql://nobody@127.0.0.1:9/none"))
    away = PaymentWebhooks(
        providers={"sandbox": till.provider},
        transact=Transactions(database, published=lambda _topics: None),
        clock=lambda: datetime.now(UTC),
    )

    async def take(request: Request) -> Response:
        return await away.take(request)

    app = Starlette(routes=[Route(webhooks.PATH, take, methods=["POST"])])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://shop") as client:
        answer = await client.post("/webhooks/payments/sandbox", content=body, headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize("token", ["tok_duplicate_webhooks", "tok_out_of_order_webhooks:100ms"])
async def test_webhooks_doubled_or_out_of_order_come_to_the_same_end(till: Till, token: str) -> None:
    order = await till.order()
    payment = await till.paid(order, token)
    await till.becomes(order, paymentStatus="PAID")
    await till.told_of(payment, 2)
    await till.works()
    assert {state for state, _ in await till.inbox(payment)} == {"DONE"}
    assert (await till.facts(order))["PaymentCaptured"] == 1
    assert await till.moved(order) == {"AUTHORIZED": 2489, "RECEIVABLE": -2489, "PROVIDER": 2489, "CUSTOMER": -2489}
