"""Reading categories and collections: by id and slug, the tree upwards and downwards, and those of many products at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    column,
    func,
    lateral,
    null,
    select,
    true,
    tuple_,
)

from persistence.ahead import Read
from persistence.catalog.tables import (
    CategoryClosureRow,
    CategoryRow,
    CollectionRow,
    ProductCategoryRow,
    ProductCollectionRow,
)
from persistence.paging import Page, Place, decode_cursor, encode_cursor, page_of
from persistence.reader import Reader
from persistence.statement import Question, ids, many

GROUPS_OF_PRODUCT_MAX = 50
BELOW_MAX = 500
"""Children, or descendants, that one category tells at most."""


class CategoryView(NamedTuple):
    """A category. `asked_by` is the thing it was asked for (a product, a category below it), None by itself."""

    id: UUID
    parent_id: UUID | None
    slug: str
    name: str
    description: str
    position: int
    seo_title: str | None
    seo_description: str | None
    created_at: datetime
    asked_by: UUID | None


class CollectionView(NamedTuple):
    """A collection. `asked_by` is the product it was asked for, None by itself."""

    id: UUID
    slug: str
    name: str
    description: str
    is_published: bool
    seo_title: str | None
    seo_description: str | None
    created_at: datetime
    asked_by: UUID | None


_CATEGORY = tuple(getattr(CategoryRow, name) for name in CategoryView._fields[:-1])
_COLLECTION = tuple(getattr(CollectionRow, name) for name in CollectionView._fields[:-1])
_BY_ITSELF = cast(null(), Uuid).label("asked_by")
CATEGORIES = Read(Question(CategoryView, select(*_CATEGORY, _BY_ITSELF).where(CategoryRow.id == any_(ids()))))
CATEGORIES_BY_SLUG = Question(
    CategoryView, select(*_CATEGORY, _BY_ITSELF).where(CategoryRow.slug == any_(many("ids", Text()))), by="slug"
)
ANCESTORS = Read(
    Question(
        CategoryView,
        select(*_CATEGORY, CategoryClosureRow.descendant_id.label("asked_by"))
        .join(CategoryClosureRow, CategoryClosureRow.ancestor_id == CategoryRow.id)
        .where(CategoryClosureRow.descendant_id == any_(ids()), CategoryClosureRow.depth > 0)
        .order_by(CategoryClosureRow.descendant_id, CategoryClosureRow.depth.desc()),
        by="asked_by",
    ),
    has_many=True,
)
"""The way from the root down to each category's parent."""
CATEGORIES_OF_PRODUCTS = Read(
    Question(
        CategoryView,
        select(*_CATEGORY, ProductCategoryRow.product_id.label("asked_by"))
        .join(ProductCategoryRow, ProductCategoryRow.category_id == CategoryRow.id)
        .where(ProductCategoryRow.product_id == any_(ids()))
        .order_by(ProductCategoryRow.product_id, CategoryRow.name, CategoryRow.id),
        by="asked_by",
        about={"product": "asked_by"},
    ),
    has_many=True,
)


def _below(*, deep: bool) -> Read[CategoryView]:
    """Children or descendants per category, siblings in order, nearer levels first; bounded per category."""
    parents = func.unnest(ids()).table_valued(column("id", Uuid()), name="parents").render_derived()
    found = (
        select(*_CATEGORY, CategoryClosureRow.depth.label("depth"))
        .join(CategoryClosureRow, CategoryClosureRow.descendant_id == CategoryRow.id)
        .where(
            CategoryClosureRow.ancestor_id == parents.c.id,
            CategoryClosureRow.depth > 0 if deep else CategoryClosureRow.depth == 1,
        )
        .order_by(CategoryClosureRow.depth, CategoryRow.position, CategoryRow.name, CategoryRow.id)
        .limit(BELOW_MAX)
    )
    below = lateral(found, name="below")
    question = Question(
        CategoryView,
        select(*(below.c[each.key] for each in _CATEGORY), parents.c.id.label("asked_by"))
        .select_from(parents)
        .join(below, true())
        .order_by(below.c.depth, below.c.position, below.c.name, below.c.id),
        by="asked_by",
    )
    return Read(question, has_many=True)


CHILDREN = _below(deep=False)
DESCENDANTS = _below(deep=True)


@lru_cache(maxsize=4)
def _collections_by(key: str, *, sees_all: bool) -> Question[CollectionView]:
    wanted = CollectionRow.id == any_(ids()) if key == "id" else CollectionRow.slug == any_(many("ids", Text()))
    statement = select(*_COLLECTION, _BY_ITSELF).where(wanted)
    return Question(CollectionView, statement if sees_all else statement.where(CollectionRow.is_published), by=key)


@lru_cache(maxsize=2)
def _collections_of_products(*, sees_all: bool) -> Question[CollectionView]:
    statement = (
        select(*_COLLECTION, ProductCollectionRow.product_id.label("asked_by"))
        .join(ProductCollectionRow, ProductCollectionRow.collection_id == CollectionRow.id)
        .where(ProductCollectionRow.product_id == any_(ids()))
        .order_by(ProductCollectionRow.product_id, CollectionRow.name, CollectionRow.id)
    )
    return Question(
        CollectionView,
        statement if sees_all else statement.where(CollectionRow.is_published),
        by="asked_by",
        about={"product": "asked_by"},
    )


async def categories_by_slug(reader: Reader, slugs: Sequence[str]) -> list[CategoryView | None]:
    return await reader.one_each(CATEGORIES_BY_SLUG, slugs)


def collections(*, sees_all: bool) -> Read[CollectionView]:
    """Collections by their ids."""
    return Read(_collections_by("id", sees_all=sees_all))


async def collections_by_slug(reader: Reader, slugs: Sequence[str], *, sees_all: bool) -> list[CollectionView | None]:
    return await reader.one_each(_collections_by("slug", sees_all=sees_all), slugs)


def collections_of_products(*, sees_all: bool) -> Read[CollectionView]:
    """The collections that products are in, by name."""
    return Read(_collections_of_products(sees_all=sees_all), has_many=True)


class Number(NamedTuple):
    """How many there are."""

    number: int


ORDER = "name+"
"""Both lists are sorted by name, then id."""


def cursor_of(row: CategoryView | CollectionView) -> str:
    """The cursor of a row of either list."""
    return encode_cursor(ORDER, Place(row.name, row.id))


def _paged(statement: Any, table: Any, *, backwards: bool, goes_on: bool) -> Any:
    here = tuple_(table.name, table.id)
    if goes_on:
        place = tuple_(bindparam("after_value", type_=Text()), bindparam("after_id", type_=Uuid()))
        statement = statement.where(here < place if backwards else here > place)
    way = (table.name.desc(), table.id.desc()) if backwards else (table.name.asc(), table.id.asc())
    return statement.order_by(*way).limit(bindparam("count", type_=BigInteger()))


@lru_cache(maxsize=16)
def _category_page(*, only_roots: bool, backwards: bool, goes_on: bool) -> Question[CategoryView]:
    statement = select(*_CATEGORY, _BY_ITSELF)
    if only_roots:
        statement = statement.where(CategoryRow.parent_id.is_(None))
    return Question(CategoryView, _paged(statement, CategoryRow, backwards=backwards, goes_on=goes_on))


@lru_cache(maxsize=16)
def _collection_page(*, sees_all: bool, backwards: bool, goes_on: bool) -> Question[CollectionView]:
    statement = select(*_COLLECTION, _BY_ITSELF)
    if not sees_all:
        statement = statement.where(CollectionRow.is_published)
    return Question(CollectionView, _paged(statement, CollectionRow, backwards=backwards, goes_on=goes_on))


COUNT_CATEGORIES = {
    only_roots: Question(
        Number,
        select(func.count().label("number"))
        .select_from(CategoryRow)
        .where(CategoryRow.parent_id.is_(None) if only_roots else true()),
    )
    for only_roots in (False, True)
}
COUNT_COLLECTIONS = {
    sees_all: Question(
        Number,
        select(func.count().label("number"))
        .select_from(CollectionRow)
        .where(true() if sees_all else CollectionRow.is_published),
    )
    for sees_all in (False, True)
}


async def category_page(
    reader: Reader, *, only_roots: bool, count: int, backwards: bool, cursor: str | None
) -> Page[CategoryView]:
    """A page of all categories, or of the roots; raises `BadCursor`."""
    question = _category_page(only_roots=only_roots, backwards=backwards, goes_on=cursor is not None)
    rows = await reader.rows(question, count=count + 1, **_place(cursor))
    return page_of(rows, count=count, backwards=backwards, from_cursor=cursor is not None)


async def collection_page(
    reader: Reader, *, sees_all: bool, count: int, backwards: bool, cursor: str | None
) -> Page[CollectionView]:
    """A page of the collections; raises `BadCursor`."""
    question = _collection_page(sees_all=sees_all, backwards=backwards, goes_on=cursor is not None)
    rows = await reader.rows(question, count=count + 1, **_place(cursor))
    return page_of(rows, count=count, backwards=backwards, from_cursor=cursor is not None)


async def count_categories(reader: Reader, *, only_roots: bool) -> int:
    row = await reader.row(COUNT_CATEGORIES[only_roots])
    return row.number if row is not None else 0


async def count_collections(reader: Reader, *, sees_all: bool) -> int:
    row = await reader.row(COUNT_COLLECTIONS[sees_all])
    return row.number if row is not None else 0


def _place(cursor: str | None) -> dict[str, object]:
    if cursor is None:
        return {}
    place = decode_cursor(ORDER, cursor, str)
    return {"after_value": place.value, "after_id": place.id}
