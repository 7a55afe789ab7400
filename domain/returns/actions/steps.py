"""What every step of a return has in common: the locks it is taken under, its entry in the order's history, its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.error import NotFound, Path, UserError
from domain.fulfillments.rules import entries_of_change
from domain.ids import OrderId, ReturnId
from domain.live import order_topic
from domain.orders.events import BY_RETURN, OrderStatusChanged
from domain.orders.model import Entry, EventKind, Order, States
from domain.returns import rules
from domain.returns.events import (
    ReturnApproved,
    ReturnCancelled,
    ReturnCompleted,
    ReturnDeclined,
    ReturnReceived,
    ReturnRequested,
)
from domain.returns.model import Return, ReturnState
from domain.unit import Unit
from domain.viewer import Customer, Permission, Viewer, holds_in

AT: Path = ("input", "return_id")
Fact = (
    type[ReturnRequested]
    | type[ReturnApproved]
    | type[ReturnDeclined]
    | type[ReturnCancelled]
    | type[ReturnReceived]
    | type[ReturnCompleted]
)
_KINDS: dict[Fact, EventKind] = {
    ReturnRequested: EventKind.RETURN_REQUESTED,
    ReturnApproved: EventKind.RETURN_APPROVED,
    ReturnDeclined: EventKind.RETURN_DECLINED,
    ReturnCancelled: EventKind.RETURN_CANCELLED,
    ReturnReceived: EventKind.RETURN_RECEIVED,
    ReturnCompleted: EventKind.RETURN_COMPLETED,
}


def is_staff(order: Order, by: Viewer) -> bool:
    """Whether the order is this member of staff's to deal with."""
    return holds_in(by, Permission.MANAGE_ORDERS, order.channel_id)


def is_buyer(order: Order, by: Viewer, *, holds_token: bool) -> bool:
    """Whether the order is this buyer's, by log-in or by its token."""
    return holds_token or (isinstance(by, Customer) and order.customer_id == by.id)


async def locked(
    unit: Unit, return_id: ReturnId, by: Viewer, *, for_buyer: bool = False, token_of: OrderId | None = None
) -> tuple[Order, Return] | UserError:
    """The order, locked, and its return as it is under the lock; for staff, and where it is `for_buyer` for the order's own.

    `token_of` is the order whose token the caller has shown.
    """
    missing = NotFound(path=AT, what="return")
    known = await unit.returns.find(return_id)
    order = await unit.orders.lock(known.order_id) if known is not None else None
    if order is None or not (is_staff(order, by) or (for_buyer and is_buyer(order, by, holds_token=token_of == order.id))):
        return missing
    found = await unit.returns.find(return_id)
    return (order, found) if found is not None else missing


async def record(
    unit: Unit, order: Order, kind: EventKind, data: dict[str, str], *, states: States, actor: str, now: datetime
) -> int:
    """Takes the order to these states and writes its history; the step's number in it."""
    entries = [Entry(kind=kind, data=data), *entries_of_change(order.states, states)]
    seq = await unit.orders.record(order, states, entries, actor=actor, now=now)
    if states != order.states:
        unit.announce(
            OrderStatusChanged(
                order_id=order.id,
                seq=seq,
                status=states.status.value,
                fulfillment_status=states.fulfillment.value,
                cause=BY_RETURN,
            )
        )
    unit.hint(order_topic(order.id))
    return seq


async def tell(
    unit: Unit, order: Order, fact: Fact, return_id: ReturnId, *, actor: str, now: datetime, states: States | None = None
) -> Order:
    """Writes and announces a step; the order as it is after it. `states` None: it stays where it is."""
    after = states or order.states
    seq = await record(unit, order, _KINDS[fact], {"return": str(return_id)}, states=after, actor=actor, now=now)
    unit.announce(fact(order_id=order.id, return_id=return_id, seq=seq, fulfillment_status=after.fulfillment.value))
    return replace(order, states=after)


async def end_if_settled(unit: Unit, order: Order, return_id: ReturnId, *, actor: str, now: datetime) -> None:
    """Completes a received return of which nothing is left to refund or exchange."""
    found = await unit.returns.find(return_id)
    if found is not None and rules.is_settled(found):
        await unit.returns.move(return_id, ReturnState.COMPLETED, now=now)
        await tell(unit, order, ReturnCompleted, return_id, actor=actor, now=now)
