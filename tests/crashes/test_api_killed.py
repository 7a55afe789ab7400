"""API and worker killed in turn while people check out and pay: whoever was told of an order has it, once, paid once."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack

from tests.crashes import judge
from tests.crashes.buyers import Buyer, line_to, ready_buyers
from tests.crashes.ground import Ground
from tests.workers.processes import worker

CLIENTS = 8


async def test_killed_at_any_moment_api_and_worker_lose_no_order_double_none_and_charge_nobody_twice(
    ground: Ground, chance: random.Random, cycles: int
) -> None:
    buyers: list[Buyer] = []
    async with ground.api() as api, line_to(api.url, ground) as line, AsyncExitStack() as workers:
        working = await workers.enter_async_context(worker(ground.worker_settings))
        for cycle in range(cycles):
            ready = await ready_buyers(line, ground, CLIENTS)
            async with asyncio.TaskGroup() as buying:
                for buyer in ready:
                    buying.create_task(buyer.buys())
                await asyncio.sleep(chance.uniform(0, 0.3))
                if cycle % 2:
                    await working.kill()
                    working = await workers.enter_async_context(worker(ground.worker_settings))
                else:
                    await api.kill()
                    await api.start()
            buyers += ready
        await judge.everything_done(ground)
        assert line.unknown >= cycles // 2, "hardly anybody was disturbed"

    await judge.orders_hold(ground, buyers)
    await judge.books_agree(ground)
    await judge.invariants_hold(ground)
