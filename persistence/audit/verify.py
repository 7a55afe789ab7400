"""Goes through the record's chain from its first entry to its end, and tells where it does not hold."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Integer, bindparam, func, select, text

from domain.audit.model import FIRST, Entry, Head
from domain.audit.rules import sealed
from persistence.audit.rows import CHANGES, ENTRY, EntryKept, entries_of
from persistence.audit.tables import AuditEntryRow, AuditHeadRow
from persistence.engine import Database, DatabaseSettings
from persistence.statement import Connection, Question, fetch

_AT_ONCE = 500
FOUND_MAX = 20
"""Breaks told; there may be more."""


class Verdict(NamedTuple):
    """What was found: entries that are sealed, those that wait for it, and where the chain breaks."""

    sealed: int
    waiting: int
    breaks: list[str]
    head: Head


class _Sealed(NamedTuple):
    id: UUID
    at: Any
    actor: str
    session_id: UUID | None
    request_id: str | None
    action: str
    step: str
    entity: str | None
    entity_id: UUID | None
    said: dict[str, Any]
    seq: int
    hash: bytes


class _Head(NamedTuple):
    seq: int
    hash: bytes


class _Waiting(NamedTuple):
    waiting: int
    late: int


SEALED = Question(
    _Sealed,
    select(*ENTRY, AuditEntryRow.seq, AuditEntryRow.hash)
    .where(AuditEntryRow.seq > bindparam("seen", type_=BigInteger()))
    .order_by(AuditEntryRow.seq)
    .limit(bindparam("count", type_=Integer())),
)
HEAD = Question(_Head, select(AuditHeadRow.seq, AuditHeadRow.hash))
WAITING = Question(
    _Waiting,
    select(
        func.count().label("waiting"),
        func.count().filter(AuditEntryRow.at < func.now() - text("interval '10 minutes'")).label("late"),
    ).where(AuditEntryRow.seq.is_(None)),
)


async def verify(database_url: str) -> Verdict:
    """Goes through the chain in one snapshot. Raises `Unavailable` when the database cannot be reached."""
    database = Database(DatabaseSettings(url=database_url, read_size=1, write_size=1, statement_seconds=60))
    await database.open()
    try:
        async with (
            database.reading() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await verdict(connection)
    finally:
        await database.close()


async def verdict(connection: Connection) -> Verdict:
    """What the chain looks like on this connection."""
    breaks: list[str] = []
    head, count = FIRST, 0
    while rows := await fetch(connection, SEALED, {"seen": head.seq, "count": _AT_ONCE}):
        changes = await fetch(connection, CHANGES, {"ids": [each.id for each in rows]})
        entries = entries_of([EntryKept._make(row[: len(EntryKept._fields)]) for row in rows], changes)
        for row, entry in zip(rows, entries, strict=True):
            breaks += _breaks(row, entry, head)
            # Goes on from what is kept: one changed entry is told once, and not with all that follow it.
            head = Head(seq=row.seq, hash=row.hash)
        count += len(rows)
    kept = await fetch(connection, HEAD, {})
    if not kept or (kept[0].seq, kept[0].hash) != (head.seq, head.hash):
        breaks.append(f"the chain ends at {head.seq} with another hash than was noted at {kept[0].seq if kept else 'no end'}")
    waiting = (await fetch(connection, WAITING, {}))[0]
    if waiting.late:
        breaks.append(f"{waiting.late} entries are older than ten minutes and not sealed: does a worker run?")
    return Verdict(sealed=count, waiting=waiting.waiting, breaks=breaks[:FOUND_MAX], head=head)


def _breaks(row: _Sealed, entry: Entry, head: Head) -> list[str]:
    if row.seq != head.seq + 1:
        missing = f"{head.seq + 1}" if row.seq == head.seq + 2 else f"{head.seq + 1} to {row.seq - 1}"
        return [f"missing before entry {row.seq}: {missing}"]
    if sealed(entry, head).hash != row.hash:
        return [f"entry {row.seq} ({row.id}) is not as it was sealed"]
    return []
