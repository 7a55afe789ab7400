"""How many payment notifications a second are taken in: signed, each about another event, answered after their commit.

By itself: `.venv/bin/python -m benchmarks.webhooks`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
import uvloop

from benchmarks.catalogue import fill
from benchmarks.load import CONNECTIONS, Line, lines
from benchmarks.processes import Server, api, choose_cores, opened, sandbox
from gateways.embedded.launcher import throw_away

AIM_A_SECOND = 500
AIM_P99 = 50.0
SECRETS = "SANDBOX_WEBHOOK_SECRETS"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Milliseconds; `cpu` is of the server's process for each notification."""

    a_second: float
    cpu: float
    p50: float
    p99: float


async def acknowledged(server: Server, *, secret: str, seconds: float) -> Acknowledged:
    """Sends genuine notifications for so long, each once, over all connections; the first are not counted."""
    messages = _messages(secret)
    async with lines(server, CONNECTIONS) as open_lines:
        await _sent(open_lines, messages, max(0.3, seconds / 5))
        used, started = server.cpu_seconds(), time.perf_counter()
        took = sorted(await _sent(open_lines, messages, seconds))
        passed, used = time.perf_counter() - started, server.cpu_seconds() - used
    return Acknowledged(
        a_second=len(took) / passed,
        cpu=used * 1_000 / len(took),
        p50=took[len(took) // 2] * 1_000,
        p99=took[len(took) * 99 // 100] * 1_000,
    )


async def _sent(open_lines: list[Line], messages: Iterator[bytes], seconds: float) -> list[float]:
    until = time.perf_counter() + seconds
    took: list[float] = []

    async def send_again(line: Line) -> None:
        while time.perf_counter() < until:
            message = next(messages)
            began = time.perf_counter()
            await line.ask(message)
            took.append(time.perf_counter() - began)

    await asyncio.gather(*(send_again(line) for line in open_lines))
    return took


def _messages(secret: str) -> Iterator[bytes]:
    """Requests as the sandbox sends them, signed as Standard Webhooks does."""
    key, run = base64.b64decode(secret.removeprefix("whsec_")), secrets.token_hex(4)
    for number in itertools.count(1):
        name, now = f"evt_{run}_{number}", datetime.now(UTC)
        payment = {
            "id": f"sp_{secrets.token_hex(12)}",
            "account": "acct_sandbox",
            "merchant_reference": f"nobody-{number}",
            "order_number": "1",
            "currency": "EUR",
            **dict.fromkeys(("amount", "authorized", "captured"), 2_489),
            "refunded": 0,
            "status": "captured",
            "version": 2,
            **dict.fromkeys(("next_action", "failure", "dispute")),
            "method": {"brand": "Sandbox", "last4": "4242"},
            "created_at": now.isoformat(),
        }
        body = orjson.dumps({"id": name, "type": "payment.captured", "occurred_at": now.isoformat(), "payment": payment})
        stamp = str(int(now.timestamp()))
        digest = hmac.digest(key, b".".join((name.encode(), stamp.encode(), body)), hashlib.sha256)
        head = (
            "POST /webhooks/payments/sandbox HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n"
            f"webhook-id: {name}\r\nwebhook-timestamp: {stamp}\r\nwebhook-signature: v1,{base64.b64encode(digest).decode()}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


async def _alone(seconds: float) -> Acknowledged:
    """With servers of its own, thrown away after."""
    cores = choose_cores()
    os.sched_setaffinity(0, {cores.others})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vitrine-benchmarks-")))
        embedded = stack.enter_context(throw_away(connections_max=100))
        await fill(embedded.database_url, products=20)
        provider, found = stack.enter_context(sandbox(core=cores.others, folder=folder))
        addresses = {"DATABASE_URL": embedded.database_url, "REDIS_URL": embedded.redis_url}
        server = stack.enter_context(
            api("webhooks", compiled=True, core=cores.server, addresses=addresses | found, folder=folder)
        )
        for each in (provider, server):
            await opened(each, folder)
        return await acknowledged(server, secret=found[SECRETS], seconds=seconds)


if __name__ == "__main__":
    result = uvloop.run(_alone(8.0))
    print(
        f"{result.a_second:,.0f} notifications/s (aim {AIM_A_SECOND}), p50 {result.p50:.1f} ms, p99 {result.p99:.1f} ms "
        f"(aim {AIM_P99:g}), {result.cpu:.2f} ms CPU each"
    )
