"""Reading shipments. Whoever was let see an order may see what was sent of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, select, text

from persistence.fulfillments.tables import FulfillmentLineRow, FulfillmentRow
from persistence.orders.tables import OrderLineRow
from persistence.reader import Reader
from persistence.statement import Question, ids


class FulfillmentView(NamedTuple):
    """A shipment and how it can be followed."""

    id: UUID
    order_id: UUID
    number: int
    warehouse_id: UUID | None
    state: str
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    cancel_reason: str | None
    created_at: datetime
    delivered_at: datetime | None
    cancelled_at: datetime | None


class FulfillmentLineView(NamedTuple):
    """Units of an order's line in a shipment."""

    fulfillment_id: UUID
    order_line_id: UUID
    product_name: str
    variant_name: str
    sku: str
    image_url: str | None
    quantity: int


class _Open(NamedTuple):
    id: UUID
    quantity: int


_COLUMNS = tuple(getattr(FulfillmentRow, name) for name in FulfillmentView._fields)
BY_ID = Question(FulfillmentView, select(*_COLUMNS).where(FulfillmentRow.id == any_(ids())))
OF_ORDERS = Question(
    FulfillmentView,
    select(*_COLUMNS).where(FulfillmentRow.order_id == any_(ids())).order_by(FulfillmentRow.order_id, FulfillmentRow.number),
    by="order_id",
)
LINES = Question(
    FulfillmentLineView,
    select(
        FulfillmentLineRow.fulfillment_id,
        FulfillmentLineRow.order_line_id,
        OrderLineRow.product_name,
        OrderLineRow.variant_name,
        OrderLineRow.sku,
        OrderLineRow.image_url,
        FulfillmentLineRow.quantity,
    )
    .join(OrderLineRow, OrderLineRow.id == FulfillmentLineRow.order_line_id)
    .where(FulfillmentLineRow.fulfillment_id == any_(ids()))
    .order_by(FulfillmentLineRow.fulfillment_id, OrderLineRow.position, OrderLineRow.id),
    by="fulfillment_id",
)
OPEN = Question(
    _Open,
    text("""
    SELECT l.id, CAST(CASE WHEN o.status = 'CANCELLED' THEN 0 ELSE greatest(l.quantity - coalesce((
               SELECT sum(b.quantity) FROM refund_line b JOIN refund_request r ON r.id = b.request_id
               WHERE b.order_line_id = l.id AND b.restocks AND r.state = 'APPROVED'), 0) - coalesce((
               SELECT sum(p.quantity) FROM fulfillment_line p JOIN fulfillment f ON f.id = p.fulfillment_id
               WHERE p.order_line_id = l.id AND f.state <> 'CANCELLED'), 0), 0) END AS int) AS quantity
    FROM order_line l JOIN orders o ON o.id = l.order_id WHERE l.id = ANY(CAST(:ids AS uuid[]))
    """),
)


async def fulfillments_by_id(reader: Reader, fulfillment_ids: Sequence[UUID]) -> list[FulfillmentView | None]:
    """The shipments with these ids; whose they are is the caller's to ask."""
    return await reader.one_each(BY_ID, fulfillment_ids)


async def fulfillments_of_orders(reader: Reader, order_ids: Sequence[UUID]) -> list[list[FulfillmentView]]:
    """The shipments of each order, by number."""
    return await reader.many_each(OF_ORDERS, order_ids)


async def lines_of_fulfillments(reader: Reader, fulfillment_ids: Sequence[UUID]) -> list[list[FulfillmentLineView]]:
    """The lines of each shipment, in the order's order."""
    return await reader.many_each(LINES, fulfillment_ids)


async def open_of_lines(reader: Reader, line_ids: Sequence[UUID]) -> list[int]:
    """How many units of each line are still to be sent."""
    return [each.quantity if each is not None else 0 for each in await reader.one_each(OPEN, line_ids)]
