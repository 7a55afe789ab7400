"""The statements of taking what was promised, which staff asked for."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Integer, bindparam, cast, func, insert, literal_column, select, update

from domain.ids import OrderId, PaymentId
from domain.money import Currency, Money
from domain.payments.model import Capture, RefundState
from persistence.payments.tables import CaptureRow, PaymentRow
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class _Capture(NamedTuple):
    id: UUID
    payment_id: UUID
    order_id: UUID
    currency: str
    amount: int
    state: str


class _Id(NamedTuple):
    id: UUID


class _Sum(NamedTuple):
    amount: int


# A literal, so that the planner sees that the partial index fits.
_WAITS = CaptureRow.state == literal_column("'PENDING'")
_NOW = bindparam("now", type_=DateTime(timezone=True))
ADD = Statement(
    insert(CaptureRow).values(
        id=bindparam("id"),
        payment_id=bindparam("payment_id"),
        order_id=bindparam("order_id"),
        currency=bindparam("currency"),
        amount=bindparam("amount"),
        state=literal_column("'PENDING'"),
        requested_by=bindparam("by"),
        created_at=_NOW,
    )
)
BY_ID = Question(
    _Capture, select(*(getattr(CaptureRow, name) for name in _Capture._fields)).where(CaptureRow.id == bindparam("capture_id"))
)
ASKED = Question(
    _Sum,
    select(cast(func.coalesce(func.sum(CaptureRow.amount), 0), BigInteger()).label("amount")).where(
        CaptureRow.payment_id == bindparam("payment_id"), _WAITS
    ),
)
SETTLE = Statement(
    update(CaptureRow)
    .where(CaptureRow.id == bindparam("capture_id"), _WAITS)
    .values(state=bindparam("end"), failure=bindparam("why"), settled_at=_NOW)
)
OVERDUE = Question(
    _Id,
    select(CaptureRow.id)
    .join(PaymentRow, PaymentRow.id == CaptureRow.payment_id)
    .where(
        _WAITS,
        PaymentRow.provider == bindparam("provider"),
        CaptureRow.created_at < bindparam("before", type_=DateTime(timezone=True)),
    )
    .order_by(CaptureRow.id)
    .limit(bindparam("count", type_=Integer())),
)


async def add(transaction: Transaction, capture: Capture, by: str, now: datetime) -> None:
    """Keeps money to take."""
    await transaction.run(
        ADD,
        id=capture.id,
        payment_id=capture.payment_id,
        order_id=capture.order_id,
        currency=capture.amount.currency,
        amount=capture.amount.minor,
        by=by,
        now=now,
    )


async def find(transaction: Transaction, capture_id: UUID) -> Capture | None:
    """Money to take."""
    row = await transaction.row(BY_ID, capture_id=capture_id)
    if row is None:
        return None
    return Capture(
        id=row.id,
        payment_id=PaymentId(row.payment_id),
        order_id=OrderId(row.order_id),
        amount=Money(row.amount, Currency(row.currency)),
        state=RefundState(row.state),
    )


async def asked(transaction: Transaction, payment_id: PaymentId) -> int:
    """What is asked for of an attempt and has no answer."""
    row = await transaction.row(ASKED, payment_id=payment_id)
    return row.amount if row is not None else 0


async def settle(transaction: Transaction, capture_id: UUID, state: RefundState, failure: str | None, now: datetime) -> bool:
    """Ends one that is pending."""
    return await transaction.run(SETTLE, capture_id=capture_id, end=state.value, why=failure, now=now) == 1


async def overdue(transaction: Transaction, provider: str, before: datetime, limit: int) -> list[UUID]:
    """Those that wait for too long."""
    return [row.id for row in await transaction.rows(OVERDUE, provider=provider, before=before, count=limit)]
