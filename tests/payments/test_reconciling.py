"""What no webhook told is found by asking, repaired by the same rules, and can be read by staff."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.idempotency import Claim
from domain.ids import OrderId
from domain.payments.actions.attempts import Wanted
from domain.payments.flows.paying import Means, pay
from domain.payments.provider import Buyer
from domain.viewer import GUEST, Permission
from gateways.payments.sandbox import SandboxProvider
from tests.gateways.requests import NOWHERE, an_attempt, eur, paid
from tests.gateways.sandbox_process import API_KEY
from tests.makers.people import a_staff_token
from tests.payments.till import Till, raw_id

RUNS = """query($first: Int, $after: String) { reconciliationRuns(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { provider startedAt finishedAt paymentsChecked failure
            findings { kind wasRepaired reference payment { id state } detail } } } }"""
INBOX = "query($state: PaymentNotificationState) { paymentNotifications(state: $state, first: 5) { totalCount nodes { state outcome } } }"


async def _findings(till: Till, payment: dict[str, Any]) -> list[tuple[str, bool]]:
    rows = await till.shop.rows.fetch(
        "SELECT kind, was_repaired FROM reconciliation_finding WHERE payment_id = $1 ORDER BY run_id", raw_id(payment["id"])
    )
    return [(row["kind"], row["was_repaired"]) for row in rows]


async def test_a_charge_whose_answer_was_lost_is_pending_and_then_repaired(till: Till) -> None:
    order = await till.order()
    payload = await till.pays(order, "tok_server_error_after_charge")
    assert (payload["payment"]["state"], payload["order"]["paymentStatus"]) == ("PENDING", "PENDING")
    assert payload["payment"]["failure"] is None
    assert (await till.books(payload["payment"]))["captured"] == 2489
    await till.without_webhooks(payload["payment"])
    await till.asks_unfinished()
    seen = await till.seen(order)
    assert (seen["status"], seen["paymentStatus"], seen["captured"]) == ("CONFIRMED", "PAID", {"amount": "24.89"})
    assert await _findings(till, payload["payment"]) == [("BEHIND", True)]


async def test_a_provider_that_hangs_after_charging_leaves_the_payment_pending_until_it_is_asked(till: Till) -> None:
    order = await till.order()
    impatient = SandboxProvider(till.client, till.sandbox.values(total_seconds=1.0))
    order_id = OrderId(raw_id(order["id"]))
    payment_id = await pay(
        till.tools.transact,
        impatient,
        wanted=Wanted(order_id=order_id, holds_token=True, provider="sandbox", amount=None),
        means=Means(
            buyer=Buyer(email="ada@example.com"),
            method="tok_timeout_after_charge",
            return_url="https://shop.example/",
            webhook_url=NOWHERE,
        ),
        claim=Claim(actor=f"order:{order_id}", mutation="paymentCreate", key="hangs", fingerprint=b""),
        reservation_seconds=900,
        by=GUEST,
        now=datetime.now(UTC),
    )
    assert isinstance(payment_id, UUID)
    seen = await till.seen(order)
    assert (seen["paymentStatus"], seen["payments"][0]["state"], seen["payments"][0]["failure"]) == ("PENDING", "PENDING", None)
    await till.asks_unfinished()
    assert (await till.seen(order))["paymentStatus"] == "PAID"
    assert (await till.books(seen["payments"][0]))["captured"] == 2489


async def test_one_payment_that_nobody_can_tell_of_keeps_no_other_from_its_repair(fresh_till: Till) -> None:
    till = fresh_till
    lost, order = await till.order(), await till.order()
    await till.paid(lost, "tok_redirect")
    await till.shop.rows.execute(
        "UPDATE payment SET reference = 'sp_000000000000000000000000' WHERE order_id = $1", raw_id(lost["id"])
    )
    payment = (await till.pays(order, "tok_server_error_after_charge"))["payment"]
    await till.without_webhooks(payment)
    await till.compares()
    assert (await till.seen(order))["paymentStatus"] == "PAID"
    assert await _findings(till, (await till.seen(lost))["payments"][0]) == [
        ("UNKNOWN_TO_PROVIDER", False),
        ("DIFFERENT", False),
    ]


async def test_a_repeat_with_the_same_key_learns_of_a_charge_whose_answer_was_lost(till: Till) -> None:
    order = await till.order()
    first = await till.pays(order, "tok_reset_after_charge", key="again")
    assert first["payment"]["state"] == "PENDING"
    again = await till.pays(order, "tok_reset_after_charge", key="again")
    assert (again["payment"]["id"], again["payment"]["state"]) == (first["payment"]["id"], "CAPTURED")
    books = await till.books(first["payment"])
    assert (books["payments"], books["captured"]) == (1, 2489)


async def test_an_attempt_that_never_reached_the_provider_is_closed_and_the_order_can_be_paid(till: Till) -> None:
    order = await till.order()
    payload = await till.pays(order, "tok_server_error")
    assert payload["payment"]["state"] == "PENDING"
    await till.asks_unfinished()
    seen = await till.seen(order)
    assert (seen["paymentStatus"], seen["payments"][0]["failure"]) == ("UNPAID", {"code": "not_started"})
    assert await _findings(till, payload["payment"]) == [("NEVER_ARRIVED", True)]
    assert (await till.paid(order))["state"] == "CAPTURED"


async def test_a_lost_webhook_is_repaired_and_listed_for_staff(till: Till) -> None:
    order = await till.order()
    payment = await till.paid(order, "tok_lost_webhook:100ms")
    assert payment["state"] == "PENDING"

    async with asyncio.timeout(30):
        while (await till.books(payment))["captured"] == 0:  # noqa: ASYNC110 (it happens in another process)
            await asyncio.sleep(0.03)
    await till.compares()
    assert (await till.seen(order))["paymentStatus"] == "PAID"
    assert await till.inbox(payment) == []
    staff = await a_staff_token(till.shop, Permission.READ_PAYMENTS)
    runs = (await till.shop.data(RUNS, {"first": 1}, token=staff))["reconciliationRuns"]
    [run] = runs["nodes"]
    assert (run["provider"], run["failure"]) == ("sandbox", None)
    assert run["finishedAt"] >= run["startedAt"]
    mine = [each for each in run["findings"] if each["payment"] and each["payment"]["id"] == payment["id"]]
    assert [(each["kind"], each["wasRepaired"], each["payment"]["state"]) for each in mine] == [("BEHIND", True, "CAPTURED")]
    assert mine[0]["detail"] == {"from": "PENDING", "to": "CAPTURED", "version": 3}


async def test_comparing_again_and_twice_at_once_finds_nothing_more(till: Till) -> None:
    order = await till.order()
    payment = (await till.pays(order, "tok_server_error_after_charge"))["payment"]
    await till.without_webhooks(payment)
    await asyncio.gather(till.compares(), till.compares(), till.asks_unfinished())
    await till.compares()
    assert await _findings(till, payment) == [("BEHIND", True)]
    await till.works()
    assert (await till.facts(order))["PaymentCaptured"] == 1


async def test_a_charge_that_we_never_asked_for_is_reported_once_and_not_repaired(till: Till) -> None:
    stray = paid(await till.provider.create(an_attempt("tok_success")))
    await till.compares()
    await till.compares()
    rows = await till.shop.rows.fetch(
        "SELECT kind, was_repaired, payment_id FROM reconciliation_finding WHERE reference = $1", stray.reference
    )
    assert [tuple(row) for row in rows] == [("UNKNOWN_TO_US", False, None)]


async def test_a_refund_whose_answer_was_lost_is_asked_for_again_under_its_key(till: Till) -> None:
    order = await till.order()
    payment = await till.paid(order)
    refund_id = await till.shop.rows.fetchval(
        """INSERT INTO refund (id, payment_id, order_id, currency, amount, reason, state, created_at)
           VALUES (gen_random_uuid(), $1, $2, 'EUR', 500, 'x', 'PENDING', now()) RETURNING id""",
        raw_id(payment["id"]),
        raw_id(order["id"]),
    )
    told = await till.snapshot(payment)
    done = await till.provider.refund(told["id"], eur(500), str(refund_id))
    assert paid(done).refunded.minor == 500
    await till.asks_unfinished()
    seen = await till.seen(order)
    assert (seen["refunded"], seen["payments"][0]["refunds"][0]["state"]) == ({"amount": "5.00"}, "DONE")
    assert (await till.books(payment))["refunds"] == 1


async def test_an_unanswering_provider_ends_the_run_as_failed_and_changes_nothing(till: Till) -> None:
    order = await till.order()
    payment = (await till.pays(order, "tok_server_error_after_charge"))["payment"]
    await till.without_webhooks(payment)
    await till.deaf().compares()
    row = await till.shop.rows.fetchrow(
        "SELECT failure, finished_at FROM reconciliation_run ORDER BY started_at DESC, id DESC LIMIT 1"
    )
    assert row is not None
    assert (row["failure"] is not None, row["finished_at"] is not None) == (True, True)
    assert (await till.seen(order))["paymentStatus"] == "PENDING"
    await till.compares()
    assert (await till.seen(order))["paymentStatus"] == "PAID"


async def test_lists_for_staff_are_pages_and_closed_to_others(till: Till) -> None:
    await till.paid(await till.order())
    await till.compares()
    await till.compares()
    staff = await a_staff_token(till.shop, Permission.READ_PAYMENTS)
    first = (await till.shop.data(RUNS, {"first": 1}, token=staff))["reconciliationRuns"]
    after = first["pageInfo"]["endCursor"]
    second = (await till.shop.data(RUNS, {"first": 1, "after": after}, token=staff))["reconciliationRuns"]
    assert first["totalCount"] >= 2
    assert first["nodes"][0]["startedAt"] >= second["nodes"][0]["startedAt"]
    assert first["nodes"] != second["nodes"]
    inbox = (await till.shop.data(INBOX, {"state": "DONE"}, token=staff))["paymentNotifications"]
    assert {each["state"] for each in inbox["nodes"]} <= {"DONE"}
    for document in (RUNS, INBOX):
        refused = await till.shop.ask(document, {})
        assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_three_payments_that_nobody_can_tell_of_keep_no_other_from_being_asked_about(fresh_till: Till) -> None:
    till = fresh_till
    lost = "UPDATE payment SET reference = NULL, state = 'PENDING', version = 0, next_action = NULL WHERE id = $1"
    for _ in range(3):
        payment = await till.paid(await till.order(), "tok_redirect")
        told = await till.snapshot(payment)
        body = {
            **{name: told[name] for name in ("merchant_reference", "order_number", "amount", "currency")},
            "method": "tok_redirect",
            "capture": "automatic",
            "return_url": "https://shop.example/",
            "webhook_url": NOWHERE,
        }
        # Two payments under one attempt: which of them is ours nobody can say.
        headers = {"authorization": f"Bearer {API_KEY}", "idempotency-key": f"second-{told['id']}"}
        made = await till.client.post(f"{till.sandbox.url}/v1/payments", json=body, headers=headers)
        assert made.status_code < 300, made.text
        await till.shop.rows.execute(lost, raw_id(payment["id"]))
    order = await till.order()
    good = await till.paid(order, "tok_redirect")
    await till.shop.rows.execute(lost, raw_id(good["id"]))
    await till.asks_unfinished()
    assert (await till.seen(order))["payments"][0]["state"] == "PENDING"
    await till.asks_unfinished()
    assert (await till.seen(order))["payments"][0]["state"] == "REQUIRES_ACTION"
