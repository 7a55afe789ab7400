"""The sandbox provider, somebody who receives its webhooks, and our side of the port: one of each for all these tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import httpx2
import pytest

from gateways.payments.http import payment_client
from gateways.payments.sandbox import SandboxProvider
from tests.gateways.receiver import Receiver, receiving
from tests.gateways.requests import Books, sums_of
from tests.gateways.sandbox_process import SandboxProcess, free_port


@pytest.fixture(scope="session")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("sandbox"), free_port())
    await process.start()
    yield process
    await process.kill()


@pytest.fixture(scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="session")
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with payment_client() as client:
        yield client


@pytest.fixture
def provider(sandbox: SandboxProcess, client: httpx2.AsyncClient) -> SandboxProvider:
    return SandboxProvider(client, sandbox.values())


@pytest.fixture
def books(sandbox: SandboxProcess, client: httpx2.AsyncClient) -> Books:
    """What the sandbox's own ledger says about an attempt."""
    return partial(sums_of, sandbox, client)
