"""Other goods for goods that came back: the same variant or another of its product, as an order of its own that costs nothing.

An order's lines say what was sold and paid, and whatever is judged of stock, money and shipments goes by them. So what is
sent instead is not squeezed in between: the replacement is set aside, shipped, followed and returned like any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.carts.model import CartState, Term, TermKind, kept_term, total_of
from domain.carts.store import NewCart
from domain.error import NotFound, UserError
from domain.fulfillments.model import Units
from domain.ids import CartId, OrderId, OrderLineId, ReturnId, VariantId, new_id
from domain.live import order_topic
from domain.money import Currency, zero
from domain.orders.events import OrderPlaced
from domain.orders.model import (
    EventKind,
    FulfillmentStatus,
    NewOrder,
    NewOrderLine,
    Order,
    OrderStatus,
    PaymentStatus,
    States,
)
from domain.returns import rules
from domain.returns.actions.steps import end_if_settled, locked, record
from domain.returns.events import ReturnExchanged
from domain.returns.model import Destination, Goods, Replaced, Return
from domain.stock.errors import InsufficientStock
from domain.unit import Unit
from domain.viewer import Viewer, actor_name

HOLD_SECONDS = 60
"""How long goods are held until, in the same transaction, they are allocated."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Goods that are sent instead."""

    goods: Goods
    quantity: int


async def exchange_return(
    unit: Unit, *, return_id: ReturnId, replaced: tuple[Replaced, ...], by: Viewer, now: datetime
) -> OrderId | UserError:
    """Sets goods aside in place of accepted units; the order that they are sent by. Nothing is refunded for these units."""
    found = await locked(unit, return_id, by)
    if isinstance(found, UserError):
        return found
    order, received = found
    if (problem := rules.settle_problem(received, [Units(each.line_id, each.quantity) for each in replaced])) is not None:
        return problem
    chosen = await _chosen(unit, received, replaced)
    if isinstance(chosen, UserError):
        return chosen
    actor = actor_name(by)
    placed = await _place(unit, order, chosen, actor=actor, now=now)
    if isinstance(placed, UserError):
        return placed
    await unit.returns.note_exchange(return_id, placed, {each.line_id: each.quantity for each in replaced})
    data = {"return": str(return_id), "replacement": str(placed)}
    seq = await record(unit, order, EventKind.RETURN_EXCHANGED, data, states=order.states, actor=actor, now=now)
    goods = order.states.fulfillment.value
    unit.announce(
        ReturnExchanged(order_id=order.id, return_id=return_id, replacement_id=placed, seq=seq, fulfillment_status=goods)
    )
    await end_if_settled(unit, order, return_id, actor=actor, now=now)
    return placed


async def _chosen(unit: Unit, received: Return, replaced: Sequence[Replaced]) -> list[_Chosen] | UserError:
    """What is sent for each line; only another variant of the same product can stand in."""
    sold: dict[OrderLineId, VariantId | None] = {each.line_id: each.variant_id for each in received.lines}
    wanted = [each.variant_id or sold[each.line_id] for each in replaced]
    asked = {each for each in (*wanted, *sold.values()) if each is not None}
    known: Mapping[VariantId, Goods] = await unit.returns.goods(sorted(asked))
    chosen: list[_Chosen] = []
    for place, (each, variant_id) in enumerate(zip(replaced, wanted, strict=True)):
        before = known.get(sold[each.line_id] or VariantId(new_id()))
        goods = known.get(variant_id) if variant_id is not None else None
        if before is None or goods is None or goods.product_id != before.product_id:
            return NotFound(path=(*rules.LINES, str(place), "variant_id"), what="variant of this product")
        chosen.append(_Chosen(goods, each.quantity))
    return chosen


async def _place(unit: Unit, order: Order, chosen: Sequence[_Chosen], *, actor: str, now: datetime) -> OrderId | UserError:
    """The replacement: reserved and allocated, numbered, announced. Its cart is spent before it is anybody's."""
    destination = await unit.returns.destination(order.id)
    cart_id, order_id = CartId(new_id()), OrderId(new_id())
    cart = NewCart(
        id=cart_id,
        channel_id=order.channel_id,
        currency=order.currency,
        country=destination.country,
        language=order.language,
        customer_id=None,
        created_at=now,
    )
    await unit.carts.add(cart, {})
    spent = {"state": CartState.COMPLETED.value, "customer_id": order.customer_id, "sms_phone": destination.sms_phone}
    await unit.carts.change(cart_id, spent, now=now)
    demand: dict[VariantId, int] = {}
    for each in chosen:
        if each.goods.tracks_stock:
            demand[each.goods.variant_id] = demand.get(each.goods.variant_id, 0) + each.quantity
    short = await unit.stock.reserve(order_id, demand, seconds=HOLD_SECONDS)
    if short:
        sku = next(each.goods.sku for each in chosen if each.goods.variant_id == short[0].variant_id)
        return InsufficientStock(path=rules.LINES, sku=sku, asked=short[0].asked, available=short[0].available)
    await unit.stock.allocate(order_id)
    placed = _order(order, destination, chosen, order_id=order_id, cart_id=cart_id, now=now)
    await unit.orders.place(placed, actor=actor)
    unit.announce(OrderPlaced(order_id=order_id))
    unit.hint(order_topic(order_id))
    return order_id


def _order(
    of: Order, destination: Destination, chosen: Sequence[_Chosen], *, order_id: OrderId, cart_id: CartId, now: datetime
) -> NewOrder:
    return NewOrder(
        id=order_id,
        cart_id=cart_id,
        channel_id=of.channel_id,
        customer_id=of.customer_id,
        email=of.email,
        currency=of.currency,
        country=destination.country,
        language=of.language,
        shipping_address=destination.shipping_address,
        billing_address=destination.billing_address,
        delivery=_free(destination.delivery),
        coupon_code=None,
        note="",
        subtotal=0,
        discount=0,
        shipping=0,
        tax_added=0,
        tax_total=0,
        total=0,
        explanation=kept_term(_explained(of, chosen)),
        states=States(OrderStatus.CONFIRMED, PaymentStatus.PAID, FulfillmentStatus.UNFULFILLED),
        lines=tuple(_line(position, each) for position, each in enumerate(chosen)),
        placed_at=now,
    )


def _free(delivery: dict[str, Any] | None) -> dict[str, Any] | None:
    return {**delivery, "price": 0, "tax": 0} if delivery is not None else None


def _explained(of: Order, chosen: Sequence[_Chosen]) -> Term:
    currency: Currency = of.currency
    terms = [
        total_of(
            TermKind.LINE,
            each.goods.product_name,
            [Term(kind=TermKind.GOODS, label=f"{each.quantity} x {each.goods.sku}", amount=zero(currency))],
            currency,
        )
        for each in chosen
    ]
    return total_of(TermKind.TOTAL, f"In place of goods of order {of.number}", terms, currency)


def _line(position: int, each: _Chosen) -> NewOrderLine:
    return NewOrderLine(
        id=OrderLineId(new_id()),
        position=position,
        variant_id=each.goods.variant_id,
        product_name=each.goods.product_name,
        variant_name=each.goods.variant_name,
        sku=each.goods.sku,
        image_url=None,
        quantity=each.quantity,
        unit_price=0,
        discount=0,
        tax_basis_points=0,
        tax_added=0,
        tax_total=0,
        total=0,
    )
