"""Requests to pay, valid unless said otherwise, and what the sandbox's own books say about them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx2

from domain.money import Currency, Money
from domain.payments.model import ProviderPayment
from domain.payments.provider import Answer, AttemptRequest, Buyer, CaptureMode
from gateways.payments.strict_json import Fields, decode
from tests.gateways.sandbox_process import API_KEY, SandboxProcess

Books = Callable[[str], Awaitable[dict[str, int]]]
EUR = Currency("EUR")
NOWHERE = "http://127.0.0.1:9/"
"""The discard port: webhooks sent there reach nobody."""


def eur(minor: int) -> Money:
    return Money(minor, EUR)


def an_attempt(
    method: str = "tok_success",
    *,
    amount: Money | None = None,
    key: str | None = None,
    webhook_url: str = NOWHERE,
    capture: CaptureMode = CaptureMode.AUTOMATIC,
) -> AttemptRequest:
    return AttemptRequest(
        buyer=Buyer(email="ada@example.com", name="Ada Example", country="DE"),
        attempt_key=key or f"attempt-{uuid4()}",
        order_number="V-1001",
        amount=amount or eur(4_990),
        method=method,
        return_url="https://shop.example/orders/1?tab=pay",
        webhook_url=webhook_url,
        capture=capture,
    )


def paid(answer: Answer | None) -> ProviderPayment:
    """The answer, which has to be a payment."""
    assert isinstance(answer, ProviderPayment), answer
    return answer


async def sums_of(sandbox: SandboxProcess, client: httpx2.AsyncClient, attempt_key: str) -> dict[str, int]:
    """The sandbox's sums for an attempt; nothing under a key that it never saw."""
    answer = await client.get(
        f"{sandbox.url}/v1/ledger",
        params={"merchant_reference": attempt_key},
        headers={"authorization": f"Bearer {API_KEY}"},
    )
    names = ("payments", "charges", "refunds", "authorized", "captured", "refunded", "released", "lost")
    rows = Fields(decode(answer.content)).many("data", most=1)
    return {name: row.whole(name, low=0, high=10**15) for row in rows for name in names}


async def until(told: Callable[[], Awaitable[bool]], *, seconds: float = 30.0) -> None:
    """Returns when it is true; a test that waits longer than this has failed."""
    async with asyncio.timeout(seconds):
        while not await told():  # noqa: ASYNC110 (what is awaited happens in another process)
            await asyncio.sleep(0.02)
