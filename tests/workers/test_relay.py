"""The relay and the clock without their process: what they take, give back, and leave to others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from uuid import UUID

import pytest

from domain.ids import new_id
from gateways.live.redis import RedisLive
from persistence.engine import Database, DatabaseSettings
from persistence.unit import Transactions
from tests.workers.conftest import Place
from tests.workers.world import Poisonous, announce, eventually, rows
from workers.broker import BrokerAway, Messages
from workers.outbox import Relay
from workers.pace import Pace
from workers.roster import TASKS
from workers.schedule import Clock, Entry
from workers.tasks import Fact, Outside, Tools

STATE = "SELECT actor, attempts, due_at <= now() FROM outbox_task ORDER BY actor"
NOWHERE = "redis://127.0.0.1:1"


async def _nothing(fact: Fact, tools: Tools) -> None:
    return


class Recorded(Messages):
    """A broker that says what is sent; `takes` is how many messages Redis has room for."""

    def __init__(self, url: str, *, takes: int = 1000) -> None:
        super().__init__(url)
        self.tasks: list[UUID] = []
        self.scheduled: list[str] = []
        self.takes = takes

    def send_task(self, task_id: UUID, *, queue: str, seconds_max: float) -> None:
        if len(self.tasks) >= self.takes:
            raise BrokerAway("full")
        super().send_task(task_id, queue=queue, seconds_max=seconds_max)
        self.tasks.append(task_id)

    def send_scheduled(self, name: str, *, seconds_max: float) -> None:
        super().send_scheduled(name, seconds_max=seconds_max)
        self.scheduled.append(name)


def relay_of(place: Place, messages: Messages, *, routes: Mapping[str, tuple[str, ...]]) -> Relay:
    tasks = {**TASKS, **{name: Outside(_nothing) for names in routes.values() for name in names if name != "unknown"}}
    live = RedisLive(place.redis_url)
    return Relay(transact=place.transact, messages=messages, live=live, routes=routes, tasks=tasks, pace=Pace())


async def test_while_redis_is_away_nothing_is_claimed_so_no_task_uses_up_its_tries(place: Place) -> None:
    relay = relay_of(place, Messages(NOWHERE), routes={"Poisonous": ("poison",)})
    await announce(place.transact, Poisonous(thing_id=new_id()))
    for _ in range(3):
        with pytest.raises(BrokerAway):
            await relay.turn()
    assert await rows(place.database_url, "SELECT routed_at FROM outbox_event") == [(None,)]


async def test_what_redis_had_no_room_for_is_given_back_and_dispatched_at_the_next_turn(place: Place) -> None:
    messages = Recorded(place.redis_url, takes=2)
    relay = relay_of(place, messages, routes={"Poisonous": ("a", "b", "c", "d")})
    await announce(place.transact, Poisonous(thing_id=new_id()))
    with pytest.raises(BrokerAway):
        await relay.turn()
    states = await rows(place.database_url, STATE)
    assert sorted(attempts for _, attempts, _ in states) == [0, 0, 1, 1]
    assert sorted(is_due for _, _, is_due in states) == [False, False, True, True]

    messages.takes = 1000
    assert await relay.turn() == 2
    assert len(set(messages.tasks)) == 4
    assert await relay.turn() == 0


async def test_a_kind_of_fact_that_this_version_does_not_know_is_left_to_one_that_does(place: Place) -> None:
    await announce(place.transact, Poisonous(thing_id=new_id()))
    older = relay_of(place, Recorded(place.redis_url), routes={"SomethingElse": ("a",)})
    assert await older.turn() == 0
    newer = relay_of(place, Recorded(place.redis_url), routes={"Poisonous": ("a",)})
    assert await newer.turn() == 2


async def test_relays_side_by_side_dispatch_each_task_once(place: Place) -> None:
    await announce(place.transact, *(Poisonous(thing_id=new_id()) for _ in range(150)))
    both = [Recorded(place.redis_url), Recorded(place.redis_url)]
    relays = [relay_of(place, messages, routes={"Poisonous": ("a", "b")}) for messages in both]
    for _ in range(6):
        await asyncio.gather(*(relay.turn() for relay in relays))
    sent = [task_id for messages in both for task_id in messages.tasks]
    assert len(sent) == len(set(sent)) == 300


async def test_the_relay_goes_on_when_postgresql_has_thrown_it_out(place: Place) -> None:
    messages = Recorded(place.redis_url)
    relay = relay_of(place, messages, routes={"Poisonous": ("a",)})
    running = asyncio.create_task(relay.run())
    try:
        await rows(
            place.database_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )

        async def is_sent() -> bool:
            return len(messages.tasks) == 1

        other = Database(DatabaseSettings(url=place.database_url, read_size=1, write_size=1))
        await other.open()
        await announce(Transactions(other, published=lambda _topics: None), Poisonous(thing_id=new_id()))
        await other.close()
        await eventually(is_sent, "a dispatched task")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_hint_wakes_the_relay_long_before_it_would_look(place: Place) -> None:
    live = RedisLive(place.redis_url)
    messages = Recorded(place.redis_url)
    relay = Relay(
        transact=Transactions(place.transact._database, published=live.published),
        messages=messages,
        live=live,
        routes={"Poisonous": ("a",)},
        tasks={"a": Outside(_nothing)},
        pace=Pace(poll_seconds=600.0),
    )
    running = asyncio.create_task(relay.run())
    await asyncio.sleep(0.3)
    began = time.monotonic()
    await announce(relay.transact, Poisonous(thing_id=new_id()))

    async def is_sent() -> bool:
        return len(messages.tasks) == 1

    await eventually(is_sent, "a dispatched task")
    assert time.monotonic() - began < 30
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await live.close()


@pytest.fixture
def clocks(place: Place) -> list[tuple[Clock, Recorded]]:
    entries = {"often": Entry(0.3, _never), "seldom": Entry(3600, _never)}
    made = []
    for _ in range(2):
        messages = Recorded(place.redis_url)
        clock = Clock(
            transact=place.transact, messages=messages, entries=entries, run_here=messages.scheduled.append, pace=Pace()
        )
        made.append((clock, messages))
    return made


async def _never(tools: Tools) -> None:
    raise AssertionError("the clock itself runs nothing")


async def test_two_clocks_never_start_the_same_run(clocks: list[tuple[Clock, Recorded]], place: Place) -> None:
    await clocks[0][0].enter()
    await clocks[1][0].enter()
    for _ in range(30):
        await asyncio.gather(*(clock.tick() for clock, _ in clocks for _ in range(2)))
        await asyncio.sleep(0.02)
    started = [name for _, messages in clocks for name in messages.scheduled]
    assert started.count("seldom") == 1
    # Thirty rounds of four ticks each; no two runs may lie closer together than the interval.
    rounds = await rows(place.database_url, "SELECT extract(epoch FROM now() - min(next_run_at)) < 60 FROM schedule")
    assert rounds == [(True,)]
    assert 1 <= started.count("often") <= 20


async def test_without_redis_a_run_takes_place_in_the_clocks_own_process(place: Place) -> None:
    here: list[str] = []
    clock = Clock(
        transact=place.transact,
        messages=Messages(NOWHERE),
        entries={"often": Entry(60, _never)},
        run_here=here.append,
        pace=Pace(),
    )
    await clock.enter()
    assert await clock.tick() == ["often"]
    assert await clock.tick() == []
    assert here == ["often"]
