"""Migrations go up and down, leave nothing behind, and end where the tables say: on the embedded PostgreSQL, and on another one
that TEST_DATABASE_URL names.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from persistence import migrate
from persistence.tables import METADATA

LEFT = """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = 'public' AND c.relkind IN ('r', 'S', 'v') AND c.relname <> 'alembic_version'
          UNION SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'"""


@contextlib.asynccontextmanager
async def _databases(clone: Callable[[], Awaitable[str]]) -> AsyncIterator[list[str]]:
    """An empty database of each server there is."""
    own = await clone()
    other = os.environ.get("DATABASE_URL")
    if not other:
        yield [own]
        return
    head, _, query = other.partition("?")
    name = f"vitrine_test_{os.getpid()}"
    connection = await asyncpg.connect(other)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
        yield [own, f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")]
    finally:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.close()


async def _left(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(LEFT)]
    finally:
        await connection.close()


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, METADATA))


async def test_migrations_go_up_and_down_and_up_without_drift(clone: Callable[[], Awaitable[str]]) -> None:
    async with _databases(clone) as urls:
        for url in urls:
            await asyncio.to_thread(migrate.upgrade, url)
            await asyncio.to_thread(migrate.downgrade, url)
            assert await _left(url) == []
            await asyncio.to_thread(migrate.upgrade, url)
            engine = create_async_engine(migrate.sqlalchemy_url(url), poolclass=NullPool)
            async with engine.connect() as connection:
                assert await connection.run_sync(_differences) == []
                assert await connection.run_sync(migrate.current) == migrate.head()
            await engine.dispose()


async def test_two_servers_that_migrate_at_once_do_not_race(clone: Callable[[], Awaitable[str]]) -> None:
    url = await clone()
    await asyncio.to_thread(migrate.downgrade, url)
    await asyncio.gather(*(asyncio.to_thread(migrate.upgrade, url) for _ in range(3)))
    assert "orders" in await _left(url)
