"""The statements of returns, and the rows that they answer with."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, func, insert, select, text

from persistence.carts.tables import CartRow
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


class _Return(NamedTuple):
    order_id: UUID
    number: int
    state: str
    waits: bool


class LineRow(NamedTuple):
    """A line of a return as it stands."""

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
    sms_phone: str | None


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
    LineRow,
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
    select(OrderRow.country, OrderRow.shipping_address, OrderRow.billing_address, OrderRow.delivery, CartRow.sms_phone)
    .join(CartRow, CartRow.id == OrderRow.cart_id)
    .where(OrderRow.id == bindparam("order_id")),
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
