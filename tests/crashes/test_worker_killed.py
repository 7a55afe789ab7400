"""The worker killed in the middle of its work: everything is done in the end, and every letter is one letter."""

from __future__ import annotations

import asyncio
import random

from tests.crashes import judge
from tests.crashes.buyers import line_to, ready_buyers
from tests.crashes.ground import Ground
from tests.workers.processes import worker

KILLS = 6


async def test_a_worker_killed_again_and_again_sends_each_letter_as_one_letter_and_leaves_nothing_undone(
    ground: Ground, chance: random.Random
) -> None:
    async with ground.api() as api, line_to(api.url, ground) as line:
        buyers = await ready_buyers(line, ground, 8 * (KILLS + 1))
        for number in range(KILLS):
            ground.sink.has_taken.clear()
            # A mail server that has the letter but does not say so holds the worker where it hurts.
            ground.sink.holds = number % 2 == 0
            async with asyncio.TaskGroup() as buying, worker(ground.worker_settings) as working:
                for buyer in buyers[number * 8 : number * 8 + 8]:
                    buying.create_task(buyer.buys())
                async with asyncio.timeout(60):
                    await ground.sink.has_taken.wait()
                await asyncio.sleep(chance.uniform(0, 0.3))
                await working.kill()
        ground.sink.holds = False
        await asyncio.gather(*(each.buys() for each in buyers[KILLS * 8 :]))
        async with worker(ground.worker_settings):
            await judge.everything_done(ground)

    judge.letters_came_once(ground, buyers, kills=KILLS)
    await judge.orders_hold(ground, buyers)
    await judge.books_agree(ground)
    await judge.invariants_hold(ground)
