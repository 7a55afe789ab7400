"""The statements of giving money back: refunds, the decisions they come from, and what an order still has to give back for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, any_, bindparam, cast, func, insert, literal_column, select, text, update
from sqlalchemy.types import Uuid

from domain.ids import OrderId, OrderLineId, PaymentId, VariantId
from domain.money import Currency, Money
from domain.payments.model import Refund, RefundState
from domain.payments.refunding import Sold, SoldLine
from persistence.payments.rows import REFUND_COLUMNS, KeptRefund, refund_of
from persistence.payments.tables import RefundRow
from persistence.statement import Question, Statement, ids
from persistence.transaction import Transaction


class _Promised(NamedTuple):
    payment_id: UUID
    currency: str
    amount: int


class _Sum(NamedTuple):
    amount: int


class _SoldLine(NamedTuple):
    id: UUID
    variant_id: UUID | None
    quantity: int
    total: int
    refunded: int
    restocked: int
    in_return: int
    exchanged: int
    currency: str
    shipping: int


_NOW = bindparam("now", type_=DateTime(timezone=True))
PROMISED = Question(
    _Promised,
    select(
        RefundRow.payment_id,
        RefundRow.currency,
        cast(func.sum(RefundRow.amount), BigInteger()).label("amount"),
    )
    .where(RefundRow.order_id == bindparam("order_id"), RefundRow.state != RefundState.FAILED.value)
    .group_by(RefundRow.payment_id, RefundRow.currency),
)
ADD_REFUND = Statement(
    insert(RefundRow).values(
        id=bindparam("id"),
        payment_id=bindparam("payment_id"),
        order_id=bindparam("order_id"),
        currency=bindparam("currency"),
        amount=bindparam("amount"),
        reason=bindparam("reason"),
        state=bindparam("state"),
        request_id=bindparam("request_id", type_=Uuid()),
        created_at=_NOW,
        settled_at=bindparam("settled_at"),
    )
)
REFUND = Question(KeptRefund, select(*REFUND_COLUMNS).where(RefundRow.id == bindparam("refund_id")))
SETTLE_REFUND = Statement(
    update(RefundRow)
    .where(RefundRow.id == bindparam("refund_id"), RefundRow.state == RefundState.PENDING.value)
    .values(state=bindparam("end"), failure=bindparam("why"), settled_at=_NOW)
)
DONE_REFUNDS = Question(
    KeptRefund,
    select(*REFUND_COLUMNS)
    .where(RefundRow.payment_id == bindparam("payment_id"), RefundRow.state == literal_column("'DONE'"))
    .order_by(RefundRow.settled_at.desc(), RefundRow.id.desc())
    .limit(literal_column("100")),
)
FAIL_DONE = Statement(
    update(RefundRow)
    .where(RefundRow.id == any_(ids("refund_ids")), RefundRow.state == literal_column("'DONE'"))
    .values(state=literal_column("'FAILED'"), failure=bindparam("why"), settled_at=_NOW)
)
GIVEN_BACK = Question(
    _Sum,
    select(cast(func.coalesce(func.sum(RefundRow.amount), 0), BigInteger()).label("amount")).where(
        RefundRow.payment_id == bindparam("payment_id"), RefundRow.state == literal_column("'DONE'")
    ),
)
# What waits for a second person counts as given back, so that nobody asks for the same goods meanwhile. Tax on delivery is
# what the order has beyond its lines'.
SOLD = Question(
    _SoldLine,
    text("""
    SELECT l.id, l.variant_id, l.quantity, l.total,
           CAST(coalesce((
               SELECT sum(b.quantity) FROM refund_line b JOIN refund_request r ON r.id = b.request_id
               WHERE b.order_line_id = l.id AND r.state <> 'REJECTED'), 0) AS int) AS refunded,
           CAST(coalesce((
               SELECT sum(b.quantity) FROM refund_line b JOIN refund_request r ON r.id = b.request_id
               WHERE b.order_line_id = l.id AND b.restocks AND r.state = 'APPROVED'), 0) AS int) AS restocked,
           CAST(coalesce((
               SELECT sum(CASE WHEN r.received_at IS NULL THEN a.quantity ELSE a.accepted END)
               FROM order_return_line a JOIN order_return r ON r.id = a.return_id
               WHERE a.order_line_id = l.id AND r.state NOT IN ('DECLINED', 'CANCELLED')), 0) AS int) AS in_return,
           CAST(coalesce((
               SELECT sum(a.exchanged) FROM order_return_line a WHERE a.order_line_id = l.id AND EXISTS (
                   SELECT FROM order_return_exchange x JOIN orders t ON t.id = x.replacement_id
                   WHERE x.return_id = a.return_id AND t.status <> 'CANCELLED' AND t.fulfillment_status <> 'RETURNED')), 0)
               AS int) AS exchanged,
           o.currency,
           CAST(o.shipping + o.tax_added - sum(l.tax_added) OVER () - coalesce((
               SELECT sum(r.shipping) FROM refund_request r WHERE r.order_id = o.id AND r.state <> 'REJECTED'), 0)
               AS bigint) AS shipping
    FROM orders o JOIN order_line l ON l.order_id = o.id
    WHERE o.id = CAST(:order_id AS uuid) ORDER BY l.position
    """),
)


async def promised(transaction: Transaction, order_id: OrderId) -> Mapping[PaymentId, Money]:
    """Refunds pending or done, summed for each attempt."""
    rows = await transaction.rows(PROMISED, order_id=order_id)
    return {PaymentId(row.payment_id): Money(row.amount, Currency(row.currency)) for row in rows}


async def add(transaction: Transaction, refund: Refund, now: datetime) -> None:
    """Keeps a refund."""
    await transaction.run(
        ADD_REFUND,
        id=refund.id,
        payment_id=refund.payment_id,
        order_id=refund.order_id,
        currency=refund.amount.currency,
        amount=refund.amount.minor,
        reason=refund.reason,
        state=refund.state.value,
        request_id=refund.request_id,
        now=now,
        settled_at=None if refund.state is RefundState.PENDING else now,
    )


async def find(transaction: Transaction, refund_id: UUID) -> Refund | None:
    """A refund."""
    row = await transaction.row(REFUND, refund_id=refund_id)
    return refund_of(row) if row is not None else None


async def settle(transaction: Transaction, refund_id: UUID, state: RefundState, failure: str | None, now: datetime) -> bool:
    """Ends one that is pending."""
    return await transaction.run(SETTLE_REFUND, refund_id=refund_id, end=state.value, why=failure, now=now) == 1


async def done(transaction: Transaction, payment_id: PaymentId) -> list[Refund]:
    """Those of an attempt that are done."""
    return [refund_of(row) for row in await transaction.rows(DONE_REFUNDS, payment_id=payment_id)]


async def fail_done(transaction: Transaction, refund_ids: Sequence[UUID], failure: str, now: datetime) -> None:
    """What was done has failed."""
    if refund_ids:
        await transaction.run(FAIL_DONE, refund_ids=list(refund_ids), why=failure, now=now)


async def given_back(transaction: Transaction, payment_id: PaymentId) -> int:
    """What is done of an attempt."""
    row = await transaction.row(GIVEN_BACK, payment_id=payment_id)
    return row.amount if row is not None else 0


async def sold(transaction: Transaction, order_id: OrderId) -> Sold:
    """What money can go back for."""
    rows = await transaction.rows(SOLD, order_id=order_id)
    currency = Currency(rows[0].currency)
    lines = tuple(
        SoldLine(
            id=OrderLineId(row.id),
            variant_id=VariantId(row.variant_id) if row.variant_id is not None else None,
            quantity=row.quantity,
            total=Money(row.total, currency),
            refunded=row.refunded,
            restocked=row.restocked,
            in_return=row.in_return,
            exchanged=row.exchanged,
        )
        for row in rows
    )
    return Sold(lines=lines, shipping=Money(max(rows[0].shipping, 0), currency))
