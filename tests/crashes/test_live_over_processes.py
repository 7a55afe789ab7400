"""An order changed through one API process, watched through another: every entry once, whatever breaks in between."""

from __future__ import annotations

import asyncio
import random

from tests.crashes import judge
from tests.crashes.buyers import line_to, ready_buyers
from tests.crashes.ground import Ground
from tests.crashes.watchers import SocketWatcher, StreamWatcher, all_have_seen, watching
from tests.gateways.sandbox_process import free_port
from tests.workers.processes import worker


async def test_what_one_process_changes_is_seen_live_through_another_over_sockets_and_streams_each_entry_once(
    ground: Ground, chance: random.Random
) -> None:
    async with (
        ground.api("changing") as changing,
        ground.api("watched", port=free_port()) as watched,
        line_to(changing.url, ground) as line,
        worker(ground.worker_settings),
    ):
        buyers = await ready_buyers(line, ground, 6)
        for buyer in buyers:
            await buyer.checks_out()
        orders = [each.order or {} for each in buyers]
        steady = [SocketWatcher(watched.url, each, chance) for each in orders]
        broken = [SocketWatcher(watched.url, each, chance, drops=1.0) for each in orders]
        streams = [StreamWatcher(watched.url, each, chance) for each in orders]
        streams += [StreamWatcher(watched.url, each, chance, drops=1.0) for each in orders]
        watchers = [*steady, *broken, *streams]
        async with watching(watchers):
            await asyncio.gather(*(each.pays("tok_async_success:300ms") for each in buyers))
            await judge.everything_done(ground)
            await all_have_seen(ground, watchers)

            # The one that is watched dies; those who watch come back to it and go on.
            await watched.kill()
            late = SocketWatcher(watched.url, orders[0], chance)
            late.seen = list(steady[0].seen[:1])
            await watched.start()
            async with watching([late]):
                await all_have_seen(ground, [*watchers, late])
        assert all(each.losses >= 2 for each in broken), "nobody lost anything"
    await judge.invariants_hold(ground)
