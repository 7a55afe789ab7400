"""One webhook in ten never comes: a comparison with the provider's books leaves no drift."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from tests.payments.till import Till, raw_id

METHODS = (
    "tok_success",
    "tok_async_success:100ms",
    "tok_decline",
    "tok_late_failure:100ms",
    "tok_success",
    "tok_dispute:100ms",
)
ORDERS = 10


@pytest.mark.parametrize("seed", [1, 2])
async def test_with_one_webhook_in_ten_dropped_a_comparison_leaves_zero_drift(fresh_till: Till, seed: int) -> None:
    till, drawn = fresh_till, random.Random(seed)
    orders = [await till.order() for _ in range(ORDERS)]
    payments = await asyncio.gather(*(till.paid(order, drawn.choice(METHODS)) for order in orders))
    for payment in payments:
        await _quiet(till, payment)
    heard = await till.shop.rows.fetch("SELECT id FROM inbox ORDER BY id")
    dropped = [row["id"] for row in heard if drawn.random() < 0.1] or [heard[drawn.randrange(len(heard))]["id"]]
    await till.shop.rows.execute("DELETE FROM outbox_event WHERE aggregate_id = ANY($1::uuid[])", dropped)
    await till.shop.rows.execute("DELETE FROM inbox WHERE id = ANY($1::uuid[])", dropped)
    await till.works(tries_again=True)
    await till.asks_unfinished()
    await till.compares()
    await till.works(tries_again=True)
    for payment in payments:
        assert await _ours(till, payment) == await _theirs(till, payment)
    assert await till.judged() == []
    await till.compares()
    assert (
        await till.shop.rows.fetchval(
            """SELECT count(*) FROM reconciliation_finding f
           WHERE f.run_id = (SELECT id FROM reconciliation_run ORDER BY id DESC LIMIT 1)"""
        )
        == 0
    )


async def _quiet(till: Till, payment: dict[str, Any]) -> None:
    """Returns when the provider's story of a payment is over and all of it was told."""
    seen = -1
    async with asyncio.timeout(60):
        while True:
            told = await till.snapshot(payment)
            if seen == told["version"] and len(await till.inbox(payment)) >= told["version"] and told["status"] != "pending":
                return
            seen = told["version"]
            await asyncio.sleep(0.4)


async def _ours(till: Till, payment: dict[str, Any]) -> tuple[int, int, int]:
    row = await till.shop.rows.fetchrow("SELECT version, captured, refunded FROM payment WHERE id = $1", raw_id(payment["id"]))
    assert row is not None
    return row["version"], row["captured"], row["refunded"]


async def _theirs(till: Till, payment: dict[str, Any]) -> tuple[int, int, int]:
    told = await till.snapshot(payment)
    return told["version"], told["captured"], told["refunded"]
