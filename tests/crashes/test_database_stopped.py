"""PostgreSQL stopped on the spot under load and started again: callers are told to come again, and nothing told is lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

import httpx2

from gateways.embedded.launcher import Embedded
from tests.crashes import judge
from tests.crashes.buyers import UNKNOWN, line_to, ready_buyers
from tests.crashes.ground import open_ground
from tests.workers.processes import worker
from tests.workers.world import eventually

STOPS = 2
CLIENTS = 16
BACK_SECONDS = 5.0


async def test_a_database_stopped_on_the_spot_loses_nothing_that_was_told_and_is_served_again_within_five_seconds(
    own_postgres: Embedded, crash_redis_url: str, chance: random.Random, tmp_path: Path
) -> None:
    async with (
        open_ground(own_postgres.database_url, crash_redis_url, tmp_path) as ground,
        ground.api() as api,
        line_to(api.url, ground) as line,
        worker(ground.worker_settings) as working,
    ):
        life = api.process
        buyers = await ready_buyers(line, ground, CLIENTS * STOPS)
        for number in range(STOPS):
            async with asyncio.TaskGroup() as buying:
                for buyer in buyers[number * CLIENTS : (number + 1) * CLIENTS]:
                    buying.create_task(buyer.buys())
                await asyncio.sleep(chance.uniform(0, 0.3))
                await _stop_on_the_spot(own_postgres)
                await asyncio.sleep(0.5)
                assert await _refusal(api.url) == "SERVICE_UNAVAILABLE"
                await asyncio.to_thread(own_postgres.revive)
                async with asyncio.timeout(BACK_SECONDS):
                    while await _refusal(api.url) is not None:  # noqa: ASYNC110 (what is awaited happens in another process)
                        await asyncio.sleep(0.05)
        await judge.everything_done(ground)

        assert api.process is life
        assert api.is_alive
        assert working.process.returncode is None
        assert line.unknown > 0, "nobody was disturbed"
        assert line.refused <= UNKNOWN
        await judge.orders_hold(ground, buyers)
        await judge.books_agree(ground)
        await judge.invariants_hold(ground)


async def _stop_on_the_spot(server: Embedded) -> None:
    """`pg_ctl stop -m immediate`: no session is ended, nothing is written; the next start recovers from the log."""
    pid = server.postgres.pid
    assert pid is not None
    os.kill(pid, signal.SIGQUIT)

    async def gone() -> bool:
        return server.postgres.pid is None

    await eventually(gone, "the server's end")


async def _refusal(url: str) -> str | None:
    """The code that a question to the database is refused with; None when it is answered.

    A cart is nobody's to keep: an answer about the catalogue might be one that was kept from before.
    """
    async with httpx2.AsyncClient(trust_env=False, timeout=15) as client:
        made = "mutation { cartCreate(input: {}) { cart { id } } }"
        answer = await client.post(f"{url}/graphql", json={"query": made})
    errors = answer.json().get("errors")
    return str(errors[0]["extensions"]["code"]) if errors else None
