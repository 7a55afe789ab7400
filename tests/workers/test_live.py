"""Live hints over a real Redis: to listeners here and in other processes, through the loss and the return of Redis."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateways.embedded.launcher import Embedded
from gateways.live import redis as live_over_redis
from gateways.live.redis import RedisLive
from tests.workers.world import eventually

LATE = 30.0


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[RedisLive]:
    live = RedisLive(url)
    await live.open()
    try:
        yield live
    finally:
        await live.close()


async def hears(live: RedisLive, *, is_so: bool = True) -> None:
    async def so() -> bool:
        return live.hears is is_so

    await eventually(so, f"hearing: {is_so}")


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listeners look for themselves so seldom that what wakes them is a hint."""
    monkeypatch.setattr(live_over_redis, "LOOK_SECONDS", 600.0)
    monkeypatch.setattr(live_over_redis, "LOOK_SECONDS_ALONE", 600.0)


@pytest.mark.usefixtures("seldom")
async def test_a_hint_reaches_listeners_of_its_topic_in_every_process_and_no_others(redis_url: str) -> None:
    async with opened(redis_url) as here, opened(redis_url) as there:
        await hears(here)
        await hears(there)
        async with here.listen("order:1") as mine, there.listen("order:1") as theirs, there.listen("order:2") as other:
            silence = asyncio.ensure_future(anext(other))
            here.published(["order:1"])
            async with asyncio.timeout(LATE):
                await asyncio.gather(anext(mine), anext(theirs))
            assert not silence.done()
            await there.publish("order:2")
            async with asyncio.timeout(LATE):
                await silence


@pytest.mark.usefixtures("seldom")
async def test_hints_that_come_while_nobody_looks_wake_once(redis_url: str) -> None:
    async with opened(redis_url) as live:
        await hears(live)
        async with live.listen("order:1") as hints:
            for _ in range(100):
                live.published(["order:1"])
            async with asyncio.timeout(LATE):
                await anext(hints)
            again = asyncio.ensure_future(anext(hints))
            await asyncio.sleep(0.3)
            assert not again.done()
            again.cancel()
            await asyncio.gather(again, return_exceptions=True)


async def test_without_a_hint_a_listener_is_woken_all_the_same(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_over_redis, "LOOK_SECONDS", 0.1)
    async with opened(redis_url) as live, live.listen("order:1") as hints:
        async with asyncio.timeout(LATE):
            for _ in range(3):
                await anext(hints)


@pytest.mark.usefixtures("seldom")
async def test_listeners_that_have_gone_leave_nothing_behind(redis_url: str) -> None:
    async with opened(redis_url) as live:
        for _ in range(3):
            async with live.listen("order:1"), live.listen("order:1"):
                pass
        assert live._listeners == {}


async def test_without_redis_hints_reach_this_process_and_publishing_neither_waits_nor_raises() -> None:
    async with opened("redis://127.0.0.1:1") as live, live.listen("order:1") as hints:
        live.published(["order:1"])
        async with asyncio.timeout(LATE):
            await anext(hints)
        assert live.hears is False


@pytest.mark.usefixtures("seldom")
async def test_listeners_are_woken_when_redis_is_lost_and_when_it_is_back(own_valkey: Embedded) -> None:
    """What was said meanwhile nobody heard, so they must look."""
    async with opened(own_valkey.redis_url) as live:
        await hears(live)
        async with live.listen("order:1") as hints:
            own_valkey.valkey.kill()
            async with asyncio.timeout(LATE):
                await anext(hints)
            await asyncio.to_thread(own_valkey.revive)
            async with asyncio.timeout(LATE):
                await anext(hints)
            await hears(live)
            async with opened(own_valkey.redis_url) as other:
                other.published(["order:1"])
                async with asyncio.timeout(LATE):
                    await anext(hints)


@pytest.mark.usefixtures("seldom")
async def test_a_redis_that_hangs_with_its_sockets_open_is_noticed(own_valkey: Embedded) -> None:
    async with opened(own_valkey.redis_url) as live:
        await hears(live)
        pid = own_valkey.valkey.pid
        assert pid is not None
        own_valkey.valkey._process.send_signal(signal.SIGSTOP)  # type: ignore[union-attr]
        try:
            await hears(live, is_so=False)
        finally:
            own_valkey.valkey._process.send_signal(signal.SIGCONT)  # type: ignore[union-attr]
        await hears(live)
