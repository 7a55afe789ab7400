"""The outbox: facts written in the transaction that made them true, and the tasks that actors make of them.

A task is dispatched again, at growing intervals, until the actor's own transaction has marked it done; Redis only carries
its id. Claims go by state with SKIP LOCKED, never by "newer than the last seen": commit order is not id order.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Double,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.event import Event
from domain.ids import new_id
from persistence.statement import Question, Statement, ids, many
from persistence.tables import OutboxEventRow, OutboxTaskRow
from persistence.transaction import Transaction

BATCH = 100
ATTEMPTS_MAX = 12
"""Tries before a task is parked; with the growing interval they span about two hours."""
AGAIN_SECONDS = 30.0
"""After so long a task is dispatched a second time; each further wait is twice as long, up to 32 times this."""

_COLUMNS = ("id", "kind", "aggregate", "aggregate_id", "payload")
_ANNOUNCED = (
    func.unnest(*(many(f"event_{name}s", OutboxEventRow.__table__.c[name].type) for name in _COLUMNS))
    .table_valued(*(column(name, OutboxEventRow.__table__.c[name].type) for name in _COLUMNS), name="announced")
    .render_derived()
)
EVENTS = insert(OutboxEventRow).from_select(
    [*_COLUMNS, "request_id"], select(*_ANNOUNCED.c, bindparam("request_id", type_=Text()))
)
"""Writes facts; `values_of` has their values."""
WRITE_EVENTS = Statement(EVENTS)


class UnroutedEvent(NamedTuple):
    """A fact that has no tasks yet."""

    id: UUID
    kind: str


class DueTask(NamedTuple):
    """A task to hand to the broker now."""

    id: UUID
    actor: str


class Task(NamedTuple):
    """A task as its actor sees it: the fact, and whether the work is done already."""

    id: UUID
    event_id: UUID
    actor: str
    attempts: int
    is_done: bool
    kind: str
    payload: dict[str, Any]
    request_id: str | None


class ParkedTask(NamedTuple):
    """A task that nobody will try again unless a person says so, and why."""

    id: UUID
    actor: str
    reason: str


class Depth(NamedTuple):
    """How much waits: tasks not done, tasks parked, and the age of the oldest open one in seconds."""

    waiting: int
    parked: int
    oldest_seconds: float


UNROUTED = Question(
    UnroutedEvent,
    select(OutboxEventRow.id, OutboxEventRow.kind)
    .where(OutboxEventRow.routed_at.is_(None), OutboxEventRow.kind == any_(many("kinds", Text())))
    .order_by(OutboxEventRow.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True),
)
ROUTE = Statement(
    upsert(OutboxTaskRow)
    .values(id=bindparam("id"), event_id=bindparam("event_id"), actor=bindparam("actor"))
    .on_conflict_do_nothing()
)
ROUTED = Statement(update(OutboxEventRow).where(OutboxEventRow.id == any_(ids())).values(routed_at=func.now()))
_OPEN = and_(OutboxTaskRow.done_at.is_(None), OutboxTaskRow.parked_because.is_(None))
_CLAIMED = (
    select(OutboxTaskRow.id)
    .where(_OPEN, OutboxTaskRow.due_at <= func.now())
    .order_by(OutboxTaskRow.due_at, OutboxTaskRow.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
    .cte("claimed")
)
CLAIM = Question(
    DueTask,
    update(OutboxTaskRow)
    .where(OutboxTaskRow.id == _CLAIMED.c.id)
    .values(
        attempts=OutboxTaskRow.attempts + 1,
        due_at=func.now()
        + text("interval '1 second'")
        * (bindparam("again_seconds", type_=Double()) * func.power(2, func.least(OutboxTaskRow.attempts, 5))),
    )
    .returning(OutboxTaskRow.id, OutboxTaskRow.actor),
)
GIVE_BACK = Statement(
    update(OutboxTaskRow)
    .where(OutboxTaskRow.id == any_(ids()), _OPEN)
    .values(attempts=OutboxTaskRow.attempts - 1, due_at=func.now())
)
PARK_EXHAUSTED = Question(
    ParkedTask,
    update(OutboxTaskRow)
    .where(_OPEN, OutboxTaskRow.attempts >= bindparam("attempts_max", type_=Integer()), OutboxTaskRow.due_at <= func.now())
    .values(parked_because=func.coalesce(OutboxTaskRow.failure, "tried too often without an answer"))
    .returning(OutboxTaskRow.id, OutboxTaskRow.actor, OutboxTaskRow.parked_because),
)
_UNDONE = select(OutboxTaskRow.id).where(OutboxTaskRow.event_id == OutboxEventRow.id, OutboxTaskRow.done_at.is_(None))
_OLD = (
    select(OutboxEventRow.id)
    .where(OutboxEventRow.routed_at < func.now() - text("interval '30 days'"), ~exists(_UNDONE))
    .order_by(OutboxEventRow.id)
    .limit(1000)
)
FORGET_OLD = Statement(delete(OutboxEventRow).where(OutboxEventRow.id.in_(_OLD)))
TASK = Question(
    Task,
    select(
        OutboxTaskRow.id,
        OutboxTaskRow.event_id,
        OutboxTaskRow.actor,
        OutboxTaskRow.attempts,
        or_(OutboxTaskRow.done_at.is_not(None), OutboxTaskRow.parked_because.is_not(None)).label("is_done"),
        OutboxEventRow.kind,
        OutboxEventRow.payload,
        OutboxEventRow.request_id,
    )
    .join(OutboxEventRow, OutboxEventRow.id == OutboxTaskRow.event_id)
    .where(OutboxTaskRow.id == bindparam("id")),
)
DONE = Statement(
    update(OutboxTaskRow)
    .where(OutboxTaskRow.id == bindparam("task_id"), OutboxTaskRow.done_at.is_(None))
    .values(done_at=func.now())
)
FAILED = Statement(
    update(OutboxTaskRow)
    .where(OutboxTaskRow.id == bindparam("task_id"), OutboxTaskRow.done_at.is_(None))
    .values(failure=bindparam("failure"))
)
_OLDEST = func.min(OutboxTaskRow.due_at).filter(OutboxTaskRow.parked_because.is_(None))
DEPTH = Question(
    Depth,
    select(
        func.count().filter(OutboxTaskRow.parked_because.is_(None)).label("waiting"),
        func.count().filter(OutboxTaskRow.parked_because.is_not(None)).label("parked"),
        cast(func.coalesce(func.extract("epoch", func.now() - _OLDEST), 0), Double()).label("oldest_seconds"),
    ).where(OutboxTaskRow.done_at.is_(None)),
)


def payload_of(event: Event) -> dict[str, Any]:
    """The fact's fields as JSON: ids become text."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in dataclasses.asdict(event).items()}


def values_of(events: Sequence[Event], request_id: str | None) -> dict[str, object]:
    """The values of `EVENTS`."""
    rows = [(new_id(), type(each).__name__, each.aggregate, each.aggregate_id, payload_of(each)) for each in events]
    return {f"event_{name}s": [row[place] for row in rows] for place, name in enumerate(_COLUMNS)} | {"request_id": request_id}


class Outbox:
    """The outbox on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def write(self, events: Sequence[Event], *, request_id: str | None) -> None:
        """Writes facts; part of the transaction that made them true."""
        await self._transaction.run(WRITE_EVENTS, **values_of(events, request_id))

    async def route(self, routes: Mapping[str, Iterable[str]]) -> int:
        """Makes one task per actor of facts that have none; how many facts.

        A kind that `routes` does not know is left alone: a relay of a newer version, which made it known, will route it.
        """
        unrouted = await self._transaction.rows(UNROUTED, kinds=list(routes))
        if unrouted:
            await self._transaction.run_each(
                ROUTE,
                [{"id": new_id(), "event_id": event.id, "actor": actor} for event in unrouted for actor in routes[event.kind]],
            )
            await self._transaction.run(ROUTED, ids=[event.id for event in unrouted])
        return len(unrouted)

    async def claim_due(self, *, again_seconds: float = AGAIN_SECONDS) -> list[DueTask]:
        """Takes tasks that are due and sets when they are due again; the caller dispatches them after the commit."""
        return await self._transaction.rows(CLAIM, again_seconds=again_seconds)

    async def give_back(self, task_ids: Sequence[UUID]) -> None:
        """Makes tasks due again at once and uncounts the try: they were claimed but could not be dispatched."""
        await self._transaction.run(GIVE_BACK, ids=list(task_ids))

    async def park_exhausted(self, *, attempts_max: int = ATTEMPTS_MAX) -> list[ParkedTask]:
        """Parks what was tried too often."""
        return await self._transaction.rows(PARK_EXHAUSTED, attempts_max=attempts_max)

    async def depth(self) -> Depth:
        """How much waits."""
        found = await self._transaction.row(DEPTH)
        return found if found is not None else Depth(0, 0, 0)

    async def forget_old(self) -> int:
        """Drops facts of which every task has been done, a month after they were routed, a thousand at a time; how many."""
        return await self._transaction.run(FORGET_OLD)

    async def task(self, task_id: UUID) -> Task | None:
        return await self._transaction.row(TASK, id=task_id)

    async def complete(self, task_id: UUID) -> bool:
        """Marks a task done in the transaction of its effects. False: it was done already, so the effects must not stay."""
        return await self._transaction.run(DONE, task_id=task_id) == 1

    async def fail(self, task_id: UUID, failure: str) -> None:
        """Notes why a try failed; the task stays due."""
        await self._transaction.run(FAILED, task_id=task_id, failure=failure[:500])
