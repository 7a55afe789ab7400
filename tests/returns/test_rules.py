"""The rules of returns, for all walks there can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from domain.fulfillments.model import Standing, Units
from domain.fulfillments.rules import came_back, fulfillment_status, order_status, states_by_goods
from domain.ids import OrderId, OrderLineId, ReturnId, VariantId, WarehouseId
from domain.orders.model import NEXT_FULFILLMENT_STATUS, NEXT_STATUS, FulfillmentStatus, OrderStatus, PaymentStatus, States
from domain.returns.model import (
    NEXT_STATE,
    Arrived,
    Asked,
    Return,
    ReturnCondition,
    ReturnLine,
    ReturnReason,
    ReturnState,
)
from domain.returns.rules import (
    all_left,
    is_settled,
    receipt_problem,
    received,
    request_problem,
    settle_problem,
    shelves,
    step_problem,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACES = [WarehouseId(uuid4()) for _ in range(2)]


@st.composite
def standings(draw: st.DrawFn) -> list[Standing]:
    """Lines of an order, each somewhere between shop and buyer, or back."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        ordered = draw(st.integers(1, 9))
        sent = draw(st.integers(0, ordered))
        in_return = draw(st.integers(0, sent))
        found.append(
            Standing(
                line_id=OrderLineId(uuid4()),
                variant_id=VariantId(uuid4()),
                sku="SKU",
                ordered=ordered,
                restocked=draw(st.integers(0, ordered - in_return)),
                sent=sent,
                delivered=draw(st.integers(0, sent)),
                returned=draw(st.integers(0, in_return)),
                in_return=in_return,
                last_sent_at=NOW if sent else None,
            )
        )
    return found


@st.composite
def lines(draw: st.DrawFn) -> tuple[ReturnLine, ...]:
    """Lines of an approved return."""
    return tuple(
        ReturnLine(
            line_id=OrderLineId(uuid4()),
            variant_id=VariantId(uuid4()),
            sku="SKU",
            is_shelved=draw(st.booleans()),
            quantity=draw(st.integers(1, 6)),
        )
        for _ in range(draw(st.integers(1, 4)))
    )


@given(standings(), st.integers(-1, 12), st.integers(0, 40))
def test_no_more_may_be_asked_back_than_the_buyer_has_and_not_after_the_time(
    known: list[Standing], quantity: int, days: int
) -> None:
    by_id = {each.line_id: each for each in known}
    first, later = known[0], NOW + timedelta(days=days)
    asked = [Asked(first.line_id, quantity, ReturnReason.UNWANTED)]
    window = timedelta(days=30)
    is_there = 0 < quantity <= first.sent - first.in_return - max(first.sent + first.restocked - first.ordered, 0)
    assert (request_problem(by_id, asked, window=None, now=later) is None) == is_there
    assert (request_problem(by_id, asked, window=window, now=later) is None) == (is_there and days < 30)
    assert request_problem(by_id, asked * 2, window=None, now=NOW) is not None
    assert request_problem(by_id, [Asked(OrderLineId(uuid4()), 1, ReturnReason.OTHER)], window=None, now=NOW) is not None
    assert request_problem(by_id, [], window=None, now=NOW) is not None


@given(standings())
def test_the_order_stands_where_its_goods_are_and_goes_by_the_tables(known: list[Standing]) -> None:
    status = fulfillment_status(known)
    sent, returned, left = (sum(getattr(each, name) for each in known) for name in ("sent", "returned", "open"))
    assert (status is FulfillmentStatus.RETURNED) == (sent > 0 and left == 0 and returned == sent)
    assert (status is FulfillmentStatus.PARTIALLY_RETURNED) == (left == 0 and 0 < returned < sent)
    for before in FulfillmentStatus:
        after = states_by_goods(States(OrderStatus.COMPLETED, PaymentStatus.PAID, before), known)
        assert after.status is OrderStatus.COMPLETED
    if returned and order_status(known) is OrderStatus.COMPLETED:
        assert OrderStatus.COMPLETED in NEXT_STATUS[OrderStatus.PROCESSING]
        assert status in NEXT_FULFILLMENT_STATUS[FulfillmentStatus.SHIPPED]
    whole = [Units(each.line_id, each.sent) for each in known if each.sent]
    by_id = {each.line_id: each for each in known}
    assert came_back(by_id, whole) == any(each.in_return or each.came_back for each in known if each.sent)


@given(lines(), st.data())
def test_what_arrives_is_counted_by_line_and_shelved_where_it_was_said(
    asked: tuple[ReturnLine, ...], data: st.DataObject
) -> None:
    arrived: list[Arrived] = []
    for line in asked:
        left = line.quantity
        while left and data.draw(st.booleans()):
            units = data.draw(st.integers(1, left))
            place = data.draw(st.sampled_from([None, *PLACES])) if line.is_shelved else None
            arrived.append(Arrived(line.line_id, units, data.draw(st.sampled_from(ReturnCondition)), place))
            left -= units
    assert receipt_problem(asked, arrived) is None
    accepted = received(asked, arrived)
    assert sum(each.accepted for each in accepted) == sum(each.quantity for each in arrived)
    assert all(each.accepted <= each.quantity for each in accepted)
    shelved = sum(each.quantity for each in arrived if each.warehouse_id is not None)
    assert sum(shelves(accepted, arrived).values()) == shelved
    over = [*arrived, Arrived(asked[0].line_id, asked[0].quantity + 1, ReturnCondition.NEW, None)]
    assert receipt_problem(asked, over) is not None
    for line in asked:
        if not line.is_shelved:
            assert receipt_problem(asked, [Arrived(line.line_id, 1, ReturnCondition.NEW, PLACES[0])]) is not None


@given(lines(), st.data())
def test_a_walk_never_leaves_the_table_and_settles_each_accepted_unit_once(
    asked: tuple[ReturnLine, ...], data: st.DataObject
) -> None:
    found = Return(
        id=ReturnId(uuid4()), order_id=OrderId(uuid4()), number=1, state=ReturnState.REQUESTED, waits=False, lines=asked
    )
    settled = 0
    for _ in range(data.draw(st.integers(1, 12))):
        to = data.draw(st.sampled_from(ReturnState))
        is_allowed = to in NEXT_STATE[found.state]
        assert (step_problem(found.state, to, ()) is None) == is_allowed
        if found.state is ReturnState.RECEIVED and all_left(found):
            units = data.draw(st.sampled_from(all_left(found)))
            assert settle_problem(found, [units]) is None
            assert settle_problem(found, [Units(units.line_id, units.quantity + 1)]) is not None
            settled += units.quantity
            is_refund = data.draw(st.booleans())
            found = replace(
                found,
                lines=tuple(
                    replace(
                        each,
                        refunded=each.refunded + units.quantity * is_refund,
                        exchanged=each.exchanged + units.quantity * (not is_refund),
                    )
                    if each.line_id == units.line_id
                    else each
                    for each in found.lines
                ),
            )
            assert is_settled(found) == (settled == sum(each.accepted for each in found.lines))
        elif found.state is not ReturnState.RECEIVED:
            assert settle_problem(found, [Units(asked[0].line_id, 1)]) is not None
        if is_allowed:
            if to is ReturnState.RECEIVED:
                came = tuple(replace(each, accepted=data.draw(st.integers(0, each.quantity))) for each in found.lines)
                found = replace(found, lines=came)
            found = replace(found, state=to)
        assert all(0 <= each.refunded + each.exchanged <= each.accepted <= each.quantity for each in found.lines)
    for state in (ReturnState.DECLINED, ReturnState.CANCELLED, ReturnState.COMPLETED):
        assert NEXT_STATE[state] == frozenset()
