"""Reference clients and the GraphQL over HTTP audit against a real server: what they ask is what they get."""

from __future__ import annotations

from typing import Any

from tests.clients.conftest import Run, Told
from tests.transport.conftest import Served
from tests.transport.world import World

COUNTED = [{"data": {"count": 0}}, {"data": {"count": 1}}, {"data": {"count": 2}}]


def by_name(told: Told) -> dict[str, Any]:
    return {each["about"]: each["value"] for each in told}


async def test_the_graphql_over_http_audit_passes_in_every_point(served: Served, run: Run) -> None:
    told = await run("audit.mjs", served.http_url)
    assert [each for each in told if each["status"] != "ok"] == []
    assert len(told) == 61


async def test_graphql_ws_asks_does_watches_and_hears_errors(served: Served, world: World, run: Run) -> None:
    told = by_name(await run("websocket.mjs", served.ws_url))
    assert told == {
        "query": [{"data": {"hello": "hello ada"}}],
        "mutation": [{"data": {"count": 1}}],
        "subscription": COUNTED,
        "left early": [{"data": {"forever": "open"}}],
        "refused": ["GRAPHQL_VALIDATION_FAILED"],
        "failed": [[{"boom": None}, "INTERNAL"]],
        "closed": [4403, "UNAUTHENTICATED: The access token is not valid."],
    }
    assert world.counted == 1


async def test_graphql_sse_asks_does_watches_and_hears_errors(served: Served, world: World, run: Run) -> None:
    told = by_name(await run("events.mjs", served.http_url))
    assert told == {
        "query": [{"data": {"hello": "hello ada"}}],
        "mutation": [{"data": {"count": 1}}],
        "subscription": COUNTED,
        "left early": [{"data": {"forever": "open"}}],
        "refused": ["GRAPHQL_VALIDATION_FAILED"],
        "failed": [[{"boom": None}, "INTERNAL"]],
    }
    assert world.counted == 1


async def test_apollo_client_persists_its_queries_and_watches_over_a_socket(served: Served, world: World, run: Run) -> None:
    told = by_name(await run("apollo.mjs", served.http_url, served.ws_url))
    assert told == {
        "query": {"hello": "hello ada"},
        "query again": {"hello": "hello ben"},
        "sent": [["GET", False, 400], ["POST", True, 200], ["GET", False, 200]],
        "mutation": {"count": 1},
        "failed": [True, ["INTERNAL"]],
        "refused": [True, ["GRAPHQL_VALIDATION_FAILED"]],
        "subscription": [{"count": 0}, {"count": 1}, {"count": 2}],
    }
    assert world.counted == 1


async def test_urql_asks_does_persists_and_watches_over_a_socket_and_streams(served: Served, world: World, run: Run) -> None:
    told = by_name(await run("urql.mjs", served.http_url, served.ws_url))
    assert told == {
        "query": {"hello": "hello ada"},
        "mutation": {"count": 1},
        "failed": ["INTERNAL"],
        "refused": ["GRAPHQL_VALIDATION_FAILED"],
        "sent": [*[["POST", 200]] * 3, ["POST", 400]],
        "persisted": {"hello": "hello eve"},
        "persisted again": {"hello": "hello fay"},
        "persisted sent": [["GET", 400], ["GET", 200], ["GET", 200]],
        "subscription": [{"count": 0}, {"count": 1}, {"count": 2}],
        "stream": [{"count": 0}, {"count": 1}, {"count": 2}],
    }
    assert world.counted == 1
