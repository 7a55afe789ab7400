"""What a provider's word changes, decided without a database: sums, steps by the tables, and what is refused."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import ChannelId, OrderId, PaymentId, new_id
from domain.money import Currency, Money, zero
from domain.orders.model import (
    NEXT_PAYMENT_STATUS,
    NEXT_STATUS,
    FulfillmentStatus,
    Order,
    OrderStatus,
    PaymentStatus,
    States,
)
from domain.payments import figures, rules
from domain.payments.model import Payment, PaymentState, ProviderPayment, ProviderStatus, Refund, RefundState
from domain.payments.rules import Advance, Around, Mismatch, Stale

EUR = Currency("EUR")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NONE = zero(EUR)
ALONE = Around(others_open=False, promised=NONE, promised_of_order=NONE)


def _eur(minor: int) -> Money:
    return Money(minor, EUR)


def _order(total: int = 1000, status: OrderStatus = OrderStatus.PENDING) -> Order:
    return Order(
        id=OrderId(new_id()),
        number=1,
        channel_id=ChannelId(new_id()),
        customer_id=None,
        email="a@example.com",
        language="en",
        currency=EUR,
        states=States(status, PaymentStatus.PENDING, FulfillmentStatus.UNFULFILLED),
        total=_eur(total),
        authorized=NONE,
        captured=NONE,
        refunded=NONE,
        version=1,
        placed_at=NOW,
    )


def _attempt(order: Order) -> Payment:
    return Payment(
        id=PaymentId(new_id()),
        order_id=order.id,
        provider="sandbox",
        reference=None,
        state=PaymentState.PENDING,
        amount=order.total,
        authorized=NONE,
        captured=NONE,
        refunded=NONE,
        version=0,
        next_action=None,
        failure_code=None,
        failure_message=None,
        method=None,
        created_at=NOW,
    )


def _seen(payment: Payment, version: int, status: ProviderStatus, *figures: int) -> ProviderPayment:
    authorized, captured, refunded = (*figures, 0, 0, 0)[:3]
    return ProviderPayment(
        provider="sandbox",
        account="ours",
        reference="sp_1",
        attempt_key=str(payment.id),
        amount=payment.amount,
        authorized=_eur(authorized),
        captured=_eur(captured),
        refunded=_eur(refunded),
        status=status,
        version=version,
        created_at=NOW,
    )


def _story(payment: Payment) -> list[ProviderPayment]:
    """A payment's life: pending, asked, authorised, taken, given back in two parts."""
    return [
        _seen(payment, 1, ProviderStatus.PENDING),
        _seen(payment, 2, ProviderStatus.REQUIRES_ACTION),
        _seen(payment, 3, ProviderStatus.AUTHORIZED, 1000),
        _seen(payment, 4, ProviderStatus.CAPTURED, 1000, 1000),
        _seen(payment, 5, ProviderStatus.PARTIALLY_REFUNDED, 1000, 1000, 300),
        _seen(payment, 6, ProviderStatus.REFUNDED, 1000, 1000, 1000),
    ]


@given(st.permutations(range(6)))
def test_any_order_of_a_life_ends_alike_and_every_step_is_in_the_tables(told: list[int]) -> None:
    order = _order()
    payment, story = _attempt(order), _story(_attempt(order))
    story = [replace(each, attempt_key=str(payment.id)) for each in story]
    moved: dict[str, int] = {}
    for place in told:
        decision = rules.apply(payment, order, story[place], account="ours", around=ALONE)
        if isinstance(decision, Stale):
            continue
        assert isinstance(decision, Advance)
        states = order.states
        for step in decision.steps:
            assert step.states.status in {states.status, *NEXT_STATUS[states.status]}
            assert step.states.payment in {states.payment, *NEXT_PAYMENT_STATUS[states.payment]}
            states = step.states
        for transfer in decision.transfers:
            moved[transfer.kind.value] = moved.get(transfer.kind.value, 0) + transfer.amount.minor
        payment = decision.payment
        order = replace(
            order,
            states=states,
            authorized=decision.authorized,
            captured=decision.captured,
            refunded=decision.refunded,
        )
    assert (order.states.status, order.states.payment) == (OrderStatus.CONFIRMED, PaymentStatus.REFUNDED)
    assert (payment.state, payment.version) == (PaymentState.REFUNDED, 6)
    assert moved == {"AUTHORIZATION": 1000, "CAPTURE": 1000, "REFUND": 1000}


def test_an_older_or_equal_version_is_stale() -> None:
    order = _order()
    payment = replace(_attempt(order), reference="sp_1", version=3, state=PaymentState.AUTHORIZED, authorized=_eur(1000))
    for version in (1, 3):
        seen = _seen(payment, version, ProviderStatus.FAILED)
        assert rules.apply(payment, order, seen, account="ours", around=ALONE) == Stale(3)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"provider": "stripe"}, "provider"),
        ({"account": "theirs"}, "account"),
        ({"attempt_key": "another"}, "attempt"),
        ({"amount": _eur(999), "authorized": _eur(999), "captured": _eur(999)}, "amount"),
        ({"amount": Money(1000, Currency("JPY"))}, "currency"),
        ({"captured": _eur(1001)}, "figures"),
        ({"refunded": _eur(1)}, "figures"),
        ({"status": ProviderStatus.AUTHORIZED}, "figures"),
        ({"captured": Money(1000, Currency("USD"))}, "figures"),
    ],
)
def test_what_was_not_asked_for_or_cannot_be_is_a_mismatch(changed: dict[str, object], what: str) -> None:
    order = _order()
    payment = _attempt(order)
    seen = replace(_seen(payment, 1, ProviderStatus.CAPTURED, 1000, 1000), **changed)  # type: ignore[arg-type]
    decision = rules.apply(payment, order, seen, account="ours", around=ALONE)
    assert isinstance(decision, Mismatch)
    assert decision.what.startswith(what)


def test_figures_that_shrink_are_a_mismatch_but_a_released_authorisation_is_not() -> None:
    order = replace(_order(), authorized=_eur(1000))
    authorized = replace(_attempt(order), reference="sp_1", version=1, state=PaymentState.AUTHORIZED, authorized=_eur(1000))
    released = rules.apply(authorized, order, _seen(authorized, 2, ProviderStatus.CANCELLED), account="ours", around=ALONE)
    assert isinstance(released, Advance)
    assert (released.authorized, released.steps[-1].states.payment) == (NONE, PaymentStatus.UNPAID)
    taken = replace(authorized, state=PaymentState.CAPTURED, captured=_eur(1000))
    less = _seen(taken, 2, ProviderStatus.CAPTURED, 1000, 500)
    assert isinstance(rules.apply(taken, order, less, account="ours", around=ALONE), Mismatch)


@pytest.mark.parametrize(
    ("status", "already", "promised", "back"),
    [
        (OrderStatus.PENDING, 0, 0, 0),
        (OrderStatus.CANCELLED, 0, 0, 1000),
        (OrderStatus.CANCELLED, 0, 400, 600),
        (OrderStatus.CONFIRMED, 1000, 0, 1000),
        (OrderStatus.CONFIRMED, 1500, 0, 1000),
    ],
)
def test_money_for_an_order_that_is_off_or_paid_goes_back(status: OrderStatus, already: int, promised: int, back: int) -> None:
    order = replace(_order(status=status), authorized=_eur(already), captured=_eur(already))
    payment = _attempt(order)
    around = Around(others_open=False, promised=_eur(promised), promised_of_order=_eur(promised))
    seen = _seen(payment, 1, ProviderStatus.CAPTURED, 1000, 1000)
    decision = rules.apply(payment, order, seen, account="ours", around=around)
    assert isinstance(decision, Advance)
    assert decision.to_refund == _eur(back)


def test_of_an_order_that_is_off_only_what_comes_in_late_goes_back_by_itself() -> None:
    order = replace(_order(status=OrderStatus.CANCELLED), authorized=_eur(1000), captured=_eur(600))
    taken = replace(
        _attempt(order), reference="sp_1", version=1, state=PaymentState.CAPTURED, authorized=_eur(1000), captured=_eur(600)
    )
    decision = rules.apply(taken, order, _seen(taken, 2, ProviderStatus.CAPTURED, 1000, 1000), account="ours", around=ALONE)
    assert isinstance(decision, Advance)
    assert decision.to_refund == _eur(400)


def test_an_attempt_that_was_given_up_is_revived_by_a_late_capture() -> None:
    order = _order()
    closed = rules.close(
        _attempt(order), order, PaymentState.FAILED, code=rules.NOT_STARTED, message="Never heard of.", around=ALONE
    )
    assert isinstance(closed, Advance)
    assert closed.steps[-1].states.payment is PaymentStatus.UNPAID
    later = replace(order, states=closed.steps[-1].states)
    seen = _seen(closed.payment, 2, ProviderStatus.CAPTURED, 1000, 1000)
    decision = rules.apply(closed.payment, later, seen, account="ours", around=ALONE)
    assert isinstance(decision, Advance)
    assert decision.is_confirmed
    assert (decision.payment.failure_code, decision.payment.state) == (None, PaymentState.CAPTURED)


def test_what_is_outstanding_counts_open_and_authorised_attempts_as_taken() -> None:
    order = _order()
    attempt = replace(_attempt(order), amount=_eur(300))
    expected = {
        PaymentState.PENDING: 700,
        PaymentState.REQUIRES_ACTION: 700,
        PaymentState.AUTHORIZED: 700,
        PaymentState.FAILED: 1000,
        PaymentState.CANCELLED: 1000,
    }
    for state, left in expected.items():
        promised = _eur(300) if state is PaymentState.AUTHORIZED else NONE
        assert figures.outstanding(order, [replace(attempt, state=state, authorized=promised)]) == _eur(left)
    taken = replace(attempt, state=PaymentState.CAPTURED, authorized=_eur(300), captured=_eur(300))
    for several in itertools.combinations_with_replacement([taken], 2):
        assert figures.outstanding(order, several) == _eur(400)


@pytest.mark.parametrize(
    ("came_back", "failed"),
    [(300, [2]), (500, [1]), (800, [2, 1]), (1_000, [2, 1, 0]), (250, [2])],
)
def test_money_that_came_back_is_of_the_refund_of_its_amount_or_else_of_the_newest(came_back: int, failed: list[int]) -> None:
    oldest_first = [_refund(amount) for amount in (300, 500, 300)]
    found = figures.failed_of(oldest_first[::-1], _eur(came_back))
    assert [oldest_first.index(each) for each in found] == failed


def _refund(amount: int) -> Refund:
    return Refund(
        id=new_id(),
        payment_id=PaymentId(new_id()),
        order_id=OrderId(new_id()),
        amount=_eur(amount),
        reason="Torn.",
        state=RefundState.DONE,
        created_at=NOW,
    )


def test_a_whole_refund_that_comes_back_leaves_the_order_paid_and_what_was_told_before_is_stale() -> None:
    order = _order()
    payment = _attempt(order)
    refunded = _seen(payment, 2, ProviderStatus.REFUNDED, 1000, 1000, 1000)
    lost = _seen(payment, 3, ProviderStatus.CAPTURED, 1000, 1000)
    given = rules.apply(payment, order, refunded, account="ours", around=ALONE)
    assert isinstance(given, Advance)
    then = replace(
        order, states=given.steps[-1].states, authorized=given.authorized, captured=given.captured, refunded=given.refunded
    )
    # Less given back than was known, and nothing that came back: this cannot be.
    assert isinstance(rules.apply(given.payment, then, lost, account="ours", around=ALONE), Mismatch)
    undone = rules.apply(given.payment, then, replace(lost, came_back=_eur(1000)), account="ours", around=ALONE)
    assert isinstance(undone, Advance)
    assert (undone.came_back, undone.refunded, undone.to_refund) == (_eur(1000), NONE, NONE)
    assert undone.steps[-1].states.payment is PaymentStatus.PAID
    assert PaymentStatus.PAID in NEXT_PAYMENT_STATUS[then.states.payment]
    assert [(each.kind.value, each.amount.minor) for each in undone.transfers] == [("REFUND_FAILED", 1000)]
    assert isinstance(rules.apply(undone.payment, then, refunded, account="ours", around=ALONE), Stale)
