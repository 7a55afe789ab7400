"""The world of the tests: one embedded PostgreSQL and Valkey per test process, a migrated template, and databases cloned from it.

Most tests share one database and assert on what they made themselves; a test that counts everything asks for a fresh one.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateways.embedded.launcher import Embedded, throw_away
from gateways.settings import Settings, load_settings
from persistence import migrate
from persistence.engine import Database, DatabaseSettings
from persistence.unit import Transactions
from tests.shop import Shop, open_shop

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_NUMBERS = itertools.count(1)
Clone = Callable[[], Awaitable[str]]
_LOOP = pytest.StashKey[asyncio.AbstractEventLoop]()


def _of(url: str, name: str) -> str:
    """The same server, another database."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that ran out of time is shown with what each of its tasks was waiting for: the main thread's stack tells only of the loop."""
    report = yield
    loop = item.config.stash.get(_LOOP, None)
    if loop is not None and call.excinfo is not None and str(call.excinfo.value).startswith("Timeout"):
        tasks = asyncio.all_tasks(loop)
        report.sections.append(("tasks that waited", "\n\n".join(_awaiting(task) for task in tasks)))
        for task in tasks:
            if getattr(task.get_coro(), "__name__", None) == getattr(item, "originalname", ""):
                task.cancel()
    return report


def _awaiting(task: asyncio.Task[Any]) -> str:
    """Where a task stands, from its outermost coroutine to what it awaits."""
    places = [repr(task)]
    step: Any = task.get_coro()
    while (frame := getattr(step, "cr_frame", None)) is not None:
        places.append(f"  {frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}")
        step = step.cr_await
    return "\n".join(places)


@pytest.fixture(scope="session", autouse=True)
async def _loop(request: pytest.FixtureRequest) -> None:
    """Remembers the loop of all tests for whoever has to tell what it was doing."""
    request.config.stash[_LOOP] = asyncio.get_running_loop()


@pytest.fixture(scope="session")
def servers() -> Iterator[Embedded]:
    """PostgreSQL and Valkey of this test process, gone with it."""
    with throw_away(connections_max=200) as embedded:
        yield embedded


@pytest.fixture(scope="session")
def template(servers: Embedded) -> str:
    """The name of a migrated, empty database to clone from."""
    migrate.upgrade(servers.database_url)
    return servers.database_url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(scope="session")
def clone(servers: Embedded, template: str) -> Clone:
    """Makes a database of its own from the template; its URL."""

    async def make() -> str:
        name = f"clone_{os.getpid()}_{next(_NUMBERS)}"
        connection = await asyncpg.connect(_of(servers.database_url, "template1"))
        try:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        finally:
            await connection.close()
        return _of(servers.database_url, name)

    return make


@pytest.fixture(scope="session")
async def database_url(clone: Clone) -> str:
    """The database that most tests share."""
    return await clone()


@pytest.fixture
async def fresh_database_url(clone: Clone) -> str:
    """A database for one test alone."""
    return await clone()


@pytest.fixture(scope="session")
def redis_url(servers: Embedded) -> str:
    return servers.redis_url


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    """The shared database, open."""
    opened = Database(DatabaseSettings(url=database_url))
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def transact(database: Database) -> Transactions:
    """Opens units of work on the shared database; live hints go nowhere."""
    return Transactions(database, published=lambda _topics: None)


@pytest.fixture(scope="session")
def settings_on(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Settings]:
    """Settings of a shop on a database; reservations last 15 minutes, as in production."""

    def settings(database_url: str) -> Settings:
        return load_settings(
            env_file=None,
            data_dir=tmp_path_factory.mktemp("shop"),
            database_url=database_url,
            redis_url=redis_url,
            # A busy machine is slow, not full: whoever tests being full says so.
            db_wait_seconds=10,
            requests_per_minute=1_000_000,
            mutations_per_minute=1_000_000,
            logins_per_minute=1_000,
            # The tests set their scenes in SQL, of which nobody is told.
            response_cache_bytes=0,
            row_cache_bytes=0,
        )

    return settings


@pytest.fixture(scope="session")
async def shop(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Shop]:
    """The shop that most tests share: one channel in EUR with prices that contain 19 % tax."""
    async with open_shop(settings_on(await clone())) as opened:
        yield opened


@pytest.fixture
async def fresh_shop(fresh_database_url: str, settings_on: Callable[[str], Settings]) -> AsyncIterator[Shop]:
    """A shop for one test alone."""
    async with open_shop(settings_on(fresh_database_url)) as opened:
        yield opened


@pytest.fixture
def now() -> datetime:
    """The tests' present: 2026-03-01 12:00 UTC."""
    return NOW


@pytest.fixture(scope="session")
def shared_data() -> Path | None:
    """Real-world samples beside the checkout, where somebody has put them; tests that read them have nothing to check without."""
    folder = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    return folder if folder.is_dir() else None
