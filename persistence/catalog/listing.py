"""Pages of products: filtered, sorted, by keyset, for the whole shop or within many categories or collections at once.

One statement per page or per level of pages (LATERAL), compiled once per shape. Order is total: the sort value, then id.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Uuid,
    and_,
    bindparam,
    cast,
    column,
    func,
    lateral,
    select,
    true,
    tuple_,
)
from sqlalchemy.sql.selectable import TableValuedAlias

from persistence.catalog.filters import Filter, Shape, condition, in_category, split, text_query
from persistence.catalog.tables import ProductCollectionRow, ProductRow
from persistence.catalog.views import LISTED, ProductView, Shelf, no_parent, product_columns, product_is_visible
from persistence.paging import Page, decode_cursor, encode_cursor, page_of
from persistence.paging import Place as CursorPlace
from persistence.prices.tables import ListingRow
from persistence.reader import Reader
from persistence.statement import Question, ids

Parents = TableValuedAlias
WITHOUT_PRICE = 2**62
"""Where a product without a price sorts: after all others (only staff see it)."""
RANK_STEPS = 1_000_000


class Order(enum.Enum):
    """What a list is sorted by; the value names it in cursors."""

    PRICE_ASC = "price+"
    PRICE_DESC = "price-"
    NAME_ASC = "name+"
    NAME_DESC = "name-"
    CREATED_ASC = "created+"
    CREATED_DESC = "created-"
    RELEVANCE = "relevance-"
    POSITION = "position+"

    @property
    def descends(self) -> bool:
        return self.value.endswith("-")

    @property
    def kind(self) -> type[str | int | datetime]:
        """The type of the sort value."""
        match self:
            case Order.NAME_ASC | Order.NAME_DESC:
                return str
            case Order.CREATED_ASC | Order.CREATED_DESC:
                return datetime
            case _:
                return int


class Scope(enum.Enum):
    """Within what a list is: everything, a category with all below it, or a collection."""

    SHOP = "SHOP"
    CATEGORY = "CATEGORY"
    COLLECTION = "COLLECTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A list as it was asked for, without the page. `text` is what RELEVANCE ranks by, folded."""

    scope: Scope
    wanted: Filter
    order: Order
    text: str = ""


class Total(NamedTuple):
    """How many products a list has within a parent."""

    parent_id: UUID | None
    number: int


@dataclass(frozen=True, slots=True)
class _Form:
    """All that decides the text of a page's statement."""

    scope: Scope
    shape: Shape
    order: Order
    backwards: bool
    goes_on: bool
    sees_all: bool


def cursor_of(order: Order) -> Callable[[ProductView], str]:
    """How a product of a list of that order becomes a cursor."""

    def cursor(row: ProductView) -> str:
        return encode_cursor(order.value, CursorPlace(row.sort_value, row.id))

    return cursor


async def page_of_shop(
    reader: Reader, asked: Asked, *, shelf: Shelf, count: int, backwards: bool, cursor: str | None
) -> Page[ProductView]:
    """A page over the whole shop; raises `BadCursor`."""
    question, values = _asked(asked, shelf=shelf, count=count, backwards=backwards, cursor=cursor)
    rows = await reader.rows(question, **values)
    return page_of(rows, count=count, backwards=backwards, from_cursor=cursor is not None)


async def pages_within(
    reader: Reader,
    parent_ids: Sequence[UUID],
    asked: Asked,
    *,
    shelf: Shelf,
    count: int,
    backwards: bool,
    cursor: str | None,
) -> list[Page[ProductView]]:
    """A page within each category or collection, in the ids' order, all in one statement; raises `BadCursor`."""
    question, values = _asked(asked, shelf=shelf, count=count, backwards=backwards, cursor=cursor)
    found: dict[UUID, list[ProductView]] = {parent_id: [] for parent_id in parent_ids}
    for row in await reader.rows(question, ids=list(found), **values):
        if row.parent_id is not None:
            found[row.parent_id].append(row)
    return [
        page_of(found[parent_id], count=count, backwards=backwards, from_cursor=cursor is not None) for parent_id in parent_ids
    ]


async def totals(reader: Reader, parent_ids: Sequence[UUID | None], wanted: Filter, *, scope: Scope, shelf: Shelf) -> list[int]:
    """How many products each list has, in one statement; for the whole shop the only parent is None."""
    shape, values = split(wanted)
    values |= _shelf_values(shelf)
    if scope is not Scope.SHOP:
        values["ids"] = [parent_id for parent_id in parent_ids if parent_id is not None]
    rows = await reader.rows(_total_question(scope, shape, sees_all=shelf.sees_all), **values)
    found = {row.parent_id: row.number for row in rows}
    return [found.get(parent_id, 0) for parent_id in parent_ids]


def _asked(
    asked: Asked, *, shelf: Shelf, count: int, backwards: bool, cursor: str | None
) -> tuple[Question[ProductView], dict[str, Any]]:
    shape, values = split(asked.wanted)
    form = _Form(asked.scope, shape, asked.order, backwards, cursor is not None, shelf.sees_all)
    values |= _shelf_values(shelf) | {"count": count + 1}
    if asked.order is Order.RELEVANCE:
        values["ranked"] = asked.text
    if cursor is not None:
        place = decode_cursor(asked.order.value, cursor, asked.order.kind)
        values |= {"after_value": place.value, "after_id": place.id}
    return _page_question(form), values


def _shelf_values(shelf: Shelf) -> dict[str, Any]:
    values: dict[str, Any] = {"channel_id": shelf.channel_id, "currency": shelf.currency}
    return values if shelf.sees_all else values | {"now": shelf.now}


def _sort_value(order: Order) -> ColumnElement[Any]:
    match order:
        case Order.PRICE_ASC | Order.PRICE_DESC:
            return func.coalesce(ListingRow.price_min, WITHOUT_PRICE)
        case Order.NAME_ASC | Order.NAME_DESC:
            return ProductRow.name_key.expression
        case Order.CREATED_ASC | Order.CREATED_DESC:
            return ProductRow.created_at.expression
        case Order.RELEVANCE:
            return cast(func.ts_rank(ProductRow.search, text_query("ranked")) * RANK_STEPS, BigInteger)
        case Order.POSITION:
            return cast(ProductCollectionRow.position, BigInteger)


def _inner(form: _Form, parent: Parents | None) -> Select[Any]:
    """The rows of one page, in the direction of travel."""
    sort_value = _sort_value(form.order)
    statement = select(*product_columns(sort_value)).outerjoin(ListingRow, LISTED)
    if parent is not None and form.scope is Scope.COLLECTION:
        statement = statement.join(
            ProductCollectionRow,
            and_(ProductCollectionRow.product_id == ProductRow.id, ProductCollectionRow.collection_id == parent.c.id),
        )
    statement = statement.where(*_conditions(form.scope, form.shape, parent, sees_all=form.sees_all))
    falls = form.order.descends != form.backwards
    if form.goes_on:
        here = tuple_(sort_value, ProductRow.id)
        place = tuple_(bindparam("after_value", type_=sort_value.type), bindparam("after_id", type_=Uuid()))
        statement = statement.where(here < place if falls else here > place)
    way = (sort_value.desc(), ProductRow.id.desc()) if falls else (sort_value.asc(), ProductRow.id.asc())
    return statement.order_by(*way).limit(bindparam("count", type_=BigInteger()))


def _conditions(scope: Scope, shape: Shape, parent: Parents | None, *, sees_all: bool) -> list[ColumnElement[bool]]:
    conditions = [condition(shape)]
    if parent is not None and scope is Scope.CATEGORY:
        conditions.append(in_category(parent.c.id, parent))
    if not sees_all:
        conditions.append(product_is_visible())
    return conditions


@lru_cache(maxsize=500)
def _page_question(form: _Form) -> Question[ProductView]:
    if form.scope is Scope.SHOP:
        return Question(ProductView, _inner(form, None).add_columns(no_parent()), levels=False)
    parents = func.unnest(ids()).table_valued(column("id", Uuid()), name="parents").render_derived()
    page = lateral(_inner(form, parents), name="page")
    falls = form.order.descends != form.backwards
    way = (page.c.sort_value.desc(), page.c.id.desc()) if falls else (page.c.sort_value.asc(), page.c.id.asc())
    return Question(
        ProductView,
        select(*page.c, parents.c.id.label("parent_id")).select_from(parents).join(page, true()).order_by(*way),
        levels=False,
    )


@lru_cache(maxsize=500)
def _total_question(scope: Scope, shape: Shape, *, sees_all: bool) -> Question[Total]:
    if scope is Scope.SHOP:
        return Question(Total, _counted(scope, shape, None, sees_all=sees_all), levels=False)
    parents = func.unnest(ids()).table_valued(column("id", Uuid()), name="parents").render_derived()
    count = lateral(_counted(scope, shape, parents, sees_all=sees_all), name="count")
    return Question(
        Total,
        select(parents.c.id.label("parent_id"), count.c.number).select_from(parents).join(count, true()),
        levels=False,
    )


def _counted(scope: Scope, shape: Shape, parent: Parents | None, *, sees_all: bool) -> Select[Any]:
    statement = select(no_parent(), func.count().label("number")).select_from(ProductRow).outerjoin(ListingRow, LISTED)
    if parent is not None and scope is Scope.COLLECTION:
        statement = statement.join(
            ProductCollectionRow,
            and_(ProductCollectionRow.product_id == ProductRow.id, ProductCollectionRow.collection_id == parent.c.id),
        )
    return statement.where(*_conditions(scope, shape, parent, sees_all=sees_all))
