"""The inbox's statements: a notification is kept once, however often it is sent, and ends once."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, bindparam, func, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from domain.ids import new_id
from domain.payments.model import KeptNotification, Notification, NotificationState, ProviderPayment
from persistence.payments.snapshots import kept, told
from persistence.payments.tables import NotificationRow
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class _Id(NamedTuple):
    id: UUID


class _Kept(NamedTuple):
    id: UUID
    provider: str
    reference: str
    payload: dict[str, Any]
    state: str
    attempts: int
    received_at: datetime


# A literal, so that the planner sees that the partial index fits.
_WAITS = NotificationRow.state == literal_column("'PENDING'")
_FIRST = (
    insert(NotificationRow)
    .values(
        id=bindparam("id"),
        provider=bindparam("provider"),
        notification_id=bindparam("notification_id"),
        kind=bindparam("kind"),
        reference=bindparam("reference"),
        payload=bindparam("payload", type_=JSONB()),
    )
    .on_conflict_do_nothing()
    .returning(NotificationRow.id)
)
RECEIVE = Question(_Id, _FIRST)
STILL_WAITS = Question(
    _Id,
    select(NotificationRow.id).where(
        NotificationRow.provider == bindparam("provider"),
        NotificationRow.notification_id == bindparam("notification_id"),
        _WAITS,
    ),
)
BY_ID = Question(
    _Kept,
    select(*(getattr(NotificationRow, name) for name in _Kept._fields)).where(NotificationRow.id == bindparam("id")),
)
LEARN = Statement(
    update(NotificationRow)
    .where(NotificationRow.id == bindparam("notification"), _WAITS)
    .values(payload=bindparam("told", type_=JSONB()))
)
END = Statement(
    update(NotificationRow)
    .where(NotificationRow.id == bindparam("notification"), _WAITS)
    .values(state=bindparam("end"), outcome=bindparam("outcome"), attempts=NotificationRow.attempts + 1)
)
PUT_OFF = Statement(
    update(NotificationRow)
    .where(NotificationRow.id == bindparam("notification"), _WAITS)
    .values(
        attempts=NotificationRow.attempts + 1,
        next_attempt_at=func.now() + text("interval '1 second'") * bindparam("seconds", type_=Integer()),
    )
)
DUE = Question(
    _Id,
    select(NotificationRow.id)
    .where(_WAITS, NotificationRow.next_attempt_at <= func.now())
    .order_by(NotificationRow.next_attempt_at)
    .limit(bindparam("count", type_=Integer())),
)


async def receive(transaction: Transaction, notification: Notification) -> UUID | None:
    """Keeps a notification; its id while it waits, new or not, else None."""
    place = {"provider": notification.provider, "notification_id": notification.notification_id}
    first = await transaction.row(
        RECEIVE,
        **place,
        id=new_id(),
        kind=notification.kind,
        reference=notification.reference,
        payload=kept(notification.payment) if notification.payment is not None else {},
    )
    waiting = first or await transaction.row(STILL_WAITS, **place)
    return waiting.id if waiting is not None else None


async def notification(transaction: Transaction, notification_id: UUID) -> KeptNotification | None:
    """A notification."""
    row = await transaction.row(BY_ID, id=notification_id)
    if row is None:
        return None
    return KeptNotification(
        id=row.id,
        provider=row.provider,
        payment=told(row.payload) if row.payload else None,
        reference=row.reference,
        state=NotificationState(row.state),
        attempts=row.attempts,
        received_at=row.received_at,
    )


async def learn(transaction: Transaction, notification_id: UUID, payment: ProviderPayment) -> None:
    """Keeps what the provider said about one that only named its payment."""
    await transaction.run(LEARN, notification=notification_id, told=kept(payment))


async def end(transaction: Transaction, notification_id: UUID, state: NotificationState, outcome: str) -> bool:
    """Ends one that waits."""
    return await transaction.run(END, notification=notification_id, end=state.value, outcome=outcome) == 1


async def put_off(transaction: Transaction, notification_id: UUID, seconds: int) -> None:
    """Lets one wait."""
    await transaction.run(PUT_OFF, notification=notification_id, seconds=seconds)


async def due(transaction: Transaction, limit: int) -> list[UUID]:
    """Those whose next try is due."""
    return [row.id for row in await transaction.rows(DUE, count=limit)]
