"""A cart filled from what somebody bought before: what can be had of it by now goes in, and the rest is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.carts.actions import Start, create_cart
from domain.carts.errors import CartFull, PriceChanged, VariantUnavailable
from domain.carts.model import LINES_MAX, QUANTITY_MAX, Cart
from domain.carts.store import Sellable
from domain.error import UserError
from domain.ids import CartId, VariantId
from domain.money import Money
from domain.stock.errors import InsufficientStock
from domain.unit import Unit
from domain.viewer import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """A line as it was bought; `variant_id` None: the variant has been deleted since."""

    variant_id: VariantId | None
    sku: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True)
class Refilled:
    """The cart, and what is otherwise than it was; the paths are places of the lines that were bought."""

    cart: Cart
    otherwise: tuple[UserError, ...]


async def refill_cart(
    unit: Unit, *, cart_id: CartId, start: Start, bought: Sequence[Bought], by: Viewer, now: datetime
) -> Refilled | UserError:
    """Starts a cart (or goes on with the customer's open one) and puts in what is sold by now, as much as there is of it.

    What is gone, short or has another price is told, never silently left out. Nothing is promised: stock is taken at checkout.
    """
    cart = await create_cart(unit, cart_id=cart_id, start=start, lines=(), by=by, now=now)
    if isinstance(cart, UserError):
        return cart
    known = [each.variant_id for each in bought if each.variant_id is not None]
    sold = await unit.carts.sellable(known, channel_id=cart.channel_id, currency=cart.currency)
    there = {line.variant_id: line.quantity for line in cart.lines}
    units, otherwise = _had_now(bought, sold, there)
    if units:
        await unit.carts.add_units(cart.id, units, now=now)
    return Refilled(await unit.carts.read(cart.id), tuple(otherwise))


def _had_now(
    bought: Sequence[Bought], sold: Mapping[VariantId, Sellable], there: Mapping[VariantId, int]
) -> tuple[dict[VariantId, int], list[UserError]]:
    """Units to add by variant, and what is otherwise. What lies in the cart already is counted against the stock."""
    units: dict[VariantId, int] = {}
    otherwise: list[UserError] = []
    for position, each in enumerate(bought):
        at = ("order", "lines", str(position))
        offer = sold.get(each.variant_id) if each.variant_id is not None else None
        if each.variant_id is None or offer is None:
            otherwise.append(VariantUnavailable(path=at, sku=each.sku))
            continue
        if each.variant_id not in there and each.variant_id not in units and len({*there, *units}) >= LINES_MAX:
            otherwise.append(CartFull(path=at, limit=LINES_MAX))
            continue
        has = there.get(each.variant_id, 0) + units.get(each.variant_id, 0)
        free = QUANTITY_MAX if offer.free is None else min(offer.free, QUANTITY_MAX)
        count = max(min(each.quantity, free - has), 0)
        if count < each.quantity:
            otherwise.append(InsufficientStock(path=at, sku=each.sku, asked=each.quantity, available=count))
        if offer.price != each.unit_price:
            otherwise.append(PriceChanged(path=at, sku=each.sku, seen=each.unit_price, current=offer.price))
        if count:
            units[each.variant_id] = units.get(each.variant_id, 0) + count
    return units, otherwise
