"""The tasks that write to buyers about shipments: what is in each, and how it can be followed."""

from __future__ import annotations

from domain.error import UserError
from domain.fulfillments.model import Carrier, Contents
from domain.fulfillments.rules import tracking_url
from domain.ids import FulfillmentId, OrderId
from domain.notices.model import NoticeKind
from gateways.letters.render import Parcel, order_letter
from persistence.unit import UnitOfWork
from workers.notices import way_to, write_to_buyer
from workers.tasks import Fact, Failed, InTransaction, Tools


def about_shipment(kind: NoticeKind) -> InTransaction:
    """The task that writes this letter to the buyer of an order, about one of its shipments."""

    async def tell(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
        order = await unit.notices.order_facts(OrderId(fact.id("order_id")))
        contents = await unit.fulfillments.contents(FulfillmentId(fact.id("fulfillment_id")))
        if order is None or contents is None:
            return Failed(reason=f"{fact.kind} names no shipment")
        status = str(fact.fields["fulfillment_status"])
        letter = order_letter(kind, order, status=status, way=way_to(tools, order.id), parcel=_parcel(contents))
        await write_to_buyer(unit, fact, tools, order, letter)
        return None

    return tell


def _parcel(contents: Contents) -> Parcel:
    tracking = contents.tracking
    named = tracking.carrier.value.replace("_", " ") if tracking.carrier not in (None, Carrier.OTHER) else ""
    return Parcel(
        lines=tuple(
            f"{each.quantity} x {' · '.join(part for part in (each.product_name, each.variant_name) if part)} ({each.sku})"
            for each in contents.packed
        ),
        number=f"{named} {tracking.number}".strip() if tracking.number else "",
        link=tracking_url(tracking) or "",
    )
