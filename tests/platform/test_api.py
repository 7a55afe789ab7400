"""The API as it is put together: ready with its database and schema, degraded without Redis, unready at its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from application import Api, build_app
from gateways.embedded import launcher
from gateways.embedded.launcher import Embedded
from gateways.settings import Settings, load_settings
from persistence import migrate


@pytest.fixture
def servers() -> Iterator[Embedded]:
    with launcher.throw_away() as embedded:
        yield embedded


@pytest.fixture
def settings(servers: Embedded, tmp_path: Path) -> Settings:
    return load_settings(env_file=None, data_dir=tmp_path, database_url=servers.database_url, redis_url=servers.redis_url)


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[tuple[Api, httpx2.AsyncClient]]:
    """The API between its start and its end (ASGI lifespan protocol), and a client that calls it in this process."""
    api = build_app(settings)
    told: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    said: asyncio.Queue[object] = asyncio.Queue()

    async def tell(message: object) -> None:
        await said.put(message)

    living = asyncio.create_task(api({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, told.get, tell))
    await told.put({"type": "lifespan.startup"})
    assert await said.get() == {"type": "lifespan.startup.complete"}
    try:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://shop") as client:
            yield api, client
    finally:
        await told.put({"type": "lifespan.shutdown"})
        assert await said.get() == {"type": "lifespan.shutdown.complete"}
        await living


async def _state(settings: Settings) -> tuple[int, object]:
    async with _open(settings) as (_, client):
        answer = await client.get("/health/ready")
        return answer.status_code, answer.json()


async def test_the_api_is_ready_once_the_schema_is_there_and_degraded_without_redis(
    settings: Settings, servers: Embedded
) -> None:
    bare = {"status": "unavailable", "checks": {"database": "ok", "schema": "unavailable", "redis": "ok"}}
    assert await _state(settings) == (503, bare)

    await asyncio.to_thread(migrate.upgrade, servers.database_url)
    assert await _state(settings) == (200, {"status": "ok", "checks": {"database": "ok", "schema": "ok", "redis": "ok"}})

    servers.valkey.kill()
    degraded = {"status": "degraded", "checks": {"database": "ok", "schema": "ok", "redis": "unavailable"}}
    assert await _state(settings) == (200, degraded)


async def test_a_draining_api_is_alive_and_unready(settings: Settings) -> None:
    async with _open(settings) as (api, client):
        api.drain()
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "draining")
        assert (await client.get("/health/live")).status_code == 200


async def test_losing_the_database_makes_the_api_unready_and_kills_nobody(settings: Settings, servers: Embedded) -> None:
    async with _open(settings) as (_, client):
        servers.postgres.kill()
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "unavailable")
        assert (await client.get("/health/live")).status_code == 200


async def test_requests_are_counted_and_bounded(settings: Settings) -> None:
    async with _open(settings) as (_, client):
        assert (await client.post("/health", content=b"x" * (settings.body_bytes_max + 1))).status_code == 413
        assert (await client.get("/nowhere")).status_code == 404
        page = (await client.get("/metrics")).text
        assert 'vitrine_http_requests_total{method="POST",route="/health",status="413"} 1.0' in page
        assert 'vitrine_http_requests_total{method="GET",route="other",status="404"} 1.0' in page


async def test_every_answer_has_a_request_id(settings: Settings) -> None:
    async with _open(settings) as (_, client):
        answer = await client.get("/health/live", headers={"X-Request-Id": "mine-1"})
        assert answer.headers["x-request-id"] == "mine-1"


async def test_graphql_is_answered_with_the_limits_and_switches_of_the_settings(settings: Settings, servers: Embedded) -> None:
    await asyncio.to_thread(migrate.upgrade, servers.database_url)
    async with _open(settings.model_copy(update={"document_depth_max": 5})) as (_, client):
        good = await client.post("/graphql", json={"query": "{ __typename }"})
        assert (good.status_code, good.json()) == (200, {"data": {"__typename": "Query"}})
        deep = "{ __schema { types { fields { type { ofType { ofType { name } } } } } } }"
        refused = await client.post("/graphql", json={"query": deep})
        assert "data" not in refused.json()
        page = await client.get("/graphql", headers={"Accept": "text/html"})
        assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_a_closed_schema_serves_neither_itself_nor_the_explorer(settings: Settings, servers: Embedded) -> None:
    await asyncio.to_thread(migrate.upgrade, servers.database_url)
    async with _open(settings.model_copy(update={"introspection": False})) as (_, client):
        asked = await client.post("/graphql", json={"query": "{ __schema { queryType { name } } }"})
        assert "data" not in asked.json()
        page = await client.get("/graphql", headers={"Accept": "text/html"})
        assert "text/html" not in page.headers["content-type"]
