"""The questions about stock, for staff."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from persistence.paging import Page, Place, decode_cursor, encode_cursor
from persistence.stock.reads import (
    StockLevelView,
    StockMovementView,
    WarehouseView,
    levels_of_variants,
    movements_count,
    movements_page,
)
from persistence.stock.reads import (
    warehouses as read_warehouses,
)
from schema.context import Context
from schema.execution.fields import query
from schema.paging import After, Before, ConnectionView, First, Last, window
from schema.stock.types import READ, StockLevel, StockMovementConnection, Warehouse

ORDER = "moved"
"""What the cursors of movements are marked with."""
VariantRef = Annotated[strawberry.ID, strawberry.argument(description="The variant.")]


@query(list[Warehouse], "Every warehouse, in the order they are taken from.", allow=READ)
async def warehouses(context: Context) -> list[WarehouseView]:
    return await read_warehouses(context.reader)


@query(list[StockLevel], "What lies of a variant, by warehouse.", allow=READ)
async def stock_levels(context: Context, *, variant_id: VariantRef) -> list[StockLevelView]:
    known = context.id_of("Variant", variant_id)
    return (await levels_of_variants(context.reader, [known]))[0] if known is not None else []


def _cursor(movement: StockMovementView) -> str:
    return encode_cursor(ORDER, Place(movement.created_at, movement.id))


async def _counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    """The list hangs on the root alone, so an operation counts as many as it has aliases, which are bounded."""
    return [await movements_count(context.reader, key) for key in keys if isinstance(key, UUID)]


@query(StockMovementConnection, "Every change of what lies of a variant, newest first.", allow=READ)
async def stock_movements(
    context: Context,
    *,
    variant_id: VariantRef,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionView:
    part = window(first, after, last, before)
    known = context.id_of("Variant", variant_id)
    if known is None:
        return ConnectionView(Page([], has_previous=False, has_next=False), _cursor, _none)
    place = None
    if part.cursor is not None:
        place = decode_cursor(ORDER, part.cursor, datetime)
    page = await movements_page(context.reader, known, count=part.count, place=place, backwards=part.backwards)
    return ConnectionView(page, _cursor, _counts, known)


async def _none(context: Context, keys: Sequence[Hashable]) -> list[int]:
    del context
    return [0 for _ in keys]
