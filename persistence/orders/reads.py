"""Reading orders. Every read says for whom: an order that is not the viewer's is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, any_, bindparam, column, func, lateral, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from domain.ids import ChannelId
from domain.orders.model import OrderStatus
from domain.viewer import App, Customer, Guest, Machine, Permission, Staff, Viewer, holds_in
from persistence.orders.tables import OrderEventRow, OrderLineRow, OrderNoteRow, OrderRow
from persistence.reader import Reader
from persistence.statement import Question, ids


class OrderView(NamedTuple):
    """An order as it was agreed and as it stands. Amounts are minor units of `currency`."""

    id: UUID
    cart_id: UUID
    channel_id: UUID
    number: int
    customer_id: UUID | None
    email: str
    status: str
    payment_status: str
    fulfillment_status: str
    currency: str
    country: str
    language: str
    shipping_address: dict[str, Any] | None
    billing_address: dict[str, Any]
    delivery: dict[str, Any] | None
    coupon_code: str | None
    note: str
    subtotal: int
    discount: int
    shipping: int
    tax_added: int
    tax_total: int
    total: int
    explanation: dict[str, Any]
    authorized: int
    captured: int
    refunded: int
    edited_back: int
    event_seq: int
    version: int
    cancel_reason: str | None
    placed_at: datetime
    updated_at: datetime

    @property
    def due(self) -> int:
        """What has still to come in."""
        is_off = self.status == OrderStatus.CANCELLED.value
        return 0 if is_off else max(self.total + self.edited_back - self.captured, 0)


class OrderLineView(NamedTuple):
    """A line as it was sold, with its order's currency."""

    id: UUID
    order_id: UUID
    position: int
    variant_id: UUID | None
    product_name: str
    variant_name: str
    sku: str
    image_url: str | None
    quantity: int
    unit_price: int
    discount: int
    tax_basis_points: int
    tax_added: int
    tax_total: int
    total: int
    currency: str


class OrderEventView(NamedTuple):
    """An entry of an order's history: what happened, and the states after it."""

    order_id: UUID
    seq: int
    kind: str
    actor: str
    status: str
    payment_status: str
    fulfillment_status: str
    data: dict[str, Any]
    created_at: datetime


class OrderNoteView(NamedTuple):
    """What staff wrote about an order; its buyer sees what is public."""

    id: UUID
    order_id: UUID
    text: str
    is_public: bool
    author: str
    created_at: datetime


NOTES_MAX = 100
"""Notes of an order that are shown: the latest internal ones, and as many public ones, so that none hides another's."""
EVENTS_MAX = 200
"""Entries of a history read at once; a catch-up goes on from the last."""
ORDER_COLUMNS = tuple(getattr(OrderRow, name) for name in OrderView._fields)
BY_ID = Question(OrderView, select(*ORDER_COLUMNS).where(OrderRow.id == any_(ids())))
BY_NUMBER = Question(
    OrderView,
    select(*ORDER_COLUMNS).where(OrderRow.channel_id == bindparam("channel_id"), OrderRow.number == bindparam("number")),
)
BY_CART = Question(OrderView, select(*ORDER_COLUMNS).where(OrderRow.cart_id == any_(ids())), by="cart_id")
LINES = Question(
    OrderLineView,
    select(*(getattr(OrderLineRow, name) for name in OrderLineView._fields[:-1]), OrderRow.currency)
    .join(OrderRow, OrderRow.id == OrderLineRow.order_id)
    .where(OrderLineRow.order_id == any_(ids()))
    .order_by(OrderLineRow.order_id, OrderLineRow.position),
    by="order_id",
)
_RECENT = (
    select(
        *(getattr(OrderEventRow, name) for name in OrderEventView._fields),
        func.row_number().over(partition_by=OrderEventRow.order_id, order_by=OrderEventRow.seq.desc()).label("place"),
    )
    .where(OrderEventRow.order_id == any_(ids()))
    .subquery()
)
EVENTS = Question(
    OrderEventView,
    select(*(_RECENT.c[name] for name in OrderEventView._fields))
    .where(_RECENT.c.place <= EVENTS_MAX)
    .order_by(_RECENT.c.order_id, _RECENT.c.seq),
    by="order_id",
)
EVENTS_AFTER = Question(
    OrderEventView,
    select(*(getattr(OrderEventRow, name) for name in OrderEventView._fields))
    .where(OrderEventRow.order_id == bindparam("order_id"), OrderEventRow.seq > bindparam("after", type_=Integer()))
    .order_by(OrderEventRow.seq)
    .limit(EVENTS_MAX),
)
NOTES_BY_ID = Question(
    OrderNoteView,
    select(*(getattr(OrderNoteRow, name) for name in OrderNoteView._fields)).where(OrderNoteRow.id == any_(ids())),
)
_LATEST = (
    select(
        *(getattr(OrderNoteRow, name) for name in OrderNoteView._fields),
        func.row_number()
        .over(
            partition_by=(OrderNoteRow.order_id, OrderNoteRow.is_public),
            order_by=(OrderNoteRow.created_at.desc(), OrderNoteRow.id.desc()),
        )
        .label("place"),
    )
    .where(OrderNoteRow.order_id == any_(ids()))
    .subquery()
)
NOTES = Question(
    OrderNoteView,
    select(*(_LATEST.c[name] for name in OrderNoteView._fields))
    .where(_LATEST.c.place <= NOTES_MAX)
    .order_by(_LATEST.c.order_id, _LATEST.c.created_at, _LATEST.c.id),
    by="order_id",
)
_PLACE = (
    func.unnest(ids(), bindparam("after", type_=ARRAY(Integer())))
    .table_valued(column("order_id", Uuid()), column("after", Integer()), name="place")
    .render_derived()
)
_EACH_AFTER = lateral(
    select(*(getattr(OrderEventRow, name) for name in OrderEventView._fields))
    .where(OrderEventRow.order_id == _PLACE.c.order_id, OrderEventRow.seq > _PLACE.c.after)
    .order_by(OrderEventRow.seq)
    .limit(EVENTS_MAX),
    name="entry",
)
EVENTS_AFTER_EACH = Question(
    OrderEventView,
    select(*_EACH_AFTER.c).select_from(_PLACE).join(_EACH_AFTER, true()).order_by(_EACH_AFTER.c.order_id, _EACH_AFTER.c.seq),
)


def visible(order: OrderView | None, viewer: Viewer) -> OrderView | None:
    """The order, if it is the viewer's to see by who they are; holders of its token are another matter."""
    match viewer:
        case Customer(id=customer_id):
            return order if order is not None and order.customer_id == customer_id else None
        case Staff() | App() | Machine():
            reached = order is not None and holds_in(viewer, Permission.READ_ORDERS, ChannelId(order.channel_id))
            return order if reached else None
        case Guest():
            return None


async def orders_by_id(reader: Reader, order_ids: Sequence[UUID], *, viewer: Viewer) -> list[OrderView | None]:
    """The orders with these ids that the viewer may see; in the ids' order, None for the rest."""
    return [visible(each, viewer) for each in await reader.one_each(BY_ID, order_ids)]


async def orders_of_holders(reader: Reader, order_ids: Sequence[UUID]) -> list[OrderView | None]:
    """Orders for whoever has shown that they were given them: by their tokens, or the carts they came from."""
    return await reader.one_each(BY_ID, order_ids)


async def orders_of_carts(reader: Reader, cart_ids: Sequence[UUID]) -> list[OrderView | None]:
    """The order each cart has become, for whoever holds the carts."""
    return await reader.one_each(BY_CART, cart_ids)


async def order_by_number(reader: Reader, channel_id: UUID, number: int, *, viewer: Viewer) -> OrderView | None:
    """An order by its number in a channel, if the viewer may see it."""
    return visible(await reader.row(BY_NUMBER, channel_id=channel_id, number=number), viewer)


async def lines_of_orders(reader: Reader, order_ids: Sequence[UUID]) -> list[list[OrderLineView]]:
    """The lines of each order, in their order."""
    return await reader.many_each(LINES, order_ids)


async def events_of_orders(reader: Reader, order_ids: Sequence[UUID]) -> list[list[OrderEventView]]:
    """The history of each order, oldest first; of a very long one the latest entries."""
    return await reader.many_each(EVENTS, order_ids)


async def notes_of_orders(reader: Reader, order_ids: Sequence[UUID]) -> list[list[OrderNoteView]]:
    """The notes of each order, oldest first; of very many the latest. Who may see which is the caller's to settle."""
    return await reader.many_each(NOTES, order_ids)


async def notes_by_id(reader: Reader, note_ids: Sequence[UUID]) -> list[OrderNoteView | None]:
    """Notes by their ids, in the ids' order."""
    return await reader.one_each(NOTES_BY_ID, note_ids)


async def events_after(reader: Reader, order_id: UUID, after: int) -> list[OrderEventView]:
    """The history of one order from an entry on, a bounded piece at a time; always read anew."""
    return await reader.rows(EVENTS_AFTER, order_id=order_id, after=after)


async def events_after_each(reader: Reader, places: Mapping[UUID, int]) -> list[OrderEventView]:
    """The histories of several orders, each from an entry on and by a bounded piece; always read anew."""
    return await reader.rows(EVENTS_AFTER_EACH, ids=list(places), after=list(places.values()))
