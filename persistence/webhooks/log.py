"""The event log: facts of the outbox get their positions here, after they were committed, in the order they happened.

Positions are drawn under the lock of the log's one row, and a position is visible only when all before it are: a reader
that goes on after the last one it saw never misses an event, however long some transaction took to commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Text, any_, bindparam, case, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.webhooks.model import Logged, LoggedFact
from persistence.statement import Question, Statement, many
from persistence.tables import OutboxEventRow
from persistence.transaction import Transaction
from persistence.webhooks.tables import EventLogRow, WebhookDeliveryRow, WebhookEndpointRow

BATCH = 500


class _Position(NamedTuple):
    position: int


class _Placed(NamedTuple):
    position: int
    number: int
    id: UUID
    kind: str
    aggregate: str
    aggregate_id: UUID
    payload: dict[str, Any]


_UNLOGGED = (OutboxEventRow.position.is_(None), OutboxEventRow.kind == any_(many("known", Text())))
# The lock is taken by a statement of its own: the next one then sees all that whoever held it before has written.
TAKE = Question(
    _Position,
    select(EventLogRow.position).where(exists().where(*_UNLOGGED)).with_for_update(skip_locked=True),
)
_FRESH = (
    select(OutboxEventRow.id, OutboxEventRow.number, OutboxEventRow.kind)
    .where(*_UNLOGGED)
    .order_by(OutboxEventRow.number)
    .limit(BATCH)
    .cte("fresh")
)
_IS_PUBLIC = _FRESH.c.kind == any_(many("public", Text()))
_PLACED = select(
    _FRESH.c.id,
    case(
        (
            _IS_PUBLIC,
            bindparam("last", type_=BigInteger()) + func.count().filter(_IS_PUBLIC).over(order_by=_FRESH.c.number),
        ),
        else_=-_FRESH.c.number,
    ).label("position"),
).cte("placed")
PLACE = Question(
    _Placed,
    update(OutboxEventRow)
    .where(OutboxEventRow.id == _PLACED.c.id)
    .values(position=_PLACED.c.position)
    .returning(
        OutboxEventRow.position,
        OutboxEventRow.number,
        OutboxEventRow.id,
        OutboxEventRow.kind,
        OutboxEventRow.aggregate,
        OutboxEventRow.aggregate_id,
        OutboxEventRow.payload,
    ),
)
MOVE_ON = Statement(update(EventLogRow).values(position=bindparam("position", type_=BigInteger())))
DELIVER = Statement(
    insert(WebhookDeliveryRow)
    .from_select(
        ["id", "endpoint_id", "event_id", "aggregate_id", "position", "created_at"],
        select(
            func.gen_random_uuid(),
            WebhookEndpointRow.id,
            OutboxEventRow.id,
            OutboxEventRow.aggregate_id,
            OutboxEventRow.position,
            OutboxEventRow.created_at,
        )
        .join(WebhookEndpointRow, OutboxEventRow.kind == any_(WebhookEndpointRow.kinds))
        .where(
            WebhookEndpointRow.is_active,
            OutboxEventRow.position > bindparam("after", type_=BigInteger()),
            OutboxEventRow.position <= bindparam("until", type_=BigInteger()),
        ),
    )
    .on_conflict_do_nothing()
)
LAST = Question(_Position, select(func.coalesce(func.max(EventLogRow.position), literal(0)).label("position")))


class EventLogRows:
    """`domain.webhooks.store.EventLog` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def write(self, *, known: Sequence[str], public: Sequence[str]) -> Logged:
        taken = await self._transaction.row(TAKE, known=list(known))
        if taken is None:
            return Logged(0, 0, ())
        placed = await self._transaction.rows(PLACE, known=list(known), public=list(public), last=taken.position)
        last = max([taken.position, *(each.position for each in placed)])
        facts = [_fact(each) for each in sorted(placed, key=lambda each: each.number)]
        if last == taken.position:
            return Logged(last, 0, facts)
        await self._transaction.run(MOVE_ON, position=last)
        return Logged(last, await self._transaction.run(DELIVER, after=taken.position, until=last), facts)


def _fact(placed: _Placed) -> LoggedFact:
    return LoggedFact(
        id=placed.id,
        kind=placed.kind,
        aggregate=placed.aggregate,
        aggregate_id=placed.aggregate_id,
        fields=placed.payload,
    )
