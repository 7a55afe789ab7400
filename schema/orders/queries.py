"""The questions about orders."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import strawberry

from domain.viewer import Permission, channels_of
from persistence.orders.listing import FOUND_MAX, OrderSort
from persistence.orders.reads import OrderView, orders_by_id, orders_of_holders
from persistence.orders.reads import order_by_number as read_by_number
from schema.context import Context
from schema.execution.fields import query
from schema.orders.inputs import SEARCH_MAX, SEARCH_MIN, OrderWhereInput
from schema.orders.lists import filter_of, orders_connection
from schema.orders.types import Order, OrderConnection
from schema.paging import After, Before, ConnectionView, First, Last, window
from schema.permissions import EVERYONE, SIGNED_IN, may

SEARCH = (
    "Text that finds orders: the whole number, with or without `#`, or how the buyer's e-mail address or a line's SKU begins, in "
    f"any letter case. {SEARCH_MIN} to {SEARCH_MAX} characters; a number may be shorter, "
    f"and of a beginning that very many have the first {FOUND_MAX} are found."
)


@query(
    Order | None,
    "The order with this id; null when there is none, or it is not the caller's and they lack READ_ORDERS.",
    allow=SIGNED_IN,
)
async def order(
    context: Context, *, id: Annotated[strawberry.ID, strawberry.argument(description="The order's id.")]
) -> OrderView | None:
    order_id = context.id_of("Order", id)
    return (await orders_by_id(context.reader, [order_id], viewer=context.viewer))[0] if order_id is not None else None


@query(Order | None, "The order with this secret token, for guests and links; null when nobody was given it.", allow=EVERYONE)
async def order_by_token(
    context: Context, *, token: Annotated[str, strawberry.argument(description="The order's secret token.")]
) -> OrderView | None:
    order_id = context.ports.seal.open("order", token)
    return (await orders_of_holders(context.reader, [order_id]))[0] if order_id is not None else None


@query(
    Order | None, "The order with this number on the operation's channel.", allow=may(Permission.READ_ORDERS, by_channel=True)
)
async def order_by_number(
    context: Context, *, number: Annotated[int, strawberry.argument(description="The order's number.")]
) -> OrderView | None:
    place = await context.place()
    return await read_by_number(context.reader, place.channel.id, number, viewer=context.viewer)


@query(
    OrderConnection,
    "Every order of the channels one works in, the newest first unless said otherwise.",
    allow=may(Permission.READ_ORDERS, by_channel=True),
)
async def orders(
    context: Context,
    *,
    where: Annotated[OrderWhereInput | None, strawberry.argument(description="Which ones; all when not said.")] = None,
    search: Annotated[str | None, strawberry.argument(description=SEARCH)] = None,
    order_by: Annotated[OrderSort, strawberry.argument(description="What they are sorted by.")] = OrderSort.PLACED_DESC,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionView:
    wanted = replace(filter_of(context, where, search, order_by), channels=channels_of(context.viewer))
    return await orders_connection(context, wanted, window(first, after, last, before), order_by)
