"""Staff calls orders off that money came in for: above the shop's limit the money waits for a second person, as any refund does.

How an order is called off is the orders'; what goes back without a second word is promised by `attempts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.error import UserError
from domain.ids import OrderId
from domain.money import Currency, Money
from domain.orders import actions as orders
from domain.orders.model import Order, OrderStatus
from domain.payments.actions.attempts import CANCELLED_BY_SHOP
from domain.payments.actions.refunds import ask_a_second, too_large_for_one
from domain.unit import Unit
from domain.viewer import Customer, Guest, Viewer


async def cancel_order(
    unit: Unit,
    *,
    order_id: OrderId,
    reason: str,
    holds_token: bool,
    limits: Mapping[Currency, Money],
    by: Viewer,
    now: datetime,
    if_version: int | None = None,
) -> OrderId | UserError:
    """Calls an order off. Buyers have all back at once; what staff gives back by it waits above its currency's limit."""
    large = None if isinstance(by, Customer | Guest) else await _large(unit, order_id, limits)
    done = await orders.cancel_order(
        unit,
        order_id=order_id,
        reason=reason,
        holds_token=holds_token,
        by=by,
        now=now,
        if_version=if_version,
        takes_two=large is not None,
    )
    if large is not None and not isinstance(done, UserError):
        await ask_a_second(unit, large, reason=CANCELLED_BY_SHOP, by=by, now=now)
    return done


async def change_status(
    unit: Unit,
    *,
    order_id: OrderId,
    to: OrderStatus,
    reason: str,
    limits: Mapping[Currency, Money],
    by: Viewer,
    now: datetime,
    if_version: int | None = None,
) -> OrderId | UserError:
    """Staff sets the order's status by hand; to call it off by that is the same as to cancel it."""
    large = await _large(unit, order_id, limits) if to is OrderStatus.CANCELLED else None
    done = await orders.change_status(
        unit, order_id=order_id, to=to, reason=reason, by=by, now=now, if_version=if_version, takes_two=large is not None
    )
    if large is not None and not isinstance(done, UserError):
        await ask_a_second(unit, large, reason=CANCELLED_BY_SHOP, by=by, now=now)
    return done


async def _large(unit: Unit, order_id: OrderId, limits: Mapping[Currency, Money]) -> Order | None:
    """The order, locked, when all that is left of its money is too much for one person to give back."""
    order = await unit.orders.lock(order_id)
    if order is None or not await too_large_for_one(unit, order, limit=limits.get(order.currency)):
        return None
    return order
