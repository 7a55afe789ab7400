"""Registers trusted documents, lists them, and keeps a running process's knowledge of them fresh.

Whether a document is valid was asked before, by who knows the schema.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import NamedTuple

import asyncpg
import structlog
from sqlalchemy import Text, any_, delete, func, not_, select
from sqlalchemy.dialects.postgresql import insert

from persistence.documents.tables import TrustedDocumentRow
from persistence.engine import Database
from persistence.failures import BUSY, LOST, Overloaded, Unavailable
from persistence.statement import Question, Statement, fetch, many, run, run_each

DOCUMENTS_MAX = 5_000
"""More are not registered: every process holds all of them."""
REFRESH_SECONDS = 10.0
"""How long a process may not know of a document that was just registered, or withdrawn."""
log = structlog.stdlib.get_logger(__name__)


class Trusted(NamedTuple):
    """A registered document."""

    hash: str
    name: str
    body: str
    registered_at: datetime


class _Stamp(NamedTuple):
    """Changes with every registration and withdrawal."""

    total: int
    latest: datetime | None


class Registered(NamedTuple):
    """What a registration changed, and how many documents there are now."""

    added: int
    withdrawn: int
    total: int


ALL = Question(
    Trusted,
    select(
        TrustedDocumentRow.hash, TrustedDocumentRow.name, TrustedDocumentRow.body, TrustedDocumentRow.registered_at
    ).order_by(TrustedDocumentRow.name, TrustedDocumentRow.hash),
)
STAMP = Question(_Stamp, select(func.count().label("total"), func.max(TrustedDocumentRow.registered_at).label("latest")))
LOCK = Statement(select(func.pg_advisory_xact_lock(func.hashtext("trusted_document"))))
ADD = Statement(insert(TrustedDocumentRow).on_conflict_do_nothing())
WITHDRAW = Statement(delete(TrustedDocumentRow).where(not_(TrustedDocumentRow.hash == any_(many("kept", Text(collation="C"))))))


async def register(
    database_url: str, documents: Iterable[tuple[str, str, str]], *, replace: bool, now: datetime
) -> Registered | None:
    """Registers documents of (hash, name, body); with `replace` all others are withdrawn. None when there would be too many."""
    rows = [{"hash": digest, "name": name, "body": body, "registered_at": now} for digest, name, body in documents]
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await run(connection, LOCK, {})
            before = {each.hash for each in await fetch(connection, ALL, {})}
            wanted = {str(each["hash"]) for each in rows}
            after = wanted if replace else before | wanted
            if len(after) > DOCUMENTS_MAX:
                return None
            withdrawn = await run(connection, WITHDRAW, {"kept": list(wanted)}) if replace else 0
            await run_each(connection, ADD, rows)
            return Registered(len(wanted - before), withdrawn, len(after))
    finally:
        await connection.close()


async def listed(database_url: str) -> list[Trusted]:
    """All of them, by name."""
    connection = await asyncpg.connect(database_url)
    try:
        return await fetch(connection, ALL, {})
    finally:
        await connection.close()


class DocumentWatch:
    """Tells of all registered documents when it starts, and again whenever they have changed."""

    def __init__(
        self, database: Database, tell: Callable[[Collection[str]], None], *, seconds: float = REFRESH_SECONDS
    ) -> None:
        self._database = database
        self._tell = tell
        self._seconds = seconds
        self._stamp: _Stamp | None = None
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Looks once and goes on looking; what is known counts on while the database cannot be asked."""
        await self._look()
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Ends looking."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            await self._look()

    async def _look(self) -> None:
        try:
            async with self._database.reading() as connection:
                stamp = (await fetch(connection, STAMP, {}))[0]
                if stamp != self._stamp:
                    self._tell([each.body for each in await fetch(connection, ALL, {})])
                    self._stamp = stamp
        except (Unavailable, Overloaded, asyncpg.UndefinedTableError, *BUSY, *LOST) as trouble:
            log.warning("documents.unknown", trouble=type(trouble).__name__)
