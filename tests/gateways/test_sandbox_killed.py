"""The sandbox killed at any moment: its books are what it answered for, and its webhooks still arrive."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from domain.payments.model import ProviderPayment, ProviderStatus
from gateways.payments.sandbox import SandboxProvider
from tests.gateways.receiver import Receiver
from tests.gateways.requests import an_attempt, eur, paid, sums_of, until
from tests.gateways.sandbox_process import SandboxProcess, free_port


@pytest.fixture
async def mortal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("mortal"), free_port())
    await process.start()
    yield process
    await process.kill()


async def test_killed_in_the_middle_of_many_attempts_it_keeps_what_it_answered_and_charges_nobody_twice(
    mortal: SandboxProcess, client: httpx2.AsyncClient
) -> None:
    provider = SandboxProvider(client, mortal.values())
    requests = [an_attempt(amount=eur(number)) for number in range(1, 61)]
    before = [await provider.create(request) for request in requests[:20]]
    asking = [asyncio.create_task(provider.create(request)) for request in requests[20:]]
    await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    await mortal.kill()
    answers = before + await asyncio.gather(*asking)
    await mortal.start()
    provider = SandboxProvider(client, mortal.values())  # one that asks: the other has an open circuit
    for request, answer in zip(requests, answers, strict=True):
        if isinstance(answer, ProviderPayment):
            assert await provider.find(request.attempt_key) == answer
    # Whoever does not know asks again with the same key; all are charged now, and each of them once.
    again = [paid(await provider.create(request)) for request in requests]
    assert [payment.captured for payment in again] == [request.amount for request in requests]
    for request in requests:
        sums = await sums_of(mortal, client, request.attempt_key)
        assert (sums["payments"], sums["charges"], sums["captured"]) == (1, 1, request.amount.minor)


async def test_webhooks_and_delays_that_were_due_when_it_was_killed_are_kept(
    mortal: SandboxProcess, client: httpx2.AsyncClient, receiver: Receiver
) -> None:
    provider = SandboxProvider(client, mortal.values())
    refused_first, later = receiver.box(*[503] * 3), receiver.box()
    await provider.create(an_attempt("tok_decline", webhook_url=refused_first))
    slow = an_attempt("tok_async_success:1s", webhook_url=later)
    assert paid(await provider.create(slow)).status is ProviderStatus.PENDING
    await receiver.wait(refused_first, 1)
    await mortal.kill()
    await mortal.start()
    came = await receiver.wait(refused_first, 4)
    assert len({one.body for one in came}) == 1

    async def is_paid() -> bool:
        return paid(await provider.find(slow.attempt_key)).status is ProviderStatus.CAPTURED

    await until(is_paid)

    async def told_of_every_step() -> bool:
        # One may come twice: sent before the end, and not yet noted as sent.
        return len({one.headers["webhook-id"] for one in await receiver.wait(later, 3)}) == 3

    await until(told_of_every_step)


async def test_started_with_its_parent_it_ends_with_it(client: httpx2.AsyncClient, tmp_path: Path) -> None:
    child = SandboxProcess(tmp_path, free_port())
    await child.start("--with-parent")
    paid(await SandboxProvider(client, child.values()).create(an_attempt("tok_success")))
    assert await child.ends() == 0


async def test_a_signal_stops_it_although_an_answer_is_still_withheld(client: httpx2.AsyncClient, tmp_path: Path) -> None:
    stopped = SandboxProcess(tmp_path, free_port())
    await stopped.start()
    request = an_attempt("tok_timeout_after_charge")
    provider = SandboxProvider(client, stopped.values())
    asking = asyncio.create_task(provider.create(request))

    async def charged() -> bool:
        return await sums_of(stopped, client, request.attempt_key) != {}

    await until(charged)
    assert await stopped.ends(by=signal.SIGTERM) == -signal.SIGTERM
    await asking
    await stopped.start()
    try:
        assert paid(await provider.find(request.attempt_key)).status is ProviderStatus.CAPTURED
    finally:
        await stopped.kill()
