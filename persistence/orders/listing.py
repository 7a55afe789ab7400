"""Lists of orders: what staff look for, a page of it in either order, and how many there are.

Text is looked for by its beginning, which an index answers: columns are in collation "C", so that a beginning is a range.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    collate,
    func,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import Uuid

from domain.access.rules import email_key
from domain.ids import ChannelId
from persistence.channels.tables import ChannelRow
from persistence.orders.reads import ORDER_COLUMNS, OrderView
from persistence.orders.tables import OrderLineRow, OrderRow
from persistence.paging import Page, Place, decode_cursor, encode_cursor, page_of
from persistence.reader import Reader
from persistence.statement import Question, ids, many

FOUND_MAX = 10_000
"""As many addresses, and as many lines, are found by their beginning: the first by the alphabet."""
LAST_LETTER = "\U0010ffff"
"""Behind every text that anybody writes."""


class OrderSort(enum.Enum):
    """What a list of orders is sorted by; ties by id."""

    PLACED_DESC = "PLACED_DESC"
    PLACED_ASC = "PLACED_ASC"
    TOTAL_DESC = "TOTAL_DESC"
    TOTAL_ASC = "TOTAL_ASC"

    @property
    def falls(self) -> bool:
        """Whether the greatest comes first."""
        return self.name.endswith("_DESC")

    @property
    def kind(self) -> type[datetime | int]:
        """The type of its sort value."""
        return datetime if self.name.startswith("PLACED") else int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders: of a customer (None: of all), of channels (None: of all), and what staff look for. None asks nothing.

    `text` finds orders whose buyer's address, or a line's SKU, begins so in any letter case; with `text_number`, also those
    of that number.
    """

    customer_id: UUID | None = None
    channels: frozenset[ChannelId] | None = None
    channel: str | None = None
    statuses: tuple[str, ...] | None = None
    payment_statuses: tuple[str, ...] | None = None
    fulfillment_statuses: tuple[str, ...] | None = None
    number: int | None = None
    email_key: str | None = None
    sku: str | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    currency: str | None = None
    total_min: int | None = None
    total_max: int | None = None
    text: str | None = None
    text_number: int | None = None

    def asked(self) -> dict[str, Any]:
        """What is asked, by the names of conditions."""
        asked = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not None}
        if self.channels is not None:
            asked["channels"] = sorted(self.channels)
        if self.text is not None:
            asked["text_key"] = email_key(self.text)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asked.items()}


class _Total(NamedTuple):
    total: int


def _begins(column: ColumnElement[str] | Any, beginning: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(column >= beginning, column < beginning.concat(bindparam("last_letter", LAST_LETTER, type_=Text())))


def _folded(name: str) -> ColumnElement[str]:
    """A parameter as the index of SKUs has them: A to Z in any letter case."""
    return func.lower(collate(bindparam(name, type_=Text()), "C"))


def _searched(*, by_number: bool) -> ColumnElement[bool]:
    """Found by each index for itself: one condition over all of them would read every order."""
    sku = func.lower(OrderLineRow.sku)
    found: list[Select[Any]] = [
        select(OrderRow.id)
        .where(_begins(OrderRow.email_key, bindparam("text_key", type_=Text())))
        .order_by(OrderRow.email_key, OrderRow.id)
        .limit(FOUND_MAX),
        select(OrderLineRow.order_id)
        .where(_begins(sku, _folded("text")))
        .order_by(sku, OrderLineRow.order_id)
        .limit(FOUND_MAX),
    ]
    if by_number:
        found.append(select(OrderRow.id).where(OrderRow.number == bindparam("text_number", type_=BigInteger())))
    return OrderRow.id.in_(union_all(*(select(each.subquery()) for each in found)))


def _one_of(name: str, column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return column == any_(many(name, Text()))


_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "customer_id": OrderRow.customer_id == bindparam("customer_id"),
    "channels": OrderRow.channel_id == any_(ids("channels")),
    "channel": OrderRow.channel_id == select(ChannelRow.id).where(ChannelRow.slug == bindparam("channel")).scalar_subquery(),
    "statuses": _one_of("statuses", OrderRow.status),
    "payment_statuses": _one_of("payment_statuses", OrderRow.payment_status),
    "fulfillment_statuses": _one_of("fulfillment_statuses", OrderRow.fulfillment_status),
    "number": OrderRow.number == bindparam("number", type_=BigInteger()),
    "email_key": OrderRow.email_key == bindparam("email_key"),
    "sku": OrderRow.id.in_(
        select(OrderLineRow.order_id).where(
            func.lower(OrderLineRow.sku) == _folded("sku"), OrderLineRow.sku == bindparam("sku", type_=Text())
        )
    ),
    "placed_from": OrderRow.placed_at >= bindparam("placed_from", type_=DateTime(timezone=True)),
    "placed_before": OrderRow.placed_at < bindparam("placed_before", type_=DateTime(timezone=True)),
    "currency": OrderRow.currency == bindparam("currency"),
    "total_min": OrderRow.total >= bindparam("total_min", type_=BigInteger()),
    "total_max": OrderRow.total <= bindparam("total_max", type_=BigInteger()),
}


def _holding(names: frozenset[str]) -> list[ColumnElement[bool]]:
    """The conditions of one set of filters, always in one order."""
    conditions = [_CONDITIONS[name] for name in sorted(names) if name in _CONDITIONS]
    if "text" in names:
        conditions.append(_searched(by_number="text_number" in names))
    elif "text_number" in names:
        conditions.append(OrderRow.number == bindparam("text_number", type_=BigInteger()))
    return conditions


@lru_cache(maxsize=1024)
def _page(names: frozenset[str], sort: OrderSort, *, has_place: bool, backwards: bool) -> Question[OrderView]:
    """The statement for one set of filters and one order, read forwards or backwards."""
    value, value_type = (
        (OrderRow.placed_at, DateTime(timezone=True)) if sort.kind is datetime else (OrderRow.total, BigInteger())
    )
    falls = sort.falls is not backwards
    statement = select(*ORDER_COLUMNS).where(*_holding(names))
    if has_place:
        key = tuple_(value, OrderRow.id)
        place = tuple_(bindparam("at_value", type_=value_type), bindparam("at_id", type_=Uuid()))
        statement = statement.where(key < place if falls else key > place)
    direction = (value.desc(), OrderRow.id.desc()) if falls else (value.asc(), OrderRow.id.asc())
    return Question(OrderView, statement.order_by(*direction).limit(bindparam("count", type_=Integer())))


@lru_cache(maxsize=1024)
def _count(names: frozenset[str]) -> Question[_Total]:
    return Question(_Total, select(func.count().label("total")).select_from(OrderRow).where(*_holding(names)))


def cursor_in(sort: OrderSort, order: OrderView) -> str:
    """Where an order stands in a list of that order."""
    value: datetime | int = order.placed_at if sort.kind is datetime else order.total
    return encode_cursor(_mark(sort), Place(value, order.id))


def _mark(sort: OrderSort) -> str:
    return f"orders:{sort.value}"


async def orders_page(
    reader: Reader, wanted: OrderFilter, sort: OrderSort, *, count: int, cursor: str | None, backwards: bool
) -> Page[OrderView]:
    """A page of orders. Who may ask for whose is the caller's to have settled in `wanted`."""
    asked = wanted.asked()
    place = decode_cursor(_mark(sort), cursor, sort.kind) if cursor is not None else None
    at = {"at_value": place.value, "at_id": place.id} if place is not None else {}
    question = _page(frozenset(asked), sort, has_place=place is not None, backwards=backwards)
    rows = await reader.rows(question, **asked, **at, count=count + 1)
    return page_of(rows, count=count, backwards=backwards, from_cursor=place is not None)


async def orders_count(reader: Reader, wanted: OrderFilter) -> int:
    """How many orders there are of the kind."""
    asked = wanted.asked()
    row = await reader.row(_count(frozenset(asked)), **asked)
    return row.total if row is not None else 0
