"""Health: what restarts a process, what takes traffic from it, and what does neither."""

from __future__ import annotations

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from edge.health import Health, LoopLag


class Shop:
    """What the probes find."""

    def __init__(self) -> None:
        self.database = True
        self.schema = True
        self.redis = True
        self.draining = False
        self.asked = 0
        self.hangs = False
        self.lag = LoopLag()

    async def ask_database(self) -> None:
        self.asked += 1
        if self.hangs:
            await asyncio.sleep(60)
        if not self.database:
            raise ConnectionRefusedError("postgres://secret")

    async def ask_schema(self) -> bool:
        return self.schema

    async def ask_redis(self) -> bool:
        if not self.redis:
            raise OSError("redis://secret")
        return True

    def health(self) -> Health:
        return Health(
            needed={"database": self.ask_database, "schema": self.ask_schema},
            wanted={"redis": self.ask_redis},
            draining=lambda: self.draining,
            lag=self.lag,
            about={"version": "0.1.0"},
        )

    async def get(self, path: str, health: Health | None = None) -> tuple[int, dict[str, Any]]:
        health = health or self.health()
        routes = [
            Route("/health/live", health.live),
            Route("/health/ready", health.ready),
            Route("/health", health.summary),
        ]
        transport = httpx2.ASGITransport(Starlette(routes=routes))
        async with httpx2.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            response = await client.get(path)
        assert response.headers["cache-control"] == "no-store"
        assert "secret" not in response.text
        content: dict[str, Any] = response.json()
        return response.status_code, content


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def test_a_shop_with_everything_well_is_ready(shop: Shop) -> None:
    assert await shop.get("/health/ready") == (
        200,
        {"status": "ok", "checks": {"database": "ok", "schema": "ok", "redis": "ok"}},
    )


async def test_a_shop_without_redis_is_degraded_and_still_serves(shop: Shop) -> None:
    shop.redis = False
    status, content = await shop.get("/health/ready")
    assert (status, content["status"], content["checks"]["redis"]) == (200, "degraded", "unavailable")


@pytest.mark.parametrize("missing", ["database", "schema"])
async def test_a_shop_without_its_database_or_its_tables_is_not_ready(
    shop: Shop, missing: str, logs: list[MutableMapping[str, Any]]
) -> None:
    setattr(shop, missing, False)
    status, content = await shop.get("/health/ready")
    assert (status, content["status"], content["checks"][missing]) == (503, "unavailable", "unavailable")
    assert "secret" not in str(logs)
    assert (await shop.get("/health/live"))[0] == 200


async def test_a_database_that_does_not_answer_in_time_is_not_waited_for(shop: Shop) -> None:
    shop.hangs = True
    async with asyncio.timeout(10):
        status, content = await shop.get("/health/ready")
    assert (status, content["checks"]) == (503, {"database": "unavailable", "schema": "ok", "redis": "ok"})


async def test_a_draining_shop_is_not_ready_but_alive(shop: Shop) -> None:
    shop.draining = True
    status, content = await shop.get("/health/ready")
    assert (status, content["status"]) == (503, "draining")
    assert (await shop.get("/health/live"))[0] == 200


async def test_many_questions_at_once_are_one_to_the_database(shop: Shop) -> None:
    health = shop.health()
    answers = await asyncio.gather(*(shop.get("/health/ready", health) for _ in range(20)))
    assert {status for status, _ in answers} == {200}
    assert shop.asked == 1


async def test_the_loop_tells_how_long_it_was_blocked(shop: Shop) -> None:
    shop.lag.start()
    time.sleep(0.4)  # noqa: ASYNC251 - blocking the loop is the matter here
    await asyncio.sleep(0.01)
    shop.lag.stop()
    assert shop.lag.worst_seconds >= 0.1
    status, content = await shop.get("/health")
    assert (status, content["version"], content["status"]) == (200, "0.1.0", "ok")
    assert content["loopLagSeconds"]["worst"] >= 0.1
    shop.lag.seconds = 6.0
    assert await shop.get("/health/live") == (503, {"status": "stalled", "loopLagSeconds": 6.0})
