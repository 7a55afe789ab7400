"""Frames that nobody would send, on real sockets: each socket answers on, or ends with a close frame that says why."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import structlog
import uvicorn
import websockets

from tests.fuzz.grammar import Fuzz
from tests.fuzz.oracle import LEAKS
from tests.shop import Shop

CASES = int(os.environ.get("CASES", "10000")) * 2 // 10
SEED = int(os.environ.get("SEED", str(time.time_ns() % 1_000_000)))
FRAMES = 8
"""On one socket, at most."""
SOCKETS = 8
"""At the same time."""
CODES = frozenset({1009, 1011, 1013, 4400, 4401, 4403, 4408, 4409, 4429})
SUBPROTOCOL = websockets.Subprotocol("graphql-transport-ws")


@pytest.fixture(scope="session")
async def address(shop: Shop) -> AsyncIterator[str]:
    """The shop's API behind a real server."""
    config = uvicorn.Config(
        shop.api,
        port=0,
        log_config=None,
        lifespan="off",
        ws_max_size=65_536,
        ws_ping_interval=None,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve(None))
    while not server.started:  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0.01)
    yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql"
    server.should_exit = True
    await running


async def end_of(socket: websockets.ClientConnection) -> int | None:
    """None when it answers a ping after all that was said; else the code that it was closed with."""
    with contextlib.suppress(websockets.ConnectionClosed):
        await socket.send('{"type":"ping","payload":{"last":true}}')
        while True:
            heard = await asyncio.wait_for(socket.recv(), 30)
            assert isinstance(heard, str)
            assert LEAKS.search(heard) is None, heard[:500]
            message = json.loads(heard)
            if message["type"] == "pong":
                return None
            errors = message["payload"] if message["type"] == "error" else message.get("payload", {}).get("errors", [])
            assert "INTERNAL" not in {each["extensions"]["code"] for each in errors}, heard[:500]
    return socket.close_code if socket.close_code is not None else 1006


async def talk(address: str, frames: list[str | bytes], *, initialised: bool) -> int | None:
    """Says all of it on a socket of its own; how it ends."""
    async with websockets.connect(
        address, subprotocols=[SUBPROTOCOL], ping_interval=None, compression=None, close_timeout=2, max_size=None
    ) as socket:
        with contextlib.suppress(websockets.ConnectionClosed):
            if initialised:
                await socket.send('{"type":"connection_init"}')
            for frame in frames:
                await socket.send(frame)
        return await end_of(socket)


async def test_whatever_is_said_on_a_socket_it_answers_on_or_closes_with_a_code(shop: Shop, address: str) -> None:
    print(f"SEED={SEED} CASES={CASES}")  # noqa: T201 - shown when it fails, to do it again
    fuzz = Fuzz(shop.api.graphql.engine.schema, SEED)
    ends: Counter[int | None] = Counter()
    left = CASES
    with structlog.testing.capture_logs() as logs:
        while left > 0:
            talks = [[fuzz.frame() for _ in range(fuzz.chance.randint(1, FRAMES))] for _ in range(SOCKETS)]
            left -= sum(map(len, talks))
            outcomes = await asyncio.gather(*(talk(address, frames, initialised=fuzz.often(0.95)) for frames in talks))
            for frames, end in zip(talks, outcomes, strict=True):
                assert end is None or end in CODES, f"{end} with SEED={SEED} after {[each[:500] for each in frames]}"
            ends.update(outcomes)
            errors = [each for each in logs if each["log_level"] in {"error", "critical"}]
            assert errors == [], f"SEED={SEED} {talks}"
            logs.clear()
    print(ends)  # noqa: T201 - as above
    assert ends[None] > sum(ends.values()) / 20
    assert ends[4400] > 0
    assert (await shop.ask("{ __typename }")) == {"data": {"__typename": "Query"}}
