"""Dear operations take turns, in the order in which they came, and cheap ones pass them."""

from __future__ import annotations

import asyncio

import httpx2

from schema.limits import Ceilings
from schema.transport.turns import AT_ONCE
from tests.transport.world import World, endpoint, until

DEAR = "{ queries(count: 1) { queries(count: 1) { queries(count: 1) { queries(count: 1) { slow(seconds: %s) } } } } }"
HEAVY = "{ queries(count: 8) { queries(count: 5) { queries(count: 5) { queries(count: 2) { hello } } } } }"


async def test_no_more_than_a_few_dear_operations_run_at_once_and_none_is_forgotten(world: World) -> None:
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, world.running)
            await asyncio.sleep(0)

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(endpoint(world)), base_url="http://shop.test") as client:
        watching = asyncio.create_task(watch())
        answers = await asyncio.gather(*(client.post("/graphql", json={"query": DEAR % "0.01"}) for _ in range(12)))
        watching.cancel()
    assert [each.status_code for each in answers] == [200] * 12
    assert most == AT_ONCE


async def test_cheap_operations_pass_while_dear_ones_wait(world: World) -> None:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(endpoint(world)), base_url="http://shop.test") as client:
        dear = [asyncio.create_task(client.post("/graphql", json={"query": DEAR % "30"})) for _ in range(6)]
        await until(lambda: world.running == AT_ONCE)
        assert (await client.post("/graphql", json={"query": "{ hello }"})).json() == {"data": {"hello": "hello world"}}
        assert not any(each.done() for each in dear)
        for each in dear:
            each.cancel()
        await asyncio.gather(*dear, return_exceptions=True)
    await until(lambda: not world.running)


async def test_who_waits_too_long_is_told_so(world: World) -> None:
    app = endpoint(world, request_seconds_max=0.2)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://shop.test") as client:
        answers = await asyncio.gather(*(client.post("/graphql", json={"query": DEAR % "30"}) for _ in range(5)))
    assert {each.status_code for each in answers} == {503}
    assert {each.json()["errors"][0]["extensions"]["code"] for each in answers} == {"TIMEOUT"}
    assert world.running == 0


async def test_a_crowd_of_heavy_operations_lets_a_small_one_through(world: World) -> None:
    """Each keeps the processor to itself for a while; a small one needs a few turns of the loop, not the whole queue."""
    app = endpoint(world, ceilings=Ceilings(cost=1 << 40), request_seconds_max=None)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://shop.test", timeout=120) as client:
        crowd = [asyncio.create_task(client.post("/graphql", json={"query": HEAVY})) for _ in range(30)]
        await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)
        before = sum(each.done() for each in crowd)
        assert (await client.post("/graphql", json={"query": "{ hello }"})).status_code == 200
        passed = sum(each.done() for each in crowd) - before
        assert passed <= 5 * AT_ONCE
        for each in crowd:
            each.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
