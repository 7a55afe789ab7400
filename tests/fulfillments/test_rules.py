"""The rules of shipments, for all lines there can be."""

from __future__ import annotations

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from domain.fulfillments.model import FOLLOWED_AT, NEXT_STATE, Carrier, FulfillmentState, Standing, Tracking, Units
from domain.fulfillments.rules import (
    by_warehouse,
    fulfillment_status,
    order_status,
    step_problem,
    tracking_problem,
    tracking_url,
    units_problem,
)
from domain.ids import OrderLineId, VariantId, WarehouseId
from domain.orders.model import FulfillmentStatus, OrderStatus
from domain.stock.model import Sent

PLACES = [WarehouseId(UUID(int=number)) for number in range(1, 4)]


@st.composite
def standings(draw: st.DrawFn) -> list[Standing]:
    """Lines of an order, each somewhere between shop and buyer."""
    found = []
    for _ in range(draw(st.integers(1, 5))):
        ordered = draw(st.integers(1, 9))
        sent = draw(st.integers(0, ordered))
        found.append(
            Standing(
                line_id=OrderLineId(uuid4()),
                variant_id=VariantId(uuid4()) if draw(st.booleans()) else None,
                sku="SKU",
                ordered=ordered,
                restocked=draw(st.integers(0, ordered)),
                sent=sent,
                delivered=draw(st.integers(0, sent)),
            )
        )
    return found


@given(standings())
def test_the_goods_stand_where_their_shipments_are(lines: list[Standing]) -> None:
    status = fulfillment_status(lines)
    sent, arrived, left = (sum(getattr(each, name) for each in lines) for name in ("sent", "delivered", "open"))
    assert (status is FulfillmentStatus.UNFULFILLED) == (sent == 0)
    assert (status is FulfillmentStatus.PARTIALLY_SHIPPED) == (sent > 0 and left > 0)
    assert (status is FulfillmentStatus.DELIVERED) == (sent > 0 and left == 0 and arrived == sent)
    assert (order_status(lines) is OrderStatus.COMPLETED) == (status is FulfillmentStatus.DELIVERED)


@given(standings(), st.integers(-2, 12))
def test_no_more_of_a_line_may_go_out_than_is_open(lines: list[Standing], quantity: int) -> None:
    first = lines[0]
    known = {each.line_id: each for each in lines}
    problem = units_problem(known, [Units(first.line_id, quantity)])
    assert (problem is None) == (0 < quantity <= first.open)
    assert units_problem(known, [Units(first.line_id, 1), Units(first.line_id, 1)]) is not None
    assert units_problem(known, [Units(OrderLineId(uuid4()), 1)]) is not None
    assert units_problem(known, []) is not None


@given(standings(), st.data())
def test_all_that_is_open_goes_into_parcels_and_nothing_else(lines: list[Standing], data: st.DataObject) -> None:
    taken = []
    for line in lines:
        left = line.open if line.variant_id is not None and data.draw(st.booleans()) else 0
        for place in PLACES:
            units = data.draw(st.integers(0, left)) if place != PLACES[-1] else left
            left -= units
            if units and line.variant_id is not None:
                taken.append(Sent(line.variant_id, place, units))
    parcels = by_warehouse(lines, taken)
    packed = [units for each in parcels.values() for units in each]
    for line in lines:
        assert sum(each.quantity for each in packed if each.line_id == line.line_id) == line.open
    assert all(each.quantity > 0 for each in packed)
    variants = {each.line_id: each.variant_id for each in lines}
    for sent in taken:
        inside = [each for each in parcels[sent.warehouse_id] if variants[each.line_id] == sent.variant_id]
        assert sum(each.quantity for each in inside) >= sent.quantity


def test_a_shipment_goes_by_its_table_and_what_is_over_stays_over() -> None:
    for state in FulfillmentState:
        for to in FulfillmentState:
            assert (step_problem(state, to, ()) is None) == (to in NEXT_STATE[state])
    assert NEXT_STATE[FulfillmentState.DELIVERED] == NEXT_STATE[FulfillmentState.CANCELLED] == frozenset()


@given(st.sampled_from(sorted(FOLLOWED_AT, key=lambda each: each.value)), st.text(max_size=80))
def test_whatever_number_is_let_in_leads_to_its_carriers_own_host(carrier: Carrier, number: str) -> None:
    tracking = Tracking(carrier=carrier, number=number)
    if tracking_problem(tracking) is not None:
        return
    host = FOLLOWED_AT[carrier].split("/")[2]
    url = tracking_url(tracking)
    assert url is not None
    assert url.startswith(f"https://{host}/")
    assert not set(url) & set(" <>\"'\n")
