"""A real server with a crowd of large and dear operations in flight answers small ones at once.

Told by the order in which answers come, not by the clock: the machine may be busy with other things.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import httpx2

from tests.conftest import Clone
from tests.crashes.processes import api
from tests.gateways.sandbox_process import free_port

CROWD = 200
PROBES = 8
PASSED_MAX = CROWD // 10


def large(number: int) -> str:
    """A document that takes long to check, or much to answer; each another one, so that nothing is remembered of it."""
    if number % 2:
        return f"{{ __schema {{ a{number}: types {{ name fields {{ name type {{ name }} }} }} }} }}"
    return f"{{ a{number}: __typename " + 'node(id: "x") { id } ' * 70 + "}"


async def test_with_two_hundred_in_flight_a_small_one_passes_nearly_all_of_them(
    clone: Clone, redis_url: str, tmp_path: Path
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "VITRINE_DATA_DIR": str(tmp_path),
        "DATABASE_URL": await clone(),
        "REDIS_URL": redis_url,
        "VITRINE_MODE": "production",
        "SECRET_KEY": "the-secret-key-of-shops-that-are-crowded",
        "PUBLIC_URL": "http://shop.example",
        "SMTP_URL": "smtp://127.0.0.1:9",
        "INTROSPECTION": "true",
        "REQUESTS_PER_MINUTE": "1000000",
        "REQUEST_SECONDS_MAX": "120",
        "UNREADY_SECONDS": "0",
    }
    bounds = httpx2.Limits(max_connections=CROWD)
    async with (
        api(environment, port=free_port(), log=tmp_path / "api.log") as served,
        httpx2.AsyncClient(base_url=served.url, timeout=120, limits=bounds) as crowded,
        httpx2.AsyncClient(base_url=served.url, timeout=120) as client,
    ):
        crowd = [asyncio.create_task(crowded.post("/graphql", json={"query": large(number)})) for number in range(CROWD)]
        await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)
        for _ in range(PROBES):
            before = sum(each.done() for each in crowd)
            assert (await client.post("/graphql", json={"query": "{ __typename }"})).json() == {"data": {"__typename": "Query"}}
            assert sum(each.done() for each in crowd) - before <= PASSED_MAX
        waiting = sum(not each.done() for each in crowd)
        assert waiting > CROWD // 4, "they really were in flight"
        assert {each.result().status_code for each in crowd if each.done()} == {200}
        for each in crowd:
            each.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
