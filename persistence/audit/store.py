"""The port of the record made true on PostgreSQL: entries beside the changes that the triggers have kept, and the chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.audit.model import About, Deed, Entry, Head, Origin, SecurityEvent
from domain.event import Event
from persistence.audit.rows import CHANGES, ENTRY, EntryKept, entries_of
from persistence.audit.tables import AuditChangeRow, AuditEntryRow, AuditHeadRow, SecurityEventRow
from persistence.base import NOW
from persistence.outbox import EVENTS, values_of
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class _Head(NamedTuple):
    seq: int
    hash: bytes


NOTE = Statement(insert(SecurityEventRow).values({name: bindparam(name) for name in SecurityEvent.__dataclass_fields__}))
_ID = bindparam("entry_id", type_=Uuid())
_ENTITY_ID = bindparam("entity_id", type_=Uuid())
# The row that the deed is about, as far as it is known, else the first one that has an id.
_FIRST = (
    select(AuditChangeRow.entry_id)
    .where(AuditChangeRow.entry_id == _ID, AuditChangeRow.row_id.regexp_match("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))
    .order_by(func.coalesce(AuditChangeRow.row_id == cast(_ENTITY_ID, Text()), literal(False)).desc(), AuditChangeRow.position)
    .limit(1)
)
_ENTRY = insert(AuditEntryRow).from_select(
    ["id", "at", "actor", "session_id", "address", "request_id", "action", "step", "entity", "entity_id", "said"],
    select(
        _ID,
        NOW,
        bindparam("actor", type_=Text()),
        bindparam("session_id", type_=Uuid()),
        bindparam("address", type_=Text()),
        bindparam("request_id", type_=Text()),
        bindparam("action", type_=Text()),
        bindparam("step", type_=Text()),
        func.coalesce(bindparam("entity", type_=Text()), _FIRST.with_only_columns(AuditChangeRow.table_name).scalar_subquery()),
        func.coalesce(_ENTITY_ID, _FIRST.with_only_columns(cast(AuditChangeRow.row_id, Uuid())).scalar_subquery()),
        bindparam("said", type_=JSONB()),
    ).where(or_(bindparam("is_announced", type_=Boolean()), exists().where(AuditChangeRow.entry_id == _ID))),
)
RECORD = Statement(_ENTRY)
RECORD_AND_ANNOUNCE = Statement(_ENTRY.add_cte(EVENTS.cte("announced_too")))
HEAD = Question(_Head, select(AuditHeadRow.seq, AuditHeadRow.hash).where(AuditHeadRow.id == literal(1)).with_for_update())
UNSEALED = Question(
    EntryKept,
    select(*ENTRY).where(AuditEntryRow.seq.is_(None)).order_by(AuditEntryRow.id).limit(bindparam("count", type_=Integer())),
)
SEAL = Statement(
    update(AuditEntryRow)
    .where(AuditEntryRow.id == bindparam("entry_id", type_=Uuid()))
    .values(seq=bindparam("number"), hash=bindparam("digest", type_=LargeBinary()))
)
MOVE = Statement(update(AuditHeadRow).values(seq=bindparam("number"), hash=bindparam("digest"), sealed_at=NOW))


class AuditRows:
    """`domain.audit.store.AuditStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def note(self, event: SecurityEvent) -> None:
        values = {name: getattr(event, name) for name in SecurityEvent.__dataclass_fields__}
        await self._transaction.run(NOTE, **values | {"kind": event.kind.value})

    async def record(
        self, entry_id: UUID, deed: Deed, origin: Origin, *, step: str, about: About, events: Sequence[Event] = ()
    ) -> bool:
        """As the port's; facts go to the outbox in the same statement."""
        recorded = await self._transaction.run(
            RECORD_AND_ANNOUNCE if events else RECORD,
            **(values_of(events, origin.request_id) if events else {"request_id": origin.request_id}),
            entry_id=entry_id,
            actor=deed.actor,
            session_id=deed.session_id,
            address=origin.address,
            action=deed.action,
            step=step,
            entity=about.entity,
            entity_id=about.entity_id,
            said=dict(deed.said),
            is_announced=about.is_announced,
        )
        return recorded == 1

    async def lock_head(self) -> Head:
        row = await self._transaction.row(HEAD)
        assert row is not None
        return Head(seq=row.seq, hash=row.hash)

    async def unsealed(self, count_max: int) -> list[Entry]:
        rows = await self._transaction.rows(UNSEALED, count=count_max)
        changes = await self._transaction.rows(CHANGES, ids=[each.id for each in rows]) if rows else []
        return entries_of(rows, changes)

    async def seal(self, sealed: Sequence[tuple[UUID, Head]], *, head: Head) -> None:
        rows = [{"entry_id": entry_id, "number": each.seq, "digest": each.hash} for entry_id, each in sealed]
        await self._transaction.run_each(SEAL, rows)
        await self._transaction.run(MOVE, number=head.seq, digest=head.hash)
