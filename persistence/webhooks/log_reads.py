"""Reading the event log, oldest first. Positions are visible only when all before them are (see `persistence.webhooks.log`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Integer, Text, any_, bindparam, func, select

from persistence.paging import Place, decode_cursor, encode_cursor
from persistence.reader import Reader
from persistence.statement import Question, ids, many
from persistence.tables import OutboxEventRow

EVENTS = "webhooks.events"


class EventView(NamedTuple):
    """One fact in the log."""

    id: UUID
    position: int
    kind: str
    aggregate: str
    aggregate_id: UUID
    payload: dict[str, Any]
    created_at: datetime


class _Bounds(NamedTuple):
    first: int | None
    last: int | None


class _Count(NamedTuple):
    total: int


_EVENT = select(
    OutboxEventRow.id,
    OutboxEventRow.position,
    OutboxEventRow.kind,
    OutboxEventRow.aggregate,
    OutboxEventRow.aggregate_id,
    OutboxEventRow.payload,
    OutboxEventRow.created_at,
).where(OutboxEventRow.position > 0)
EVENTS_BY_ID = Question(EventView, _EVENT.where(OutboxEventRow.id == any_(ids())), by="id")
AFTER = Question(
    EventView,
    _EVENT.where(
        OutboxEventRow.position > bindparam("after", type_=BigInteger()), OutboxEventRow.kind == any_(many("kinds", Text()))
    )
    .order_by(OutboxEventRow.position)
    .limit(bindparam("limit", type_=Integer())),
)
BOUNDS = Question(
    _Bounds,
    select(func.min(OutboxEventRow.position).label("first"), func.max(OutboxEventRow.position).label("last")).where(
        OutboxEventRow.position > 0
    ),
)
COUNT_EVENTS = Question(
    _Count,
    select(func.count().label("total"))
    .select_from(OutboxEventRow)
    .where(OutboxEventRow.position > 0, OutboxEventRow.kind == any_(many("kinds", Text()))),
)
# By time, as nearly as the log can tell: positions grow with the time at which facts were written into it.
SINCE = Question(
    _Bounds,
    select(func.min(OutboxEventRow.position).label("first"), func.max(OutboxEventRow.position).label("last")).where(
        OutboxEventRow.position > 0,
        OutboxEventRow.created_at >= bindparam("since", type_=DateTime(timezone=True)),
        OutboxEventRow.created_at <= bindparam("until", type_=DateTime(timezone=True)),
    ),
)


async def events_by_id(reader: Reader, event_ids: Sequence[UUID]) -> list[EventView | None]:
    """For each id its event, or None when it is not in the log (any more)."""
    return await reader.one_each(EVENTS_BY_ID, event_ids)


async def events_after(reader: Reader, after: int, kinds: Sequence[str], *, limit: int) -> list[EventView]:
    """The log's events of these kinds after a position, in order."""
    return await reader.rows(AFTER, after=after, kinds=list(kinds), limit=limit)


async def log_bounds(reader: Reader) -> tuple[int, int]:
    """The first and last position that the log still holds; (0, 0) when it is empty."""
    found = await reader.row(BOUNDS)
    return (found.first or 0, found.last or 0) if found is not None else (0, 0)


async def positions_between(reader: Reader, since: datetime, until: datetime) -> tuple[int, int]:
    """The first and last position of what happened from then to then; (0, 0) when nothing did."""
    found = await reader.row(SINCE, since=since, until=until)
    return (found.first or 0, found.last or 0) if found is not None else (0, 0)


async def count_events(reader: Reader, kinds: Sequence[str]) -> int:
    """How many events of these kinds the log holds."""
    found = await reader.row(COUNT_EVENTS, kinds=list(kinds))
    return found.total if found is not None else 0


def event_cursor(row: EventView) -> str:
    """The place of an event in the log."""
    return encode_cursor(EVENTS, Place(row.position, row.id))


def position_of(cursor: str) -> int:
    """The position behind an event's cursor. Raises `BadCursor`."""
    value = decode_cursor(EVENTS, cursor, int).value
    return value if isinstance(value, int) else 0
