"""Reading payments: attempts and refunds with their orders, and for staff the inbox and what reconciliations found.

Attempts are read for whoever was let see their order; that is settled before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Integer, any_, bindparam, func, select, text
from sqlalchemy.types import Uuid

from domain.payments.model import FINISHED
from persistence.base import Row
from persistence.paging import Page, Place, page_of
from persistence.payments.tables import (
    NotificationRow,
    PaymentRow,
    ReconciliationFindingRow,
    ReconciliationRunRow,
    RefundRow,
)
from persistence.reader import Reader
from persistence.statement import Question, ids

V = TypeVar("V", bound=tuple[Any, ...])


class PaymentView(NamedTuple):
    """An attempt to pay. Amounts are minor units of `currency`."""

    id: UUID
    order_id: UUID
    provider: str
    reference: str | None
    state: str
    currency: str
    amount: int
    authorized: int
    captured: int
    refunded: int
    next_action: dict[str, str] | None
    failure_code: str | None
    failure_message: str | None
    method: dict[str, Any]
    fee: int | None
    fee_currency: str | None
    created_at: datetime
    updated_at: datetime


class RefundView(NamedTuple):
    """Money to give back, or given back."""

    id: UUID
    payment_id: UUID
    order_id: UUID
    currency: str
    amount: int
    reason: str
    state: str
    failure: str | None
    request_id: UUID | None
    created_at: datetime
    settled_at: datetime | None


class NotificationView(NamedTuple):
    """A message of a provider as it lies in the inbox."""

    id: UUID
    provider: str
    notification_id: str
    kind: str
    payload: dict[str, Any]
    state: str
    outcome: str | None
    attempts: int
    received_at: datetime


class RunView(NamedTuple):
    """A comparison with a provider's books."""

    id: UUID
    provider: str
    started_at: datetime
    finished_at: datetime | None
    payments_checked: int
    failure: str | None


class FindingView(NamedTuple):
    """A difference that a comparison found."""

    run_id: UUID
    position: int
    payment_id: UUID | None
    reference: str | None
    kind: str
    was_repaired: bool
    detail: dict[str, Any]


class _Total(NamedTuple):
    total: int


def _columns(table: type[Row], view: type[V]) -> list[Any]:
    return [getattr(table, name) for name in view._fields]  # type: ignore[attr-defined]


OF_ORDERS = Question(
    PaymentView,
    select(*_columns(PaymentRow, PaymentView))
    .where(PaymentRow.order_id == any_(ids()))
    .order_by(PaymentRow.order_id, PaymentRow.id),
    by="order_id",
)
BY_ID = Question(PaymentView, select(*_columns(PaymentRow, PaymentView)).where(PaymentRow.id == any_(ids())))
REFUNDS = Question(
    RefundView,
    select(*_columns(RefundRow, RefundView))
    .where(RefundRow.payment_id == any_(ids()))
    .order_by(RefundRow.payment_id, RefundRow.id),
    by="payment_id",
)
REFUNDS_OF_REQUESTS = Question(
    RefundView,
    select(*_columns(RefundRow, RefundView))
    .where(RefundRow.request_id == any_(ids()))
    .order_by(RefundRow.request_id, RefundRow.id),
    by="request_id",
)
REFUNDS_BY_ID = Question(RefundView, select(*_columns(RefundRow, RefundView)).where(RefundRow.id == any_(ids())))
FINDINGS = Question(
    FindingView,
    select(*_columns(ReconciliationFindingRow, FindingView))
    .where(ReconciliationFindingRow.run_id == any_(ids()))
    .order_by(ReconciliationFindingRow.run_id, ReconciliationFindingRow.position),
    by="run_id",
)
COUNT_NOTIFICATIONS = Question(
    _Total,
    select(func.count().label("total"))
    .select_from(NotificationRow)
    .where(NotificationRow.state == func.coalesce(bindparam("state"), NotificationRow.state)),
)
COUNT_RUNS = Question(_Total, select(func.count().label("total")).select_from(ReconciliationRunRow))


class Depth(NamedTuple):
    """Money on its way, and what only people can set right."""

    unfinished: int
    refunds: int
    parked: int
    unrepaired: int
    disputes: int


DEPTH = Question(
    Depth,
    text(f"""
    SELECT (SELECT count(*) FROM payment WHERE state NOT IN {tuple(each.value for each in FINISHED)}
            AND created_at < now() - interval '10 minutes') AS unfinished,
           (SELECT count(*) FROM refund WHERE state = 'PENDING') AS refunds,
           (SELECT count(*) FROM inbox WHERE state = 'PARKED') AS parked,
           (SELECT count(*) FROM reconciliation_run r JOIN reconciliation_finding f ON f.run_id = r.id
            WHERE NOT f.was_repaired AND r.started_at > now() - interval '30 days') AS unrepaired,
           (SELECT count(*) FROM dispute WHERE status = 'OPEN') AS disputes
    """),  # noqa: S608 - states of our own
)


async def payments_of_orders(reader: Reader, order_ids: Sequence[UUID]) -> list[list[PaymentView]]:
    """The attempts of each order, oldest first."""
    return await reader.many_each(OF_ORDERS, order_ids)


async def payments_by_id(reader: Reader, payment_ids: Sequence[UUID]) -> list[PaymentView | None]:
    """The attempts of these ids, in their order. Whose order they are of is the caller's to look at."""
    return await reader.one_each(BY_ID, payment_ids)


async def refunds_of_payments(reader: Reader, payment_ids: Sequence[UUID]) -> list[list[RefundView]]:
    """The refunds of each attempt, oldest first."""
    return await reader.many_each(REFUNDS, payment_ids)


async def refunds_of_requests(reader: Reader, request_ids: Sequence[UUID]) -> list[list[RefundView]]:
    """The refunds that were promised for each decision."""
    return await reader.many_each(REFUNDS_OF_REQUESTS, request_ids)


async def refunds_by_id(reader: Reader, refund_ids: Sequence[UUID]) -> list[RefundView | None]:
    """The refunds of these ids, in their order."""
    return await reader.one_each(REFUNDS_BY_ID, refund_ids)


async def findings_of_runs(reader: Reader, run_ids: Sequence[UUID]) -> list[list[FindingView]]:
    """What each run found, in its order."""
    return await reader.many_each(FINDINGS, run_ids)


@lru_cache(maxsize=32)
def _newest(table: type[Row], view: type[V], *, by_state: bool, has_place: bool, backwards: bool) -> Question[V]:
    """Newest first, by ids that grow with time; the other way round when read backwards."""
    key = table.__table__.c.id
    statement = select(*_columns(table, view))
    if by_state:
        statement = statement.where(table.__table__.c.state == bindparam("state"))
    if has_place:
        place = bindparam("at_id", type_=Uuid())
        statement = statement.where(key > place if backwards else key < place)
    ordered = statement.order_by(key.asc() if backwards else key.desc())
    return Question(view, ordered.limit(bindparam("count", type_=Integer())))


async def runs_page(reader: Reader, *, count: int, place: Place | None, backwards: bool) -> Page[RunView]:
    """A page of the comparisons, newest first."""
    question = _newest(ReconciliationRunRow, RunView, by_state=False, has_place=place is not None, backwards=backwards)
    at = {"at_id": place.id} if place is not None else {}
    rows = await reader.rows(question, count=count + 1, **at)
    return page_of(rows, count=count, backwards=backwards, from_cursor=place is not None)


async def runs_count(reader: Reader) -> int:
    """How many comparisons there were."""
    row = await reader.row(COUNT_RUNS)
    return row.total if row is not None else 0


async def notifications_page(
    reader: Reader, *, state: str | None, count: int, place: Place | None, backwards: bool
) -> Page[NotificationView]:
    """A page of the inbox, newest first."""
    question = _newest(
        NotificationRow,
        NotificationView,
        by_state=state is not None,
        has_place=place is not None,
        backwards=backwards,
    )
    at = {"at_id": place.id} if place is not None else {}
    wanted = {"state": state} if state is not None else {}
    rows = await reader.rows(question, count=count + 1, **at, **wanted)
    return page_of(rows, count=count, backwards=backwards, from_cursor=place is not None)


async def notifications_count(reader: Reader, state: str | None) -> int:
    """How many messages there are in the inbox, or of them in one state."""
    row = await reader.row(COUNT_NOTIFICATIONS, state=state)
    return row.total if row is not None else 0
