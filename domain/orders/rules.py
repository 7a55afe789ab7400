"""Decides how an order may move. Pure: the tables are in the model, the lock and the history are the store's."""

from __future__ import annotations

from collections.abc import Sequence

from domain.error import Path, UserError
from domain.money import Money
from domain.orders.errors import AlreadyShipped, InvalidTransition, NotPaid
from domain.orders.model import (
    NEXT_STATUS,
    FulfillmentStatus,
    Order,
    OrderStatus,
    PaymentStatus,
    States,
)

PAID_ENOUGH = frozenset({PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.AUTHORIZED})
"""With these a confirmed order may go out. A promise will do: money is taken when goods ship, or at the door."""
STAFF_STATUS = frozenset({OrderStatus.PROCESSING, OrderStatus.COMPLETED, OrderStatus.CANCELLED})
"""What staff may set by hand; CONFIRMED comes with the money."""
STAFF_FULFILLMENT = {
    FulfillmentStatus.UNFULFILLED: frozenset({FulfillmentStatus.SHIPPED}),
    FulfillmentStatus.PARTIALLY_SHIPPED: frozenset({FulfillmentStatus.SHIPPED}),
    FulfillmentStatus.SHIPPED: frozenset({FulfillmentStatus.DELIVERED}),
}
"""What staff may say of all goods at once; every other step comes with a shipment."""
_OVER = frozenset({OrderStatus.CANCELLED, OrderStatus.COMPLETED})
_SENT = frozenset(FulfillmentStatus) - {FulfillmentStatus.UNFULFILLED}


def allowed_status(states: States) -> tuple[OrderStatus, ...]:
    """Where staff may take the order's status next, in the table's order."""
    return tuple(each for each in OrderStatus if each in STAFF_STATUS and status_problem(states, each, ()) is None)


def allowed_fulfillment(states: States) -> tuple[FulfillmentStatus, ...]:
    """Where staff may take the order's fulfillment next, in the table's order."""
    return tuple(each for each in FulfillmentStatus if fulfillment_problem(states, each, ()) is None)


def status_problem(states: States, to: OrderStatus, at: Path) -> UserError | None:
    """What keeps staff from setting the status, or None."""
    if to not in NEXT_STATUS[states.status] or to not in STAFF_STATUS:
        return _refused(states.status.value, to.value, [each.value for each in allowed_status_by_table(states)], at)
    if to is OrderStatus.CANCELLED and states.fulfillment in _SENT:
        return AlreadyShipped(path=at)
    if to is OrderStatus.COMPLETED and states.fulfillment is not FulfillmentStatus.DELIVERED:
        return _refused(states.status.value, to.value, [], at)
    return None


def allowed_status_by_table(states: States) -> list[OrderStatus]:
    """What the table and staff's hands allow, before goods and money are looked at."""
    return [each for each in OrderStatus if each in NEXT_STATUS[states.status] and each in STAFF_STATUS]


def fulfillment_problem(states: States, to: FulfillmentStatus, at: Path) -> UserError | None:
    """What keeps staff from setting the fulfillment, or None: only a live order ships whose money came in or is promised whole."""
    allowed = [each for each in FulfillmentStatus if each in STAFF_FULFILLMENT.get(states.fulfillment, ())]
    if to not in allowed or states.status in _OVER:
        return _refused(
            states.fulfillment.value, to.value, [] if states.status in _OVER else [each.value for each in allowed], at
        )
    return shipping_problem(states, at)


def shipping_problem(states: States, at: Path) -> UserError | None:
    """What keeps goods from leaving the shop, or None: the order is over, or its money is neither here nor promised whole."""
    if states.status in _OVER:
        return _refused(states.fulfillment.value, FulfillmentStatus.SHIPPED.value, [], at)
    if states.payment not in PAID_ENOUGH or states.status is OrderStatus.PENDING:
        return NotPaid(path=at)
    return None


def cancellation_problem(states: States, *, by_staff: bool, at: Path) -> UserError | None:
    """What keeps an order from being cancelled. A buyer may until the shop begins to work on it, staff until it ships."""
    if states.fulfillment in _SENT:
        return AlreadyShipped(path=at)
    if OrderStatus.CANCELLED not in NEXT_STATUS[states.status]:
        return _refused(states.status.value, OrderStatus.CANCELLED.value, [], at)
    if not by_staff and states.status is OrderStatus.PROCESSING:
        return _refused(states.status.value, OrderStatus.CANCELLED.value, [], at)
    return None


def _refused(current: str, asked: str, allowed: Sequence[str], at: Path) -> InvalidTransition:
    return InvalidTransition(path=at, current=current, asked=asked, allowed=tuple(allowed))


def payment_status(order: Order, *, authorized: Money, captured: Money, refunded: Money, is_pending: bool) -> PaymentStatus:
    """Where the money stands, from the sums over all payments; `is_pending` when some attempt has no outcome yet.

    What goes back because an edit took it off the total is not counted as refunded: what is agreed by now is paid.
    """
    zero = 0
    if refunded.minor > order.edited_back:
        return PaymentStatus.REFUNDED if refunded == captured else PaymentStatus.PARTIALLY_REFUNDED
    if captured.minor > zero or order.total.minor == zero:
        return PaymentStatus.PAID if order.billed <= captured else PaymentStatus.PARTIALLY_PAID
    if authorized.minor > zero:
        return PaymentStatus.AUTHORIZED
    return PaymentStatus.PENDING if is_pending else PaymentStatus.UNPAID


def cover_problem(order: Order, at: Path) -> UserError | None:
    """What keeps goods of an order from leaving whose total an edit raised above what is promised, or None."""
    is_short = order.states.payment is PaymentStatus.AUTHORIZED and order.authorized < order.billed
    return NotPaid(path=at) if is_short else None
