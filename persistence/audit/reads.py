"""Reading the record: entries with the rows they changed, and what touched the safety of accounts; both newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Integer, Select, Uuid, any_, bindparam, func, select, tuple_

from persistence.audit.rows import CHANGES, ChangeKept
from persistence.audit.tables import AuditEntryRow, SecurityEventRow
from persistence.paging import Page, Place, decode_cursor, encode_cursor, page_of
from persistence.reader import Reader
from persistence.statement import Question, ids

ENTRIES_ORDER = "audit.at"
EVENTS_ORDER = "security.at"


class EntryView(NamedTuple):
    """A recorded transaction; `seq` is None until it is sealed into the chain."""

    id: UUID
    at: datetime
    actor: str
    session_id: UUID | None
    address: str | None
    request_id: str | None
    action: str
    step: str
    entity: str | None
    entity_id: UUID | None
    said: dict[str, Any]
    seq: int | None


class EventView(NamedTuple):
    """What touched an account's safety."""

    id: UUID
    account_id: UUID | None
    kind: str
    session_id: UUID | None
    address: str | None
    device: str | None
    detail: str
    count_: int
    at: datetime


class _Count(NamedTuple):
    total: int


class Entries(NamedTuple):
    """Which entries: of an actor, of an action, about a thing, in a half-open time; None where it does not matter."""

    actor: str | None = None
    action: str | None = None
    entity_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class Events(NamedTuple):
    """Which security events: of an account, of a kind; None where it does not matter."""

    account_id: UUID | None = None
    kind: str | None = None


_ENTRY = select(
    AuditEntryRow.id,
    AuditEntryRow.at,
    AuditEntryRow.actor,
    AuditEntryRow.session_id,
    AuditEntryRow.address,
    AuditEntryRow.request_id,
    AuditEntryRow.action,
    AuditEntryRow.step,
    AuditEntryRow.entity,
    AuditEntryRow.entity_id,
    AuditEntryRow.said,
    AuditEntryRow.seq,
)
_EVENT = select(
    SecurityEventRow.id,
    SecurityEventRow.account_id,
    SecurityEventRow.kind,
    SecurityEventRow.session_id,
    SecurityEventRow.address,
    SecurityEventRow.device,
    SecurityEventRow.detail,
    SecurityEventRow.count.label("count_"),
    SecurityEventRow.at,
)
ENTRIES_BY_ID = Question(EntryView, _ENTRY.where(AuditEntryRow.id == any_(ids())), by="id")
EVENTS_BY_ID = Question(EventView, _EVENT.where(SecurityEventRow.id == any_(ids())), by="id")
_AT = DateTime(timezone=True)
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "actor": AuditEntryRow.actor == bindparam("actor"),
    "action": AuditEntryRow.action == bindparam("action"),
    "entity_id": AuditEntryRow.entity_id == bindparam("entity_id", type_=Uuid()),
    "since": AuditEntryRow.at >= bindparam("since", type_=_AT),
    "until": AuditEntryRow.at < bindparam("until", type_=_AT),
    "account_id": SecurityEventRow.account_id == bindparam("account_id", type_=Uuid()),
    "kind": SecurityEventRow.kind == bindparam("kind"),
}


def _given(wanted: Entries | Events) -> dict[str, Any]:
    return {name: value for name, value in wanted._asdict().items() if value is not None}


def _part(
    statement: Select[*tuple[Any, ...]],
    table: type[AuditEntryRow | SecurityEventRow],
    names: tuple[str, ...],
    *,
    with_cursor: bool,
    backwards: bool,
) -> Select[*tuple[Any, ...]]:
    place = tuple_(table.at, table.id)
    statement = statement.where(*(_CONDITIONS[name] for name in names)).limit(bindparam("limit", type_=Integer()))
    if with_cursor:
        seen = tuple_(bindparam("value", type_=_AT), bindparam("id", type_=Uuid()))
        statement = statement.where(place > seen if backwards else place < seen)
    order = (table.at, table.id) if backwards else (table.at.desc(), table.id.desc())
    return statement.order_by(*order)


@lru_cache(maxsize=128)
def _entries(names: tuple[str, ...], *, with_cursor: bool, backwards: bool) -> Question[EntryView]:
    """The statement of one shape of question; so are those below."""
    return Question(EntryView, _part(_ENTRY, AuditEntryRow, names, with_cursor=with_cursor, backwards=backwards))


@lru_cache(maxsize=32)
def _events(names: tuple[str, ...], *, with_cursor: bool, backwards: bool) -> Question[EventView]:
    return Question(EventView, _part(_EVENT, SecurityEventRow, names, with_cursor=with_cursor, backwards=backwards))


@lru_cache(maxsize=64)
def _count(table: type[AuditEntryRow | SecurityEventRow], names: tuple[str, ...]) -> Question[_Count]:
    counted = select(func.count().label("total")).select_from(table)
    return Question(_Count, counted.where(*(_CONDITIONS[name] for name in names)))


async def entries_by_id(reader: Reader, entry_ids: Sequence[UUID]) -> list[EntryView | None]:
    """For each id its entry, or None."""
    return await reader.one_each(ENTRIES_BY_ID, entry_ids)


async def events_by_id(reader: Reader, event_ids: Sequence[UUID]) -> list[EventView | None]:
    """For each id its security event, or None."""
    return await reader.one_each(EVENTS_BY_ID, event_ids)


async def changes_of(reader: Reader, entry_ids: Sequence[UUID]) -> list[list[ChangeKept]]:
    """For each entry the rows it changed, in the order it changed them."""
    return await reader.many_each(CHANGES, entry_ids)


async def entries_page(reader: Reader, wanted: Entries, *, count: int, cursor: str | None, backwards: bool) -> Page[EntryView]:
    """A page of the record. Raises `BadCursor`."""
    given = _given(wanted)
    question = _entries(tuple(given), with_cursor=cursor is not None, backwards=backwards)
    values = {**given, "limit": count + 1, **_place(ENTRIES_ORDER, cursor)}
    return page_of(await reader.rows(question, **values), count=count, backwards=backwards, from_cursor=cursor is not None)


async def events_page(reader: Reader, wanted: Events, *, count: int, cursor: str | None, backwards: bool) -> Page[EventView]:
    """A page of security events. Raises `BadCursor`."""
    given = _given(wanted)
    question = _events(tuple(given), with_cursor=cursor is not None, backwards=backwards)
    values = {**given, "limit": count + 1, **_place(EVENTS_ORDER, cursor)}
    return page_of(await reader.rows(question, **values), count=count, backwards=backwards, from_cursor=cursor is not None)


async def count_entries(reader: Reader, wanted: Entries) -> int:
    """How many entries there are of those wanted."""
    given = _given(wanted)
    found = await reader.row(_count(AuditEntryRow, tuple(given)), **given)
    return found.total if found is not None else 0


async def count_events(reader: Reader, wanted: Events) -> int:
    """How many security events there are of those wanted."""
    given = _given(wanted)
    found = await reader.row(_count(SecurityEventRow, tuple(given)), **given)
    return found.total if found is not None else 0


def entry_cursor(row: EntryView) -> str:
    """The place of an entry in the list."""
    return encode_cursor(ENTRIES_ORDER, Place(row.at, row.id))


def event_cursor(row: EventView) -> str:
    """The place of a security event in the list."""
    return encode_cursor(EVENTS_ORDER, Place(row.at, row.id))


def _place(order: str, cursor: str | None) -> dict[str, Any]:
    if cursor is None:
        return {}
    place = decode_cursor(order, cursor, datetime)
    return {"value": place.value, "id": place.id}
