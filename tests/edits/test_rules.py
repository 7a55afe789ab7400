"""What an edit makes of money and units, whatever came before: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.edits.rules import given_back
from domain.ids import ChannelId, OrderId, new_id
from domain.money import Currency, Money, zero
from domain.orders.model import FulfillmentStatus, Order, OrderStatus, PaymentStatus, States
from domain.orders.rules import cover_problem, payment_status

EUR = Currency("EUR")
NONE = zero(EUR)
_minor = st.integers(0, 10**9)


def _eur(minor: int) -> Money:
    return Money(minor, EUR)


def _order(total: int, authorized: int, captured: int) -> Order:
    return Order(
        id=OrderId(new_id()),
        number=1,
        channel_id=ChannelId(new_id()),
        customer_id=None,
        email="a@example.com",
        language="en",
        currency=EUR,
        states=States(OrderStatus.CONFIRMED, PaymentStatus.PAID, FulfillmentStatus.UNFULFILLED),
        total=_eur(total),
        authorized=_eur(authorized),
        captured=_eur(captured),
        refunded=NONE,
        version=1,
        placed_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


@given(_minor, st.lists(st.tuples(_minor, st.booleans()), min_size=1, max_size=8))
def test_after_any_edits_and_payments_what_is_held_is_the_total_or_the_rest_is_due(
    first: int, edits: list[tuple[int, bool]]
) -> None:
    order, promised = _order(first, first, first), 0
    for total, is_paid in edits:
        edited_back, surplus = given_back(order.captured, _eur(promised), total=_eur(total))
        promised += surplus.minor
        order = replace(order, total=_eur(total), edited_back=edited_back)
        held = order.captured.minor - promised
        assert (edited_back, surplus.minor >= 0, held <= total) == (promised, True, True)
        assert (order.billed - order.captured).minor == total - held

        def status(order: Order = order, promised: int = promised) -> PaymentStatus:
            """However much of what was promised back has gone back by now."""
            found = {
                payment_status(
                    order, authorized=order.captured, captured=order.captured, refunded=_eur(refunded), is_pending=False
                )
                for refunded in (0, promised // 2, promised)
            }
            assert len(found) == 1
            return found.pop()

        if order.captured.minor:
            assert status() is (PaymentStatus.PAID if held == total else PaymentStatus.PARTIALLY_PAID)
        if is_paid and held < total:
            order = replace(order, captured=order.billed)
            assert status(order) is PaymentStatus.PAID


@given(_minor, _minor, _minor)
def test_promised_money_lets_goods_go_only_when_it_covers_what_is_billed(total: int, edited_back: int, authorized: int) -> None:
    order = replace(_order(total, authorized, 0), edited_back=edited_back)
    promised = replace(order, states=replace(order.states, payment=PaymentStatus.AUTHORIZED))
    assert (cover_problem(promised, ("input",)) is None) == (total + edited_back <= authorized)
    assert cover_problem(order, ("input",)) is None
