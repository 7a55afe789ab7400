"""Six things a provider tells of one order, in any order, doubled and early: the end is always the same, in the database too.

A hundred samples; with VITRINE_TEST_THOROUGH set all 720 orders, each with copies. The rules alone go through all of them
in `test_all_orders`.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.idempotency import Claim
from domain.ids import OrderId, PaymentId, new_id
from domain.payments.actions.attempts import Begun, Wanted, begin_attempt
from domain.payments.actions.inbox import accept_notification, apply_notification
from domain.payments.model import Payment
from domain.unit import Unit
from domain.viewer import Machine
from tests.payments.till import MOVED, Till, message, raw_id

IS_THOROUGH = bool(os.environ.get("VITRINE_TEST_THOROUGH"))
SAMPLES = 720 if IS_THOROUGH else 100
SEED = 20_260_301
TOTAL = 2489
ACCOUNTS = {"sandbox": "acct_sandbox"}
# A copy of a placed order with all that belongs to it, so that each sample has one of its own.
COPY = """
WITH cart_copy AS (
    INSERT INTO cart (id, state, channel_id, currency, country, language)
    SELECT gen_random_uuid(), 'COMPLETED', channel_id, currency, country, language FROM orders WHERE id = $1 RETURNING id
), number AS (
    UPDATE order_number SET next = next + 1 RETURNING next - 1 AS number
), order_copy AS (
    INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object(
        'id', gen_random_uuid(), 'cart_id', (SELECT id FROM cart_copy), 'number', (SELECT number FROM number)))).*
    FROM orders o WHERE id = $1 RETURNING id
), lines AS (
    INSERT INTO order_line SELECT (jsonb_populate_record(l, jsonb_build_object(
        'id', gen_random_uuid(), 'order_id', (SELECT id FROM order_copy)))).* FROM order_line l WHERE order_id = $1
), events AS (
    INSERT INTO order_event SELECT (jsonb_populate_record(e, jsonb_build_object(
        'order_id', (SELECT id FROM order_copy)))).* FROM order_event e WHERE order_id = $1
), held AS (
    INSERT INTO reservation SELECT (jsonb_populate_record(r, jsonb_build_object(
        'id', gen_random_uuid(), 'order_id', (SELECT id FROM order_copy)))).* FROM reservation r WHERE order_id = $1
    RETURNING variant_id, warehouse_id, quantity
), taken AS (
    UPDATE stock s SET reserved = s.reserved + h.quantity FROM held h
    WHERE s.variant_id = h.variant_id AND s.warehouse_id = h.warehouse_id
), announced AS (
    INSERT INTO outbox_event (id, kind, aggregate, aggregate_id, payload, routed_at)
    SELECT gen_random_uuid(), 'OrderPlaced', 'order', id, jsonb_build_object('order_id', id), now() FROM order_copy
)
SELECT id FROM order_copy"""


@dataclass(frozen=True)
class Sample:
    """Which copies of the six arrive in which order, and whether they come before the payments are committed."""

    arrivals: tuple[int, ...]
    is_early: bool


def _samples() -> list[Sample]:
    drawn = random.Random(SEED)
    orders = list(itertools.permutations(range(6)))
    samples = []
    for order in orders if IS_THOROUGH else drawn.sample(orders, SAMPLES):
        copies = [event for event in order for _ in range(drawn.randint(0, 2))]
        arrivals = list(order)
        for copy in copies:
            arrivals.insert(drawn.randint(arrivals.index(copy), len(arrivals)), copy)
        samples.append(Sample(tuple(arrivals), drawn.random() < 0.5))
    return samples


def _events(first: UUID, second: UUID) -> list[tuple[bytes, dict[str, str]]]:
    """The first attempt fails; the second is authorised, captured, refunded twice and disputed."""

    def told(key: UUID, version: int, status: str, **more: Any) -> tuple[bytes, dict[str, str]]:
        figures = {"amount": TOTAL, "currency": "EUR", "authorized": 0, "captured": 0, "refunded": 0}
        open_ended = {"next_action": None, "failure": None, "method": None, "dispute": None}
        payment = {
            "id": f"sp_{key.hex[-24:]}",
            "account": "acct_sandbox",
            "merchant_reference": str(key),
            "created_at": datetime.now(UTC).isoformat(),
        }
        return message({**payment, **figures, **open_ended, "status": status, "version": version, **more})

    taken = {"authorized": TOTAL, "captured": TOTAL}
    dispute = {
        "id": f"dp_{second.hex}",
        "amount": TOTAL,
        "reason": "fraudulent",
        "status": "open",
        "respond_by": datetime.now(UTC).isoformat(),
    }
    return [
        told(first, 1, "failed", failure={"code": "card_declined", "message": "No."}),
        told(second, 1, "authorized", authorized=TOTAL),
        told(second, 2, "captured", **taken),
        told(second, 3, "partially_refunded", **taken, refunded=500),
        told(second, 4, "partially_refunded", **taken, refunded=800),
        told(second, 5, "partially_refunded", **taken, refunded=800, dispute=dispute),
    ]


async def test_any_order_of_six_notifications_comes_to_one_state(fresh_till: Till) -> None:
    till = fresh_till
    model = await till.order(stock=1000)
    turn = asyncio.Semaphore(6)

    async def run(sample: Sample) -> str:
        async with turn:
            return await _end_of(till, raw_id(model["id"]), sample)

    ends = await asyncio.gather(*(run(sample) for sample in _samples()))
    assert len(ends) == SAMPLES
    assert len(set(ends)) == 1, set(ends)
    await till.shop.rows.execute("UPDATE outbox_event SET routed_at = now()")
    assert await till.judged() == []
    assert await till.shop.stock(model["goods"]) == (1000, SAMPLES + 1)


async def _end_of(till: Till, model: UUID, sample: Sample) -> str:
    order_id = OrderId(await till.shop.rows.fetchval(COPY, model))
    first, second = PaymentId(new_id()), PaymentId(new_id())
    events = _events(first, second)
    arrivals = [events[place] for place in sample.arrivals]
    if not sample.is_early:
        await _begin(till, order_id, first, second)
    middle = len(arrivals) // 2
    await _arrive(till, arrivals[:middle])
    if sample.is_early:
        await _begin(till, order_id, first, second)
    await _arrive(till, arrivals[middle:])
    for row in await till.shop.rows.fetch(
        "SELECT id FROM inbox WHERE state = 'PENDING' AND payload ->> 'attempt_key' = ANY($1) ORDER BY random()",
        [str(first), str(second)],
    ):
        await _apply(till, row["id"])
    return await _state(till, order_id)


async def _begin(till: Till, order_id: OrderId, first: PaymentId, second: PaymentId) -> None:
    """Two attempts, as when the first was given up before the second began."""

    async def begin(unit: Unit) -> None:
        wanted = Wanted(order_id=order_id, holds_token=True, provider="sandbox", amount=None)
        claim = Claim(actor=f"order:{order_id}", mutation="paymentCreate", key="k", fingerprint=b"")
        begun = await begin_attempt(
            unit, wanted=wanted, claim=claim, reservation_seconds=900, by=Machine("test"), now=datetime.now(UTC)
        )
        assert isinstance(begun, Begun)
        payment: Payment = begun.payment
        await unit.payments.add(replace(payment, id=first))
        await unit.payments.add(replace(payment, id=second))

    await till.tools.transact(begin)
    # The attempt that the action made stands for nothing here.
    await till.shop.rows.execute("DELETE FROM payment WHERE order_id = $1 AND id <> ALL($2::uuid[])", order_id, [first, second])


async def _arrive(till: Till, arrivals: Sequence[tuple[bytes, dict[str, str]]]) -> None:
    for body, headers in arrivals:
        notification = await till.provider.read_notification(body, headers, datetime.now(UTC))
        assert notification is not None
        await till.tools.transact(accept_notification, notification=notification)
        notification_id = await till.shop.rows.fetchval(
            "SELECT id FROM inbox WHERE notification_id = $1", headers["webhook-id"]
        )
        await _apply(till, notification_id)


async def _apply(till: Till, notification_id: UUID) -> None:
    await till.tools.transact(apply_notification, notification_id=notification_id, accounts=ACCOUNTS, now=datetime.now(UTC))


async def _state(till: Till, order_id: OrderId) -> str:
    """All that must not depend on the order in which things were told."""
    rows = till.shop.rows
    order = await rows.fetchrow(
        "SELECT status, payment_status, fulfillment_status, authorized, captured, refunded FROM orders WHERE id = $1", order_id
    )
    attempts = await rows.fetch(
        "SELECT state, version, authorized, captured, refunded FROM payment WHERE order_id = $1 ORDER BY state", order_id
    )
    moved = await rows.fetch(MOVED + " ORDER BY 1", order_id)
    goods = await rows.fetch("SELECT state, quantity FROM reservation WHERE order_id = $1", order_id)
    back = await rows.fetch("SELECT state, sum(amount)::bigint FROM refund WHERE order_id = $1 GROUP BY 1", order_id)
    told = await rows.fetch(
        """SELECT kind, count(*) FROM outbox_event WHERE payload ->> 'order_id' = $1 AND kind <> 'RefundSettled'
           GROUP BY 1 ORDER BY 1""",
        str(order_id),
    )
    left = await rows.fetchval(
        "SELECT count(*) FROM inbox i JOIN payment p ON p.id::text = i.payload ->> 'attempt_key' "
        "WHERE p.order_id = $1 AND i.state <> 'DONE'",
        order_id,
    )
    return repr((order, attempts, moved, goods, back, told, left))
