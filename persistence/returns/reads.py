"""Reading returns. Whoever was let see an order may see what comes back of it; lists are for staff, by channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, any_, bindparam, func, select, text
from sqlalchemy.types import Uuid

from domain.ids import ChannelId
from persistence.orders.tables import OrderRow
from persistence.paging import Page, Place, decode_cursor, encode_cursor, page_of
from persistence.reader import Reader
from persistence.returns.tables import ReturnExchangeRow, ReturnReceiptRow, ReturnRefundRow, ReturnRow
from persistence.statement import Question, ids

ORDER = "returns"
"""What the cursors of the list are marked with."""


class ReturnView(NamedTuple):
    """A return as it stands."""

    id: UUID
    order_id: UUID
    number: int
    state: str
    note: str
    decline_reason: str | None
    requested_by: str
    created_at: datetime
    decided_at: datetime | None
    cancelled_at: datetime | None
    received_at: datetime | None
    completed_at: datetime | None


class ReturnLineView(NamedTuple):
    """Units of an order's line in a return, and what became of them."""

    return_id: UUID
    order_line_id: UUID
    product_name: str
    variant_name: str
    sku: str
    image_url: str | None
    quantity: int
    reason: str
    accepted: int
    refunded: int
    exchanged: int


class ReturnReceiptView(NamedTuple):
    """Units of one condition that came back."""

    return_id: UUID
    position: int
    order_line_id: UUID
    quantity: int
    condition: str
    warehouse_id: UUID | None


class ReturnableView(NamedTuple):
    """What of a line may be asked back, and until when its buyer may ask; None: nothing of it was sent."""

    id: UUID
    quantity: int
    until: datetime | None


class _Of(NamedTuple):
    return_id: UUID
    id: UUID


class _Total(NamedTuple):
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFilter:
    """Which returns: in a state, of an order, of channels. None asks nothing."""

    state: str | None = None
    order_id: UUID | None = None
    channels: frozenset[ChannelId] | None = None

    def asked(self) -> dict[str, Any]:
        """What is asked, by name."""
        channels = sorted(self.channels) if self.channels is not None else None
        named = {"state": self.state, "order_id": self.order_id, "channels": channels}
        return {name: value for name, value in named.items() if value is not None}


_COLUMNS = tuple(getattr(ReturnRow, name) for name in ReturnView._fields)
BY_ID = Question(ReturnView, select(*_COLUMNS).where(ReturnRow.id == any_(ids())))
OF_ORDERS = Question(
    ReturnView,
    select(*_COLUMNS).where(ReturnRow.order_id == any_(ids())).order_by(ReturnRow.order_id, ReturnRow.number),
    by="order_id",
)
LINES = Question(
    ReturnLineView,
    text("""
    SELECT a.return_id, a.order_line_id, l.product_name, l.variant_name, l.sku, l.image_url, a.quantity, a.reason, a.accepted,
           CAST(coalesce((
               SELECT sum(g.quantity) FROM order_return_refund b JOIN refund_request q ON q.id = b.request_id
               JOIN refund_line g ON g.request_id = q.id
               WHERE b.return_id = a.return_id AND g.order_line_id = a.order_line_id AND q.state = 'APPROVED'), 0) AS int)
               AS refunded,
           a.exchanged
    FROM order_return_line a JOIN order_line l ON l.id = a.order_line_id
    WHERE a.return_id = ANY(CAST(:ids AS uuid[])) ORDER BY a.return_id, l.position, l.id
    """),
    by="return_id",
)
RECEIPTS = Question(
    ReturnReceiptView,
    select(*(getattr(ReturnReceiptRow, name) for name in ReturnReceiptView._fields))
    .where(ReturnReceiptRow.return_id == any_(ids()))
    .order_by(ReturnReceiptRow.return_id, ReturnReceiptRow.position),
    by="return_id",
)
REQUESTS = Question(
    _Of,
    select(ReturnRefundRow.return_id, ReturnRefundRow.request_id.label("id"))
    .where(ReturnRefundRow.return_id == any_(ids()))
    .order_by(ReturnRefundRow.request_id),
    by="return_id",
)
REPLACEMENTS = Question(
    _Of,
    select(ReturnExchangeRow.return_id, ReturnExchangeRow.replacement_id.label("id"))
    .where(ReturnExchangeRow.return_id == any_(ids()))
    .order_by(ReturnExchangeRow.replacement_id),
    by="return_id",
)
RETURNABLE = Question(
    ReturnableView,
    text("""
    SELECT l.id, CAST(greatest(s.sent - greatest(s.sent + c.restocked - l.quantity, 0) - b.in_return, 0) AS int) AS quantity,
           s.last_sent_at + make_interval(days => h.return_days) AS until
    FROM order_line l JOIN orders o ON o.id = l.order_id JOIN channel h ON h.id = o.channel_id CROSS JOIN LATERAL (
        SELECT coalesce(sum(p.quantity), 0) AS sent, max(coalesce(f.delivered_at, f.created_at)) AS last_sent_at
        FROM fulfillment_line p JOIN fulfillment f ON f.id = p.fulfillment_id
        WHERE p.order_line_id = l.id AND f.state <> 'CANCELLED') s CROSS JOIN LATERAL (
        SELECT coalesce(sum(g.quantity), 0) AS restocked FROM refund_line g JOIN refund_request q ON q.id = g.request_id
        WHERE g.order_line_id = l.id AND g.restocks AND q.state = 'APPROVED') c CROSS JOIN LATERAL (
        SELECT coalesce(sum(CASE WHEN r.received_at IS NULL THEN a.quantity ELSE a.accepted END), 0) AS in_return
        FROM order_return_line a JOIN order_return r ON r.id = a.return_id
        WHERE a.order_line_id = l.id AND r.state NOT IN ('DECLINED', 'CANCELLED')) b
    WHERE l.id = ANY(CAST(:ids AS uuid[]))
    """),
)
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "state": ReturnRow.state == bindparam("state"),
    "order_id": ReturnRow.order_id == bindparam("order_id", type_=Uuid()),
    "channels": ReturnRow.order_id.in_(select(OrderRow.id).where(OrderRow.channel_id == any_(ids("channels")))),
}


@lru_cache(maxsize=64)
def _page(names: frozenset[str], *, has_place: bool, backwards: bool) -> Question[ReturnView]:
    """The statement of one shape of question, newest first: their ids are sorted by time."""
    statement = select(*_COLUMNS).where(*(_CONDITIONS[name] for name in sorted(names)))
    if has_place:
        place = bindparam("place", type_=Uuid())
        statement = statement.where(ReturnRow.id > place if backwards else ReturnRow.id < place)
    order = ReturnRow.id.asc() if backwards else ReturnRow.id.desc()
    return Question(ReturnView, statement.order_by(order).limit(bindparam("count", type_=Integer())))


@lru_cache(maxsize=16)
def _count(names: frozenset[str]) -> Question[_Total]:
    counted = select(func.count().label("total")).select_from(ReturnRow)
    return Question(_Total, counted.where(*(_CONDITIONS[name] for name in sorted(names))))


async def returns_by_id(reader: Reader, return_ids: Sequence[UUID]) -> list[ReturnView | None]:
    """The returns with these ids; whose they are is the caller's to ask."""
    return await reader.one_each(BY_ID, return_ids)


async def returns_of_orders(reader: Reader, order_ids: Sequence[UUID]) -> list[list[ReturnView]]:
    """The returns of each order, by number."""
    return await reader.many_each(OF_ORDERS, order_ids)


async def lines_of_returns(reader: Reader, return_ids: Sequence[UUID]) -> list[list[ReturnLineView]]:
    """The lines of each return, in the order's order."""
    return await reader.many_each(LINES, return_ids)


async def receipts_of_returns(reader: Reader, return_ids: Sequence[UUID]) -> list[list[ReturnReceiptView]]:
    """What of each return came back, as it was noted."""
    return await reader.many_each(RECEIPTS, return_ids)


async def requests_of_returns(reader: Reader, return_ids: Sequence[UUID]) -> list[list[UUID]]:
    """The decisions to give money back for each return, oldest first."""
    return [[each.id for each in found] for found in await reader.many_each(REQUESTS, return_ids)]


async def replacements_of_returns(reader: Reader, return_ids: Sequence[UUID]) -> list[list[UUID]]:
    """The orders that were made in exchange for each return, oldest first."""
    return [[each.id for each in found] for found in await reader.many_each(REPLACEMENTS, return_ids)]


async def returnable_of_lines(reader: Reader, line_ids: Sequence[UUID]) -> list[ReturnableView]:
    """What of each line may be asked back."""
    found = await reader.one_each(RETURNABLE, line_ids)
    return [each or ReturnableView(line_id, 0, None) for each, line_id in zip(found, line_ids, strict=True)]


async def returns_page(
    reader: Reader, wanted: ReturnFilter, *, count: int, cursor: str | None, backwards: bool
) -> Page[ReturnView]:
    """A page of returns, newest first. Raises `BadCursor`."""
    asked = wanted.asked()
    at = {"place": decode_cursor(ORDER, cursor, None).id} if cursor is not None else {}
    question = _page(frozenset(asked), has_place=cursor is not None, backwards=backwards)
    rows = await reader.rows(question, **asked, **at, count=count + 1)
    return page_of(rows, count=count, backwards=backwards, from_cursor=cursor is not None)


async def count_returns(reader: Reader, wanted: ReturnFilter) -> int:
    """How many returns there are of those wanted."""
    asked = wanted.asked()
    row = await reader.row(_count(frozenset(asked)), **asked)
    return row.total if row is not None else 0


def return_cursor(row: ReturnView) -> str:
    """The place of a return in the list."""
    return encode_cursor(ORDER, Place(None, row.id))
