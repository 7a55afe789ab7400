"""GraphQL over server-sent events, distinct connections mode, over a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2

from tests.transport.conftest import Logs, Served
from tests.transport.world import SECRET, World, until, until_idle

STREAM = {"accept": "text/event-stream"}


@contextlib.asynccontextmanager
async def streaming(
    served: Served, query: str, headers: dict[str, str] | None = None
) -> AsyncIterator[tuple[httpx2.Response, AsyncIterator[tuple[str, Any]]]]:
    async with (
        httpx2.AsyncClient() as client,
        client.stream("POST", served.http_url, json={"query": query}, headers={**STREAM, **(headers or {})}) as response,
    ):
        yield response, events_of(response)


async def events_of(response: httpx2.Response) -> AsyncIterator[tuple[str, Any]]:
    """Events by name with their data, and comments as ("", text)."""
    name = ""
    async for line in response.aiter_lines():
        if line.startswith(":"):
            yield "", line
        elif line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data:"):
            data = line.removeprefix("data:").strip()
            yield name, json.loads(data) if data else None


async def heard(served: Served, query: str, headers: dict[str, str] | None = None) -> list[tuple[str, Any]]:
    async with asyncio.timeout(10), streaming(served, query, headers) as (response, events):
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert "content-encoding" not in response.headers
        return [event async for event in events if event[0]]


async def test_a_subscription_streams_its_results_and_completes(served: Served, world: World) -> None:
    assert await heard(served, "subscription { count(to: 2) }") == [
        ("next", {"data": {"count": 0}}),
        ("next", {"data": {"count": 1}}),
        ("complete", None),
    ]
    await until_idle(world)


async def test_a_query_or_mutation_streams_its_one_result(served: Served) -> None:
    assert await heard(served, "{ hello }") == [("next", {"data": {"hello": "hello world"}}), ("complete", None)]
    assert await heard(served, "mutation { count }") == [("next", {"data": {"count": 1}}), ("complete", None)]


async def test_what_cannot_run_is_told_in_the_stream(served: Served, logs: Logs) -> None:
    (_, invalid), (last, _) = await heard(served, "{ nope }")
    assert (invalid["errors"][0]["extensions"]["code"], last) == ("GRAPHQL_VALIDATION_FAILED", "complete")
    (_, unfit), (last, _) = await heard(served, "subscription ($n: Int!) { count(to: $n) }")
    assert (unfit["errors"][0]["extensions"]["code"], last) == ("BAD_USER_INPUT", "complete")
    (_, refused), (last, _) = await heard(served, "subscription { forever }", {"authorization": "Bearer old"})
    assert (refused["errors"][0]["extensions"]["code"], last) == ("TOKEN_EXPIRED", "complete")
    _, (_, broken), (last, _) = await heard(served, "subscription { count(to: 1, fail: true) }")
    assert (broken["errors"][0]["extensions"]["code"], last) == ("INTERNAL", "complete")
    assert SECRET not in json.dumps(broken)
    assert [entry["event"] for entry in logs] == ["graphql.unexpected"]


async def test_a_malformed_request_is_400_in_json(served: Served) -> None:
    async with httpx2.AsyncClient() as client:
        response = await client.post(served.http_url, json={"query": 1}, headers=STREAM)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_comments_keep_the_stream_alive_and_a_lost_client_ends_it(served: Served, world: World) -> None:
    async with asyncio.timeout(10), streaming(served, "subscription { forever }") as (_, events):
        seen = [await anext(events) for _ in range(4)]
        assert seen.count(("", ":")) >= 2
        assert ("next", {"data": {"forever": "open"}}) in seen
        assert served.graphql.streams.open == 1
    await until_idle(world)
    assert served.graphql.streams.open == 0


async def test_the_end_of_the_token_ends_the_stream(served: Served, world: World) -> None:
    world.token_ends = world.now + timedelta(seconds=0.2)
    *_, (_, expired), (last, _) = await heard(served, "subscription { forever }", {"authorization": "Bearer good"})
    assert (expired["errors"][0]["extensions"]["code"], last) == ("TOKEN_EXPIRED", "complete")
    await until_idle(world)


async def test_draining_ends_streams(served: Served, world: World) -> None:
    async with asyncio.timeout(10), streaming(served, "subscription { forever }") as (_, events):
        await anext(events)
        served.graphql.drain.begin()
        assert "complete" not in [name async for name, _ in events]
    await until_idle(world)


async def test_naming_a_json_type_beside_the_stream_gets_json(served: Served) -> None:
    accept = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed"
    async with httpx2.AsyncClient() as client:
        response = await client.post(served.http_url, json={"query": "{ hello }"}, headers={"accept": accept})
    assert response.json() == {"data": {"hello": "hello world"}}


async def test_a_query_whose_client_left_is_given_up(served: Served, world: World) -> None:
    async with httpx2.AsyncClient() as client:
        asking = asyncio.create_task(client.post(served.http_url, json={"query": "{ slow(seconds: 60) }"}))
        await until(lambda: world.running == 1)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
    await until_idle(world)
