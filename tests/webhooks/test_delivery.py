"""Events go out signed, in each thing's order, until they are taken: what a receiver sees, and what it must not."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from domain.webhooks import actions
from domain.webhooks.events import WebhookEndpointDisabled
from schema.ids import parse_id
from tests.webhooks.conftest import Desk


async def test_an_order_is_told_with_a_signature_that_the_official_library_accepts(desk: Desk) -> None:
    box = desk.receiver.box()
    endpoint = await desk.endpoint(box, "ORDER_PLACED")
    order = await desk.order()
    assert await desk.works() == 1
    [received] = await desk.receiver.wait(box, 1)
    told = Webhook(desk.secrets[endpoint]).verify(received.body, received.headers)
    assert told["type"] == "order.placed"
    assert told["data"] == {"subjectId": order["id"], "orderId": order["id"], "cause": ""}
    assert told["timestamp"].endswith("Z")
    [delivery] = await desk.deliveries(endpoint)
    assert delivery["state"] == "DELIVERED"
    assert delivery["messageId"] == received.headers["webhook-id"]
    assert delivery["event"]["subjectId"] == order["id"]
    assert delivery["tries"] == [{"number": 1, "status": 200, "failure": None, "response": ""}]
    assert await desk.works() == 0


async def test_what_was_tampered_with_is_refused_by_the_official_library(desk: Desk) -> None:
    box = desk.receiver.box()
    endpoint = await desk.endpoint(box)
    await desk.order()
    await desk.works()
    [received] = await desk.receiver.wait(box, 1)
    webhook = Webhook(desk.secrets[endpoint])
    with pytest.raises(WebhookVerificationError):
        webhook.verify(received.body + b" ", received.headers)
    with pytest.raises(WebhookVerificationError):
        webhook.verify(received.body, received.headers | {"webhook-id": "msg_other"})
    old = str(int((datetime.now(UTC) - timedelta(minutes=6)).timestamp()))
    with pytest.raises(WebhookVerificationError):
        webhook.verify(received.body, received.headers | {"webhook-timestamp": old})


async def test_an_endpoint_hears_only_what_it_chose_and_only_from_then_on(desk: Desk) -> None:
    await desk.order()
    await desk.write_log()
    box = desk.receiver.box()
    endpoint = await desk.endpoint(box, "ORDER_CANCELLED")
    order = await desk.order()
    assert await desk.works() == 0
    cancelled = await desk.does("orderCancel", "order { status }", orderId=order["id"], reason="changed their mind")
    assert cancelled["userErrors"] == []
    assert await desk.works() == 1
    [received] = await desk.receiver.wait(box, 1)
    assert json.loads(received.body)["type"] == "order.cancelled"
    assert len(await desk.deliveries(endpoint)) == 1


async def test_a_receiver_that_was_down_gets_everything_later_under_the_same_ids_and_in_order(desk: Desk) -> None:
    box = desk.receiver.box(500, 503)
    endpoint = await desk.endpoint(box, "ORDER_PLACED", "ORDER_CANCELLED")
    order = await desk.order()
    await desk.does("orderCancel", "order { status }", orderId=order["id"], reason="no")
    assert await desk.works() == 1, "the second event of the order waits for the first"
    assert await desk.works() == 0, "a failed endpoint rests"
    await desk.later(hours=1)
    assert await desk.works() == 1
    await desk.later(hours=1)
    assert await desk.works() == 2
    came = await desk.receiver.wait(box, 4)
    assert [json.loads(each.body)["type"] for each in came] == ["order.placed"] * 3 + ["order.cancelled"]
    assert len({each.headers["webhook-id"] for each in came}) == 2
    assert [each["state"] for each in await desk.deliveries(endpoint)] == ["DELIVERED", "DELIVERED"]
    placed = (await desk.deliveries(endpoint))[-1]
    assert [each["status"] for each in placed["tries"]] == [200, 503, 500]


async def test_a_failed_endpoint_is_tried_with_one_delivery_before_it_gets_the_rest(desk: Desk) -> None:
    box = desk.receiver.box(500, 500, 500, 500, 500)
    await desk.endpoint(box)
    for _ in range(5):
        await desk.order()
    assert await desk.works() == 5
    await desk.later(hours=1)
    assert await desk.works() == 5, "one, and since it was taken the other four"
    assert len(await desk.receiver.wait(box, 10)) == 10


async def test_a_receiver_that_hangs_delays_nobody_else(desk: Desk) -> None:
    stuck, well = desk.receiver.box(0, 0), desk.receiver.box()
    await desk.endpoint(stuck)
    await desk.endpoint(well)
    await desk.order()
    working = asyncio.create_task(desk.works())
    assert len(await desk.receiver.wait(well, 1)) == 1
    assert not working.done()
    await desk.order()
    assert await desk.works() == 1, "another worker serves the well endpoint while the first waits for the stuck one"
    assert len(await desk.receiver.wait(well, 2)) == 2
    desk.receiver.released.set()
    assert await working == 3, "what the stuck one had, and what had come for it meanwhile"
    desk.receiver.released.clear()


async def test_a_worker_that_died_between_sending_and_writing_down_sends_again_under_the_same_id(desk: Desk) -> None:
    box = desk.receiver.box()
    await desk.endpoint(box)
    await desk.order()
    await desk.write_log()
    [turn] = await desk.transact(actions.take_turns, endpoints=10, hold_seconds=30)
    assert len(turn.due) == 1, "taken, and then the worker is gone"
    assert await desk.works() == 0, "nobody else sends while it is held"
    await desk.later(hours=1)
    assert await desk.works() == 1
    [received] = await desk.receiver.wait(box, 1)
    assert received.headers["webhook-id"] == f"msg_{turn.due[0].id.hex}"


async def test_what_a_sender_brings_after_its_hold_ended_changes_nothing_for_the_endpoint(desk: Desk) -> None:
    box = desk.receiver.box(500)
    endpoint = await desk.endpoint(box)
    await desk.order()
    await desk.write_log()
    [late] = await desk.transact(actions.take_turns, endpoints=10, hold_seconds=30)
    await desk.later(hours=1)
    assert await desk.works() == 1
    await desk.transact(actions.end_turn, endpoint=late.endpoint, tried=[], now=datetime.now(UTC))
    row = await desk.shop.rows.fetchrow("SELECT failures, held_until, resting_until > now() AS rests FROM webhook_endpoint")
    assert row is not None
    assert (row["failures"], row["held_until"], row["rests"]) == (1, None, True)
    assert [each["state"] for each in await desk.deliveries(endpoint)] == ["PENDING"]


async def test_after_three_days_a_delivery_is_given_up_and_the_endpoint_switched_off_with_notice(desk: Desk) -> None:
    box = desk.receiver.box(*[500] * 10)
    endpoint = await desk.endpoint(box)
    await desk.order()
    assert await desk.works() == 1
    await desk.later(days=3)
    assert await desk.works() == 1
    shown = await desk.shop.data(
        "query($id: ID!) { webhookEndpoint(id: $id) { isActive disabledBecause failures } }", {"id": endpoint}, token=desk.token
    )
    assert shown["webhookEndpoint"] == {
        "isActive": False,
        "disabledBecause": "Nothing has reached it for 72 hours.",
        "failures": 2,
    }
    kinds = await desk.shop.rows.fetch("SELECT kind FROM outbox_event")
    assert [each["kind"] for each in kinds].count(WebhookEndpointDisabled.__name__) == 1
    await desk.order()
    await desk.later(hours=1)
    assert await desk.works() == 0, "nothing is made or sent for an endpoint that is off"
    assert await desk.transact(actions.tidy) == 1
    assert [each["state"] for each in await desk.deliveries(endpoint)] == ["FAILED"]


async def test_a_receiver_that_says_gone_is_switched_off_at_once(desk: Desk) -> None:
    endpoint = await desk.endpoint(desk.receiver.box(410))
    await desk.order()
    assert await desk.works() == 1
    row = await desk.shop.rows.fetchrow("SELECT is_active, disabled_because FROM webhook_endpoint")
    assert row is not None
    assert (row["is_active"], row["disabled_because"]) == (False, "The receiver answered 410: it is gone.")
    on = await desk.does(
        "webhookEndpointUpdate", "webhookEndpoint { isActive disabledBecause failures }", id=endpoint, isActive=True
    )
    assert on["webhookEndpoint"] == {"isActive": True, "disabledBecause": None, "failures": 0}
    assert await desk.works() == 1, "what still waited goes out at once"


async def test_a_redirect_is_a_refusal_and_is_not_followed(desk: Desk) -> None:
    endpoint = await desk.endpoint(desk.receiver.box(302))
    await desk.order()
    assert await desk.works() == 1
    [delivery] = await desk.deliveries(endpoint)
    assert delivery["tries"] == [{"number": 1, "status": 302, "failure": "the receiver answered 302", "response": ""}]


async def test_both_keys_sign_until_the_stated_time_and_then_only_the_new_one(desk: Desk) -> None:
    box = desk.receiver.box()
    endpoint = await desk.endpoint(box)
    old = desk.secrets[endpoint]
    rotated = await desk.does("webhookSecretRotate", "secret webhookEndpoint { oldSecretUntil }", id=endpoint, keepOldHours=2)
    assert rotated["webhookEndpoint"]["oldSecretUntil"] is not None
    new = rotated["secret"]
    await desk.order()
    await desk.works()
    [first] = await desk.receiver.wait(box, 1)
    Webhook(old).verify(first.body, first.headers)
    Webhook(new).verify(first.body, first.headers)
    await desk.later(hours=3)
    await desk.order()
    await desk.works()
    [_, second] = await desk.receiver.wait(box, 2)
    Webhook(new).verify(second.body, second.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(second.body, second.headers)


async def test_a_trial_and_a_resend_go_out_and_a_stranger_cannot_ask_for_them(desk: Desk) -> None:
    box = desk.receiver.box()
    endpoint = await desk.endpoint(box)
    trial = await desk.does("webhookTrial", "webhookDelivery { id state event { id } }", id=endpoint)
    assert trial["webhookDelivery"]["event"] is None
    assert await desk.works() == 1
    [received] = await desk.receiver.wait(box, 1)
    assert json.loads(received.body)["type"] == "webhook.trial"
    again = await desk.does("webhookDeliveryResend", "webhookDelivery { state }", id=trial["webhookDelivery"]["id"])
    assert again["webhookDelivery"] == {"state": "PENDING"}
    assert await desk.works() == 1
    came = await desk.receiver.wait(box, 2)
    assert came[0].headers["webhook-id"] == came[1].headers["webhook-id"]
    refused = await desk.shop.ask(DELIVER_AGAIN, {"id": trial["webhookDelivery"]["id"]})
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


DELIVER_AGAIN = "mutation($id: ID!) { webhookDeliveryResend(input: {id: $id}) { userErrors { code } } }"


async def test_a_range_of_the_log_is_replayed_in_order_for_one_that_lost_it(desk: Desk) -> None:
    for _ in range(4):
        await desk.order()
    await desk.write_log()
    box = desk.receiver.box()
    endpoint = await desk.endpoint(box)
    replayed = await desk.does("webhookReplay", "events", id=endpoint, afterPosition="1", untilPosition="3")
    assert replayed["events"] == 2
    assert await desk.works() == 2
    first = await desk.receiver.wait(box, 2)
    assert sorted(json.loads(each.body)["position"] for each in first) == ["2", "3"]
    again = await desk.does("webhookReplay", "events", id=endpoint, since="2020-01-01T00:00:00Z")
    assert again["events"] == 4
    assert await desk.works() == 4
    came = await desk.receiver.wait(box, 6)
    by_position = {json.loads(each.body)["position"]: each.headers["webhook-id"] for each in first}
    for each in came[2:]:
        position = json.loads(each.body)["position"]
        assert by_position.get(position, each.headers["webhook-id"]) == each.headers["webhook-id"]
    assert len({each.headers["webhook-id"] for each in came}) == 4


async def test_a_selection_is_resolved_as_its_maker_would_see_it(desk: Desk) -> None:
    box = desk.receiver.box()
    selection = "query($id: ID!) { node(id: $id) { ... on Order { number email lines { quantity } } } }"
    await desk.endpoint(box, selection=selection)
    order = await desk.order()
    assert await desk.works() == 1
    [received] = await desk.receiver.wait(box, 1)
    told = json.loads(received.body)["data"]["data"]["node"]
    assert told["number"] == order["number"]
    assert told["lines"] == [{"quantity": 1}]
    assert "@" in told["email"]


async def test_a_delivery_belongs_to_its_own_row_of_the_log(desk: Desk) -> None:
    endpoint = await desk.endpoint(desk.receiver.box())
    await desk.order()
    await desk.works()
    [delivery] = await desk.deliveries(endpoint)
    known = parse_id(delivery["id"])
    assert known is not None
    row = await desk.shop.rows.fetchrow(
        "SELECT d.position = e.position AS same FROM webhook_delivery d JOIN outbox_event e ON e.id = d.event_id WHERE d.id = $1",
        UUID(int=known[1].int),
    )
    assert row is not None
    assert row["same"]
