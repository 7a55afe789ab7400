"""The sandbox's two clocks: one takes due payments further, one sends due webhooks and tries again what was not taken.

Both live from what the ledger says is due, so that a restart loses nothing: a webhook that was sent but not yet noted is
sent again, as real providers do.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby

import httpx2
from standardwebhooks.webhooks import Webhook

from gateways.payments.sandbox_service import desk as desks
from gateways.payments.sandbox_service import events, ledger
from gateways.payments.sandbox_service.desk import Desk, now_ms
from gateways.payments.sandbox_service.events import Event, Tried

SEND_SECONDS = 10.0
IDLE_SECONDS = 60.0
_AT_ONCE = 64


def webhook_client() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(timeout=httpx2.Timeout(SEND_SECONDS, connect=2.0), follow_redirects=False, trust_env=False)


async def run(desk: Desk, client: httpx2.AsyncClient, keys: Sequence[bytes]) -> None:
    """Work until cancelled. Every key signs (two while a secret is being changed)."""
    busy: set[str] = set()
    async with asyncio.TaskGroup() as sending:
        while True:
            desk.stirred.clear()
            if await desk.ledger.transact(lambda connection: desks.go_on(connection, desk)):
                continue
            due, next_ms = await desk.ledger.transact(_due)
            free = sorted((event for event in due if event.payment_id not in busy), key=lambda event: event.payment_id)
            for payment_id, mine in groupby(free, key=lambda event: event.payment_id):
                busy.add(payment_id)
                sending.create_task(_send_all(desk, client, keys, list(mine), busy))
            await _rest(desk, next_ms)


def _due(connection: sqlite3.Connection) -> tuple[list[Event], int | None]:
    """What can be sent now, and when there is something to do next; what is being sent wakes us when it is done."""
    at_ms = now_ms()
    due = events.events_due(connection, at_ms=at_ms, limit=_AT_ONCE)
    next_at = (ledger.next_due_ms(connection), events.next_event_ms(connection, after_ms=at_ms))
    return due, min((at for at in next_at if at is not None), default=None)


async def _rest(desk: Desk, next_ms: int | None) -> None:
    seconds = IDLE_SECONDS if next_ms is None else max(0.0, (next_ms - now_ms()) / 1000)
    try:
        async with asyncio.timeout(min(seconds, IDLE_SECONDS)):
            await desk.stirred.wait()
    except TimeoutError:
        return


async def _send_all(desk: Desk, client: httpx2.AsyncClient, keys: Sequence[bytes], mine: list[Event], busy: set[str]) -> None:
    """The due webhooks of one payment, one after the other; all copies of one at the same moment."""
    for event in mine:
        tried = await asyncio.gather(*(_send(client, keys, event) for _ in range(event.copies)))
        await desk.ledger.transact(partial(events.note_tries, event=event, tried=tried, again_ms=_again_ms(desk, event)))
    busy.difference_update(event.payment_id for event in mine)
    desk.stirred.set()


def _again_ms(desk: Desk, event: Event) -> int | None:
    """When a refused event is due again: after twice the last wait, within the days that we try at all."""
    timing = desk.timing
    wait = min(timing.retry_longest, timing.retry_first * 2 ** min(event.tries, 30))
    again_ms = now_ms() + int(wait * 1000)
    return again_ms if again_ms <= event.created_ms + int(timing.retry_for * 1000) else None


async def _send(client: httpx2.AsyncClient, keys: Sequence[bytes], event: Event) -> Tried:
    started = time.monotonic()
    at = datetime.now(UTC)
    headers = {
        "content-type": "application/json",
        "webhook-id": event.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(event.id, at, event.body) for key in keys),
    }
    status: int | None = None
    error: str | None = None
    try:
        async with (
            asyncio.timeout(SEND_SECONDS),
            client.stream("POST", event.url, headers=headers, content=event.body.encode()) as answer,
        ):
            status = answer.status_code
    except TimeoutError:
        error = "no answer in time"
    except Exception as trouble:  # noqa: BLE001 (whatever an address makes the client raise is noted; the clock has to go on)
        error = type(trouble).__name__
    return Tried(int(at.timestamp() * 1000), status, error, int((time.monotonic() - started) * 1000))
