"""Whoever begins to watch is told at once what there is already, and does not wait for the next thing to happen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import ExecutionResult, parse, subscribe

from gateways.live import redis as live_over_redis
from persistence.unit import Transactions
from schema.context import Contexts
from schema.root import build, executable
from schema.transport.caller import Caller
from tests.crashes.watchers import WATCH
from tests.shop import Shop

SECONDS = 30.0


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks by themselves: what is heard was read at the beginning, or hinted."""
    monkeypatch.setattr(live_over_redis, "LOOK_SECONDS", 600.0)
    monkeypatch.setattr(live_over_redis, "LOOK_SECONDS_ALONE", 600.0)


@pytest.mark.usefixtures("seldom")
async def test_a_history_is_caught_up_with_before_anything_else_happens(shop: Shop) -> None:
    order = await shop.shopper().orders((await shop.goods(), 1))
    cancelled = await shop.data(
        "mutation($token: String!) { orderCancel(input: {orderToken: $token}) { userErrors { code } } }",
        {"token": order["token"]},
    )
    assert cancelled == {"orderCancel": {"userErrors": []}}
    ports = shop.api.supplies.ports()
    contexts = Contexts(
        database=shop.api.database,
        transact=Transactions(shop.api.database, published=shop.api.supplies.live.published),
        ports=ports,
        identify=ports.standings,
        clock=lambda: datetime.now(UTC),
    )
    for after, expected in ((0, [1, 2]), (1, [2])):
        async with contexts.open(Caller(request_id="watching")) as context, asyncio.timeout(SECONDS):
            opened: Any = subscribe(
                executable(build()),
                parse(WATCH),
                context_value=context,
                variable_values={"token": order["token"], "after": after},
            )
            heard: AsyncGenerator[ExecutionResult] = await opened
            for seq in expected:
                result = await anext(heard)
                assert result.errors is None
                assert result.data is not None
                assert result.data["orderStatusChanged"]["seq"] == seq
            await heard.aclose()
