"""Grounds for crashes, one a test, and what their length and their chances are."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis.asyncio

from gateways.embedded.launcher import Embedded
from persistence import migrate
from tests.crashes.ground import Ground, open_ground

_NUMBERS = itertools.cycle(range(2, 14))


CYCLES = int(os.environ.get("VITRINE_CRASH_CYCLES", "20"))
SECONDS_EACH = 40
"""How long a cycle may take at most on a busy machine; a few seconds otherwise."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is done again and again takes longer than other tests may."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(CYCLES * SECONDS_EACH))


@pytest.fixture
def cycles() -> int:
    """How often API or worker is killed: 20 times, or as VITRINE_CRASH_CYCLES says."""
    return CYCLES


@pytest.fixture
def chance() -> random.Random:
    """What decides when something dies; VITRINE_CRASH_SEED repeats a run."""
    seed = int(os.environ.get("VITRINE_CRASH_SEED", str(random.randrange(2**32))))
    print(f"seed {seed}")  # noqa: T201 - a failure must be repeatable
    return random.Random(seed)


@pytest.fixture
async def crash_redis_url(redis_url: str) -> AsyncIterator[str]:
    """An empty database of the tests' Redis."""
    url = f"{redis_url}?db={next(_NUMBERS)}"
    client = redis.asyncio.Redis.from_url(url)
    await client.flushdb()
    yield url
    await client.flushdb()
    await client.aclose()


@pytest.fixture
async def ground(fresh_database_url: str, crash_redis_url: str, tmp_path: Path) -> AsyncIterator[Ground]:
    """On servers that stay."""
    async with open_ground(fresh_database_url, crash_redis_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that the servers' account may enter, unlike pytest's own, with a path short enough for sockets."""
    place = Path(tempfile.mkdtemp(prefix="vitrine-", dir="/tmp"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def own_valkey(home: Path) -> Iterator[Embedded]:
    """A Redis to be killed, which keeps nothing on disk."""
    with Embedded(home, durable=False, with_postgres=False) as embedded:
        yield embedded


@pytest.fixture
def own_postgres(home: Path) -> Iterator[Embedded]:
    """A migrated PostgreSQL to be stopped on the spot, which keeps its promises then."""
    with Embedded(home, durable=True, with_valkey=False, connections_max=100) as embedded:
        migrate.upgrade(embedded.database_url)
        yield embedded
