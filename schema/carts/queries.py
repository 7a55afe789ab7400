"""The questions about carts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from domain.carts.actions import may_touch
from domain.carts.model import Cart as KeptCart
from domain.carts.model import CartState
from domain.viewer import Customer
from persistence.carts.reads import carts_by_id, merged_into, open_cart_of
from schema.carts.types import Cart
from schema.context import Context
from schema.execution.fields import query
from schema.permissions import CUSTOMER, EVERYONE


async def cart_of_holder(context: Context, cart_id: UUID) -> KeptCart | None:
    """The cart, wherever it was merged into, if the caller may touch it; None otherwise."""
    cart = (await carts_by_id(context.reader, [cart_id]))[0]
    if cart is not None and cart.state is CartState.MERGED:
        into = await merged_into(context.reader, cart_id)
        cart = (await carts_by_id(context.reader, [into]))[0] if into is not None else None
    return cart if cart is not None and may_touch(cart, context.viewer) else None


@query(
    Cart | None,
    "The cart with this secret id; null when there is none, or it belongs to a customer who is not the caller.",
    allow=EVERYONE,
)
async def cart(
    context: Context,
    *,
    id: Annotated[strawberry.ID, strawberry.argument(description="The cart's secret id.")],
) -> KeptCart | None:
    cart_id = context.cart_id(id)
    return await cart_of_holder(context, cart_id) if cart_id is not None else None


@query(Cart | None, "The caller's open cart on this channel; null when they have none.", allow=CUSTOMER)
async def my_cart(context: Context) -> KeptCart | None:
    if not isinstance(context.viewer, Customer):
        return None
    place = await context.place()
    cart_id = await open_cart_of(context.reader, context.viewer.id, place.channel.id)
    return await cart_of_holder(context, cart_id) if cart_id is not None else None
