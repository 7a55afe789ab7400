"""Categories and collections as the API shows them, with the products in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from persistence.catalog import groups
from persistence.catalog.groups import CategoryView, CollectionView
from persistence.catalog.listing import Scope
from schema.catalog import parts
from schema.catalog.enums import ProductOrder
from schema.catalog.inputs import ProductWhereInput
from schema.catalog.lists import products_within
from schema.catalog.parts import SearchEngineText
from schema.catalog.types import STAFF_ONLY, ProductConnection
from schema.context import Context
from schema.execution.fields import Link, batch, computed, linked, plain, shows
from schema.node import Node, identity
from schema.paging import After, Before, ConnectionView, First, Last, connection, window

Where = Annotated[ProductWhereInput | None, strawberry.argument(description="Which products; all when not said.")]
OrderBy = Annotated[ProductOrder | None, strawberry.argument(description="What they are sorted by.")]


def _paths(categories: Sequence[CategoryView], above: Sequence[Sequence[CategoryView]]) -> list[str]:
    return [" / ".join((*(each.name for each in way), own.name)) for own, way in zip(categories, above, strict=True)]


async def _path(categories: Sequence[CategoryView], context: Context) -> list[str]:
    return _paths(categories, await context.reader.each(groups.ANCESTORS, [each.id for each in categories]))


async def _products_of_categories(
    categories: Sequence[CategoryView],
    context: Context,
    *,
    where: Where = None,
    order_by: OrderBy = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> list[ConnectionView]:
    return await products_within(
        context, (Scope.CATEGORY, [each.id for each in categories]), where, order_by, window(first, after, last, before)
    )


@strawberry.type(name="Category", description="A node of the category tree.")
@shows(CategoryView)
class Category(Node):
    """Shown from `CategoryView`."""

    id: strawberry.ID = identity("Category")
    slug: str = plain("Its name in addresses, unique among categories.")
    name: str = plain("What it is called.")
    description: str = plain("HTML that is safe to show.")
    path: str = batch(_path, "The names from the root down to it, with slashes between.", link=Link("id", groups.ANCESTORS))
    position: int = plain("Its place among its siblings.")
    parent: Annotated[Category, strawberry.lazy("schema.catalog.groups")] | None = linked(
        "parent_id", groups.CATEGORIES, "The category above it; null for a root."
    )
    ancestors: list[Annotated[Category, strawberry.lazy("schema.catalog.groups")]] = linked(
        "id", groups.ANCESTORS, "The categories above it, the root first; 100 at most."
    )
    children: list[Annotated[Category, strawberry.lazy("schema.catalog.groups")]] = linked(
        "id", groups.CHILDREN, "The categories right below it, in order; 500 at most.", size=20
    )
    descendants: list[Annotated[Category, strawberry.lazy("schema.catalog.groups")]] = linked(
        "id", groups.DESCENDANTS, "All categories below it, level by level; 500 at most.", size=50
    )
    products: ProductConnection = batch(
        _products_of_categories, "Products in it or anywhere below it, each once; the newest first unless `orderBy` says."
    )
    seo: SearchEngineText = computed(parts.seo, "What search engines are told.")
    created_at: datetime = plain("When it was made.")


CategoryConnection = connection(Category, "Category")


async def _products_of_collections(
    collections: Sequence[CollectionView],
    context: Context,
    *,
    where: Where = None,
    order_by: OrderBy = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> list[ConnectionView]:
    return await products_within(
        context, (Scope.COLLECTION, [each.id for each in collections]), where, order_by, window(first, after, last, before)
    )


@strawberry.type(name="Collection", description="A hand-picked group of products.")
@shows(CollectionView)
class Collection(Node):
    """Shown from `CollectionView`."""

    id: strawberry.ID = identity("Collection")
    slug: str = plain("Its name in addresses, unique among collections.")
    name: str = plain("What it is called.")
    description: str = plain("HTML that is safe to show.")
    is_published: bool = plain("Whether buyers see it.", allow=STAFF_ONLY)
    products: ProductConnection = batch(
        _products_of_collections, "The products in it; in the order they were put there unless `orderBy` says."
    )
    seo: SearchEngineText = computed(parts.seo, "What search engines are told.")
    created_at: datetime = plain("When it was made.")


CollectionConnection = connection(Collection, "Collection")
