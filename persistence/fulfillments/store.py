"""The port of shipments made true on PostgreSQL. The order's lock stands before all of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, bindparam, select, text, update

from domain.fulfillments.model import (
    Carrier,
    Contents,
    Fulfillment,
    FulfillmentState,
    Packed,
    Parcel,
    Standing,
    Tracking,
    Units,
)
from domain.ids import FulfillmentId, OrderId, OrderLineId, VariantId, WarehouseId
from persistence.fulfillments.tables import FulfillmentLineRow, FulfillmentRow
from persistence.orders.tables import OrderLineRow
from persistence.statement import Question, Statement, ids
from persistence.transaction import Transaction


class _Standing(NamedTuple):
    id: UUID
    variant_id: UUID | None
    sku: str
    ordered: int
    restocked: int
    sent: int
    delivered: int
    returned: int
    in_return: int
    last_sent_at: datetime | None


class _Fulfillment(NamedTuple):
    id: UUID
    order_id: UUID
    number: int
    warehouse_id: UUID | None
    state: str


class _Line(NamedTuple):
    order_line_id: UUID
    quantity: int


class _Packed(NamedTuple):
    product_name: str
    variant_name: str
    sku: str
    quantity: int
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None


class _Id(NamedTuple):
    id: UUID


STANDINGS = Question(
    _Standing,
    text("""
    SELECT l.id, l.variant_id, l.sku, l.quantity AS ordered,
           CAST(coalesce((
               SELECT sum(b.quantity) FROM refund_line b JOIN refund_request r ON r.id = b.request_id
               WHERE b.order_line_id = l.id AND b.restocks AND r.state = 'APPROVED'), 0) AS int) AS restocked,
           CAST(coalesce(s.sent, 0) AS int) AS sent, CAST(coalesce(s.delivered, 0) AS int) AS delivered,
           CAST(coalesce(b.returned, 0) AS int) AS returned, CAST(coalesce(b.in_return, 0) AS int) AS in_return,
           s.last_sent_at
    FROM order_line l LEFT JOIN (
        SELECT p.order_line_id, sum(p.quantity) AS sent, sum(p.quantity) FILTER (WHERE f.state = 'DELIVERED') AS delivered,
               max(coalesce(f.delivered_at, f.created_at)) AS last_sent_at
        FROM fulfillment f JOIN fulfillment_line p ON p.fulfillment_id = f.id
        WHERE f.order_id = CAST(:order_id AS uuid) AND f.state <> 'CANCELLED' GROUP BY 1
    ) s ON s.order_line_id = l.id LEFT JOIN (
        SELECT a.order_line_id, sum(a.accepted) AS returned,
               sum(CASE WHEN r.received_at IS NULL THEN a.quantity ELSE a.accepted END) AS in_return
        FROM order_return r JOIN order_return_line a ON a.return_id = r.id
        WHERE r.order_id = CAST(:order_id AS uuid) AND r.state NOT IN ('DECLINED', 'CANCELLED') GROUP BY 1
    ) b ON b.order_line_id = l.id
    WHERE l.order_id = CAST(:order_id AS uuid)
    ORDER BY l.position, l.id
    """),
)
FIND = Question(
    _Fulfillment,
    select(*(getattr(FulfillmentRow, name) for name in _Fulfillment._fields)).where(
        FulfillmentRow.id == bindparam("fulfillment_id")
    ),
)
LINES = Question(
    _Line,
    select(FulfillmentLineRow.order_line_id, FulfillmentLineRow.quantity)
    .where(FulfillmentLineRow.fulfillment_id == bindparam("fulfillment_id"))
    .order_by(FulfillmentLineRow.order_line_id),
)
CONTENTS = Question(
    _Packed,
    select(
        OrderLineRow.product_name,
        OrderLineRow.variant_name,
        OrderLineRow.sku,
        FulfillmentLineRow.quantity,
        FulfillmentRow.carrier,
        FulfillmentRow.tracking_number,
        FulfillmentRow.tracking_url,
    )
    .join(FulfillmentLineRow, FulfillmentLineRow.order_line_id == OrderLineRow.id)
    .join(FulfillmentRow, FulfillmentRow.id == FulfillmentLineRow.fulfillment_id)
    .where(FulfillmentRow.id == bindparam("fulfillment_id"))
    .order_by(OrderLineRow.position, OrderLineRow.id),
)
UNDER_WAY = Question(
    _Id,
    select(FulfillmentRow.id)
    .where(FulfillmentRow.order_id == bindparam("order_id"), FulfillmentRow.state == FulfillmentState.SHIPPED.value)
    .order_by(FulfillmentRow.number),
)
ADD = Statement(
    text("""
    WITH parcel AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:warehouses AS uuid[]), CAST(:carriers AS text[]),
                             CAST(:numbers AS text[]), CAST(:urls AS text[]))
            WITH ORDINALITY AS p (id, warehouse_id, carrier, tracking_number, tracking_url, place)
    ), made AS (
        INSERT INTO fulfillment (id, order_id, number, warehouse_id, state, carrier, tracking_number, tracking_url, actor, created_at)
        SELECT p.id, CAST(:order_id AS uuid),
               (SELECT coalesce(max(f.number), 0) FROM fulfillment f WHERE f.order_id = CAST(:order_id AS uuid)) + p.place,
               p.warehouse_id, 'SHIPPED', p.carrier, p.tracking_number, p.tracking_url, CAST(:actor AS text),
               CAST(:now AS timestamptz)
        FROM parcel p
    )
    INSERT INTO fulfillment_line (fulfillment_id, order_line_id, quantity)
    SELECT * FROM unnest(CAST(:parcels AS uuid[]), CAST(:lines AS uuid[]), CAST(:quantities AS int[]))
    """)
)
MOVE = Statement(
    text("""
    UPDATE fulfillment SET state = CAST(:state AS text),
        delivered_at = CASE WHEN CAST(:state AS text) = 'DELIVERED' THEN CAST(:now AS timestamptz) END,
        cancelled_at = CASE WHEN CAST(:state AS text) = 'CANCELLED' THEN CAST(:now AS timestamptz) END,
        cancel_reason = CAST(:reason AS text)
    WHERE id = ANY(CAST(:ids AS uuid[]))
    """)
)
TRACK = Statement(
    update(FulfillmentRow)
    .where(FulfillmentRow.id == any_(ids()))
    .values(carrier=bindparam("carrier"), tracking_number=bindparam("number"), tracking_url=bindparam("url"))
)


class FulfillmentsRows:
    """`domain.fulfillments.store.FulfillmentsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def standings(self, order_id: OrderId) -> list[Standing]:
        rows = await self._transaction.rows(STANDINGS, order_id=order_id)
        return [
            Standing(
                line_id=OrderLineId(row.id),
                variant_id=VariantId(row.variant_id) if row.variant_id is not None else None,
                sku=row.sku,
                ordered=row.ordered,
                restocked=row.restocked,
                sent=row.sent,
                delivered=row.delivered,
                returned=row.returned,
                in_return=row.in_return,
                last_sent_at=row.last_sent_at,
            )
            for row in rows
        ]

    async def find(self, fulfillment_id: FulfillmentId) -> Fulfillment | None:
        row = await self._transaction.row(FIND, fulfillment_id=fulfillment_id)
        if row is None:
            return None
        lines = await self._transaction.rows(LINES, fulfillment_id=fulfillment_id)
        return Fulfillment(
            id=FulfillmentId(row.id),
            order_id=OrderId(row.order_id),
            number=row.number,
            warehouse_id=WarehouseId(row.warehouse_id) if row.warehouse_id is not None else None,
            state=FulfillmentState(row.state),
            lines=tuple(Units(OrderLineId(each.order_line_id), each.quantity) for each in lines),
        )

    async def contents(self, fulfillment_id: FulfillmentId) -> Contents | None:
        rows = await self._transaction.rows(CONTENTS, fulfillment_id=fulfillment_id)
        if not rows:
            return None
        first = rows[0]
        carrier = Carrier(first.carrier) if first.carrier is not None else None
        return Contents(
            tracking=Tracking(carrier=carrier, number=first.tracking_number, url=first.tracking_url),
            packed=tuple(Packed(row.product_name, row.variant_name, row.sku, row.quantity) for row in rows),
        )

    async def under_way(self, order_id: OrderId) -> list[FulfillmentId]:
        return [FulfillmentId(row.id) for row in await self._transaction.rows(UNDER_WAY, order_id=order_id)]

    async def add(self, order_id: OrderId, parcels: Sequence[Parcel], *, actor: str, now: datetime) -> None:
        if not parcels:
            return
        lines = [(each.id, line) for each in parcels for line in each.lines]
        await self._transaction.run(
            ADD,
            order_id=order_id,
            ids=[each.id for each in parcels],
            warehouses=[each.warehouse_id for each in parcels],
            carriers=[each.tracking.carrier.value if each.tracking.carrier is not None else None for each in parcels],
            numbers=[each.tracking.number for each in parcels],
            urls=[each.tracking.url for each in parcels],
            parcels=[parcel_id for parcel_id, _ in lines],
            lines=[line.line_id for _, line in lines],
            quantities=[line.quantity for _, line in lines],
            actor=actor,
            now=now,
        )

    async def move(
        self, fulfillment_ids: Sequence[FulfillmentId], to: FulfillmentState, *, now: datetime, reason: str | None = None
    ) -> None:
        await self._transaction.run(MOVE, ids=list(fulfillment_ids), state=to.value, now=now, reason=reason)

    async def track(self, fulfillment_id: FulfillmentId, tracking: Tracking) -> None:
        carrier = tracking.carrier.value if tracking.carrier is not None else None
        await self._transaction.run(TRACK, ids=[fulfillment_id], carrier=carrier, number=tracking.number, url=tracking.url)
