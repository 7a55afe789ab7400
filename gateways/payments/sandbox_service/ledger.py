"""What the sandbox keeps, in one SQLite file: payments, an append-only ledger, answers given, events and deliveries.

One thread owns the connection, so that no work blocks the event loop and every transaction runs alone. Killed at any
moment, it comes back with what it had committed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, fields
from pathlib import Path
from typing import Self, TypeVar

from gateways.payments.sandbox_service.states import Move, Moved, Payment, Status

T = TypeVar("T")

_TABLES = """
CREATE TABLE IF NOT EXISTS payments (
    id TEXT PRIMARY KEY, merchant_reference TEXT NOT NULL, order_number TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL,
    authorized INTEGER NOT NULL, captured INTEGER NOT NULL, refunded INTEGER NOT NULL,
    status TEXT NOT NULL, version INTEGER NOT NULL, method TEXT NOT NULL, capture TEXT NOT NULL,
    return_url TEXT NOT NULL, webhook_url TEXT NOT NULL, page TEXT NOT NULL UNIQUE,
    failure_code TEXT, failure_message TEXT, dispute_status TEXT, dispute_until_ms INTEGER,
    created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, due_ms INTEGER, due_step INTEGER NOT NULL,
    CHECK (0 <= refunded AND refunded <= captured AND captured <= authorized AND authorized <= amount)
) STRICT;
CREATE INDEX IF NOT EXISTS payments_by_reference ON payments (merchant_reference);
CREATE INDEX IF NOT EXISTS payments_by_change ON payments (updated_ms, id);
CREATE INDEX IF NOT EXISTS payments_due ON payments (due_ms) WHERE due_ms IS NOT NULL;
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY, payment_id TEXT NOT NULL REFERENCES payments (id), kind TEXT NOT NULL,
    amount INTEGER NOT NULL, at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entries_by_payment ON entries (payment_id);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, fingerprint BLOB NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, payment_id TEXT NOT NULL REFERENCES payments (id),
    kind TEXT NOT NULL, body TEXT NOT NULL, url TEXT NOT NULL, state TEXT NOT NULL, copies INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS events_due ON events (next_ms) WHERE state = 'due';
CREATE INDEX IF NOT EXISTS events_by_payment ON events (payment_id);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, event_number INTEGER NOT NULL REFERENCES events (number), at_ms INTEGER NOT NULL,
    status INTEGER, error TEXT, took_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event_number);
"""
_COLUMNS = tuple(field.name for field in fields(Payment))
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM payments "  # noqa: S608 (the names of our own dataclass)
_MARKS = ", ".join("?" * len(_COLUMNS))
_CHANGES = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
_UPSERT = f"INSERT INTO payments ({', '.join(_COLUMNS)}) VALUES ({_MARKS}) ON CONFLICT (id) DO UPDATE SET {_CHANGES}"  # noqa: S608 (the same)


class Ledger:
    """The file, and the thread that owns it. Opened before use, closed after."""

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._thread = thread

    @classmethod
    async def open(cls, data_dir: Path) -> Self:
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-ledger")
        connection = await asyncio.get_running_loop().run_in_executor(thread, _connect, data_dir)
        return cls(connection, thread)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The work's result, after its transaction is committed; an exception rolls it back and comes out here.

        Shielded: work that has begun runs to its commit even when the one who asked has gone.
        """
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, self._run, work))

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._connection)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return result


def _connect(data_dir: Path) -> sqlite3.Connection:
    data_dir.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(data_dir / "sandbox.sqlite3", isolation_level=None, timeout=10.0)
    connection.execute("PRAGMA journal_mode = WAL")
    # NORMAL outlives any kill of the process; only a power cut may cost the last moments, and play money can bear that.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(_TABLES)
    return connection


def payment_by_id(connection: sqlite3.Connection, payment_id: str) -> Payment | None:
    return _first(connection.execute(_SELECT + "WHERE id = ?", (payment_id,)))


def payment_by_page(connection: sqlite3.Connection, page: str) -> Payment | None:
    return _first(connection.execute(_SELECT + "WHERE page = ?", (page,)))


def payments_by_reference(connection: sqlite3.Connection, reference: str) -> list[Payment]:
    """All of them: whoever charges twice under two keys shall see two."""
    return _all(connection.execute(_SELECT + "WHERE merchant_reference = ? ORDER BY created_ms, id", (reference,)))


def payments_changed(connection: sqlite3.Connection, *, after: tuple[int, str], limit: int) -> list[Payment]:
    """Those whose last change and id come after the pair, in that order: a payment that changes meanwhile comes again."""
    return _all(
        connection.execute(_SELECT + "WHERE (updated_ms, id) > (?, ?) ORDER BY updated_ms, id LIMIT ?", (*after, limit))
    )


def payments_due(connection: sqlite3.Connection, *, at_ms: int) -> list[Payment]:
    return _all(connection.execute(_SELECT + "WHERE due_ms <= ? ORDER BY due_ms, id LIMIT 100", (at_ms,)))


def next_due_ms(connection: sqlite3.Connection) -> int | None:
    """When the first payment that goes on by itself falls due."""
    found: tuple[int | None] = connection.execute("SELECT min(due_ms) FROM payments WHERE due_ms IS NOT NULL").fetchone()
    return found[0]


def keep(connection: sqlite3.Connection, payment: Payment) -> None:
    connection.execute(_UPSERT, astuple(payment))


def enter(connection: sqlite3.Connection, step: Moved) -> None:
    """The ledger's line for a move of money; moves without money leave none."""
    if step.amount:
        connection.execute(
            "INSERT INTO entries (payment_id, kind, amount, at_ms) VALUES (?, ?, ?, ?)",
            (step.payment.id, step.move.value, step.amount, step.payment.updated_ms),
        )


def sums(connection: sqlite3.Connection, reference: str | None) -> list[dict[str, str | int]]:
    """Per merchant reference and currency: payments, charges and refunds counted, and every kind of entry summed."""
    rows = connection.execute(
        """SELECT merchant_reference, currency, count(DISTINCT p.id), count(*) FILTER (WHERE kind = :capture),
                  count(*) FILTER (WHERE kind = :refund), coalesce(sum(e.amount) FILTER (WHERE kind = :authorize), 0),
                  coalesce(sum(e.amount) FILTER (WHERE kind = :capture), 0), coalesce(sum(e.amount) FILTER (WHERE kind = :refund), 0),
                  coalesce(sum(e.amount) FILTER (WHERE kind = :cancel), 0), coalesce(sum(e.amount) FILTER (WHERE kind = :lose), 0)
           FROM payments p LEFT JOIN entries e ON e.payment_id = p.id
           WHERE :reference IS NULL OR merchant_reference = :reference
           GROUP BY merchant_reference, currency ORDER BY merchant_reference, currency""",
        {
            "reference": reference,
            "authorize": Move.AUTHORIZE.value,
            "capture": Move.CAPTURE.value,
            "refund": Move.REFUND.value,
            "cancel": Move.CANCEL.value,
            "lose": Move.LOSE.value,
        },
    )
    names = (
        *("merchant_reference", "currency", "payments", "charges", "refunds"),
        *("authorized", "captured", "refunded", "released", "lost"),
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def _all(cursor: sqlite3.Cursor) -> list[Payment]:
    found: list[Payment] = []
    for row in cursor:
        members = dict(zip(_COLUMNS, row, strict=True))
        members["status"] = Status(members["status"])
        found.append(Payment(**members))
    return found


def _first(cursor: sqlite3.Cursor) -> Payment | None:
    found = _all(cursor)
    return found[0] if found else None
