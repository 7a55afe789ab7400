"""Tasks: done once however often they are dispatched, failures noted, letters told from what the order says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from structlog.testing import capture_logs

from domain.error import UserError
from domain.event import Event
from domain.ids import new_id
from domain.notices.model import Medium
from domain.orders.events import OrderCancelled, OrderPlaced, OrderStatusChanged
from domain.payments.events import PaymentCaptured, PaymentFailed, RefundSettled
from persistence.unit import Transactions, UnitOfWork
from tests.workers.conftest import Place
from tests.workers.tools import Pigeons, tools_of
from tests.workers.world import Poisonous, an_order, rows
from workers.roster import ROUTES, TASKS
from workers.tasks import Fact, Failed, Outside, Task, Tools, Within, perform

# Of money that went back or came in, only the letters are looked at here.
ROUTED: Mapping[str, Any] = {
    **ROUTES,
    "Poisonous": ("poison",),
    "RefundSettled": ("tell_refund",),
    "PaymentCaptured": ("tell_payment",),
}


async def routed(transact: Transactions, *events: Event) -> list[UUID]:
    """Announces facts and routes them; the ids of their tasks, in the order of the facts."""

    async def say(unit: UnitOfWork) -> list[UUID]:
        await unit.outbox.write(events, request_id="request-1")
        await unit.outbox.route(ROUTED)
        return [each.id for each in sorted(await unit.outbox.claim_due())]

    return await transact.work(say)


async def notices_of(database_url: str, order_id: UUID) -> list[tuple[Any, ...]]:
    return await rows(database_url, "SELECT kind, subject FROM notice WHERE order_id = $1 ORDER BY id", order_id)


async def test_two_copies_of_a_message_at_once_make_one_letter(place: Place) -> None:
    order_id = await an_order(place.database_url)
    tasks = await routed(place.transact, OrderPlaced(order_id=order_id))
    tools = tools_of(place.database, place.transact)
    await asyncio.gather(*(perform(task_id, tasks=TASKS, tools=tools) for task_id in tasks * 5))
    assert sorted(await notices_of(place.database_url, order_id)) == [
        ("ORDER_CONFIRMED", "Vitrine: your order 1001"),
        ("STAFF_ORDER_PLACED", "Vitrine: new order 1001 over €94.90"),
    ]


async def test_facts_that_arrive_out_of_order_are_each_told_once_with_what_they_were_about(place: Place) -> None:
    order_id, payment_id = await an_order(place.database_url), new_id()
    facts = (
        OrderPlaced(order_id=order_id),
        PaymentFailed(payment_id=payment_id, order_id=order_id),
        PaymentCaptured(payment_id=payment_id, order_id=order_id, amount=9490),
        OrderStatusChanged(order_id=order_id, seq=4, status="CONFIRMED", fulfillment_status="UNFULFILLED"),
        OrderStatusChanged(order_id=order_id, seq=5, status="PROCESSING", fulfillment_status="UNFULFILLED"),
        OrderStatusChanged(order_id=order_id, seq=6, status="PROCESSING", fulfillment_status="SHIPPED"),
        OrderStatusChanged(order_id=order_id, seq=7, status="COMPLETED", fulfillment_status="DELIVERED"),
        OrderCancelled(order_id=order_id, seq=8, reason="changed my mind"),
    )
    tools = tools_of(place.database, place.transact, staff_email="")
    for task_id in reversed(await routed(place.transact, *facts)):
        await perform(task_id, tasks=TASKS, tools=tools)
    told = await rows(place.database_url, "SELECT kind, body_text FROM notice WHERE order_id = $1", order_id)
    assert sorted(kind for kind, _ in told) == [
        "ORDER_CANCELLED",
        "ORDER_CONFIRMED",
        "ORDER_SHIPPED",
        "ORDER_STATUS_CHANGED",
        "ORDER_STATUS_CHANGED",
        "PAYMENT_FAILED",
        "PAYMENT_RECEIVED",
    ]
    news = "".join(text for kind, text in told if kind == "ORDER_STATUS_CHANGED")
    assert "Your order 1001 is now being prepared." in news
    assert "Your order 1001 is now delivered." in news


async def test_a_failed_try_leaves_nothing_but_its_reason_and_the_next_one_succeeds(place: Place) -> None:
    order_id = await an_order(place.database_url)
    tries: list[UUID] = []

    async def second_time_lucky(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
        tries.append(fact.task_id)
        unit.announce(OrderPlaced(order_id=order_id))
        return Failed(reason="not yet") if len(tries) == 1 else None

    [task_id] = await routed(place.transact, Poisonous(thing_id=new_id()))
    tasks: Mapping[str, Task] = {"poison": Within(second_time_lucky)}
    tools = tools_of(place.database, place.transact)
    placed = "SELECT count(*) FROM outbox_event WHERE kind = 'OrderPlaced' AND aggregate_id = $1"
    state = "SELECT done_at IS NULL, failure FROM outbox_task WHERE id = $1"

    await perform(task_id, tasks=tasks, tools=tools)
    assert await rows(place.database_url, state, task_id) == [(True, "not yet")]
    assert await rows(place.database_url, placed, order_id) == [(0,)]

    for _ in range(3):
        await perform(task_id, tasks=tasks, tools=tools)
    assert await rows(place.database_url, state, task_id) == [(False, "not yet")]
    assert await rows(place.database_url, placed, order_id) == [(1,)]
    assert len(tries) == 2


async def test_a_task_that_takes_too_long_is_cut_short_and_stays_open(place: Place) -> None:
    async def never(fact: Fact, tools: Tools) -> None:
        await asyncio.Event().wait()

    [task_id] = await routed(place.transact, Poisonous(thing_id=new_id()))
    await perform(task_id, tasks={"poison": Outside(never, seconds_max=0.1)}, tools=tools_of(place.database, place.transact))
    assert await rows(place.database_url, "SELECT done_at, failure FROM outbox_task WHERE id = $1", task_id) == [
        (None, "not done within 0.1 seconds")
    ]


async def test_the_request_that_began_it_stands_in_the_logs_and_beside_what_the_task_announces(place: Place) -> None:
    order_id = await an_order(place.database_url)
    refund = RefundSettled(payment_id=new_id(), order_id=order_id, refund_id=new_id(), amount=100)
    [task_id] = await routed(place.transact, refund)
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        await perform(task_id, tasks=TASKS, tools=tools_of(place.database, place.transact))
    assert [(line["event"], line["request_id"], line["task"]) for line in logs] == [("task.done", "request-1", "tell_refund")]
    assert await rows(
        place.database_url,
        "SELECT e.request_id FROM outbox_event e JOIN notice n ON n.id = e.aggregate_id WHERE n.order_id = $1",
        order_id,
    ) == [("request-1",)]


async def test_while_the_carrier_rests_new_letters_are_left_to_the_clock(place: Place) -> None:
    order_id = await an_order(place.database_url)
    pigeons = Pigeons()
    tools = tools_of(place.database, place.transact, post=pigeons)
    tools.carrier.note(Medium.EMAIL, is_well=False)
    refund = RefundSettled(payment_id=new_id(), order_id=order_id, refund_id=new_id(), amount=100)
    [task_id] = await routed(place.transact, refund)
    await perform(task_id, tasks=TASKS, tools=tools)
    for send_id in await routed(place.transact):
        await perform(send_id, tasks=TASKS, tools=tools)
    assert pigeons.carried == []
    assert await rows(place.database_url, "SELECT state, attempts FROM notice WHERE order_id = $1", order_id) == [("QUEUED", 0)]
