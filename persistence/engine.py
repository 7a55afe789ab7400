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

from persistence.ahead import PREPARED_SECONDS, Combinations
from persistence.failures import LOST, Overloaded, Unavailable
from persistence.statement import Borrowed, Connection

if TYPE_CHECKING:
    _PlainConnection = asyncpg.Connection[asyncpg.Record]  # generic for the type checker only
else:
    _PlainConnection = asyncpg.Connection


_CLOSE_SECONDS = 5.0
_PASSES = 100
"""Every so many times a connection goes back to its pool, which throws the old ones away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """Sizes are connections per process; `wait_seconds` bounds the wait for a free one, and for a lock.

    `pooler` is for PgBouncer in transaction mode.
    """

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
        self.combinations = Combinations()
        self._reads: _Lent | None = None
        self._writes: _Lent | None = None

    async def open(self) -> None:
        """Connects; raises `Unavailable` when the server cannot be reached."""
        try:
            self._reads = _Lent(await self._pool(self.settings.read_size), self.settings.wait_seconds)
            self._writes = _Lent(await self._pool(self.settings.write_size), self.settings.wait_seconds)
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
            max_cached_statement_lifetime=PREPARED_SECONDS,
            max_inactive_connection_lifetime=300,
        )

    async def close(self) -> None:
        for lent in (self._reads, self._writes):
            if lent is not None:
                await lent.close()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Borrowed]:
        """A connection of the read pool, for as long as the block lasts."""
        connection = await self.borrow_for_reads()
        try:
            yield connection
        except BaseException:
            await self.return_from_reads(connection, is_sound=False)
            raise
        await self.return_from_reads(connection)

    async def borrow_for_reads(self) -> Borrowed:
        """A connection of the read pool; `Overloaded` when none is free in time, `Unavailable` when the server is gone."""
        return await _open(self._reads).borrow()

    async def return_from_reads(self, connection: Borrowed, *, is_sound: bool = True) -> None:
        """Gives it back; one that is not `is_sound`, because a statement failed or was given up, is looked after first."""
        await _open(self._reads).give_back(connection, is_sound=is_sound)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Borrowed]:
        """A connection of the write pool, for one transaction."""
        lent = _open(self._writes)
        connection = await lent.borrow()
        try:
            yield connection
        except BaseException:
            await lent.give_back(connection, is_sound=False)
            raise
        await lent.give_back(connection, is_sound=True)


class _Lent:
    """A pool whose sound connections go from hand to hand: taking one out and putting it back costs the pool two tasks."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], wait_seconds: float) -> None:
        self._pool = pool
        self._wait_seconds = wait_seconds
        self._spare: list[Borrowed] = []
        self._waiting = 0
        self._given_back = 0
        self._is_closed = False

    async def borrow(self) -> Borrowed:
        while self._spare:
            connection = self._spare.pop()
            if not connection.is_closed():
                return connection
            await self._pool.release(connection)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                return await self._pool.acquire()
        except TimeoutError as busy:
            raise Overloaded("no free database connection") from busy
        except LOST as lost:
            raise Unavailable(str(lost)) from lost
        finally:
            self._waiting -= 1

    async def give_back(self, connection: Borrowed, *, is_sound: bool) -> None:
        self._given_back += 1
        if is_sound and not self._waiting and not self._is_closed and self._given_back % _PASSES and not connection.is_closed():
            self._spare.append(connection)
        else:
            await self._pool.release(connection)

    async def close(self) -> None:
        self._is_closed = True
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                while self._spare:
                    await self._pool.release(self._spare.pop())
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


def _open(lent: _Lent | None) -> _Lent:
    if lent is None:
        raise Unavailable("the database is not open")
    return lent
