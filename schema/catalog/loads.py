"""How things of the catalogue are loaded by id, for nodes, fields and payloads: what the caller may not see is None."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from persistence.catalog import groups, reads
from persistence.catalog.groups import CategoryView, CollectionView
from persistence.catalog.views import ProductView, VariantView
from schema.catalog.shelves import sees_all, shelf_of
from schema.context import Context
from schema.node import loads_nodes


async def load_products(context: Context, product_ids: Sequence[UUID]) -> list[ProductView | None]:
    return await context.reader.each(reads.products(await shelf_of(context)), product_ids)


async def load_variants(context: Context, variant_ids: Sequence[UUID]) -> list[VariantView | None]:
    return await context.reader.each(reads.variants(await shelf_of(context)), variant_ids)


async def load_categories(context: Context, category_ids: Sequence[UUID]) -> list[CategoryView | None]:
    return await context.reader.each(groups.CATEGORIES, category_ids)


async def load_collections(context: Context, collection_ids: Sequence[UUID]) -> list[CollectionView | None]:
    return await context.reader.each(groups.collections(sees_all=sees_all(context)), collection_ids)


loads_nodes("Product")(load_products)
loads_nodes("Variant")(load_variants)
loads_nodes("Category")(load_categories)
loads_nodes("Collection")(load_collections)
