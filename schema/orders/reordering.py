"""Buying again what an order held."""

from __future__ import annotations

import strawberry

from domain.carts.actions import Start
from domain.carts.refilling import Bought, refill_cart
from domain.error import Caution, Invalid, NotFound, UserError
from domain.ids import CartId, ChannelId, VariantId, new_id
from domain.money import Currency, Money
from persistence.orders.reads import OrderView, lines_of_orders, orders_by_id, orders_of_holders
from schema.carts.types import Cart
from schema.context import Context
from schema.mutations import Answer, answered, deed
from schema.permissions import EVERYONE


@strawberry.input(name="CartCreateFromOrderInput", description="Which order is bought again: say one of the two.")
class CartCreateFromOrderInput:
    order_id: strawberry.ID | None = strawberry.field(default=None, description="The order, if it is the caller's.")
    order_token: str | None = strawberry.field(default=None, description="The order's secret token.")


@deed(
    "Fills a cart with what an order held: as much of it as there is now, at the prices of now. What is gone (VARIANT_UNAVAILABLE), "
    "short (INSUFFICIENT_STOCK) or has another price (PRICE_CHANGED) is told by `warnings`, whose paths are the order's lines. A "
    "customer who has an open cart on the order's channel gets that one.",
    allow=EVERYONE,
    cart=(Cart, "The cart as it is now."),
)
async def cart_create_from_order(context: Context, *, input: CartCreateFromOrderInput) -> Answer | UserError:
    if (input.order_id is None) == (input.order_token is None):
        return Invalid(path=("input",), reason="Say either `orderId` or `orderToken`.")
    order = await _order(context, input)
    if order is None:
        return NotFound(path=("input", "order_token" if input.order_token is not None else "order_id"), what="order")
    [lines] = await lines_of_orders(context.reader, [order.id])
    currency = Currency(order.currency)
    outcome = await context.act(
        refill_cart,
        cart_id=CartId(new_id()),
        start=Start(channel_id=ChannelId(order.channel_id), currency=currency, country=order.country, language=order.language),
        bought=[
            Bought(
                variant_id=VariantId(line.variant_id) if line.variant_id is not None else None,
                sku=line.sku,
                quantity=line.quantity,
                unit_price=Money(line.unit_price, currency),
            )
            for line in lines
        ],
        by=context.viewer,
        now=context.now,
    )
    if isinstance(outcome, UserError):
        return outcome
    otherwise = [Caution(code=each.code, message=_told(each), path=each.path) for each in outcome.otherwise]
    return answered(cart=outcome.cart, warnings=otherwise)


def _told(error: UserError) -> str:
    """What a price change asks of a checkout is not asked here: the new price is in the cart."""
    return error.message.partition(" Look at the new total")[0]


async def _order(context: Context, said: CartCreateFromOrderInput) -> OrderView | None:
    if said.order_token is not None:
        known = context.ports.seal.open("order", said.order_token)
        return (await orders_of_holders(context.reader, [known]))[0] if known is not None else None
    by_id = context.id_of("Order", said.order_id) if said.order_id is not None else None
    return (await orders_by_id(context.reader, [by_id], viewer=context.viewer))[0] if by_id is not None else None
