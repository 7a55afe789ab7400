"""Webhook endpoints through the API: what may be said, who may say it, and what is never shown again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain.viewer import Permission
from domain.webhooks.model import ENDPOINTS_MAX
from tests.makers.people import a_staff_token
from tests.webhooks.conftest import CREATE, Desk


async def _refused(desk: Desk, token: str | None = None, **said: Any) -> dict[str, Any]:
    given = {"url": "https://shop.example/hook", "eventTypes": ["ORDER_PLACED"], **said}
    made = (await desk.shop.data(CREATE, {"input": given}, token=token or desk.token))["webhookEndpointCreate"]
    assert made["webhookEndpoint"] is None
    assert made["secret"] is None
    error: dict[str, Any] = made["userErrors"][0]
    return error


@pytest.mark.parametrize(
    ("said", "code", "path"),
    [
        ({"url": "ftp://shop.example"}, "WEBHOOK_URL_REFUSED", ["input", "url"]),
        ({"eventTypes": []}, "INVALID", ["input", "eventTypes"]),
        ({"description": "x" * 501}, "INVALID", ["input", "description"]),
        ({"selection": "{ nothing }"}, "WEBHOOK_SELECTION_INVALID", ["input", "selection"]),
        ({"selection": "mutation { x }"}, "WEBHOOK_SELECTION_INVALID", ["input", "selection"]),
        ({"selection": "{"}, "WEBHOOK_SELECTION_INVALID", ["input", "selection"]),
        ({"selection": "{ __schema { types { name } } }"}, "WEBHOOK_SELECTION_INVALID", ["input", "selection"]),
        (
            {"selection": "query($n: Int) { products(first: $n) { totalCount } }"},
            "WEBHOOK_SELECTION_INVALID",
            ["input", "selection"],
        ),
        ({"selection": "{ products { totalCount } }" + " " * 8_000}, "WEBHOOK_SELECTION_INVALID", ["input", "selection"]),
    ],
)
async def test_what_cannot_be_is_refused_with_its_place(desk: Desk, said: dict[str, Any], code: str, path: list[str]) -> None:
    error = await _refused(desk, **said)
    assert (error["code"], error["path"]) == (code, path)


async def test_nobody_is_told_of_what_the_maker_may_not_read(desk: Desk) -> None:
    token = await a_staff_token(desk.shop, Permission.MANAGE_WEBHOOKS, Permission.READ_ORDERS)
    error = await _refused(desk, token, eventTypes=["ORDER_PLACED", "PAYMENT_CAPTURED"])
    assert (error["code"], error["path"]) == ("INVALID", ["input", "eventTypes"])


async def test_a_selection_reads_no_more_than_its_maker_may(desk: Desk) -> None:
    token = await a_staff_token(desk.shop, Permission.MANAGE_WEBHOOKS, Permission.READ_ORDERS)
    box = desk.receiver.box()
    selection = "query($id: ID!) { node(id: $id) { id } customers(first: 1) { totalCount } }"
    if "customers" not in str(await desk.shop.ask("{ __schema { queryType { fields { name } } } }")):
        selection = "query($id: ID!) { node(id: $id) { id } messageDeliveries(first: 1) { totalCount } }"
    given = {"url": box, "eventTypes": ["ORDER_PLACED"], "selection": selection}
    made = (await desk.shop.data(CREATE, {"input": given}, token=token))["webhookEndpointCreate"]
    assert made["userErrors"] == []
    await desk.order()
    assert await desk.works() == 1
    [received] = await desk.receiver.wait(box, 1)
    assert b'"errors"' in received.body
    assert b"totalCount" not in received.body


async def test_a_key_is_shown_once_and_kept_sealed(desk: Desk) -> None:
    given = {"url": "https://shop.example/hook", "eventTypes": ["ORDER_PLACED"]}
    made = (await desk.shop.data(CREATE, {"input": given}, token=desk.token))["webhookEndpointCreate"]
    assert made["secret"].startswith("whsec_")
    rows = await desk.shop.rows.fetch("SELECT sealed FROM webhook_secret")
    assert all(made["secret"].encode() not in row["sealed"] for row in rows)
    kind = await desk.shop.data('{ __type(name: "WebhookEndpoint") { fields { name } } }')
    assert "secret" not in {each["name"] for each in kind["__type"]["fields"]}


async def test_of_many_at_once_only_as_many_endpoints_are_made_as_there_may_be(desk: Desk) -> None:
    await desk.shop.rows.execute(
        "INSERT INTO webhook_endpoint (id, url, kinds, permissions)"
        " SELECT gen_random_uuid(), 'https://shop.example', '{OrderPlaced}', '{}' FROM generate_series(1, $1)",
        ENDPOINTS_MAX - 1,
    )
    given = {"url": "https://shop.example/hook", "eventTypes": ["ORDER_PLACED"]}
    made = await asyncio.gather(*(desk.shop.data(CREATE, {"input": given}, token=desk.token) for _ in range(5)))
    outcomes = sorted("".join(error["code"] for error in each["webhookEndpointCreate"]["userErrors"]) for each in made)
    assert outcomes == ["", *["TOO_MANY_WEBHOOK_ENDPOINTS"] * 4]
    assert await desk.shop.rows.fetchval("SELECT count(*) FROM webhook_endpoint") == ENDPOINTS_MAX


async def test_an_endpoint_is_changed_and_removed_with_all_that_belongs_to_it(desk: Desk) -> None:
    endpoint = await desk.endpoint(desk.receiver.box(500))
    await desk.order()
    await desk.works()
    changed = await desk.does(
        "webhookEndpointUpdate",
        "webhookEndpoint { url eventTypes isActive description }",
        id=endpoint,
        url="https://shop.example/other",
        eventTypes=["ORDER_CANCELLED"],
        description="books",
        isActive=False,
    )
    assert changed["webhookEndpoint"] == {
        "url": "https://shop.example/other",
        "eventTypes": ["ORDER_CANCELLED"],
        "isActive": False,
        "description": "books",
    }
    off = await desk.does("webhookTrial", "webhookDelivery { id }", id=endpoint)
    assert off["userErrors"][0]["code"] == "WEBHOOK_ENDPOINT_INACTIVE"
    gone = await desk.does("webhookEndpointDelete", "deletedId", id=endpoint)
    assert gone["deletedId"] == endpoint
    for table in ("webhook_endpoint", "webhook_secret", "webhook_delivery", "webhook_attempt"):
        assert await desk.shop.rows.fetchval(f"SELECT count(*) FROM {table}") == 0
    again = await desk.does("webhookEndpointDelete", "deletedId", id=endpoint)
    assert again["userErrors"][0]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("said", [{}, {"afterPosition": "1", "since": "2026-01-01T00:00:00Z"}])
async def test_a_replay_says_its_part_in_one_way(desk: Desk, said: dict[str, str]) -> None:
    endpoint = await desk.endpoint("https://shop.example/hook")
    refused = await desk.does("webhookReplay", "events", id=endpoint, **said)
    assert (refused["userErrors"][0]["code"], refused["userErrors"][0]["path"]) == ("INVALID", ["input"])


async def test_a_replay_of_too_much_is_refused_and_sends_nothing(desk: Desk) -> None:
    endpoint = await desk.endpoint("https://shop.example/hook")
    await desk.shop.rows.execute(
        "INSERT INTO outbox_event (id, kind, aggregate, aggregate_id, payload, position)"
        " SELECT gen_random_uuid(), 'OrderPlaced', 'order', gen_random_uuid(), '{}', n FROM generate_series(1, 10001) n"
    )
    refused = await desk.does("webhookReplay", "events", id=endpoint, afterPosition="0")
    assert refused["userErrors"][0]["code"] == "WEBHOOK_REPLAY_TOO_LONG"
    assert await desk.deliveries(endpoint) == []


async def test_trials_resends_and_replays_are_sent_once_under_one_key(desk: Desk) -> None:
    box = desk.receiver.box()
    endpoint = await desk.endpoint(box)
    await desk.order()
    await desk.works()
    [sent] = await desk.deliveries(endpoint)
    doing: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("webhookTrial", "webhookDelivery { id }", {"id": endpoint}),
        ("webhookDeliveryResend", "webhookDelivery { id }", {"id": sent["id"]}),
        ("webhookReplay", "events", {"id": endpoint, "afterPosition": "0"}),
    )
    for name, gives, said in doing:
        first = await desk.does(name, gives, key="once", **said)
        assert first["userErrors"] == [], first
        await desk.works()
        tries = sum(each["attempts"] for each in await desk.deliveries(endpoint))
        assert await desk.does(name, gives, key="once", **said) == first
        assert await desk.works() == 0
        assert sum(each["attempts"] for each in await desk.deliveries(endpoint)) == tries
        other = {**said, "id": sent["id"] if said["id"] == endpoint else endpoint}
        assert [each["code"] for each in (await desk.does(name, gives, key="once", **other))["userErrors"]] in (
            ["IDEMPOTENCY_CONFLICT"],
            ["NOT_FOUND"],
        )
