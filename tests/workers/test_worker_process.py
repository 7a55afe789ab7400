"""The worker as a process: what it does with facts, and what is left of them when it, Redis or a mail server goes down."""

from __future__ import annotations

import asyncio
import os

import redis.asyncio

from domain.ids import new_id
from gateways.embedded.launcher import Embedded
from persistence.unit import UnitOfWork
from tests.workers.conftest import Place
from tests.workers.processes import worker
from tests.workers.world import Poisonous, Slow, Stuck, announce, eventually, placed, rows

OPEN = "SELECT count(*) FROM outbox_task WHERE done_at IS NULL AND parked_because IS NULL"
UNSENT = "SELECT count(*) FROM notice WHERE state <> 'SENT'"
OUTAGE_SECONDS = float(os.environ.get("VITRINE_OUTAGE_SECONDS", "1"))


async def all_is_done(place: Place, *, events: int) -> None:
    """Waits until every fact is routed, every task done and every letter sent."""

    async def done() -> bool:
        found = await rows(
            place.database_url,
            f"SELECT count(*) FILTER (WHERE kind <> 'NoticeQueued'), count(*) FILTER (WHERE routed_at IS NULL), ({OPEN}), ({UNSENT})"
            " FROM outbox_event",
        )
        return found == [(events, 0, 0, 0)]

    await eventually(done, "everything done")


async def test_a_placed_order_is_told_to_its_buyer_and_to_staff_once_each(place: Place) -> None:
    async with worker(place.settings) as working:
        await placed(place.transact, place.database_url)
        await all_is_done(place, events=1)
        assert await working.stop() == 0

    assert sorted(place.sink.recipients) == ["ada@example.com", "staff@example.com"]
    assert len(set(place.sink.ids())) == 2
    assert await rows(place.database_url, "SELECT kind, state, attempts FROM notice ORDER BY kind") == [
        ("ORDER_CONFIRMED", "SENT", 1),
        ("STAFF_ORDER_PLACED", "SENT", 1),
    ]


async def test_a_worker_killed_while_the_mail_server_has_the_letter_sends_it_again_under_the_same_id(place: Place) -> None:
    place.sink.holds = True
    async with worker(place.settings) as first:
        await placed(place.transact, place.database_url)
        async with asyncio.timeout(30):
            await place.sink.has_taken.wait()
        await first.kill()
    held = place.sink.taken[0]
    place.sink.holds = False

    async with worker(place.settings):
        await all_is_done(place, events=1)

    again = [message for message in place.sink.taken[1:] if message["To"] == held["To"]]
    assert len(again) == 1
    assert again[0]["Message-ID"] == held["Message-ID"]
    assert again[0].as_bytes() == held.as_bytes()


async def test_tasks_that_were_claimed_but_never_dispatched_are_dispatched_later(place: Place) -> None:
    """A relay that ends between its commit and its dispatch leaves just this."""
    await placed(place.transact, place.database_url)
    routes = {"OrderPlaced": ("confirm_order",), "NoticeQueued": ("send_notice",)}

    async def claim(unit: UnitOfWork) -> int:
        await unit.outbox.route(routes)
        return len(await unit.outbox.claim_due(again_seconds=1.0))

    assert await place.transact.work(claim) == 1
    async with worker(place.settings):
        await all_is_done(place, events=1)
    assert place.sink.recipients == ["ada@example.com"]


async def test_an_emptied_redis_loses_nothing(place: Place) -> None:
    client = redis.asyncio.Redis.from_url(place.redis_url)
    async with worker(place.settings):
        for number in range(12):
            await placed(place.transact, place.database_url, email=f"buyer{number}@example.com")
            if number % 3 == 0:
                await client.flushall()
        await all_is_done(place, events=12)
    await client.aclose()

    buyers = [address for address in place.sink.recipients if address.startswith("buyer")]
    assert sorted(buyers) == sorted(f"buyer{number}@example.com" for number in range(12))


async def test_a_task_that_never_works_is_parked_and_so_is_one_that_nobody_knows_while_others_go_on(place: Place) -> None:
    await announce(place.transact, Poisonous(thing_id=new_id()))
    async with worker(place.settings, again_seconds=0.2, attempts_max=2) as working:
        await placed(place.transact, place.database_url)
        await all_is_done(place, events=2)
        assert len(working.said("task.parked")) == 2

    parked = await rows(
        place.database_url,
        "SELECT actor, attempts, parked_because FROM outbox_task WHERE parked_because IS NOT NULL ORDER BY 1",
    )
    assert parked == [
        ("nobody", 2, "tried too often without an answer"),
        ("poison", 2, "RuntimeError: this one never works"),
    ]
    assert sorted(place.sink.recipients) == ["ada@example.com", "staff@example.com"]


async def test_a_mail_server_that_is_down_for_a_while_delays_letters_and_loses_none(place: Place) -> None:
    """VITRINE_OUTAGE_SECONDS says for how long; a minute by hand."""
    await place.sink.stop()
    buyers = [f"buyer{number}@example.com" for number in range(5)]
    async with worker(place.settings):
        for buyer in buyers:
            await placed(place.transact, place.database_url, email=buyer)

        async def was_tried() -> bool:
            return await rows(place.database_url, "SELECT 1 FROM notice WHERE attempts > 0 AND failure IS NOT NULL") != []

        await eventually(was_tried, "a try in vain")
        await asyncio.sleep(OUTAGE_SECONDS)
        await place.sink.start()
        await all_is_done(place, events=5)
    assert sorted(place.sink.recipients) == [*buyers, *["staff@example.com"] * 5]
    assert len(set(place.sink.ids())) == 10


async def test_a_worker_told_to_stop_ends_what_it_has_begun(place: Place) -> None:
    async with worker(place.settings, again_seconds=60.0, heartbeat_seconds=30.0) as working:
        await announce(place.transact, Slow(thing_id=new_id()))

        async def has_begun() -> bool:
            return await rows(place.database_url, "SELECT 1 FROM outbox_task WHERE attempts = 1") != []

        await eventually(has_begun, "a begun task")
        await asyncio.sleep(0.5)
        assert await working.stop() == 0
    assert await rows(place.database_url, "SELECT attempts, failure FROM outbox_task WHERE done_at IS NOT NULL") == [(1, None)]


async def test_a_worker_whose_event_loop_is_stuck_says_where_and_ends_to_be_started_again(place: Place) -> None:
    async with worker(place.settings, stuck_seconds=3.0) as working:
        await announce(place.transact, Stuck(thing_id=new_id()))
        assert await working.ended() == 70
    assert any("_block" in line for line in working.noise)
    assert [line["loop"] for line in working.said("loop.stuck")] == ["actors"]


async def test_two_workers_share_the_work_and_double_none_of_it(place: Place) -> None:
    async with worker(place.settings), worker(place.settings):
        for number in range(20):
            await placed(place.transact, place.database_url, email=f"buyer{number}@example.com")
        await all_is_done(place, events=20)
    buyers = [address for address in place.sink.recipients if address.startswith("buyer")]
    assert sorted(buyers) == sorted(f"buyer{number}@example.com" for number in range(20))
    assert len(set(place.sink.ids())) == len(place.sink.ids()) == 40


async def test_a_redis_that_dies_and_comes_back_empty_costs_nothing_but_time(place: Place, own_valkey: Embedded) -> None:
    async with worker({**place.settings, "redis_url": own_valkey.redis_url}):
        await placed(place.transact, place.database_url, email="before@example.com")
        own_valkey.valkey.kill()
        await placed(place.transact, place.database_url, email="meanwhile@example.com")
        await asyncio.sleep(1)
        await asyncio.to_thread(own_valkey.revive)
        await placed(place.transact, place.database_url, email="after@example.com")
        await all_is_done(place, events=3)
    buyers = [address for address in place.sink.recipients if address != "staff@example.com"]
    assert sorted(buyers) == ["after@example.com", "before@example.com", "meanwhile@example.com"]


async def test_a_database_that_throws_everybody_out_again_and_again_costs_nothing_but_time(place: Place) -> None:
    async with worker(place.settings) as working:
        for number in range(8):
            await placed(place.transact, place.database_url, email=f"buyer{number}@example.com")
            await rows(
                place.database_url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name <> 'test' AND pid <> pg_backend_pid()",
            )
        await all_is_done(place, events=8)
        assert working.process.returncode is None
    buyers = [address for address in place.sink.recipients if address != "staff@example.com"]
    assert set(buyers) == {f"buyer{number}@example.com" for number in range(8)}
    # A letter whose "sent" could not be written is sent again, and then under the same id.
    assert len(set(place.sink.ids())) == 16
