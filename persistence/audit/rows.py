"""Rows of the record as they are kept: entries, and the changes that belong to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import any_, select

from domain.audit.model import Change, Entry
from persistence.audit.tables import AuditChangeRow, AuditEntryRow
from persistence.statement import Question, ids


class EntryKept(NamedTuple):
    """An entry without its changes."""

    id: UUID
    at: datetime
    actor: str
    session_id: UUID | None
    request_id: str | None
    action: str
    step: str
    entity: str | None
    entity_id: UUID | None
    said: dict[str, Any]


class ChangeKept(NamedTuple):
    """A changed row of an entry."""

    entry_id: UUID
    position: int
    table: str
    row_id: str
    operation: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


ENTRY = (
    AuditEntryRow.id,
    AuditEntryRow.at,
    AuditEntryRow.actor,
    AuditEntryRow.session_id,
    AuditEntryRow.request_id,
    AuditEntryRow.action,
    AuditEntryRow.step,
    AuditEntryRow.entity,
    AuditEntryRow.entity_id,
    AuditEntryRow.said,
)
CHANGES = Question(
    ChangeKept,
    select(
        AuditChangeRow.entry_id,
        AuditChangeRow.position,
        AuditChangeRow.table_name.label("table"),
        AuditChangeRow.row_id,
        AuditChangeRow.operation,
        AuditChangeRow.before,
        AuditChangeRow.after,
    )
    .where(AuditChangeRow.entry_id == any_(ids()))
    .order_by(AuditChangeRow.entry_id, AuditChangeRow.position),
    by="entry_id",
)


def entries_of(rows: Sequence[EntryKept], changes: Sequence[ChangeKept]) -> list[Entry]:
    """Entries with their changes, in the rows' order."""
    by_entry: dict[UUID, list[Change]] = {}
    for change in changes:
        entry_id, position, table, row_id, operation, before, after = change
        by_entry.setdefault(entry_id, []).append(
            Change(position=position, table=table, row_id=row_id, operation=operation, before=before, after=after)
        )
    return [Entry(**row._asdict(), changes=tuple(by_entry.get(row.id, ()))) for row in rows]
