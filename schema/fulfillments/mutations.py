"""What staff does with the goods of orders: sends them by lines and warehouse, says how they are followed, calls them back."""

from __future__ import annotations

from uuid import UUID

from domain.error import NotFound, UserError
from domain.fulfillments import actions
from domain.fulfillments.model import Tracking, Units
from domain.ids import FulfillmentId, OrderId, OrderLineId, WarehouseId
from domain.viewer import Permission
from persistence.fulfillments.reads import fulfillments_by_id
from persistence.orders.reads import orders_of_holders
from schema.context import Context
from schema.fulfillments.inputs import (
    FulfillmentCancelInput,
    FulfillmentCreateInput,
    FulfillmentDeliverInput,
    FulfillmentTrackingUpdateInput,
)
from schema.fulfillments.types import Fulfillment
from schema.mutations import Answer, Keyed, answered, deed, keyed
from schema.orders.types import Order
from schema.permissions import may

ORDERS = may(Permission.MANAGE_ORDERS, by_channel=True)
THE_FULFILLMENT = (Fulfillment, "The shipment as it is now.")
THE_ORDER = (Order, "The order as it is now.")


@deed(
    "Sends units of an order's lines from a warehouse, as one shipment: they leave its shelves, the order moves on, and the buyer "
    "is written to. An order may go out in parts and from several warehouses, never more of a line than `openQuantity`.",
    allow=ORDERS,
    fulfillment=THE_FULFILLMENT,
    order=THE_ORDER,
)
@keyed(Keyed.KEPT)
async def fulfillment_create(context: Context, *, input: FulfillmentCreateInput) -> Answer | UserError:
    order_id = context.id_of("Order", input.order_id)
    if order_id is None:
        return NotFound(path=("input", "order_id"), what="order")
    warehouse_id = context.id_of("Warehouse", input.warehouse_id)
    if warehouse_id is None:
        return NotFound(path=("input", "warehouse_id"), what="warehouse")
    lines: list[Units] = []
    for place, line in enumerate(input.lines):
        line_id = context.id_of("OrderLine", line.line_id)
        if line_id is None:
            return NotFound(path=("input", "lines", str(place), "line_id"), what="order line")
        lines.append(Units(OrderLineId(line_id), line.quantity))
    outcome = await context.act(
        actions.send,
        sending=actions.Sending(
            order_id=OrderId(order_id),
            warehouse_id=WarehouseId(warehouse_id),
            lines=tuple(lines),
            tracking=_tracking(input),
        ),
        by=context.viewer,
        now=context.now,
        if_version=input.if_version,
    )
    return await _with_order(context, outcome)


@deed(
    "Says how a shipment can be followed, and writes to the buyer. What is not said is forgotten.",
    allow=ORDERS,
    fulfillment=THE_FULFILLMENT,
    order=THE_ORDER,
)
@keyed(Keyed.KEPT)
async def fulfillment_tracking_update(context: Context, *, input: FulfillmentTrackingUpdateInput) -> Answer | UserError:
    fulfillment_id = _id(context, input.fulfillment_id)
    if isinstance(fulfillment_id, UserError):
        return fulfillment_id
    outcome = await context.act(
        actions.track, fulfillment_id=fulfillment_id, tracking=_tracking(input), by=context.viewer, now=context.now
    )
    return await _with_order(context, outcome)


@deed(
    "Notes that a shipment has arrived. When all that was to be sent has arrived, the order is completed.",
    allow=ORDERS,
    fulfillment=THE_FULFILLMENT,
    order=THE_ORDER,
)
@keyed(Keyed.KEPT)
async def fulfillment_deliver(context: Context, *, input: FulfillmentDeliverInput) -> Answer | UserError:
    fulfillment_id = _id(context, input.fulfillment_id)
    if isinstance(fulfillment_id, UserError):
        return fulfillment_id
    outcome = await context.act(actions.deliver, fulfillment_id=fulfillment_id, by=context.viewer, now=context.now)
    return await _with_order(context, outcome)


@deed(
    "Calls a shipment back that has not arrived: its goods lie in its warehouse again, set aside for the order, which goes on "
    "as if they had not been sent.",
    allow=ORDERS,
    fulfillment=THE_FULFILLMENT,
    order=THE_ORDER,
)
@keyed(Keyed.KEPT)
async def fulfillment_cancel(context: Context, *, input: FulfillmentCancelInput) -> Answer | UserError:
    fulfillment_id = _id(context, input.fulfillment_id)
    if isinstance(fulfillment_id, UserError):
        return fulfillment_id
    outcome = await context.act(
        actions.cancel, fulfillment_id=fulfillment_id, reason=input.reason, by=context.viewer, now=context.now
    )
    return await _with_order(context, outcome)


def _id(context: Context, said: str) -> FulfillmentId | UserError:
    known = context.id_of("Fulfillment", said)
    return FulfillmentId(known) if known is not None else NotFound(path=("input", "fulfillment_id"), what="shipment")


def _tracking(said: FulfillmentCreateInput | FulfillmentTrackingUpdateInput) -> Tracking:
    return Tracking(carrier=said.carrier, number=said.tracking_number, url=said.tracking_url)


async def _with_order(context: Context, outcome: FulfillmentId | UserError) -> Answer | UserError:
    if isinstance(outcome, UserError):
        return outcome
    shipment = (await fulfillments_by_id(context.reader, [outcome]))[0]
    named: list[UUID] = [shipment.order_id] if shipment is not None else []
    orders = await orders_of_holders(context.reader, named)
    return answered(fulfillment=shipment, order=orders[0] if orders else None)
