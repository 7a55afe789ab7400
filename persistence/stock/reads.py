"""Reading stock, for staff: levels, movements and warehouses. What buyers may know of it goes with the variants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Integer, any_, bindparam, func, select, tuple_
from sqlalchemy.types import Uuid

from persistence.paging import Page, Place, page_of
from persistence.reader import Reader
from persistence.statement import Question, ids
from persistence.stock.tables import StockMovementRow, StockRow, WarehouseRow


class WarehouseView(NamedTuple):
    """A place where goods lie; the lowest priority is taken from first."""

    id: UUID
    slug: str
    name: str
    country: str
    priority: int
    is_active: bool


class StockLevelView(NamedTuple):
    """What lies of a variant in a warehouse, and how much of it is reserved."""

    variant_id: UUID
    warehouse_id: UUID
    on_hand: int
    reserved: int


class StockMovementView(NamedTuple):
    """One change of what lies in a warehouse."""

    id: UUID
    variant_id: UUID
    warehouse_id: UUID
    delta: int
    reason: str
    order_id: UUID | None
    actor: str
    created_at: datetime


class _Count(NamedTuple):
    total: int


WAREHOUSES = Question(
    WarehouseView,
    select(*(getattr(WarehouseRow, name) for name in WarehouseView._fields)).order_by(WarehouseRow.priority, WarehouseRow.slug),
)
LEVELS = Question(
    StockLevelView,
    select(*(getattr(StockRow, name) for name in StockLevelView._fields))
    .where(StockRow.variant_id == any_(ids()))
    .order_by(StockRow.variant_id, StockRow.warehouse_id),
    by="variant_id",
)
MOVEMENTS_COUNT = Question(
    _Count,
    select(func.count().label("total"))
    .select_from(StockMovementRow)
    .where(StockMovementRow.variant_id == bindparam("variant_id")),
)


async def warehouses(reader: Reader) -> list[WarehouseView]:
    """Every warehouse, in the order they are taken from."""
    return await reader.rows(WAREHOUSES)


async def levels_of_variants(reader: Reader, variant_ids: Sequence[UUID]) -> list[list[StockLevelView]]:
    """The levels of each variant, over all warehouses."""
    return await reader.many_each(LEVELS, variant_ids)


@lru_cache(maxsize=8)
def _movements(*, has_place: bool, backwards: bool) -> Question[StockMovementView]:
    """Newest first, or oldest first when read backwards."""
    key = tuple_(StockMovementRow.created_at, StockMovementRow.id)
    statement = select(*(getattr(StockMovementRow, name) for name in StockMovementView._fields)).where(
        StockMovementRow.variant_id == bindparam("variant_id")
    )
    if has_place:
        place = tuple_(bindparam("at_time", type_=DateTime(timezone=True)), bindparam("at_id", type_=Uuid()))
        statement = statement.where(key > place if backwards else key < place)
    columns = (StockMovementRow.created_at, StockMovementRow.id)
    direction = [each.asc() if backwards else each.desc() for each in columns]
    return Question(StockMovementView, statement.order_by(*direction).limit(bindparam("count", type_=Integer())))


async def movements_page(
    reader: Reader, variant_id: UUID, *, count: int, place: Place | None, backwards: bool
) -> Page[StockMovementView]:
    """A page of a variant's movements, newest first."""
    at = {"at_time": place.value, "at_id": place.id} if place is not None else {}
    question = _movements(has_place=place is not None, backwards=backwards)
    rows = await reader.rows(question, variant_id=variant_id, **at, count=count + 1)
    return page_of(rows, count=count, backwards=backwards, from_cursor=place is not None)


async def movements_count(reader: Reader, variant_id: UUID) -> int:
    """How many movements a variant has had."""
    row = await reader.row(MOVEMENTS_COUNT, variant_id=variant_id)
    return row.total if row is not None else 0
