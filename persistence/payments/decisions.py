"""The statements of decisions to give money back: asked for, with the goods they are for, and agreed to or not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, bindparam, cast, func, insert, literal_column, select, update
from sqlalchemy.types import Uuid

from domain.ids import OrderId, OrderLineId, PaymentId, RefundRequestId
from domain.money import Currency, Money
from domain.payments.refunding import BackLine, RefundRequest, RequestState
from persistence.payments.tables import RefundLineRow, RefundRequestRow
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class _Sum(NamedTuple):
    amount: int


class _Request(NamedTuple):
    id: UUID
    order_id: UUID
    payment_id: UUID | None
    currency: str
    amount: int
    shipping: int
    reason: str
    state: str
    takes_two: bool
    requested_by: str


class _Line(NamedTuple):
    order_line_id: UUID
    quantity: int
    restocks: bool


_NOW = bindparam("now", type_=DateTime(timezone=True))
ADD_REQUEST = Statement(
    insert(RefundRequestRow).values(
        id=bindparam("id"),
        order_id=bindparam("order_id"),
        payment_id=bindparam("payment_id", type_=Uuid()),
        currency=bindparam("currency"),
        amount=bindparam("amount"),
        shipping=bindparam("shipping"),
        reason=bindparam("reason"),
        state=bindparam("state"),
        takes_two=bindparam("takes_two"),
        requested_by=bindparam("requested_by"),
        decided_by=bindparam("decided_by"),
        created_at=_NOW,
        decided_at=bindparam("decided_at", type_=DateTime(timezone=True)),
    )
)
ADD_LINE = Statement(
    insert(RefundLineRow).values(
        request_id=bindparam("request_id"),
        order_line_id=bindparam("order_line_id"),
        quantity=bindparam("quantity"),
        amount=bindparam("amount"),
        restocks=bindparam("restocks"),
    )
)
REQUEST = Question(
    _Request,
    select(*(getattr(RefundRequestRow, name) for name in _Request._fields)).where(
        RefundRequestRow.id == bindparam("request_id")
    ),
)
LINES = Question(
    _Line,
    select(RefundLineRow.order_line_id, RefundLineRow.quantity, RefundLineRow.restocks)
    .where(RefundLineRow.request_id == bindparam("request_id"))
    .order_by(RefundLineRow.order_line_id),
)
WAITING = Question(
    _Sum,
    select(cast(func.coalesce(func.sum(RefundRequestRow.amount), 0), BigInteger()).label("amount")).where(
        RefundRequestRow.order_id == bindparam("order_id"), RefundRequestRow.state == literal_column("'WAITING'")
    ),
)
DECIDE = Statement(
    update(RefundRequestRow)
    .where(RefundRequestRow.id == bindparam("request_id"), RefundRequestRow.state == literal_column("'WAITING'"))
    .values(state=bindparam("end"), decided_by=bindparam("by"), decided_at=_NOW)
)


async def add_request(
    transaction: Transaction, request: RefundRequest, amounts: Mapping[OrderLineId, Money], now: datetime
) -> None:
    """Keeps a decision."""
    is_made = request.state is not RequestState.WAITING
    await transaction.run(
        ADD_REQUEST,
        id=request.id,
        order_id=request.order_id,
        payment_id=request.payment_id,
        currency=request.amount.currency,
        amount=request.amount.minor,
        shipping=request.shipping.minor,
        reason=request.reason,
        state=request.state.value,
        takes_two=request.takes_two,
        requested_by=request.requested_by,
        decided_by=request.requested_by if is_made else None,
        now=now,
        decided_at=now if is_made else None,
    )
    if request.lines:
        await transaction.run_each(
            ADD_LINE,
            [
                {
                    "request_id": request.id,
                    "order_line_id": line.line_id,
                    "quantity": line.quantity,
                    "amount": amounts[line.line_id].minor,
                    "restocks": line.restocks,
                }
                for line in request.lines
            ],
        )


async def request(transaction: Transaction, request_id: RefundRequestId) -> RefundRequest | None:
    """A decision with its lines."""
    row = await transaction.row(REQUEST, request_id=request_id)
    if row is None:
        return None
    lines = await transaction.rows(LINES, request_id=request_id)
    currency = Currency(row.currency)
    return RefundRequest(
        id=request_id,
        order_id=OrderId(row.order_id),
        payment_id=PaymentId(row.payment_id) if row.payment_id is not None else None,
        amount=Money(row.amount, currency),
        shipping=Money(row.shipping, currency),
        lines=tuple(BackLine(OrderLineId(each.order_line_id), each.quantity, each.restocks) for each in lines),
        reason=row.reason,
        state=RequestState(row.state),
        takes_two=row.takes_two,
        requested_by=row.requested_by,
    )


async def waiting(transaction: Transaction, order_id: OrderId) -> int:
    """What decisions that nobody has agreed to yet come to."""
    row = await transaction.row(WAITING, order_id=order_id)
    return row.amount if row is not None else 0


async def decide(transaction: Transaction, request_id: RefundRequestId, state: RequestState, by: str, now: datetime) -> None:
    """Ends one that waits."""
    await transaction.run(DECIDE, request_id=request_id, end=state.value, by=by, now=now)
