"""What happens to an order after it was placed: cancelled, moved on by staff, noted on, expired without money.

Each function is one change under the order's lock, with its entry in the history. What money moves is the payments', where
the goods are the fulfillments'.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.error import Invalid, NotFound, Path, UserError, VersionConflict
from domain.ids import OrderId
from domain.live import order_topic
from domain.orders import rules
from domain.orders.events import OrderCancelled, OrderStatusChanged
from domain.orders.model import NOTE_LENGTH_MAX, Entry, EventKind, Note, Order, OrderStatus
from domain.unit import Unit
from domain.viewer import App, Customer, Guest, Machine, Permission, Staff, Viewer, actor_name, holds_in

EXPIRED = "EXPIRED"
"""The reason of a cancellation for want of payment in time."""
REASON_LENGTH_MAX = 500


def may_see(order: Order, viewer: Viewer) -> bool:
    """Whether an order is the viewer's to see, short of holding its token."""
    match viewer:
        case Customer(id=customer_id):
            return order.customer_id == customer_id
        case Staff() | App() | Machine():
            return holds_in(viewer, Permission.READ_ORDERS, order.channel_id)
        case Guest():
            return False


async def cancel_order(
    unit: Unit,
    *,
    order_id: OrderId,
    reason: str,
    holds_token: bool,
    by: Viewer,
    now: datetime,
    if_version: int | None = None,
    takes_two: bool = False,
) -> OrderId | UserError:
    """Calls an order off: gives back stock and coupon, once, and announces it, so that money is given back too.

    Buyers may cancel their own (by log-in or by the order's token), staff with MANAGE_ORDERS any of their channels. With
    `takes_two` the caller sees to the money that came in.
    """
    at: Path = ("input", "order_id")
    order = await unit.orders.lock(order_id)
    by_staff = order is not None and holds_in(by, Permission.MANAGE_ORDERS, order.channel_id)
    owns = holds_token or (isinstance(by, Customer) and order is not None and order.customer_id == by.id)
    if order is None or not (by_staff or owns):
        return NotFound(path=at, what="order")
    if if_version is not None and order.version != if_version:
        return VersionConflict(path=("input", "if_version"), current=order.version)
    if (problem := rules.cancellation_problem(order.states, by_staff=by_staff, at=at)) is not None:
        return problem
    await call_off(unit, order, reason=reason, actor=actor_name(by), now=now, takes_two=takes_two)
    return order_id


async def call_off(unit: Unit, order: Order, *, reason: str, actor: str, now: datetime, takes_two: bool = False) -> None:
    """Cancels an order whose lock is held and whose cancellation was decided."""
    states = replace(order.states, status=OrderStatus.CANCELLED)
    entry = Entry(kind=EventKind.CANCELLED, data={"reason": reason[:REASON_LENGTH_MAX]})
    seq = await unit.orders.record(order, states, [entry], actor=actor, now=now, cancel_reason=reason[:REASON_LENGTH_MAX])
    await unit.promotions.give_back(order.id)
    await unit.stock.release(order.id)
    unit.announce(OrderCancelled(order_id=order.id, seq=seq, reason=reason[:REASON_LENGTH_MAX], takes_two=takes_two))
    unit.hint(order_topic(order.id))


async def add_note(unit: Unit, *, note: Note, by: Viewer, now: datetime) -> UUID | UserError:
    """Keeps what staff writes about an order. What its buyer may see is told in the history, what is internal is not."""
    order = await unit.orders.lock(note.order_id)
    if order is None or not holds_in(by, Permission.MANAGE_ORDERS, order.channel_id):
        return NotFound(path=("input", "order_id"), what="order")
    if not 0 < len(note.text.strip()) <= len(note.text) <= NOTE_LENGTH_MAX:
        return Invalid(path=("input", "text"), reason=f"A note has 1 to {NOTE_LENGTH_MAX} characters.")
    author = actor_name(by)
    await unit.orders.add_note(note, author=author, now=now)
    if note.is_public:
        entry = Entry(kind=EventKind.NOTE_ADDED, data={"note": str(note.id)})
        await unit.orders.record(order, order.states, [entry], actor=author, now=now)
        unit.hint(order_topic(order.id))
    return note.id


async def expire_order(unit: Unit, *, order_id: OrderId, now: datetime) -> bool:
    """Cancels an order whose reservation ran out before the money came; False when that is not so (any more)."""
    order = await unit.orders.lock(order_id)
    if order is None or not await unit.stock.is_expired(order_id):
        return False
    if order.states.status is not OrderStatus.PENDING:
        await unit.stock.allocate(order_id)
        return False
    await call_off(unit, order, reason=EXPIRED, actor="machine:schedule", now=now)
    return True


async def expired_orders(unit: Unit, *, limit: int) -> list[OrderId]:
    """Orders that `expire_order` should look at, the longest overdue first."""
    return await unit.stock.expired_orders(limit=limit)


async def change_status(
    unit: Unit,
    *,
    order_id: OrderId,
    to: OrderStatus,
    reason: str,
    by: Viewer,
    now: datetime,
    if_version: int | None = None,
    takes_two: bool = False,
) -> OrderId | UserError:
    """Staff sets the order's status by hand; `takes_two` is as for `cancel_order`."""
    order = await _of_staff(unit, order_id, if_version, by)
    if isinstance(order, UserError):
        return order
    if (problem := rules.status_problem(order.states, to, ("input", "status"))) is not None:
        return problem
    if to is OrderStatus.CANCELLED:
        await call_off(unit, order, reason=reason, actor=actor_name(by), now=now, takes_two=takes_two)
        return order_id
    states = replace(order.states, status=to)
    entry = Entry(kind=EventKind.STATUS_CHANGED, data={"from": order.states.status.value, "to": to.value})
    seq = await unit.orders.record(order, states, [entry], actor=actor_name(by), now=now)
    unit.announce(OrderStatusChanged(order_id=order.id, seq=seq, status=to.value, fulfillment_status=states.fulfillment.value))
    unit.hint(order_topic(order.id))
    return order_id


async def _of_staff(unit: Unit, order_id: OrderId, if_version: int | None, by: Viewer) -> Order | UserError:
    order = await unit.orders.lock(order_id)
    if order is None or not holds_in(by, Permission.MANAGE_ORDERS, order.channel_id):
        return NotFound(path=("input", "order_id"), what="order")
    if if_version is not None and order.version != if_version:
        return VersionConflict(path=("input", "if_version"), current=order.version)
    return order
