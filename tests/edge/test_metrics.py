"""Metrics: what is counted, and that callers cannot make series."""

from __future__ import annotations

import httpx2
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from edge.metrics import Depth, MeasuredRequests, Metrics


async def page(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and labels."""
    transport = httpx2.ASGITransport(Starlette(routes=[Route("/metrics", metrics.page)]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        response = await client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def total(samples: dict[tuple[str, tuple[tuple[str, str], ...]], float], series: str, /, **labels: str) -> float:
    return samples[series, tuple(sorted(labels.items()))]


async def test_requests_are_counted_by_route_and_status() -> None:
    metrics = Metrics(operations=(), routes=("/graphql", "/graphql/assets", "/health"))

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["path"] != "/graphql/gone":
            await send({"type": "http.response.start", "status": 418, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    for path in ("/graphql", "/graphql/assets/1/a.js", "/graphql/assets/2/b.js", "/graphqlx", *(f"/{n}" for n in range(50))):
        transport = httpx2.ASGITransport(MeasuredRequests(app, metrics))
        async with httpx2.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            await client.request("GET" if path != "/0" else "BREW", path)
    samples = await page(metrics)
    name = "vitrine_http_requests_total"
    assert total(samples, name, route="/graphql", method="GET", status="418") == 1
    assert total(samples, name, route="/graphql/assets", method="GET", status="418") == 2
    assert total(samples, name, route="other", method="GET", status="418") == 50
    assert total(samples, name, route="other", method="other", status="418") == 1
    assert total(samples, "vitrine_http_request_seconds_count", route="/graphql") == 1


async def test_only_registered_operations_get_a_series() -> None:
    metrics = Metrics(operations={"ProductPage"}, routes=())
    metrics.operation(transport="http", name="ProductPage", kind="query", code=None, seconds=0.01)
    for number in range(100):
        metrics.operation(transport="ws", name=f"Made{number}", kind="query", code="INTERNAL", seconds=0.01)
    metrics.operation(transport="ws", name=None, kind="subscription", code=None, seconds=500)
    metrics.operation(transport="http", name=None, kind=None, code="GRAPHQL_PARSE_FAILED", seconds=0.001)
    samples = await page(metrics)
    name = "vitrine_graphql_operations_total"
    assert total(samples, name, transport="http", kind="query", name="ProductPage", code="OK") == 1
    assert total(samples, name, transport="ws", kind="query", name="other", code="INTERNAL") == 100
    assert total(samples, name, transport="http", kind="none", name="other", code="GRAPHQL_PARSE_FAILED") == 1
    assert len([key for key in samples if key[0] == name]) == 4
    timed = {dict(labels)["kind"] for (series, labels) in samples if series == "vitrine_graphql_operation_seconds_count"}
    assert timed == {"query"}


async def test_depths_are_read_when_the_page_is_and_a_broken_one_leaves_a_hole() -> None:
    waiting = 3

    async def queue() -> float:
        return waiting

    def broken() -> float:
        raise ConnectionRefusedError("redis://secret")

    depths = [
        Depth("vitrine_queue_depth", "Jobs waiting.", queue),
        Depth("vitrine_sockets_open", "Sockets open.", lambda: 7),
        Depth("vitrine_outbox_depth", "Events waiting.", broken),
    ]
    metrics = Metrics(operations=(), routes=(), depths=depths)
    metrics.statements(5)
    metrics.cache_lookup(True)
    samples = await page(metrics)
    assert total(samples, "vitrine_queue_depth") == 3
    assert total(samples, "vitrine_sockets_open") == 7
    assert total(samples, "vitrine_outbox_depth") != total(samples, "vitrine_outbox_depth")  # NaN
    assert total(samples, "vitrine_sql_statements_total") == 5
    assert total(samples, "vitrine_cache_lookups_total", outcome="hit") == 1
    waiting = 4
    assert total(await page(metrics), "vitrine_queue_depth") == 4
