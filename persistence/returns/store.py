"""The port of returns made true on PostgreSQL. The order's lock stands before all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, func, insert, select, text

from domain.ids import OrderId, OrderLineId, ProductId, RefundRequestId, ReturnId, VariantId
from domain.returns.model import (
    Arrived,
    Destination,
    Goods,
    NewReturn,
    Return,
    ReturnFacts,
    ReturnLine,
    ReturnState,
    Told,
)
from persistence.catalog.tables import ProductRow, VariantRow
from persistence.orders.tables import OrderLineRow, OrderRow
from persistence.payments.tables import RefundRow
from persistence.returns.tables import (
    ReturnExchangeRow,
    ReturnLineRow,
    ReturnReceiptRow,
    ReturnRefundRow,
    ReturnRow,
)
from persistence.statement import Question, Statement, ids
from persistence.transaction import Transaction


class _Return(NamedTuple):
    order_id: UUID
    number: int
    state: str
    waits: bool


class _Line(NamedTuple):
    line_id: UUID
    variant_id: UUID | None
    sku: str
    is_shelved: bool
    quantity: int
    accepted: int
    refunded: int
    exchanged: int


class _Id(NamedTuple):
    id: UUID


class _Total(NamedTuple):
    total: int


class _Number(NamedTuple):
    number: int


class _Goods(NamedTuple):
    variant_id: UUID
    product_id: UUID
    product_name: str
    variant_name: str
    sku: str
    tracks_stock: bool


class _Destination(NamedTuple):
    country: str
    shipping_address: dict[str, Any] | None
    billing_address: dict[str, Any]
    delivery: dict[str, Any] | None


class _Facts(NamedTuple):
    number: int
    note: str
    decline_reason: str
    is_received: bool


class _Told(NamedTuple):
    product_name: str
    variant_name: str
    sku: str
    quantity: int
    accepted: int


_RETURN = bindparam("return_id", type_=Uuid())
FIND = Question(
    _Return,
    text("""
    SELECT r.order_id, r.number, r.state, EXISTS (
        SELECT FROM order_return_refund b JOIN refund_request q ON q.id = b.request_id
        WHERE b.return_id = r.id AND q.state = 'WAITING') AS waits
    FROM order_return r WHERE r.id = CAST(:return_id AS uuid)
    """),
)
LINES = Question(
    _Line,
    text("""
    SELECT a.order_line_id AS line_id, l.variant_id, l.sku, coalesce(v.tracks_stock, false) AS is_shelved, a.quantity, a.accepted,
           CAST(coalesce((
               SELECT sum(g.quantity) FROM order_return_refund b JOIN refund_request q ON q.id = b.request_id
               JOIN refund_line g ON g.request_id = q.id
               WHERE b.return_id = a.return_id AND g.order_line_id = a.order_line_id AND q.state <> 'REJECTED'), 0) AS int)
               AS refunded,
           a.exchanged
    FROM order_return_line a JOIN order_line l ON l.id = a.order_line_id LEFT JOIN variant v ON v.id = l.variant_id
    WHERE a.return_id = CAST(:return_id AS uuid) ORDER BY l.position, l.id
    """),
)
OF_REQUEST = Question(
    _Id, select(ReturnRefundRow.return_id.label("id")).where(ReturnRefundRow.request_id == bindparam("request_id"))
)
OF_REFUND = Question(
    _Id,
    select(ReturnRefundRow.return_id.label("id"))
    .join(RefundRow, RefundRow.request_id == ReturnRefundRow.request_id)
    .where(RefundRow.id == bindparam("refund_id")),
)
COUNT = Question(
    _Total,
    select(func.count().label("total")).select_from(ReturnRow).where(ReturnRow.order_id == bindparam("order_id")),
)
ADD = Question(
    _Number,
    text("""
    WITH made AS (
        INSERT INTO order_return (id, order_id, number, state, note, requested_by, created_at, decided_at)
        SELECT CAST(:return_id AS uuid), CAST(:order_id AS uuid), coalesce(max(r.number), 0) + 1, CAST(:state AS text),
               CAST(:note AS text), CAST(:actor AS text), CAST(:now AS timestamptz),
               CASE WHEN CAST(:state AS text) <> 'REQUESTED' THEN CAST(:now AS timestamptz) END
        FROM order_return r WHERE r.order_id = CAST(:order_id AS uuid)
        RETURNING id, number
    ), lines AS (
        INSERT INTO order_return_line (return_id, order_line_id, quantity, reason)
        SELECT m.id, w.line_id, w.quantity, w.reason
        FROM made m, unnest(CAST(:lines AS uuid[]), CAST(:quantities AS int[]), CAST(:reasons AS text[]))
            AS w (line_id, quantity, reason)
    )
    SELECT number FROM made
    """),
)
MOVE = Statement(
    text("""
    UPDATE order_return SET state = CAST(:state AS text),
        decline_reason = CAST(:reason AS text),
        decided_at = CASE WHEN CAST(:state AS text) IN ('APPROVED', 'DECLINED') THEN CAST(:now AS timestamptz) ELSE decided_at END,
        cancelled_at = CASE WHEN CAST(:state AS text) = 'CANCELLED' THEN CAST(:now AS timestamptz) END,
        received_at = CASE WHEN CAST(:state AS text) = 'RECEIVED' THEN CAST(:now AS timestamptz) ELSE received_at END,
        completed_at = CASE WHEN CAST(:state AS text) = 'COMPLETED' THEN CAST(:now AS timestamptz) END
    WHERE id = CAST(:return_id AS uuid)
    """)
)
ACCEPT = Statement(
    text("""
    UPDATE order_return_line a SET accepted = w.accepted
    FROM unnest(CAST(:lines AS uuid[]), CAST(:accepted AS int[])) AS w (line_id, accepted)
    WHERE a.return_id = CAST(:return_id AS uuid) AND a.order_line_id = w.line_id
    """)
)
ADD_RECEIPT = Statement(
    insert(ReturnReceiptRow).values(
        return_id=_RETURN,
        position=bindparam("position"),
        order_line_id=bindparam("line_id"),
        quantity=bindparam("quantity"),
        condition=bindparam("condition"),
        warehouse_id=bindparam("warehouse_id", type_=Uuid()),
    )
)
NOTE_REFUND = Statement(insert(ReturnRefundRow).values(request_id=bindparam("request_id"), return_id=_RETURN))
NOTE_EXCHANGE = Statement(insert(ReturnExchangeRow).values(replacement_id=bindparam("replacement_id"), return_id=_RETURN))
COUNT_EXCHANGED = Statement(
    text("""
    UPDATE order_return_line a SET exchanged = a.exchanged + w.quantity
    FROM unnest(CAST(:lines AS uuid[]), CAST(:quantities AS int[])) AS w (line_id, quantity)
    WHERE a.return_id = CAST(:return_id AS uuid) AND a.order_line_id = w.line_id
    """)
)
GOODS = Question(
    _Goods,
    select(
        VariantRow.id.label("variant_id"),
        VariantRow.product_id,
        ProductRow.name.label("product_name"),
        VariantRow.name.label("variant_name"),
        VariantRow.sku,
        VariantRow.tracks_stock,
    )
    .join(ProductRow, ProductRow.id == VariantRow.product_id)
    .where(VariantRow.id == any_(ids())),
)
DESTINATION = Question(
    _Destination,
    select(OrderRow.country, OrderRow.shipping_address, OrderRow.billing_address, OrderRow.delivery).where(
        OrderRow.id == bindparam("order_id")
    ),
)
FACTS = Question(
    _Facts,
    select(
        ReturnRow.number,
        ReturnRow.note,
        func.coalesce(ReturnRow.decline_reason, "").label("decline_reason"),
        ReturnRow.received_at.is_not(None).label("is_received"),
    ).where(ReturnRow.id == _RETURN),
)
TOLD = Question(
    _Told,
    select(
        OrderLineRow.product_name,
        OrderLineRow.variant_name,
        OrderLineRow.sku,
        ReturnLineRow.quantity,
        ReturnLineRow.accepted,
    )
    .join(ReturnLineRow, ReturnLineRow.order_line_id == OrderLineRow.id)
    .where(ReturnLineRow.return_id == _RETURN)
    .order_by(OrderLineRow.position, OrderLineRow.id),
)


class ReturnsRows:
    """`domain.returns.store.ReturnsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def find(self, return_id: ReturnId) -> Return | None:
        row = await self._transaction.row(FIND, return_id=return_id)
        if row is None:
            return None
        return Return(
            id=return_id,
            order_id=OrderId(row.order_id),
            number=row.number,
            state=ReturnState(row.state),
            waits=row.waits,
            lines=tuple(_line(each) for each in await self._transaction.rows(LINES, return_id=return_id)),
        )

    async def of_request(self, request_id: RefundRequestId) -> ReturnId | None:
        row = await self._transaction.row(OF_REQUEST, request_id=request_id)
        return ReturnId(row.id) if row is not None else None

    async def of_refund(self, refund_id: UUID) -> ReturnId | None:
        row = await self._transaction.row(OF_REFUND, refund_id=refund_id)
        return ReturnId(row.id) if row is not None else None

    async def count(self, order_id: OrderId) -> int:
        row = await self._transaction.row(COUNT, order_id=order_id)
        return row.total if row is not None else 0

    async def add(self, order_id: OrderId, new: NewReturn, *, actor: str, now: datetime) -> int:
        row = await self._transaction.row(
            ADD,
            return_id=new.id,
            order_id=order_id,
            state=new.state.value,
            note=new.note,
            actor=actor,
            now=now,
            lines=[each.line_id for each in new.lines],
            quantities=[each.quantity for each in new.lines],
            reasons=[each.reason.value for each in new.lines],
        )
        if row is None:
            raise RuntimeError("what was inserted is told")
        return row.number

    async def move(self, return_id: ReturnId, to: ReturnState, *, now: datetime, reason: str | None = None) -> None:
        await self._transaction.run(MOVE, return_id=return_id, state=to.value, reason=reason, now=now)

    async def accept(self, return_id: ReturnId, arrived: Sequence[Arrived], accepted: Mapping[OrderLineId, int]) -> None:
        await self._transaction.run(ACCEPT, return_id=return_id, lines=list(accepted), accepted=list(accepted.values()))
        if arrived:
            receipts = [
                {
                    "return_id": return_id,
                    "position": position,
                    "line_id": each.line_id,
                    "quantity": each.quantity,
                    "condition": each.condition.value,
                    "warehouse_id": each.warehouse_id,
                }
                for position, each in enumerate(arrived, start=1)
            ]
            await self._transaction.run_each(ADD_RECEIPT, receipts)

    async def note_refund(self, return_id: ReturnId, request_id: RefundRequestId) -> None:
        await self._transaction.run(NOTE_REFUND, return_id=return_id, request_id=request_id)

    async def note_exchange(self, return_id: ReturnId, replacement_id: OrderId, units: Mapping[OrderLineId, int]) -> None:
        await self._transaction.run(NOTE_EXCHANGE, return_id=return_id, replacement_id=replacement_id)
        await self._transaction.run(COUNT_EXCHANGED, return_id=return_id, lines=list(units), quantities=list(units.values()))

    async def goods(self, variant_ids: Sequence[VariantId]) -> Mapping[VariantId, Goods]:
        rows = await self._transaction.rows(GOODS, ids=list(variant_ids))
        return {
            VariantId(row.variant_id): Goods(
                variant_id=VariantId(row.variant_id),
                product_id=ProductId(row.product_id),
                product_name=row.product_name,
                variant_name=row.variant_name,
                sku=row.sku,
                tracks_stock=row.tracks_stock,
            )
            for row in rows
        }

    async def destination(self, order_id: OrderId) -> Destination:
        row = await self._transaction.row(DESTINATION, order_id=order_id)
        if row is None:
            raise RuntimeError(f"order {order_id} is gone under its own lock")
        return Destination(**row._asdict())

    async def facts(self, return_id: ReturnId) -> ReturnFacts | None:
        row = await self._transaction.row(FACTS, return_id=return_id)
        if row is None:
            return None
        lines = await self._transaction.rows(TOLD, return_id=return_id)
        told = [(each, each.accepted if row.is_received else each.quantity) for each in lines]
        return ReturnFacts(
            number=row.number,
            note=row.note,
            decline_reason=row.decline_reason,
            lines=tuple(Told(each.product_name, each.variant_name, each.sku, units) for each, units in told if units),
        )


def _line(row: _Line) -> ReturnLine:
    variant_id = VariantId(row.variant_id) if row.variant_id is not None else None
    return ReturnLine(**{**row._asdict(), "line_id": OrderLineId(row.line_id), "variant_id": variant_id})
