"""Reading providers' statements, with what each of their lines was found to be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Integer, any_, bindparam, func, literal_column, select
from sqlalchemy.types import Uuid

from domain.payments.statements import UNMATCHED
from persistence.paging import Page, Place, page_of
from persistence.payments.tables import SettlementLineRow, SettlementRow
from persistence.reader import Reader
from persistence.statement import Question, ids

OPEN_LINES_MAX = 200


class SettlementView(NamedTuple):
    """A statement that was taken."""

    id: UUID
    provider: str
    file_name: str
    rows: int
    unmatched: int
    imported_by: str
    imported_at: datetime


class SettlementLineView(NamedTuple):
    """A line of a statement. Amounts are minor units of `currency`."""

    settlement_id: UUID
    line: int
    kind: str
    reference: str
    currency: str
    amount: int
    fee: int
    occurred_at: datetime | None
    outcome: str
    payment_id: UUID | None
    detail: str


class _Total(NamedTuple):
    total: int


class OutcomeView(NamedTuple):
    """How many lines of a statement were found to be something."""

    settlement_id: UUID
    outcome: str
    total: int


_COLUMNS = tuple(getattr(SettlementRow, name) for name in SettlementView._fields)
COUNT = Question(_Total, select(func.count().label("total")).select_from(SettlementRow))
BY_ID = Question(SettlementView, select(*_COLUMNS).where(SettlementRow.id == any_(ids())))
_ranked = (
    select(
        *(getattr(SettlementLineRow, name) for name in SettlementLineView._fields),
        func.row_number().over(partition_by=SettlementLineRow.settlement_id, order_by=SettlementLineRow.line).label("place"),
    )
    .where(
        SettlementLineRow.settlement_id == any_(ids()),
        SettlementLineRow.outcome.in_([literal_column(f"'{each.value}'") for each in UNMATCHED]),
    )
    .subquery()
)
OPEN_LINES = Question(
    SettlementLineView,
    select(*(_ranked.c[name] for name in SettlementLineView._fields))
    .where(_ranked.c.place <= OPEN_LINES_MAX)
    .order_by(_ranked.c.settlement_id, _ranked.c.line),
    by="settlement_id",
)
OUTCOMES = Question(
    OutcomeView,
    select(SettlementLineRow.settlement_id, SettlementLineRow.outcome, func.count().label("total"))
    .where(SettlementLineRow.settlement_id == any_(ids()))
    .group_by(SettlementLineRow.settlement_id, SettlementLineRow.outcome)
    .order_by(SettlementLineRow.settlement_id, SettlementLineRow.outcome),
    by="settlement_id",
)


@lru_cache(maxsize=4)
def _newest(*, has_place: bool, backwards: bool) -> Question[SettlementView]:
    statement = select(*_COLUMNS)
    if has_place:
        place = bindparam("at_id", type_=Uuid())
        statement = statement.where(SettlementRow.id > place if backwards else SettlementRow.id < place)
    ordered = statement.order_by(SettlementRow.id.asc() if backwards else SettlementRow.id.desc())
    return Question(SettlementView, ordered.limit(bindparam("count", type_=Integer())))


async def settlements_page(reader: Reader, *, count: int, place: Place | None, backwards: bool) -> Page[SettlementView]:
    """A page of the statements, newest first."""
    at = {"at_id": place.id} if place is not None else {}
    question = _newest(has_place=place is not None, backwards=backwards)
    rows = await reader.rows(question, count=count + 1, **at)
    return page_of(rows, count=count, backwards=backwards, from_cursor=place is not None)


async def settlements_count(reader: Reader) -> int:
    """How many statements were taken."""
    row = await reader.row(COUNT)
    return row.total if row is not None else 0


async def settlements_by_id(reader: Reader, settlement_ids: Sequence[UUID]) -> list[SettlementView | None]:
    """The statements of these ids, in their order."""
    return await reader.one_each(BY_ID, settlement_ids)


async def open_lines(reader: Reader, settlement_ids: Sequence[UUID]) -> list[list[SettlementLineView]]:
    """The first 200 lines of each statement that somebody has to look at."""
    return await reader.many_each(OPEN_LINES, settlement_ids)


async def outcomes(reader: Reader, settlement_ids: Sequence[UUID]) -> list[list[OutcomeView]]:
    """Of each statement: how many lines were found to be what."""
    return await reader.many_each(OUTCOMES, settlement_ids)
