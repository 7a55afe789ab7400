"""Other people's GraphQL clients, from npm, on the Node of a wheel; the endpoint that they talk to is `tests.transport`'s."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from benchmarks.npm import NoPackagesError, installed, node_and_npm
from tests.transport.conftest import client, logs, served, server, world

__all__ = ["client", "logs", "served", "server", "world"]

HERE = Path(__file__).parent
RUN_SECONDS = 120
Told = list[dict[str, Any]]
Run = Callable[..., Awaitable[Told]]


def missing(what: str) -> NoReturn:
    """Skips with a plain message, but never where everything has to be shown."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def node() -> Path:
    """Node; the tests are skipped where there is none."""
    try:
        return node_and_npm()[0]
    except NoPackagesError as error:
        missing(str(error))


@pytest.fixture(scope="session")
def packages(node: Path) -> Path:
    """A folder with the packages of `package-lock.json`, installed once and kept for the next run."""
    del node
    try:
        return installed(HERE)
    except NoPackagesError as error:
        missing(str(error))


@pytest.fixture
def run(node: Path, packages: Path) -> Run:
    """Runs one of the programs beside this file with the packages at hand: what it said, line by line."""

    async def program(name: str, *arguments: str) -> Told:
        running = await asyncio.create_subprocess_exec(
            node,
            "--input-type=module",
            "-",
            *arguments,
            cwd=packages,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(RUN_SECONDS):
                out, err = await running.communicate((HERE / name).read_bytes())
        except TimeoutError:
            running.kill()
            await running.wait()
            raise
        assert running.returncode == 0, err.decode()
        return [json.loads(line) for line in out.decode().splitlines()]

    return program
