"""The API killed while people check out and pay: whoever was told of an order has it, once, paid once."""

from __future__ import annotations

import asyncio
import random

from tests.crashes import judge
from tests.crashes.buyers import Buyer, line_to, ready_buyers
from tests.crashes.ground import Ground
from tests.workers.processes import worker

CLIENTS = 16


async def test_an_api_killed_at_any_moment_loses_no_order_doubles_none_and_charges_nobody_twice(
    ground: Ground, chance: random.Random, cycles: int
) -> None:
    buyers: list[Buyer] = []
    async with ground.api() as api, line_to(api.url, ground) as line, worker(ground.worker_settings):
        for _ in range(cycles):
            ready = await ready_buyers(line, ground, CLIENTS)
            async with asyncio.TaskGroup() as buying:
                for buyer in ready:
                    buying.create_task(buyer.buys())
                await asyncio.sleep(chance.uniform(0, 0.3))
                await api.kill()
                await api.start()
            buyers += ready
        await judge.everything_done(ground)
        assert line.unknown >= cycles, "hardly anybody was disturbed"

    await judge.orders_hold(ground, buyers)
    await judge.books_agree(ground)
    await judge.invariants_hold(ground)
