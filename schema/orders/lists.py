"""Lists of orders, newest first: a customer's own, or whatever staff look for."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime

from persistence.orders.reads import OrderFilter, OrderView, orders_count, orders_page
from persistence.paging import Place, decode_cursor, encode_cursor
from schema.context import Context
from schema.paging import ConnectionView, Window

ORDER = "placed"
"""What the cursors of these lists are marked with."""


def _cursor(order: OrderView) -> str:
    return encode_cursor(ORDER, Place(order.placed_at, order.id))


async def _counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    """One count per list. A customer's orders hang on the caller alone, so an operation holds one list of each kind."""
    return [await orders_count(context.reader, wanted) for wanted in keys if isinstance(wanted, OrderFilter)]


async def orders_connection(context: Context, wanted: OrderFilter, window: Window) -> ConnectionView:
    """A page of the orders that are wanted, with its cursors and its count."""
    place = None
    if window.cursor is not None:
        place = decode_cursor(ORDER, window.cursor, datetime)
    page = await orders_page(context.reader, wanted, count=window.count, place=place, backwards=window.backwards)
    return ConnectionView(page, _cursor, _counts, wanted)
