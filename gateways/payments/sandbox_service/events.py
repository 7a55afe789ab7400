"""Webhooks as they are kept: which are to be sent when, and every delivery that was tried. Sending is `delivery`'s."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass

from gateways.payments.sandbox_service.wire import text_of


@dataclass(frozen=True, slots=True)
class Event:
    """An event to be sent. `body` is what goes over the wire, byte for byte, in every copy and every try."""

    id: str
    payment_id: str
    body: str
    url: str
    copies: int
    created_ms: int
    next_ms: int
    tries: int = 0
    number: int = 0
    """Its place in the log, given when it is kept."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One delivery: the status that was answered, or what went wrong instead."""

    at_ms: int
    status: int | None
    error: str | None
    took_ms: int

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def new_event_id() -> str:
    return f"evt_{secrets.token_hex(12)}"


def keep_event(connection: sqlite3.Connection, event: Event, *, kind: str, lost: bool) -> None:
    """A new event, whose number is not known yet; a lost one is kept for the log and never due."""
    connection.execute(
        "INSERT INTO events (id, payment_id, kind, body, url, state, copies, created_ms, next_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(event.id, event.payment_id, kind, event.body, event.url, "lost" if lost else "due"),
            *(event.copies, event.created_ms, event.next_ms),
        ),
    )


def events_due(connection: sqlite3.Connection, *, at_ms: int, limit: int) -> list[Event]:
    rows = connection.execute(
        "SELECT id, payment_id, body, url, copies, created_ms, next_ms, tries, number FROM events"
        " WHERE state = 'due' AND next_ms <= ? ORDER BY next_ms, number LIMIT ?",
        (at_ms, limit),
    )
    return [Event(*row) for row in rows]


def next_event_ms(connection: sqlite3.Connection, *, after_ms: int) -> int | None:
    """When the next event falls due after the time; those due before are being sent, and a slow one must hide no other."""
    found: tuple[int | None] = connection.execute(
        "SELECT min(next_ms) FROM events WHERE state = 'due' AND next_ms > ?", (after_ms,)
    ).fetchone()
    return found[0]


def note_tries(connection: sqlite3.Connection, event: Event, tried: list[Tried], *, again_ms: int | None) -> None:
    """Keep what came of an attempt: delivered when every copy was taken, else due again, or given up when there is no again."""
    connection.executemany(
        "INSERT INTO deliveries (event_number, at_ms, status, error, took_ms) VALUES (?, ?, ?, ?, ?)",
        [(event.number, one.at_ms, one.status, one.error, one.took_ms) for one in tried],
    )
    undone = "given_up" if again_ms is None else "due"
    state = "delivered" if all(one.taken for one in tried) else undone
    connection.execute("UPDATE events SET tries = tries + 1 WHERE number = ?", (event.number,))
    # Asked for again while it was being sent: then it stays due, as `make_due` left it.
    connection.execute(
        "UPDATE events SET state = ?, next_ms = coalesce(?, next_ms) WHERE number = ? AND next_ms = ?",
        (state, again_ms, event.number, event.next_ms),
    )


def make_due(connection: sqlite3.Connection, event_id: str, *, at_ms: int) -> bool:
    """Send an event again, once, whatever became of it; False when there is none of that id."""
    done = connection.execute(
        "UPDATE events SET state = 'due', copies = 1, next_ms = max(next_ms + 1, ?) WHERE id = ?", (at_ms, event_id)
    )
    return done.rowcount == 1


def event_log(connection: sqlite3.Connection, *, reference: str | None, limit: int) -> list[dict[str, object]]:
    """The newest events, newest first, each with its deliveries, oldest first."""
    rows = connection.execute(
        """SELECT e.number, e.id, e.kind, p.merchant_reference, e.payment_id, e.state, e.created_ms FROM events e
           JOIN payments p ON p.id = e.payment_id
           WHERE :reference IS NULL OR p.merchant_reference = :reference ORDER BY e.number DESC LIMIT :limit""",
        {"reference": reference, "limit": limit},
    ).fetchall()
    return [
        {
            "id": event_id,
            "type": kind,
            "merchant_reference": merchant_reference,
            "payment": payment_id,
            "state": state,
            "created_at": text_of(created_ms),
            "deliveries": _deliveries(connection, number),
        }
        for number, event_id, kind, merchant_reference, payment_id, state, created_ms in rows
    ]


def _deliveries(connection: sqlite3.Connection, number: int) -> list[dict[str, object]]:
    rows = connection.execute(
        "SELECT at_ms, status, error, took_ms FROM deliveries WHERE event_number = ? ORDER BY id", (number,)
    )
    return [{"at": text_of(at), "status": status, "error": error, "took_ms": took} for at, status, error, took in rows]
