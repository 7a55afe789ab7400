"""The questions about the catalogue."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Annotated

import strawberry

from persistence.catalog import groups, reads
from persistence.catalog.groups import CategoryView, CollectionView
from persistence.catalog.import_reads import ImportView, imports_by_id
from persistence.catalog.views import ProductView, VariantView
from schema.catalog.groups import Category, CategoryConnection, Collection, CollectionConnection, OrderBy, Where
from schema.catalog.import_types import STAFF, ProductImport
from schema.catalog.lists import is_storable, products_of_shop
from schema.catalog.loads import load_categories, load_collections, load_products, load_variants
from schema.catalog.shelves import sees_all, shelf_of
from schema.catalog.types import Product, ProductConnection, Variant
from schema.context import Context
from schema.execution.fields import query
from schema.paging import After, Before, ConnectionView, First, Last, window
from schema.permissions import EVERYONE
from schema.refusal import Refusal

Id = Annotated[strawberry.ID | None, strawberry.argument(description="The id. Say this or the other key, not both.")]
Slug = Annotated[str | None, strawberry.argument(description="The slug. Say this or the id, not both.")]
Sku = Annotated[str | None, strawberry.argument(description="The SKU. Say this or the id, not both.")]


def _one_key(identity: str | None, key: str | None) -> None:
    if (identity is None) == (key is None):
        raise Refusal("BAD_USER_INPUT", "Say which one by exactly one of its keys.")


@query(Product | None, "A product by id or slug; null when there is none that the caller may see.", allow=EVERYONE)
async def product(context: Context, *, id: Id = None, slug: Slug = None) -> ProductView | None:
    _one_key(id, slug)
    if id is not None:
        product_id = context.id_of("Product", id)
        return (await load_products(context, [product_id]))[0] if product_id is not None else None
    if slug is None or not is_storable(slug):
        return None
    return (await reads.products_by_slug(context.reader, [slug], shelf=await shelf_of(context)))[0]


@query(Variant | None, "A variant by id or SKU; null when there is none that the caller may see.", allow=EVERYONE)
async def variant(context: Context, *, id: Id = None, sku: Sku = None) -> VariantView | None:
    _one_key(id, sku)
    if id is not None:
        variant_id = context.id_of("Variant", id)
        return (await load_variants(context, [variant_id]))[0] if variant_id is not None else None
    if sku is None or not is_storable(sku):
        return None
    return (await reads.variants_by_sku(context.reader, [sku], shelf=await shelf_of(context)))[0]


@query(Category | None, "A category by id or slug; null when there is none.", allow=EVERYONE)
async def category(context: Context, *, id: Id = None, slug: Slug = None) -> CategoryView | None:
    _one_key(id, slug)
    if id is not None:
        category_id = context.id_of("Category", id)
        return (await load_categories(context, [category_id]))[0] if category_id is not None else None
    if slug is None or not is_storable(slug):
        return None
    return (await groups.categories_by_slug(context.reader, [slug]))[0]


@query(Collection | None, "A collection by id or slug; null when there is none that the caller may see.", allow=EVERYONE)
async def collection(context: Context, *, id: Id = None, slug: Slug = None) -> CollectionView | None:
    _one_key(id, slug)
    if id is not None:
        collection_id = context.id_of("Collection", id)
        return (await load_collections(context, [collection_id]))[0] if collection_id is not None else None
    if slug is None or not is_storable(slug):
        return None
    return (await groups.collections_by_slug(context.reader, [slug], sees_all=sees_all(context)))[0]


@query(ProductConnection, "Products, filtered and sorted; the newest first unless said otherwise.", allow=EVERYONE)
async def products(
    context: Context,
    *,
    where: Where = None,
    order_by: OrderBy = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionView:
    return await products_of_shop(context, where, order_by, window(first, after, last, before))


async def _count_categories(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return [await groups.count_categories(context.reader, only_roots=bool(only_roots)) for only_roots in keys]


async def _count_collections(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return [await groups.count_collections(context.reader, sees_all=bool(all_of_them)) for all_of_them in keys]


@query(CategoryConnection, "Categories by name.", allow=EVERYONE)
async def categories(
    context: Context,
    *,
    only_roots: Annotated[bool, strawberry.argument(description="Only those that are below no other.")] = False,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionView:
    asked = window(first, after, last, before)
    page = await groups.category_page(
        context.reader, only_roots=only_roots, count=asked.count, backwards=asked.backwards, cursor=asked.cursor
    )
    return ConnectionView(page, groups.cursor_of, _count_categories, only_roots)


@query(CollectionConnection, "Collections by name.", allow=EVERYONE)
async def collections(
    context: Context, *, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> ConnectionView:
    asked = window(first, after, last, before)
    everything = sees_all(context)
    page = await groups.collection_page(
        context.reader, sees_all=everything, count=asked.count, backwards=asked.backwards, cursor=asked.cursor
    )
    return ConnectionView(page, groups.cursor_of, _count_collections, everything)


@query(ProductImport | None, "A run of the product import; null when there is none.", allow=STAFF)
async def product_import(
    context: Context, *, id: Annotated[strawberry.ID, strawberry.argument(description="The run's id.")]
) -> ImportView | None:
    import_id = context.id_of("ProductImport", id)
    return (await imports_by_id(context.reader, [import_id]))[0] if import_id is not None else None
