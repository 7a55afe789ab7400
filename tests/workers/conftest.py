"""A place for workers to work in: a database of its own, a Redis database of its own, a mail server."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from gateways.embedded.launcher import Embedded
from persistence.engine import Database, DatabaseSettings
from persistence.unit import Transactions
from tests.workers.smtp_sink import SmtpSink, smtp_sink

_NUMBERS = itertools.cycle(range(2, 14))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker works, and what it is told about it."""

    database_url: str
    redis_url: str
    sink: SmtpSink
    database: Database
    transact: Transactions
    settings: dict[str, Any]


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with smtp_sink() as opened:
        yield opened


@pytest.fixture
async def own_redis_url(redis_url: str) -> AsyncIterator[str]:
    """An empty database of the tests' Redis."""
    url = f"{redis_url}?db={next(_NUMBERS)}"
    client = redis.asyncio.Redis.from_url(url)
    await client.flushdb()
    yield url
    await client.aclose()


@pytest.fixture
async def place(fresh_database_url: str, own_redis_url: str, sink: SmtpSink, tmp_path: Path) -> AsyncIterator[Place]:
    # By its name, tests that throw the worker out of the database spare this side of theirs.
    database = Database(DatabaseSettings(url=f"{fresh_database_url}&application_name=test", read_size=1, write_size=3))
    await database.open()
    yield Place(
        database_url=fresh_database_url,
        redis_url=own_redis_url,
        sink=sink,
        database=database,
        transact=Transactions(database, published=lambda _topics: None),
        settings={
            "database_url": fresh_database_url,
            "redis_url": own_redis_url,
            "smtp_url": sink.url,
            "data_dir": str(tmp_path),
            "staff_email": "staff@example.com",
            "storefront_url": "https://shop.example",
        },
    )
    await database.close()


@pytest.fixture
def own_valkey() -> Iterator[Embedded]:
    """A Redis to be killed and hung, which keeps nothing on disk."""
    home = Path(tempfile.mkdtemp(prefix="vitrine-", dir="/tmp"))
    with Embedded(home, durable=False, with_postgres=False) as embedded:
        yield embedded
    shutil.rmtree(home, ignore_errors=True)
