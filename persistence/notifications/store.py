"""The port of notifications made true on PostgreSQL: written in the order of the event log, under its lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text

from domain.ids import AccountId
from domain.notifications.model import NewNotification, Reach
from persistence.notifications.reads import by_id, reach_values
from persistence.statement import Statement
from persistence.transaction import Transaction

WRITE = Statement(
    text("""
    INSERT INTO notification (id, event_id, kind, permission, channel_id, customer_id, order_id, aggregate, aggregate_id, data)
    SELECT n.id, n.event_id, n.kind, n.permission, o.channel_id, CASE WHEN n.permission IS NULL THEN o.customer_id END,
           n.order_id, n.aggregate, n.aggregate_id, CAST(n.data AS jsonb)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:events AS uuid[]), CAST(:kinds AS text[]), CAST(:permissions AS text[]),
                CAST(:orders AS uuid[]), CAST(:aggregates AS text[]), CAST(:aggregate_ids AS uuid[]), CAST(:data AS text[]))
        WITH ORDINALITY AS n (id, event_id, kind, permission, order_id, aggregate, aggregate_id, data, place)
    LEFT JOIN orders o ON o.id = n.order_id
    WHERE (n.order_id IS NULL OR o.id IS NOT NULL) AND (n.permission IS NOT NULL OR o.customer_id IS NOT NULL)
    ORDER BY n.place ON CONFLICT DO NOTHING
    """)
)
# What is before one's place is read already.
MARK = Statement(
    text("""
    INSERT INTO notification_read (account_id, notification_id)
    SELECT CAST(:account_id AS uuid), n.id FROM notification n
    WHERE n.id = ANY (CAST(:ids AS uuid[])) AND n.seq > coalesce(
        (SELECT p.seq FROM notification_place p WHERE p.account_id = CAST(:account_id AS uuid)), 0)
    ORDER BY n.id ON CONFLICT DO NOTHING
    """)
)
MARK_UNTIL = Statement(
    text("""
    INSERT INTO notification_place AS p (account_id, seq)
    SELECT CAST(:account_id AS uuid), n.seq FROM notification n WHERE n.id = CAST(:last AS uuid)
    ON CONFLICT (account_id) DO UPDATE SET seq = greatest(p.seq, excluded.seq)
    """)
)
TIDY = Statement(
    text("""
    DELETE FROM notification_read r USING notification n, notification_place p
    WHERE r.account_id = CAST(:account_id AS uuid) AND n.id = r.notification_id AND p.account_id = r.account_id AND n.seq <= p.seq
    """)
)
FORGET = Statement(
    text("""
    DELETE FROM notification WHERE id IN (
        SELECT id FROM notification WHERE created_at < now() - make_interval(days => CAST(:days AS int))
        ORDER BY created_at LIMIT 1000)
    """)
)


class _Columns(NamedTuple):
    id: UUID
    event_id: UUID
    kind: str
    permission: str | None
    order_id: UUID | None
    aggregate: str
    aggregate_id: UUID
    data: str


class NotificationsRows:
    """`domain.notifications.store.NotificationsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def write(self, made: Sequence[NewNotification]) -> int:
        rows = [_columns(each) for each in made]
        names = ("ids", "events", "kinds", "permissions", "orders", "aggregates", "aggregate_ids", "data")
        values = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        return await self._transaction.run(WRITE, **values)

    async def seen(self, reach: Reach, ids: Sequence[UUID]) -> list[UUID]:
        rows = await self._transaction.rows(
            by_id(is_customer=reach.customer_id is not None), ids=list(ids), **reach_values(reach)
        )
        return [each.id for each in rows]

    async def mark(self, account_id: AccountId, ids: Sequence[UUID]) -> None:
        await self._transaction.run(MARK, account_id=account_id, ids=list(ids))

    async def mark_until(self, account_id: AccountId, last: UUID) -> None:
        await self._transaction.run(MARK_UNTIL, account_id=account_id, last=last)
        await self._transaction.run(TIDY, account_id=account_id)

    async def forget_old(self, *, days: int) -> int:
        return await self._transaction.run(FORGET, days=days)


def _columns(made: NewNotification) -> _Columns:
    return _Columns(
        id=made.id,
        event_id=made.event_id,
        kind=made.kind.value,
        permission=made.permission.value if made.permission is not None else None,
        order_id=made.order_id,
        aggregate=made.aggregate,
        aggregate_id=made.aggregate_id,
        data=orjson.dumps(made.data).decode(),
    )
