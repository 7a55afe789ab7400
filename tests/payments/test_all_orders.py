"""All 720 orders of six things that a provider tells, with copies: every scenario ends in one state. The rules alone, no database."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.ids import ChannelId, OrderId, PaymentId, new_id
from domain.money import Currency, Money, zero
from domain.orders.model import FulfillmentStatus, Order, OrderStatus, PaymentStatus, States
from domain.payments import rules
from domain.payments.model import (
    ACCOUNTS,
    OPEN,
    Dispute,
    DisputeStatus,
    Payment,
    PaymentState,
    ProviderPayment,
    ProviderStatus,
)
from domain.payments.rules import Advance, Around, Stale

EUR = Currency("EUR")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NONE = zero(EUR)
TOTAL = 1000
SEED = 20_261_121
Told = tuple[int, int, ProviderStatus, int, int, int, DisputeStatus | None, int]
"""Attempt, version, status, authorised, captured, refunded, dispute, fee."""
P = ProviderStatus
SCENARIOS: dict[str, tuple[Told, ...]] = {
    "declined, then paid, given back in parts and disputed": (
        (0, 1, P.FAILED, 0, 0, 0, None, 0),
        (1, 1, P.AUTHORIZED, TOTAL, 0, 0, None, 0),
        (1, 2, P.CAPTURED, TOTAL, TOTAL, 0, None, 0),
        (1, 3, P.PARTIALLY_REFUNDED, TOTAL, TOTAL, 300, None, 25),
        (1, 4, P.PARTIALLY_REFUNDED, TOTAL, TOTAL, 500, None, 25),
        (1, 5, P.PARTIALLY_REFUNDED, TOTAL, TOTAL, 500, DisputeStatus.OPEN, 25),
    ),
    "taken in parts, its dispute won": (
        (0, 1, P.PENDING, 0, 0, 0, None, 0),
        (0, 2, P.AUTHORIZED, TOTAL, 0, 0, None, 0),
        (0, 3, P.CAPTURED, TOTAL, 400, 0, None, 10),
        (0, 4, P.CAPTURED, TOTAL, TOTAL, 0, None, 25),
        (0, 5, P.CAPTURED, TOTAL, TOTAL, 0, DisputeStatus.OPEN, 25),
        (0, 6, P.CAPTURED, TOTAL, TOTAL, 0, DisputeStatus.WON, 25),
    ),
    "challenged and called off, paid another way, its dispute lost": (
        (0, 1, P.REQUIRES_ACTION, 0, 0, 0, None, 0),
        (0, 2, P.CANCELLED, 0, 0, 0, None, 0),
        (1, 1, P.PENDING, 0, 0, 0, None, 0),
        (1, 2, P.CAPTURED, TOTAL, TOTAL, 0, None, 30),
        (1, 3, P.CAPTURED, TOTAL, TOTAL, 0, DisputeStatus.OPEN, 30),
        (1, 4, P.CAPTURED, TOTAL, TOTAL, 0, DisputeStatus.LOST, 28),
    ),
    "promised, released and promised again by another attempt": (
        (0, 1, P.AUTHORIZED, TOTAL, 0, 0, None, 0),
        (0, 2, P.CANCELLED, 0, 0, 0, None, 0),
        (1, 1, P.REQUIRES_ACTION, 0, 0, 0, None, 0),
        (1, 2, P.AUTHORIZED, TOTAL, 0, 0, None, 0),
        (1, 3, P.CAPTURED, TOTAL, TOTAL, 0, None, 12),
        (1, 4, P.REFUNDED, TOTAL, TOTAL, TOTAL, None, 12),
    ),
    "given back twice, of which one came back and went again": (
        (0, 1, P.PENDING, 0, 0, 0, None, 0),
        (0, 2, P.CAPTURED, TOTAL, TOTAL, 0, None, 25),
        (0, 3, P.PARTIALLY_REFUNDED, TOTAL, TOTAL, 300, None, 25),
        (0, 4, P.PARTIALLY_REFUNDED, TOTAL, TOTAL, 700, None, 25),
        (0, 5, P.PARTIALLY_REFUNDED, TOTAL, TOTAL, 300, None, 25),
        (0, 6, P.PARTIALLY_REFUNDED, TOTAL, TOTAL, 700, None, 25),
    ),
}
CAME_BACK: dict[Told, int] = dict.fromkeys(SCENARIOS["given back twice, of which one came back and went again"][4:], 400)
"""What of all that was given back had come back by then."""


def _eur(minor: int) -> Money:
    return Money(minor, EUR)


@dataclass
class Books:
    """An order with two attempts, moved on by the rules as `settling` does."""

    order: Order
    payments: list[Payment]
    dispute: Dispute | None = None
    promised: list[int] = field(default_factory=lambda: [0, 0])
    accounts: Counter[str] = field(default_factory=Counter)

    def told(self, what: Told) -> None:
        attempt, version, status, authorized, captured, refunded, dispute, fee = what
        payment = self.payments[attempt]
        others = [each for place, each in enumerate(self.payments) if place != attempt]
        around = Around(
            others_open=any(each.state in OPEN for each in others),
            promised=_eur(self.promised[attempt]),
            promised_of_order=_eur(sum(self.promised)),
        )
        seen = ProviderPayment(
            provider="sandbox",
            account="ours",
            reference=f"sp_{attempt}",
            attempt_key=str(payment.id),
            amount=payment.amount,
            authorized=_eur(authorized),
            captured=_eur(captured),
            refunded=_eur(refunded),
            came_back=_eur(CAME_BACK.get(what, 0)),
            status=status,
            version=version,
            fee=_eur(fee) if fee else None,
            dispute=Dispute(
                reference="dp",
                amount=_eur(TOTAL - refunded),
                reason="fraudulent",
                status=dispute,
                respond_by=NOW + timedelta(days=7),
            )
            if dispute is not None
            else None,
            created_at=NOW,
        )
        known = self.dispute if dispute is not None else None
        decision = rules.apply(payment, self.order, seen, account="ours", around=around, disputed=known)
        if isinstance(decision, Stale):
            return
        assert isinstance(decision, Advance), decision
        self.payments[attempt] = decision.payment
        self.dispute = decision.dispute or self.dispute
        self.promised[attempt] += decision.unasked_refund.minor + decision.to_refund.minor - decision.came_back.minor
        for transfer in decision.transfers:
            debited, credited = ACCOUNTS[transfer.kind]
            self.accounts[debited] += transfer.amount.minor
            self.accounts[credited] -= transfer.amount.minor
        self.order = replace(
            self.order,
            states=decision.steps[-1].states if decision.steps else self.order.states,
            authorized=decision.authorized,
            captured=decision.captured,
            refunded=decision.refunded,
        )

    @property
    def end(self) -> str:
        """All that must not depend on the order in which things were told."""
        order = self.order
        attempts = [
            (each.state.name, each.version, each.authorized.minor, each.captured.minor, each.refunded.minor, each.fee)
            for each in self.payments
        ]
        moved = sorted((name, amount) for name, amount in self.accounts.items() if amount)
        sums = (order.authorized.minor, order.captured.minor, order.refunded.minor)
        return repr((order.states, sums, attempts, self.dispute, moved, self.promised))


def _books() -> Books:
    order = Order(
        id=OrderId(new_id()),
        number=1,
        channel_id=ChannelId(new_id()),
        customer_id=None,
        email="a@example.com",
        language="en",
        currency=EUR,
        states=States(OrderStatus.PENDING, PaymentStatus.PENDING, FulfillmentStatus.UNFULFILLED),
        total=_eur(TOTAL),
        authorized=NONE,
        captured=NONE,
        refunded=NONE,
        version=1,
        placed_at=NOW,
    )
    attempt = Payment(
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
    return Books(order, [attempt, replace(attempt, id=PaymentId(new_id()))])


@pytest.mark.parametrize("name", SCENARIOS)
def test_all_orders_of_six_notifications_with_copies_end_in_one_state(name: str) -> None:
    story, drawn = SCENARIOS[name], random.Random(SEED)
    ends: Counter[str] = Counter()
    for order in itertools.permutations(range(len(story))):
        books = _books()
        arrivals = [place for place in order for _ in range(drawn.randint(1, 2))]
        late = [place for place in order if drawn.random() < 0.5]
        for place in (*arrivals, *late):
            books.told(story[place])
        assert sum(books.accounts.values()) == 0
        ends[books.end] += 1
    assert sum(ends.values()) == 720
    assert len(ends) == 1, "\n".join(f"{count}: {end}" for end, count in ends.most_common())
