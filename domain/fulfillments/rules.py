"""Decides what may be sent, and where an order's goods stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote, urlsplit

from domain.error import Invalid, NotFound, Path, UserError
from domain.fulfillments.errors import FulfillmentClosed, NotLeftToShip
from domain.fulfillments.model import (
    FOLLOWED_AT,
    LINES_MAX,
    NEXT_STATE,
    Carrier,
    FulfillmentState,
    Standing,
    Tracking,
    Units,
)
from domain.ids import OrderLineId, VariantId, WarehouseId
from domain.orders.model import Entry, EventKind, FulfillmentStatus, OrderStatus, States
from domain.stock.model import Sent

NUMBER_LENGTH_MAX = 64
URL_LENGTH_MAX = 500
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]*\Z")
_URL = re.compile(r"[!-~]+\Z")


def fulfillment_status(standings: Sequence[Standing]) -> FulfillmentStatus:
    """Where an order's goods stand: some sent, all of what is to be sent, all of that arrived; or some, or all, returned."""
    sent = sum(each.sent for each in standings)
    if sent == 0:
        return FulfillmentStatus.UNFULFILLED
    if any(each.open for each in standings):
        return FulfillmentStatus.PARTIALLY_SHIPPED
    returned = sum(each.returned for each in standings)
    if returned:
        return FulfillmentStatus.RETURNED if returned >= sent else FulfillmentStatus.PARTIALLY_RETURNED
    arrived = sum(each.delivered for each in standings)
    return FulfillmentStatus.DELIVERED if arrived == sent else FulfillmentStatus.SHIPPED


def order_status(standings: Sequence[Standing]) -> OrderStatus:
    """Where the agreement stands by its goods: the shop works on it until everything has arrived, whatever came back since."""
    is_sent = any(each.sent for each in standings) and not any(each.open for each in standings)
    is_there = all(each.arrived == each.sent for each in standings)
    return OrderStatus.COMPLETED if is_sent and is_there else OrderStatus.PROCESSING


def states_by_goods(states: States, standings: Sequence[Standing]) -> States:
    """The states of an order by where its goods are; what was completed stays so."""
    status = states.status if states.status is OrderStatus.COMPLETED else order_status(standings)
    return replace(states, status=status, fulfillment=fulfillment_status(standings))


def entries_of_change(before: States, after: States) -> list[Entry]:
    """What an order's history tells of a step that its goods took it."""
    entries: list[Entry] = []
    if after.fulfillment is not before.fulfillment:
        change = {"from": before.fulfillment.value, "to": after.fulfillment.value}
        entries.append(Entry(kind=EventKind.FULFILLMENT_CHANGED, data=change))
    if after.status is not before.status:
        change = {"from": before.status.value, "to": after.status.value}
        entries.append(Entry(kind=EventKind.STATUS_CHANGED, data=change))
    return entries


def units_problem(standings: Mapping[OrderLineId, Standing], lines: Sequence[Units]) -> UserError | None:
    """What keeps these units from being sent: lines of another order or named twice, more units than are left."""
    at: Path = ("input", "lines")
    if not 0 < len(lines) <= LINES_MAX:
        return Invalid(path=at, reason=f"A shipment has 1 to {LINES_MAX} lines.")
    named: set[OrderLineId] = set()
    for place, line in enumerate(lines):
        known = standings.get(line.line_id)
        if known is None or line.line_id in named:
            return NotFound(path=(*at, str(place), "line_id"), what="order line")
        if not 0 < line.quantity <= known.open:
            return NotLeftToShip(path=(*at, str(place), "quantity"), open=known.open)
        named.add(line.line_id)
    return None


def step_problem(state: FulfillmentState, to: FulfillmentState, at: Path) -> UserError | None:
    """What keeps a shipment from going from one state to another, or None."""
    return None if to in NEXT_STATE[state] else FulfillmentClosed(path=at, state=state.value)


def came_back(standings: Mapping[OrderLineId, Standing], lines: Sequence[Units]) -> bool:
    """Whether some of these units are on the shelf again, or must have gone out, for they are being returned."""
    found = [(standings[line.line_id], line.quantity) for line in lines]
    return any(each.came_back or each.sent - units < each.in_return for each, units in found)


def tracking_problem(tracking: Tracking) -> UserError | None:
    """What is wrong with what was said about following a shipment, or None."""
    number, url = tracking.number, tracking.url
    if number is not None and (len(number) > NUMBER_LENGTH_MAX or not _NUMBER.match(number)):
        reason = f"A tracking number has 1 to {NUMBER_LENGTH_MAX} letters, digits, spaces, dots, slashes and hyphens."
        return Invalid(path=("input", "tracking_number"), reason=reason)
    if number is not None and tracking.carrier is None:
        return Invalid(path=("input", "carrier"), reason="Say whose number it is.")
    if url is None:
        return None
    if tracking.carrier is not Carrier.OTHER:
        return Invalid(path=("input", "tracking_url"), reason="A page is said for the carrier OTHER only; we know the others'.")
    parts = urlsplit(url) if len(url) <= URL_LENGTH_MAX and _URL.match(url) else None
    if parts is None or parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        return Invalid(path=("input", "tracking_url"), reason=f"Say an https address of at most {URL_LENGTH_MAX} characters.")
    return None


def tracking_url(tracking: Tracking) -> str | None:
    """Where the shipment can be followed; None when nobody knows."""
    if tracking.carrier is None or tracking.carrier is Carrier.OTHER:
        return tracking.url
    return FOLLOWED_AT[tracking.carrier].format(number=quote(tracking.number, safe="")) if tracking.number else None


def units_of_variants(standings: Mapping[OrderLineId, Standing], lines: Sequence[Units]) -> dict[VariantId, int]:
    """How many units of which variants lines come to; of what is sold no more there is no shelf."""
    units: dict[VariantId, int] = {}
    for line in lines:
        variant_id = standings[line.line_id].variant_id
        if variant_id is not None:
            units[variant_id] = units.get(variant_id, 0) + line.quantity
    return units


def by_warehouse(standings: Sequence[Standing], sent: Sequence[Sent]) -> dict[WarehouseId | None, list[Units]]:
    """All that is still to be sent, by the warehouses it left; what lies on no shelf goes with the first of them."""
    left: dict[tuple[VariantId | None, WarehouseId], int]
    left = {(each.variant_id, each.warehouse_id): each.quantity for each in sent}
    places: list[WarehouseId] = sorted({each.warehouse_id for each in sent})
    first = places[0] if places else None
    found: dict[tuple[WarehouseId | None, OrderLineId], int] = {}
    for line in standings:
        rest = line.open
        for place in places:
            taken = min(rest, left.get((line.variant_id, place), 0))
            if taken:
                left[line.variant_id, place] -= taken
                found[place, line.line_id] = taken
                rest -= taken
        if rest:
            found[first, line.line_id] = found.get((first, line.line_id), 0) + rest
    parcels: dict[WarehouseId | None, list[Units]] = {}
    for (warehouse, line_id), quantity in found.items():
        parcels.setdefault(warehouse, []).append(Units(line_id, quantity))
    return parcels
