"""A place for workers to work in: a database of its own, a Redis database of its own, a mail server."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

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
    database = Database(DatabaseSettings(url=fresh_database_url, read_size=1, write_size=3))
    await database.open()
    yield Place(
        database_url=fresh_database_url,
        redis_url=own_redis_url,
        sink=sink,
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
