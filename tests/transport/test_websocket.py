"""graphql-transport-ws over a real server and a real client: operations, bounds and ends, with nothing left running."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
import websockets

from tests.transport.conftest import QUICK, Logs, Served
from tests.transport.sockets import closing, hear, opened, raw, say, subscribe
from tests.transport.world import SECRET, World, until, until_idle


async def test_queries_mutations_and_subscriptions_share_a_socket(served: Served, world: World) -> None:
    async with opened(served, {"Authorization": "Bearer good", "X-Currency": "EUR"}) as socket:
        await subscribe(
            socket,
            "q",
            "query A($n: String!) { hello(name: $n) viewer } query B { hello }",
            variables={"n": "you"},
            operationName="A",
        )
        assert await hear(socket) == {
            "id": "q",
            "type": "next",
            "payload": {"data": {"hello": "hello you", "viewer": "Customer"}},
        }
        assert await hear(socket) == {"id": "q", "type": "complete"}
        await subscribe(socket, "m", "mutation { count }")
        assert await hear(socket) == {"id": "m", "type": "next", "payload": {"data": {"count": 1}}}
        assert await hear(socket) == {"id": "m", "type": "complete"}
        await subscribe(socket, "q", "subscription { count(to: 2) }")
        assert [await hear(socket) for _ in range(3)] == [
            {"id": "q", "type": "next", "payload": {"data": {"count": 0}}},
            {"id": "q", "type": "next", "payload": {"data": {"count": 1}}},
            {"id": "q", "type": "complete"},
        ]
    callers = world.opened
    assert {(caller.token, caller.currency) for caller in callers} == {("good", "EUR")}
    assert len({caller.request_id for caller in callers}) == len(callers) == 4
    await until_idle(world)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ " + "nope" * 200 + " }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { count }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription ($n: Int!) { count(to: $n) }", "BAD_USER_INPUT"),
        ("{" + "a" * 60_000 + "}", "GRAPHQL_VALIDATION_FAILED"),
        ("{ " + "query { " * 20 + "hello" + "}" * 21, "DOCUMENT_TOO_LARGE"),
    ],
)
async def test_an_operation_that_cannot_run_ends_in_an_error_and_the_socket_goes_on(
    served: Served, query: str, code: str
) -> None:
    async with opened(served) as socket:
        await subscribe(socket, "1", query)
        message = await hear(socket)
        assert (message["id"], message["type"]) == ("1", "error")
        assert message["payload"][0]["extensions"]["code"] == code
        assert message["payload"][0]["extensions"]["requestId"]
        await subscribe(socket, "1", "{ hello }")
        assert (await hear(socket))["payload"] == {"data": {"hello": "hello world"}}


async def test_a_subscription_that_breaks_ends_in_a_masked_error(served: Served, world: World, logs: Logs) -> None:
    async with opened(served) as socket:
        await subscribe(socket, "1", "subscription { count(to: 1, fail: true) }")
        assert (await hear(socket))["payload"] == {"data": {"count": 0}}
        message = await hear(socket)
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "INTERNAL"
        assert SECRET not in json.dumps(message)
        await until_idle(world)
    assert [entry["event"] for entry in logs] == ["graphql.unexpected"]


async def test_the_end_of_the_token_is_the_end_of_the_socket(served: Served, world: World) -> None:
    world.token_ends = world.now + timedelta(seconds=0.3)
    async with opened(served, {"authorization": "Bearer good"}) as socket:
        await subscribe(socket, "1", "subscription { forever }")
        assert (await hear(socket))["type"] == "next"
        code, reason = await closing(socket)
        assert (code, reason.split(":")[0]) == (4403, "TOKEN_EXPIRED")
    await until_idle(world)


async def test_a_session_revoked_during_a_subscription_ends_the_socket(served: Served, world: World) -> None:
    async with opened(served, {"authorization": "Bearer good"}) as socket:
        await subscribe(socket, "1", "subscription { forever }")
        await hear(socket)
        world.revoked = True
        code, reason = await closing(socket)
        assert (code, reason.split(":")[0]) == (4403, "UNAUTHENTICATED")
    await until_idle(world)


async def test_a_completed_subscription_stops_and_its_id_is_free(served: Served, world: World) -> None:
    async with opened(served) as socket:
        await subscribe(socket, "1", "subscription { forever }")
        await hear(socket)
        await say(socket, id="1", type="complete")
        await say(socket, id="unknown", type="complete")
        await until_idle(world)
        await subscribe(socket, "1", "{ hello }")
        assert (await hear(socket))["type"] == "next"


async def test_a_lost_client_leaves_nothing_running(served: Served, world: World) -> None:
    async with opened(served) as socket:
        await subscribe(socket, "1", "subscription { forever }")
        await subscribe(socket, "2", "{ slow(seconds: 60) }")
        await hear(socket)
        assert world.running == 2
        socket.transport.abort()
        await until_idle(world)
    assert served.graphql.websockets.sockets == 0


async def test_subscriptions_past_the_bound_of_a_socket_are_refused_one_by_one(served: Served, world: World) -> None:
    async with opened(served) as socket:
        for number in range(QUICK.operations):
            await subscribe(socket, f"s{number}", "subscription { forever }")
            assert (await hear(socket))["type"] == "next"
        for number in range(1_000):
            await subscribe(socket, f"x{number}", "subscription { forever }")
            message = await hear(socket)
            assert (message["id"], message["type"]) == (f"x{number}", "error")
            assert message["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
        assert world.running == served.graphql.websockets.subscriptions == QUICK.operations
    await until_idle(world)


async def test_subscriptions_of_one_user_are_bounded_over_all_sockets(served: Served, world: World) -> None:
    token: dict[str, object] = {"authorization": "Bearer good"}
    async with opened(served, token) as one, opened(served, token) as other, opened(served) as guest:
        for number, socket in enumerate((one, one, other)):
            await subscribe(socket, str(number), "subscription { forever }")
            assert (await hear(socket))["type"] == "next"
        await subscribe(other, "one more", "subscription { forever }")
        assert (await hear(other))["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
        await subscribe(guest, "1", "subscription { forever }")
        assert (await hear(guest))["type"] == "next"
        await say(one, id="0", type="complete")
        await until(lambda: served.graphql.websockets.subscriptions == 3)
        await subscribe(other, "again", "subscription { forever }")
        assert (await hear(other))["type"] == "next"
    await until_idle(world)


async def test_the_server_pings(served: Served) -> None:
    async with opened(served) as socket:
        assert json.loads(await asyncio.wait_for(socket.recv(), 10)) == {"type": "ping"}
        await say(socket, type="pong", payload={"any": 1})
        assert json.loads(await asyncio.wait_for(socket.recv(), 10)) == {"type": "ping"}


async def test_a_reader_that_stops_reading_is_let_go(served: Served, world: World) -> None:
    async with opened(served) as socket:
        await subscribe(socket, "1", "subscription { flood }")
        socket.transport.pause_reading()
        await until(lambda: world.running == 1)
        await until_idle(world)
        assert served.graphql.websockets.subscriptions == 0
        socket.transport.resume_reading()


async def test_draining_closes_sockets_with_service_restart(served: Served, world: World) -> None:
    async with opened(served) as socket, opened(served) as idle:
        await subscribe(socket, "1", "subscription { forever }")
        await hear(socket)
        served.graphql.drain.begin()
        assert await closing(socket) == (1012, "Service restart")
        assert await closing(idle) == (1012, "Service restart")
        with pytest.raises(websockets.InvalidStatus):
            async with raw(served):
                pass
    await until_idle(world)
