"""Reading what staff sees of payments: money asked for and to be given back, disputes, statements; and customers' kept methods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import any_, select

from persistence.base import Row
from persistence.payments.tables import CaptureRow, DisputeRow, PaymentMethodRow, RefundLineRow, RefundRequestRow
from persistence.reader import Reader
from persistence.statement import Question, ids

V = TypeVar("V", bound=tuple[Any, ...])


class CaptureView(NamedTuple):
    """Money that staff asked to be taken."""

    id: UUID
    payment_id: UUID
    currency: str
    amount: int
    state: str
    failure: str | None
    requested_by: str
    created_at: datetime
    settled_at: datetime | None


class DisputeView(NamedTuple):
    """A buyer's bank that asks money back."""

    id: UUID
    payment_id: UUID
    order_id: UUID
    reference: str
    currency: str
    amount: int
    reason: str
    status: str
    respond_by: datetime
    opened_at: datetime
    closed_at: datetime | None


class RequestView(NamedTuple):
    """A decision to give money back."""

    id: UUID
    order_id: UUID
    currency: str
    amount: int
    shipping: int
    reason: str
    state: str
    takes_two: bool
    requested_by: str
    decided_by: str | None
    created_at: datetime
    decided_at: datetime | None


class RequestLineView(NamedTuple):
    """Goods of a decision."""

    request_id: UUID
    order_line_id: UUID
    quantity: int
    amount: int
    restocks: bool


class MethodView(NamedTuple):
    """A method that is kept for its owner."""

    id: UUID
    customer_id: UUID
    provider: str
    brand: str
    last4: str
    expires_on: date | None
    created_at: datetime


def _columns(table: type[Row], view: type[V]) -> list[Any]:
    return [getattr(table, name) for name in view._fields]  # type: ignore[attr-defined]


CAPTURES = Question(
    CaptureView,
    select(*_columns(CaptureRow, CaptureView))
    .where(CaptureRow.payment_id == any_(ids()))
    .order_by(CaptureRow.payment_id, CaptureRow.id),
    by="payment_id",
)
CAPTURES_BY_ID = Question(CaptureView, select(*_columns(CaptureRow, CaptureView)).where(CaptureRow.id == any_(ids())))
DISPUTES = Question(
    DisputeView,
    select(*_columns(DisputeRow, DisputeView))
    .where(DisputeRow.order_id == any_(ids()))
    .order_by(DisputeRow.order_id, DisputeRow.id),
    by="order_id",
)
REQUESTS = Question(
    RequestView,
    select(*_columns(RefundRequestRow, RequestView))
    .where(RefundRequestRow.order_id == any_(ids()))
    .order_by(RefundRequestRow.order_id, RefundRequestRow.id),
    by="order_id",
)
REQUESTS_BY_ID = Question(
    RequestView, select(*_columns(RefundRequestRow, RequestView)).where(RefundRequestRow.id == any_(ids()))
)
REQUEST_LINES = Question(
    RequestLineView,
    select(*_columns(RefundLineRow, RequestLineView))
    .where(RefundLineRow.request_id == any_(ids()))
    .order_by(RefundLineRow.request_id, RefundLineRow.order_line_id),
    by="request_id",
)
METHODS = Question(
    MethodView,
    select(*_columns(PaymentMethodRow, MethodView))
    .where(PaymentMethodRow.customer_id == any_(ids()), PaymentMethodRow.forgotten_at.is_(None))
    .order_by(PaymentMethodRow.customer_id, PaymentMethodRow.id),
    by="customer_id",
)


async def captures_of_payments(reader: Reader, payment_ids: Sequence[UUID]) -> list[list[CaptureView]]:
    """What staff asked to be taken of each payment, oldest first."""
    return await reader.many_each(CAPTURES, payment_ids)


async def captures_by_id(reader: Reader, capture_ids: Sequence[UUID]) -> list[CaptureView | None]:
    """The captures of these ids, in their order."""
    return await reader.one_each(CAPTURES_BY_ID, capture_ids)


async def disputes_of_orders(reader: Reader, order_ids: Sequence[UUID]) -> list[list[DisputeView]]:
    """The disputes of each order, oldest first."""
    return await reader.many_each(DISPUTES, order_ids)


async def requests_of_orders(reader: Reader, order_ids: Sequence[UUID]) -> list[list[RequestView]]:
    """Decisions to give money back of each order, oldest first."""
    return await reader.many_each(REQUESTS, order_ids)


async def requests_by_id(reader: Reader, request_ids: Sequence[UUID]) -> list[RequestView | None]:
    """The decisions of these ids, in their order."""
    return await reader.one_each(REQUESTS_BY_ID, request_ids)


async def lines_of_requests(reader: Reader, request_ids: Sequence[UUID]) -> list[list[RequestLineView]]:
    """The goods of each decision."""
    return await reader.many_each(REQUEST_LINES, request_ids)


async def methods_of_customers(reader: Reader, customer_ids: Sequence[UUID]) -> list[list[MethodView]]:
    """The methods that are kept for each customer, oldest first."""
    return await reader.many_each(METHODS, customer_ids)
