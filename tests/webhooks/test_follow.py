"""The event log, live: from a place in it, in order, and each event as it happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from domain.viewer import Permission
from tests.makers.people import a_staff_token
from tests.webhooks.conftest import Desk

FOLLOW = "subscription($after: String) { eventLog(afterPosition: $after, types: [ORDER_PLACED]) { position subjectId } }"
SECONDS = 30


@asynccontextmanager
async def followed(desk: Desk, token: str, after: str | None) -> AsyncIterator[asyncio.Queue[Any]]:
    """The subscription over server-sent events, straight on the application: what each `next` brought."""
    body = json.dumps({"query": FOLLOW, "variables": {"after": after}}).encode()
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/graphql", "raw_path": b"/graphql", "query_string": b"", "client": ("127.0.0.1", 1), "server": ("shop", 80),
        "state": {}, "headers": [
            (b"host", b"shop"), (b"content-type", b"application/json"), (b"accept", b"text/event-stream"),
            (b"authorization", f"Bearer {token}".encode()),
        ],
    }  # fmt: skip
    came: asyncio.Queue[Any] = asyncio.Queue()
    asked = [{"type": "http.request", "body": body, "more_body": False}]
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if asked:
            return asked.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        for part in message.get("body", b"").decode().split("\n\n"):
            if part.startswith("event: next"):
                came.put_nowait(json.loads(part.partition("data: ")[2]))

    serving = asyncio.create_task(desk.shop.api(scope, receive, send))  # type: ignore[arg-type]
    try:
        yield came
    finally:
        gone.set()
        await asyncio.wait_for(serving, SECONDS)


async def _next(came: asyncio.Queue[Any]) -> Any:
    async with asyncio.timeout(SECONDS):
        return await came.get()


async def test_a_follower_gets_what_was_there_and_then_what_happens_in_order(desk: Desk) -> None:
    first, second = await desk.order(), await desk.order()
    await desk.write_log()
    async with followed(desk, desk.token, after="1") as came:
        caught_up = await _next(came)
        assert caught_up["data"]["eventLog"] == {"position": "2", "subjectId": second["id"]}
        third = await desk.order()
        await desk.write_log()
        live = await _next(came)
        assert live["data"]["eventLog"] == {"position": "3", "subjectId": third["id"]}
    assert first["id"] != second["id"]


async def test_who_may_not_read_the_log_does_not_follow_it(desk: Desk) -> None:
    token = await a_staff_token(desk.shop, Permission.READ_ORDERS)
    await desk.order()
    await desk.write_log()
    async with followed(desk, token, after="0") as came:
        refused = await _next(came)
    assert refused["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    assert came.empty()
