"""The worker as a process: what it does with facts, and what is left of them when it, Redis or a mail server goes down."""

from __future__ import annotations

import asyncio

import redis.asyncio

from domain.ids import new_id
from persistence.unit import UnitOfWork
from tests.workers.conftest import Place
from tests.workers.processes import worker
from tests.workers.world import Poisonous, Slow, announce, eventually, placed, rows

OPEN = "SELECT count(*) FROM outbox_task WHERE done_at IS NULL AND parked_because IS NULL"
UNSENT = "SELECT count(*) FROM notice WHERE state <> 'SENT'"


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
    place.settings["staff_email"] = ""
    place.settings["mode"] = "development"
    place.sink.holds = True
    async with worker(place.settings) as first:
        await placed(place.transact, place.database_url)
        async with asyncio.timeout(30):
            await place.sink.has_taken.wait()
        await first.kill()
    place.sink.holds = False

    async with worker(place.settings):
        await all_is_done(place, events=1)

    buyers = [message for message in place.sink.taken if message["To"] == "ada@example.com"]
    assert len(buyers) == 2
    assert buyers[0]["Message-ID"] == buyers[1]["Message-ID"]
    assert buyers[0].as_bytes() == buyers[1].as_bytes()


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
    await place.sink.stop()
    async with worker(place.settings):
        await placed(place.transact, place.database_url)

        async def was_tried() -> bool:
            return await rows(place.database_url, "SELECT 1 FROM notice WHERE attempts > 0 AND failure IS NOT NULL") != []

        await eventually(was_tried, "a try in vain")
        await place.sink.start()
        await all_is_done(place, events=1)
    assert sorted(place.sink.recipients) == ["ada@example.com", "staff@example.com"]


async def test_a_worker_told_to_stop_ends_what_it_has_begun(place: Place) -> None:
    async with worker(place.settings, again_seconds=60.0, heartbeat_seconds=30.0) as working:
        await announce(place.transact, Slow(thing_id=new_id()))

        async def has_begun() -> bool:
            return await rows(place.database_url, "SELECT 1 FROM outbox_task WHERE attempts = 1") != []

        await eventually(has_begun, "a begun task")
        await asyncio.sleep(0.5)
        assert await working.stop() == 0
    assert await rows(place.database_url, "SELECT attempts, failure FROM outbox_task WHERE done_at IS NOT NULL") == [(1, None)]


async def test_two_workers_share_the_work_and_double_none_of_it(place: Place) -> None:
    async with worker(place.settings), worker(place.settings):
        for number in range(20):
            await placed(place.transact, place.database_url, email=f"buyer{number}@example.com")
        await all_is_done(place, events=20)
    buyers = [address for address in place.sink.recipients if address.startswith("buyer")]
    assert sorted(buyers) == sorted(f"buyer{number}@example.com" for number in range(20))
    assert len(set(place.sink.ids())) == len(place.sink.ids()) == 40
