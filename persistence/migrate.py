"""Brings a database's schema to this version: Alembic's revisions, one process at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from persistence.audit.watch import watch

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
ONE_AT_A_TIME = 7_140_621_077
"""The advisory lock's number: any constant, the same in every process."""


def head() -> str:
    """The newest revision this code knows."""
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if newest is None:
        raise RuntimeError("there are no migrations")
    return newest


def upgrade(database_url: str, *, to: str = "head") -> None:
    """Runs all missing migrations under an advisory lock, all in one transaction, and has the record watch the new tables.

    Blocking: call it off the loop.
    """
    asyncio.run(_migrate(database_url, lambda config: _upgrade(config, to)))


def downgrade(database_url: str, *, to: str = "base") -> None:
    """Takes migrations back; data goes with its tables."""
    asyncio.run(_migrate(database_url, lambda config: command.downgrade(config, to)))


def current(connection: Connection) -> str | None:
    """The revision a database is at."""
    return MigrationContext.configure(connection).get_current_revision()


def sqlalchemy_url(database_url: str) -> str:
    """A libpq-style URL as SQLAlchemy wants it for asyncpg."""
    _, _, rest = database_url.partition("://")
    return f"postgresql+asyncpg://{rest}"


def _upgrade(config: Config, to: str) -> None:
    command.upgrade(config, to)
    watch(config.attributes["connection"])


async def _migrate(database_url: str, deed: Callable[[Config], None]) -> None:
    engine = create_async_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_locked, deed)
    finally:
        await engine.dispose()


def _locked(connection: Connection, deed: Callable[[Config], None]) -> None:
    """The lock is the transaction's, so it ends with it however it ends; it works through a transaction pooler too."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    with connection.begin():
        connection.execute(text("SET LOCAL lock_timeout = '30s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ONE_AT_A_TIME})
        connection.execute(text("SET LOCAL lock_timeout = '2s'"))
        deed(config)
