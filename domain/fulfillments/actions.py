"""What happens to the goods of an order: sent by lines and warehouse, followed, arrived, called back.

Each function is one change under the order's lock, with its entries in the order's history; the order's own states follow
from its shipments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.error import Invalid, NotFound, UserError, VersionConflict
from domain.fulfillments import rules
from domain.fulfillments.errors import FulfillmentClosed, GoodsCameBack
from domain.fulfillments.events import FulfillmentCancelled, FulfillmentCreated, FulfillmentDelivered, FulfillmentTracked
from domain.fulfillments.model import Fulfillment, FulfillmentState, Parcel, Tracking, Units
from domain.ids import FulfillmentId, OrderId, WarehouseId, new_id
from domain.live import order_topic
from domain.orders.events import BY_FULFILLMENT, OrderStatusChanged
from domain.orders.model import Entry, EventKind, FulfillmentStatus, Order
from domain.orders.rules import cover_problem, fulfillment_problem, shipping_problem
from domain.stock.errors import InsufficientStock
from domain.unit import Unit
from domain.viewer import Permission, Viewer, actor_name, holds_in

REASON_LENGTH_MAX = 500
_Fact = type[FulfillmentCreated] | type[FulfillmentTracked] | type[FulfillmentDelivered] | type[FulfillmentCancelled]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What is to be sent of an order, from where, and how it can be followed."""

    order_id: OrderId
    warehouse_id: WarehouseId
    lines: tuple[Units, ...]
    tracking: Tracking


async def send(
    unit: Unit, *, sending: Sending, by: Viewer, now: datetime, if_version: int | None = None
) -> FulfillmentId | UserError:
    """Sends units of lines from a warehouse: they leave its shelves, once, and a shipment tells where they are."""
    order = await _order(unit, sending.order_id, by, if_version=if_version)
    if isinstance(order, UserError):
        return order
    at = ("input", "order_id")
    problem = shipping_problem(order.states, at) or cover_problem(order, at) or rules.tracking_problem(sending.tracking)
    if problem is not None:
        return problem
    if not await unit.stock.has_warehouse(sending.warehouse_id):
        return NotFound(path=("input", "warehouse_id"), what="warehouse")
    standings = {each.line_id: each for each in await unit.fulfillments.standings(order.id)}
    if (problem := rules.units_problem(standings, sending.lines)) is not None:
        return problem
    actor = actor_name(by)
    units = rules.units_of_variants(standings, sending.lines)
    short = await unit.stock.ship_from(order.id, sending.warehouse_id, units, actor=actor)
    if short:
        skus = {each.variant_id: each.sku for each in standings.values()}
        at = ("input", "lines")
        return InsufficientStock(path=at, sku=skus[short[0].variant_id], asked=short[0].asked, available=short[0].available)
    parcel = Parcel(
        id=FulfillmentId(new_id()), warehouse_id=sending.warehouse_id, tracking=sending.tracking, lines=sending.lines
    )
    await unit.fulfillments.add(order.id, [parcel], actor=actor, now=now)
    await _moved(unit, order, FulfillmentCreated, EventKind.FULFILLMENT_CREATED, [parcel.id], actor=actor, now=now)
    return parcel.id


async def change_fulfillment(
    unit: Unit, *, order_id: OrderId, to: FulfillmentStatus, by: Viewer, now: datetime, if_version: int | None = None
) -> OrderId | UserError:
    """Staff sends all that is still to be sent, a shipment for each warehouse, or notes that all shipments have arrived."""
    order = await _order(unit, order_id, by, if_version=if_version)
    if isinstance(order, UserError):
        return order
    asked = ("input", "fulfillment_status")
    if (problem := fulfillment_problem(order.states, to, asked) or cover_problem(order, asked)) is not None:
        return problem
    actor = actor_name(by)
    if to is FulfillmentStatus.DELIVERED:
        under_way = await unit.fulfillments.under_way(order.id)
        await unit.fulfillments.move(under_way, FulfillmentState.DELIVERED, now=now)
        await _moved(unit, order, FulfillmentDelivered, EventKind.FULFILLMENT_DELIVERED, under_way, actor=actor, now=now)
        return order_id
    standings = await unit.fulfillments.standings(order.id)
    sent = await unit.stock.ship(order.id, actor=actor)
    parcels = [
        Parcel(id=FulfillmentId(new_id()), warehouse_id=place, tracking=Tracking(), lines=tuple(lines))
        for place, lines in rules.by_warehouse(standings, sent).items()
    ]
    if not parcels and order.states.fulfillment is FulfillmentStatus.UNFULFILLED:
        return Invalid(path=("input", "fulfillment_status"), reason="Nothing of this order is left to be sent.")
    await unit.fulfillments.add(order.id, parcels, actor=actor, now=now)
    made = [each.id for each in parcels]
    await _moved(unit, order, FulfillmentCreated, EventKind.FULFILLMENT_CREATED, made, actor=actor, now=now)
    return order_id


async def track(
    unit: Unit, *, fulfillment_id: FulfillmentId, tracking: Tracking, by: Viewer, now: datetime
) -> FulfillmentId | UserError:
    """Says how a shipment can be followed, also after it has arrived; not when it was called back."""
    found = await _shipment(unit, fulfillment_id, by)
    if isinstance(found, UserError):
        return found
    order, shipment = found
    if shipment.state is FulfillmentState.CANCELLED:
        return FulfillmentClosed(path=("input", "fulfillment_id"), state=shipment.state.value)
    if (problem := rules.tracking_problem(tracking)) is not None:
        return problem
    await unit.fulfillments.track(fulfillment_id, tracking)
    actor = actor_name(by)
    await _moved(unit, order, FulfillmentTracked, EventKind.FULFILLMENT_TRACKED, [fulfillment_id], actor=actor, now=now)
    return fulfillment_id


async def deliver(unit: Unit, *, fulfillment_id: FulfillmentId, by: Viewer, now: datetime) -> FulfillmentId | UserError:
    """Notes that a shipment has arrived; the last one completes the order."""
    found = await _shipment(unit, fulfillment_id, by)
    if isinstance(found, UserError):
        return found
    order, shipment = found
    at = ("input", "fulfillment_id")
    if (problem := rules.step_problem(shipment.state, FulfillmentState.DELIVERED, at)) is not None:
        return problem
    await unit.fulfillments.move([fulfillment_id], FulfillmentState.DELIVERED, now=now)
    actor = actor_name(by)
    await _moved(unit, order, FulfillmentDelivered, EventKind.FULFILLMENT_DELIVERED, [fulfillment_id], actor=actor, now=now)
    return fulfillment_id


async def cancel(
    unit: Unit, *, fulfillment_id: FulfillmentId, reason: str, by: Viewer, now: datetime
) -> FulfillmentId | UserError:
    """Calls a shipment back: its goods lie in its warehouse again, once, set aside for the order as before."""
    found = await _shipment(unit, fulfillment_id, by)
    if isinstance(found, UserError):
        return found
    order, shipment = found
    at = ("input", "fulfillment_id")
    if (problem := rules.step_problem(shipment.state, FulfillmentState.CANCELLED, at)) is not None:
        return problem
    standings = {each.line_id: each for each in await unit.fulfillments.standings(order.id)}
    if rules.came_back(standings, shipment.lines):
        return GoodsCameBack(path=at)
    actor, reason = actor_name(by), reason[:REASON_LENGTH_MAX]
    await unit.fulfillments.move([fulfillment_id], FulfillmentState.CANCELLED, now=now, reason=reason)
    if shipment.warehouse_id is not None:
        units = rules.units_of_variants(standings, shipment.lines)
        await unit.stock.take_back(order.id, shipment.warehouse_id, units, actor=actor)
    kind = EventKind.FULFILLMENT_CANCELLED
    await _moved(unit, order, FulfillmentCancelled, kind, [fulfillment_id], actor=actor, now=now)
    return fulfillment_id


async def _moved(
    unit: Unit, order: Order, fact: _Fact, kind: EventKind, shipments: Sequence[FulfillmentId], *, actor: str, now: datetime
) -> None:
    """Takes the order where its shipments are by now, writes its history and announces what happened."""
    states = rules.states_by_goods(order.states, await unit.fulfillments.standings(order.id))
    goods = states.fulfillment
    entries = [Entry(kind=kind, data={"fulfillment": str(each)}) for each in shipments]
    entries += rules.entries_of_change(order.states, states)
    seq = await unit.orders.record(order, states, entries, actor=actor, now=now)
    if states != order.states:
        changed = OrderStatusChanged(
            order_id=order.id,
            seq=seq,
            status=states.status.value,
            fulfillment_status=goods.value,
            cause=BY_FULFILLMENT,
        )
        unit.announce(changed)
    for each in shipments:
        unit.announce(fact(order_id=order.id, fulfillment_id=each, seq=seq, fulfillment_status=goods.value))
    unit.hint(order_topic(order.id))


async def _shipment(unit: Unit, fulfillment_id: FulfillmentId, by: Viewer) -> tuple[Order, Fulfillment] | UserError:
    """The order, locked, and the shipment as it is under the lock."""
    missing = NotFound(path=("input", "fulfillment_id"), what="shipment")
    known = await unit.fulfillments.find(fulfillment_id)
    order = await _order(unit, known.order_id, by) if known is not None else missing
    if isinstance(order, UserError):
        return missing
    shipment = await unit.fulfillments.find(fulfillment_id)
    return (order, shipment) if shipment is not None else missing


async def _order(unit: Unit, order_id: OrderId, by: Viewer, *, if_version: int | None = None) -> Order | UserError:
    order = await unit.orders.lock(order_id)
    if order is None or not holds_in(by, Permission.MANAGE_ORDERS, order.channel_id):
        return NotFound(path=("input", "order_id"), what="order")
    if if_version is not None and order.version != if_version:
        return VersionConflict(path=("input", "if_version"), current=order.version)
    return order
