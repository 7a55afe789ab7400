"""The database: two pools of raw asyncpg connections, one that reads and one that changes, and how to borrow from them.

Connections carry no session state (no SET, no LISTEN, no advisory locks), so nothing is reset when one is given back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg
import orjson

from persistence.failures import LOST, Overloaded, Unavailable
from persistence.statement import Borrowed, Connection

if TYPE_CHECKING:
    _PlainConnection = asyncpg.Connection[asyncpg.Record]  # generic for the type checker only
else:
    _PlainConnection = asyncpg.Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """Sizes are connections per process; seconds bound the wait for a free one. `pooler` is for PgBouncer in transaction mode."""

    url: str
    read_size: int = 10
    write_size: int = 10
    wait_seconds: float = 2.0
    statement_seconds: float = 5.0
    pooler: bool = False


class _Stateless(_PlainConnection):
    """A connection that needs no reset: the default one would cost a round trip of four statements at each release."""

    def get_reset_query(self) -> str:
        return ""


async def _prepare(connection: Connection) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),
        format="binary",
    )


class Database:
    """Both pools. `open` before use, `close` at the end; a connection is borrowed for a request's reads or one transaction."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.settings = settings
        self._reads: asyncpg.Pool[asyncpg.Record] | None = None
        self._writes: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Connects; raises `Unavailable` when the server cannot be reached."""
        try:
            self._reads = await self._pool(self.settings.read_size)
            self._writes = await self._pool(self.settings.write_size)
        except LOST as lost:
            raise Unavailable(str(lost)) from lost

    async def _pool(self, size: int) -> asyncpg.Pool[asyncpg.Record]:
        settings = self.settings
        return await asyncpg.create_pool(
            settings.url,
            min_size=1,
            max_size=size,
            connection_class=_Stateless,
            init=_prepare,
            command_timeout=settings.statement_seconds * 2,
            statement_cache_size=0 if settings.pooler else 500,
            max_inactive_connection_lifetime=300,
        )

    async def close(self) -> None:
        for pool in (self._reads, self._writes):
            if pool is not None:
                try:
                    await asyncio.wait_for(pool.close(), 5)
                except TimeoutError:
                    pool.terminate()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Borrowed]:
        """A connection of the read pool, for as long as the block lasts."""
        connection = await self.borrow_for_reads()
        try:
            yield connection
        finally:
            await self.return_from_reads(connection)

    async def borrow_for_reads(self) -> Borrowed:
        """A connection of the read pool; `Overloaded` when none is free in time, `Unavailable` when the server is gone."""
        return await self._borrow(self._reads)

    async def return_from_reads(self, connection: Borrowed) -> None:
        await self._return(self._reads, connection)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Borrowed]:
        """A connection of the write pool, for one transaction."""
        connection = await self._borrow(self._writes)
        try:
            yield connection
        finally:
            await self._return(self._writes, connection)

    async def _borrow(self, pool: asyncpg.Pool[asyncpg.Record] | None) -> Borrowed:
        if pool is None:
            raise Unavailable("the database is not open")
        try:
            return await pool.acquire(timeout=self.settings.wait_seconds)
        except TimeoutError as busy:
            raise Overloaded("no free database connection") from busy
        except LOST as lost:
            raise Unavailable(str(lost)) from lost

    @staticmethod
    async def _return(pool: asyncpg.Pool[asyncpg.Record] | None, connection: Borrowed) -> None:
        if pool is not None:
            await asyncio.shield(pool.release(connection))
