"""Redis emptied, killed and gone for a while: people buy meanwhile, and nothing is lost but time."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import redis.asyncio

from gateways.embedded.launcher import Embedded
from tests.crashes import judge
from tests.crashes.buyers import Buyer, line_to, ready_buyers
from tests.crashes.ground import open_ground
from tests.crashes.watchers import SocketWatcher, all_have_seen, watching
from tests.workers.processes import worker

BATCH = 6


async def test_a_redis_that_is_emptied_killed_and_gone_costs_no_order_no_task_and_no_live_entry(
    fresh_database_url: str, own_valkey: Embedded, chance: random.Random, tmp_path: Path
) -> None:
    async with (
        open_ground(fresh_database_url, own_valkey.redis_url, tmp_path) as ground,
        ground.api() as api,
        line_to(api.url, ground) as line,
        worker(ground.worker_settings),
    ):
        buyers = await ready_buyers(line, ground, BATCH * 4)
        batches = [buyers[place : place + BATCH] for place in range(0, len(buyers), BATCH)]
        watched = batches[0] + batches[2]
        for buyer in watched:
            await buyer.checks_out()
        watchers = [SocketWatcher(api.url, each.order or {}, chance, drops=0.3) for each in watched]
        async with watching(watchers):
            await asyncio.gather(_pay(batches[0]), _empty_again_and_again(own_valkey.redis_url, chance))
            await _buy(batches[1])

            own_valkey.valkey.kill()
            await _pay(batches[2])
            await _buy(batches[3])
            assert own_valkey.valkey.pid is None, "all that was done without Redis"

            await asyncio.to_thread(own_valkey.revive)
            await judge.everything_done(ground)
            await all_have_seen(ground, watchers)
        assert line.refused == set(), "a buyer noticed"
        assert sum(each.losses for each in watchers) > 0, "no connection was ever lost"

        judge.letters_came_once(ground, buyers, kills=0)
        await judge.orders_hold(ground, buyers)
        await judge.books_agree(ground)
        await judge.invariants_hold(ground)


async def _empty_again_and_again(url: str, chance: random.Random) -> None:
    client = redis.asyncio.Redis.from_url(url)
    for _ in range(10):
        await client.flushall()
        await asyncio.sleep(chance.uniform(0, 0.2))
    await client.aclose()


async def _pay(buyers: list[Buyer]) -> None:
    await asyncio.gather(*(each.pays("tok_async_success:200ms") for each in buyers))


async def _buy(buyers: list[Buyer]) -> None:
    await asyncio.gather(*(each.buys() for each in buyers))
