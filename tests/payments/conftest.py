"""A shop that takes money: its API over real HTTP, so that the sandbox's webhooks reach it, and the sandbox as a process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Clone
from tests.gateways.sandbox_process import SandboxProcess, free_port
from tests.payments.counter import Counter, open_counter
from tests.payments.till import Till, open_till


@pytest.fixture(scope="session")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("sandbox"), free_port())
    await process.start()
    yield process
    await process.kill()


@pytest.fixture(scope="session")
async def till(
    clone: Clone, redis_url: str, sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Till]:
    """The shop that most tests share."""
    async with open_till(await clone(), redis_url, sandbox, tmp_path_factory.mktemp("till")) as opened:
        yield opened
        assert await opened.closes() == []


@pytest.fixture
async def fresh_till(fresh_database_url: str, redis_url: str, sandbox: SandboxProcess, tmp_path: Path) -> AsyncIterator[Till]:
    """A shop for one test alone."""
    async with open_till(fresh_database_url, redis_url, sandbox, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
async def counter(
    clone: Clone, redis_url: str, sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Counter]:
    """The shop of several providers, in which staff takes the money, and large refunds take two."""
    async with open_counter(await clone(), redis_url, sandbox, tmp_path_factory.mktemp("counter")) as opened:
        yield opened
        assert await opened.till.closes() == []
