"""Where payments are made and moved: each deed is one transaction of the ledger, with its entry and its event in it.

It knows scenarios and timing; the figures are judged by `states`, the sending is done by `delivery`.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import time
from dataclasses import dataclass, field, replace

from gateways.payments.sandbox_service import events, ledger
from gateways.payments.sandbox_service.scenarios import PAY, Scenario, Sends, Told, read_token, scenario_of
from gateways.payments.sandbox_service.states import Failure, Move, Moved, Payment, Refusal, moved
from gateways.payments.sandbox_service.wire import PaymentJson, event_json, payment_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How patient the sandbox is, in seconds. Tests shorten it; a real provider is as slow as this, or slower."""

    later: float = 3.0
    """Before what a scenario does later, unless its token says."""
    hang: float = 30.0
    """How long an answer is withheld that does not come in time."""
    retry_first: float = 1.0
    """Before the second try of a webhook; doubled with every further one, up to `retry_longest`."""
    retry_longest: float = 300.0
    retry_for: float = 72 * 3600.0
    """After which an undelivered webhook is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a merchant asks to be paid; checked by the API before it comes here."""

    merchant_reference: str
    order_number: str
    amount: int
    currency: str
    method: str
    capture: str
    return_url: str
    webhook_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The open ledger and what every deed needs to know. `stirred` wakes whoever waits for work."""

    ledger: ledger.Ledger
    account: str
    public_url: str
    timing: Timing
    stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def shown(self, payment: Payment) -> PaymentJson:
        return payment_json(payment, account=self.account, public_url=self.public_url)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def open_payment(connection: sqlite3.Connection, desk: Desk, order: Order, told: Told) -> Payment:
    """A new payment, taken through its scenario's opening."""
    at_ms = now_ms()
    payment = Payment(
        id=f"sp_{secrets.token_hex(12)}",
        merchant_reference=order.merchant_reference,
        order_number=order.order_number,
        amount=order.amount,
        currency=order.currency,
        method=order.method,
        capture=order.capture,
        return_url=order.return_url,
        webhook_url=order.webhook_url,
        page=secrets.token_urlsafe(24),
        created_ms=at_ms,
        updated_ms=at_ms,
    )
    ledger.keep(connection, payment)
    payment = _play(connection, desk, payment, told.scenario.opening, at_ms=at_ms)
    return _plan_next(connection, desk, payment, at_ms=at_ms)


def decide(connection: sqlite3.Connection, desk: Desk, payment: Payment, *, failure: Failure | None) -> Payment:
    """The buyer's word on the hosted page: paid, or failed for the given reason. Once decided it stays so."""
    at_ms = now_ms()
    if failure is None:
        return _play(connection, desk, payment, PAY, at_ms=at_ms)
    step = moved(payment, Move.FAIL, at_ms=at_ms, failure=failure)
    return payment if isinstance(step, Refusal) else record(connection, desk, step, at_ms=at_ms)


def move_by_hand(connection: sqlite3.Connection, desk: Desk, payment: Payment, move: Move, *, amount: int) -> Payment | Refusal:
    """What the merchant asks for: capture, refund or cancel."""
    at_ms = now_ms()
    if move is Move.REFUND and not scenario_of(payment.method).refunds:
        return Refusal("refund_refused", "the bank does not take this refund")
    step = moved(payment, move, at_ms=at_ms, amount=amount)
    return step if isinstance(step, Refusal) else record(connection, desk, step, at_ms=at_ms)


def go_on(connection: sqlite3.Connection, desk: Desk) -> int:
    """Take every payment that is due through the next of its later steps; returns how many there were."""
    at_ms = now_ms()
    due = ledger.payments_due(connection, at_ms=at_ms)
    for payment in due:
        moves = scenario_of(payment.method).later[payment.due_step]
        stepped = replace(payment, due_ms=None, due_step=payment.due_step + 1)
        # A step that is not open any more (the merchant cancelled meanwhile) changes nothing, and ends the story.
        after = _play(connection, desk, stepped, moves, at_ms=at_ms)
        if after.version > payment.version:
            _plan_next(connection, desk, after, at_ms=at_ms)
        else:
            ledger.keep(connection, stepped)
    return len(due)


def record(connection: sqlite3.Connection, desk: Desk, step: Moved, *, at_ms: int) -> Payment:
    """Keep the payment, the ledger's entry and the event of one move."""
    payment = step.payment
    ledger.keep(connection, payment)
    ledger.enter(connection, step)
    scenario = scenario_of(payment.method)
    event_id = events.new_event_id()
    event = events.Event(
        id=event_id,
        payment_id=payment.id,
        body=event_json(event_id, step, account=desk.account, public_url=desk.public_url),
        url=payment.webhook_url,
        copies=3 if scenario.sends is Sends.THRICE else 1,
        created_ms=at_ms,
        next_ms=at_ms + _held_back_ms(desk, payment, scenario),
    )
    events.keep_event(connection, event, kind=step.move.value, lost=scenario.sends is Sends.NEVER)
    return payment


def _play(connection: sqlite3.Connection, desk: Desk, payment: Payment, moves: tuple[Move, ...], *, at_ms: int) -> Payment:
    """The moves in turn, as far as they are open; a payment captured by hand stops at its authorisation."""
    scenario = scenario_of(payment.method)
    for move in moves:
        if move is Move.CAPTURE and payment.capture == "manual":
            break
        step = moved(payment, move, at_ms=at_ms, amount=payment.amount, failure=scenario.failure)
        if isinstance(step, Refusal):
            break
        payment = record(connection, desk, step, at_ms=at_ms)
    return payment


def _plan_next(connection: sqlite3.Connection, desk: Desk, payment: Payment, *, at_ms: int) -> Payment:
    if payment.due_step >= len(scenario_of(payment.method).later):
        ledger.keep(connection, payment)
        return payment
    planned = replace(payment, due_ms=at_ms + _delay_ms(desk, payment))
    ledger.keep(connection, planned)
    return planned


def _held_back_ms(desk: Desk, payment: Payment, scenario: Scenario) -> int:
    """For webhooks that arrive newest first: the first waits longest, so that its followers overtake it."""
    if scenario.sends is not Sends.NEWEST_FIRST:
        return 0
    return max(0, (3 - payment.version) * 2) * _delay_ms(desk, payment)


def _delay_ms(desk: Desk, payment: Payment) -> int:
    told = read_token(payment.method)
    if told is None or told.delay_ms is None:
        return int(desk.timing.later * 1000)
    return told.delay_ms
