"""The category tree kept on PostgreSQL: a closure table holds every ancestor of every node, itself included at depth 0.

A path of any depth is read, and a subtree of any size moved, in a fixed number of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, any_, bindparam, cast, delete, func, insert, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased

from domain.catalog.model import Category, Seo
from domain.ids import CategoryId, new_id
from persistence.catalog import slugs
from persistence.catalog.tables import CategoryClosureRow, CategoryRow, ProductCategoryRow
from persistence.statement import Question, Statement, ids, many
from persistence.transaction import Transaction


class _CategoryRecord(NamedTuple):
    id: UUID
    slug: str
    name: str
    parent_id: UUID | None
    position: int
    description: str
    seo_title: str | None
    seo_description: str | None


class _Slug(NamedTuple):
    slug: str
    id: UUID


class _Number(NamedTuple):
    number: int


class _Contents(NamedTuple):
    categories: int
    products: int


_ID = bindparam("category_id", type_=Uuid())
_COLUMNS = ("slug", "name", "position", "description", "seo_title", "seo_description")
LOCK_TREE = Statement(text("LOCK TABLE category IN SHARE ROW EXCLUSIVE MODE"))
FIND = Question(
    _CategoryRecord,
    select(*(getattr(CategoryRow, name) for name in _CategoryRecord._fields)).where(CategoryRow.id == any_(ids())),
)
BY_SLUG = Question(_Slug, select(CategoryRow.slug, CategoryRow.id).where(CategoryRow.slug == any_(many("slugs", Text()))))
ADD = Statement(
    upsert(CategoryRow).values(id=_ID, parent_id=bindparam("parent_id"), **{name: bindparam(name) for name in _COLUMNS})
)
# A node's ancestors are its parent's, one level further off, and itself.
ADD_ANCESTORS = Statement(
    insert(CategoryClosureRow).from_select(
        ["ancestor_id", "descendant_id", "depth"],
        select(CategoryClosureRow.ancestor_id, cast(_ID, Uuid), CategoryClosureRow.depth + 1)
        .where(CategoryClosureRow.descendant_id == bindparam("parent_id", type_=Uuid()))
        .union_all(select(cast(_ID, Uuid), cast(_ID, Uuid), literal_column("0", Integer))),
    )
)
SAVE = Statement(
    update(CategoryRow)
    .where(CategoryRow.id == bindparam("category_id"))
    .values({name: bindparam(f"new_{name}") for name in _COLUMNS})
)
DEPTH_BETWEEN = Question(
    _Number,
    select(CategoryClosureRow.depth.label("number")).where(
        CategoryClosureRow.ancestor_id == bindparam("ancestor_id"), CategoryClosureRow.descendant_id == bindparam("category_id")
    ),
)
DEPTH = Question(
    _Number,
    select(func.coalesce(func.max(CategoryClosureRow.depth), 0).label("number")).where(
        CategoryClosureRow.descendant_id == bindparam("category_id")
    ),
)
HEIGHT = Question(
    _Number,
    select(func.coalesce(func.max(CategoryClosureRow.depth), 0).label("number")).where(
        CategoryClosureRow.ancestor_id == bindparam("category_id")
    ),
)
_above, _below = aliased(CategoryClosureRow), aliased(CategoryClosureRow)
_SUBTREE = select(_below.descendant_id).where(_below.ancestor_id == _ID)
CUT = Statement(
    delete(CategoryClosureRow).where(
        CategoryClosureRow.descendant_id.in_(_SUBTREE), CategoryClosureRow.ancestor_id.not_in(_SUBTREE)
    )
)
GRAFT = Statement(
    insert(CategoryClosureRow).from_select(
        ["ancestor_id", "descendant_id", "depth"],
        select(_above.ancestor_id, _below.descendant_id, _above.depth + _below.depth + 1)
        .join(_below, _below.ancestor_id == _ID)
        .where(_above.descendant_id == bindparam("parent_id", type_=Uuid())),
    )
)
MOVE = Statement(
    update(CategoryRow)
    .where(CategoryRow.id == bindparam("category_id"))
    .values(parent_id=bindparam("new_parent_id"), position=bindparam("new_position"))
)
CONTENTS = Question(
    _Contents,
    select(
        select(func.count()).where(CategoryRow.parent_id == _ID).scalar_subquery().label("categories"),
        select(func.count()).where(ProductCategoryRow.category_id == _ID).scalar_subquery().label("products"),
    ),
)
REMOVE = Statement(delete(CategoryRow).where(CategoryRow.id == bindparam("category_id")))


def _category(row: _CategoryRecord) -> Category:
    return Category(
        id=CategoryId(row.id),
        slug=row.slug,
        name=row.name,
        parent_id=CategoryId(row.parent_id) if row.parent_id is not None else None,
        position=row.position,
        description=row.description,
        seo=Seo(title=row.seo_title, description=row.seo_description),
    )


def _values(category: Category, *, prefix: str = "") -> dict[str, object]:
    return {
        f"{prefix}slug": category.slug,
        f"{prefix}name": category.name,
        f"{prefix}position": category.position,
        f"{prefix}description": category.description,
        f"{prefix}seo_title": category.seo.title,
        f"{prefix}seo_description": category.seo.description,
    }


class CategoryRows:
    """`domain.catalog.store.CategoriesStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def lock_tree(self) -> None:
        await self._transaction.run(LOCK_TREE)

    async def find(self, category_ids: Iterable[CategoryId]) -> Mapping[CategoryId, Category]:
        rows = await self._transaction.rows(FIND, ids=list(category_ids))
        return {CategoryId(row.id): _category(row) for row in rows}

    async def free_slug(self, text: str) -> str:
        return await slugs.free_slug(self._transaction, CategoryRow, text)

    async def holder_of_slug(self, slug: str) -> CategoryId | None:
        holder = await slugs.holder_of_slug(self._transaction, CategoryRow, slug)
        return CategoryId(holder) if holder is not None else None

    async def add(self, categories: Sequence[Category]) -> None:
        await self._transaction.run_each(
            ADD, [{"category_id": each.id, "parent_id": each.parent_id, **_values(each)} for each in categories]
        )
        await self._transaction.run_each(
            ADD_ANCESTORS, [{"category_id": each.id, "parent_id": each.parent_id} for each in categories]
        )

    async def save(self, category: Category) -> None:
        await self._transaction.run(SAVE, category_id=category.id, **_values(category, prefix="new_"))

    async def is_within(self, category_id: CategoryId, ancestor_id: CategoryId) -> bool:
        return await self._transaction.row(DEPTH_BETWEEN, category_id=category_id, ancestor_id=ancestor_id) is not None

    async def depth_of(self, category_id: CategoryId) -> int:
        found = await self._transaction.row(DEPTH, category_id=category_id)
        return found.number if found is not None else 0

    async def height_of(self, category_id: CategoryId) -> int:
        found = await self._transaction.row(HEIGHT, category_id=category_id)
        return found.number if found is not None else 0

    async def move(self, category_id: CategoryId, *, parent_id: CategoryId | None, position: int) -> None:
        await self._transaction.run(MOVE, category_id=category_id, new_parent_id=parent_id, new_position=position)
        await self._transaction.run(CUT, category_id=category_id)
        await self._transaction.run(GRAFT, category_id=category_id, parent_id=parent_id)

    async def contents(self, category_id: CategoryId) -> tuple[int, int]:
        found = await self._transaction.row(CONTENTS, category_id=category_id)
        return (found.categories, found.products) if found is not None else (0, 0)

    async def remove(self, category_id: CategoryId) -> None:
        await self._transaction.run(REMOVE, category_id=category_id)

    async def ensure_roots(self, names: Iterable[str]) -> Mapping[str, CategoryId]:
        slug_of = {name: slugs.slug_of(name) for name in names}
        wanted = list(dict.fromkeys(slug_of.values()))
        found = {row.slug: row.id for row in await self._transaction.rows(BY_SLUG, slugs=wanted)}
        if missing := {slug: name for name, slug in slug_of.items() if slug not in found}:
            await self.lock_tree()
            found |= {row.slug: row.id for row in await self._transaction.rows(BY_SLUG, slugs=wanted)}
            made = [
                Category(id=CategoryId(new_id()), slug=slug, name=name) for slug, name in missing.items() if slug not in found
            ]
            await self.add(made)
            found |= {category.slug: category.id for category in made}
        return {name: CategoryId(found[slug]) for name, slug in slug_of.items()}
