"""Whoever breaks the protocol, or may not connect, is closed with the code that the protocol has for it."""

from __future__ import annotations

import json

import pytest
import websockets

from tests.transport.conftest import Logs, Served
from tests.transport.sockets import closing, hear, opened, raw, say, subscribe
from tests.transport.world import World, until_idle

FAULTS = {
    "a list": ("[1,2]", 4400),
    "an empty list": ("[]", 4400),
    "null": ("null", 4400),
    "a number": ("5", 4400),
    "a string": ('"x"', 4400),
    "no JSON": ("{", 4400),
    "deep JSON": ("[" * 50_000, 4400),
    "a huge integer": ('{"type":"ping","payload":{"a":' + "9" * 5_000 + "}}", 4400),
    "no type": ("{}", 4400),
    "an unknown type": ('{"type":"start"}', 4400),
    "a payload that is a list": ('{"type":"connection_init","payload":[]}', 4400),
    "an id that is an object": ('{"type":"subscribe","id":{},"payload":{"query":"{hello}"}}', 4400),
    "no id": ('{"type":"subscribe","payload":{"query":"{hello}"}}', 4400),
    "an empty id": ('{"type":"complete","id":""}', 4400),
    "a long id": (json.dumps({"type": "complete", "id": "x" * 1_000}), 4400),
    "no payload": ('{"type":"subscribe","id":"1"}', 4400),
    "no query": ('{"type":"subscribe","id":"1","payload":{}}', 4400),
    "variables that are a list": ('{"type":"subscribe","id":"1","payload":{"query":"{hello}","variables":[]}}', 4400),
    "a binary frame": (b'{"type":"ping"}', 4400),
    "a second initialisation": ('{"type":"connection_init"}', 4429),
    "a frame of 70,000 bytes": ('{"type":"ping","payload":{"a":"' + "x" * 70_000 + '"}}', 1009),
}


@pytest.mark.parametrize(("frame", "code"), FAULTS.values(), ids=FAULTS.keys())
async def test_a_broken_message_closes_the_socket_with_its_code(
    served: Served, world: World, logs: Logs, frame: str | bytes, code: int
) -> None:
    async with opened(served) as socket:
        await subscribe(socket, "s", "subscription { forever }")
        await hear(socket)
        await socket.send(frame)
        closed, reason = await closing(socket)
        assert closed == code
        assert len(reason.encode()) <= 120
    await until_idle(world)
    assert logs == []


async def test_operations_need_an_initialised_socket(served: Served, world: World) -> None:
    async with raw(served) as socket:
        await subscribe(socket, "1", "mutation { count }")
        assert await closing(socket) == (4401, "Unauthorized")
    assert world.counted == 0


async def test_who_does_not_initialise_is_closed(served: Served) -> None:
    async with raw(served) as socket:
        await say(socket, type="ping")
        assert await hear(socket) == {"type": "pong"}
        assert await closing(socket) == (4408, "Connection initialisation timeout")


async def test_an_id_in_use_closes_the_socket_and_a_long_one_is_cut(served: Served, world: World) -> None:
    async with opened(served) as socket:
        name = "é" * 100
        await subscribe(socket, name, "subscription { forever }")
        await hear(socket)
        await subscribe(socket, name, "{ hello }")
        code, reason = await closing(socket)
        assert code == 4409
        assert reason.startswith("Subscriber for éé")
        assert len(reason.encode()) <= 120
    await until_idle(world)


@pytest.mark.parametrize(
    ("token", "code"), [("old", "TOKEN_EXPIRED"), ("wrong", "UNAUTHENTICATED"), ("a b", "UNAUTHENTICATED")]
)
async def test_a_bad_token_closes_the_socket_as_forbidden(served: Served, token: str, code: str) -> None:
    async with raw(served) as socket:
        await say(socket, type="connection_init", payload={"authorization": f"Bearer {token}"})
        closed, reason = await closing(socket)
        assert closed == 4403
        assert reason.startswith(code)


async def test_a_database_that_is_down_asks_the_client_to_come_back(served: Served, world: World) -> None:
    world.database_down = True
    async with raw(served) as socket:
        await say(socket, type="connection_init")
        assert await closing(socket) == (1013, "SERVICE_UNAVAILABLE")


@pytest.mark.parametrize("protocols", [["graphql-ws"], None, ["soap"]])
async def test_only_the_one_subprotocol_is_spoken(served: Served, protocols: list[str] | None) -> None:
    names = [websockets.Subprotocol(name) for name in protocols] if protocols else None
    async with raw(served, subprotocols=names) as socket:
        assert (await closing(socket))[0] == 4406


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://127.0.0.1", "file://127.0.0.1"])
async def test_a_page_of_another_site_cannot_connect(served: Served, origin: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with raw(served, origin=websockets.Origin(origin)):
            pass
    assert refused.value.response.status_code == 403


async def test_our_own_page_connects(served: Served) -> None:
    async with raw(served, origin=websockets.Origin(f"http://{served.host}")) as socket:
        await say(socket, type="connection_init")
        assert await hear(socket) == {"type": "connection_ack"}
