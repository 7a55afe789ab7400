"""The event log: in order, without gaps, and nothing is ever put in before a place that was read."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from collections.abc import Iterator

import asyncpg
import pytest

import domain
from domain.event import Event
from domain.viewer import Permission
from domain.webhooks.model import AGGREGATES, INTERNAL, NEEDED, PRIVATE, TYPE_NAMES, EventType
from tests.makers.people import a_customer_token, a_staff_token
from tests.webhooks.conftest import Desk

EVENTS = """query($first: Int, $after: String, $types: [EventType!]) { events(first: $first, after: $after, types: $types) {
    totalCount pageInfo { hasNextPage endCursor } nodes { position type subjectId data } } }"""


def _kinds(base: type[Event]) -> Iterator[type[Event]]:
    for kind in base.__subclasses__():
        if kind.__module__.startswith("domain.") and not kind.__name__.startswith("_"):
            yield kind
        yield from _kinds(kind)


def test_every_fact_is_either_public_or_stays_in_the_house() -> None:
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    facts = {kind.__name__: kind for kind in _kinds(Event)}
    public = {each.value for each in EventType}
    assert public & INTERNAL == set()
    undecided = {name for name, kind in facts.items() if kind.aggregate not in PRIVATE} - public - INTERNAL
    assert undecided == set()
    assert (public | INTERNAL) <= set(facts)
    for each in EventType:
        assert AGGREGATES[each] == facts[each.value].aggregate
        assert AGGREGATES[each] in NEEDED
        assert AGGREGATES[each] in TYPE_NAMES


async def _shown(desk: Desk, **said: object) -> list[dict[str, object]]:
    found = await desk.shop.data(EVENTS, said, token=desk.token)
    nodes: list[dict[str, object]] = found["events"]["nodes"]
    return nodes


async def test_what_happened_is_shown_in_order_with_positions_from_one_on(desk: Desk) -> None:
    order = await desk.order()
    await desk.does("orderCancel", "order { status }", orderId=order["id"], reason="no")
    await desk.write_log()
    shown = await _shown(desk)
    assert [each["position"] for each in shown] == [str(place) for place in range(1, len(shown) + 1)]
    assert [each["type"] for each in shown if each["subjectId"] == order["id"]] == ["ORDER_PLACED", "ORDER_CANCELLED"]


async def test_a_transaction_that_commits_late_is_not_missed_by_a_reader_who_went_on(desk: Desk) -> None:
    """The late one drew its number first: ordered by numbers it would appear behind the reader's back."""
    database_url = desk.shop.api.settings.database_url
    assert database_url is not None
    late = await asyncpg.connect(database_url)
    try:
        transaction = late.transaction()
        await transaction.start()
        await late.execute(
            "INSERT INTO outbox_event (id, kind, aggregate, aggregate_id, payload)"
            " VALUES (gen_random_uuid(), 'OrderPlaced', 'order', gen_random_uuid(), '{}')"
        )
        await desk.order()
        await desk.write_log()
        page = await desk.shop.data(EVENTS, {"types": ["ORDER_PLACED"]}, token=desk.token)
        assert [each["position"] for each in page["events"]["nodes"]] == ["1"]
        await transaction.commit()
    finally:
        await late.close()
    await desk.write_log()
    cursor = page["events"]["pageInfo"]["endCursor"]
    assert [each["position"] for each in await _shown(desk, after=cursor)] == ["2"]


async def test_several_writers_at_once_leave_no_gap_and_double_nothing(desk: Desk) -> None:
    await desk.shop.rows.execute(
        "INSERT INTO outbox_event (id, kind, aggregate, aggregate_id, payload)"
        " SELECT gen_random_uuid(), CASE WHEN n % 3 = 0 THEN 'NoticeQueued' ELSE 'OrderPlaced' END, 'order', gen_random_uuid(), '{}'"
        " FROM generate_series(1, 1200) n"
    )
    for _ in range(4):
        await asyncio.gather(*(desk.write_log() for _ in range(5)))
    positions = await desk.shop.rows.fetch("SELECT position FROM outbox_event WHERE position > 0 ORDER BY position")
    assert [each["position"] for each in positions] == list(range(1, 801))
    left = await desk.shop.rows.fetchval("SELECT count(*) FROM outbox_event WHERE position IS NULL")
    assert left == 0


async def test_the_log_is_read_page_by_page_and_filtered_by_type(desk: Desk) -> None:
    for _ in range(3):
        await desk.order()
    await desk.write_log()
    seen, cursor, has_next = list[str](), None, True
    while has_next:
        page = (await desk.shop.data(EVENTS, {"first": 2, "after": cursor, "types": ["ORDER_PLACED"]}, token=desk.token))[
            "events"
        ]
        assert page["totalCount"] == 3
        seen += [each["position"] for each in page["nodes"]]
        cursor, has_next = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == sorted(seen)
    assert len(seen) == 3


async def test_who_may_not_read_payments_sees_no_event_of_theirs(desk: Desk) -> None:
    token = await a_staff_token(desk.shop, Permission.READ_EVENTS, Permission.READ_ORDERS)
    await desk.shop.rows.execute(
        "INSERT INTO outbox_event (id, kind, aggregate, aggregate_id, payload)"
        " VALUES (gen_random_uuid(), 'PaymentFailed', 'payment', gen_random_uuid(), '{}')"
    )
    await desk.order()
    await desk.write_log()
    shown = (await desk.shop.data(EVENTS, {}, token=token))["events"]["nodes"]
    assert {each["type"] for each in shown} == {"ORDER_PLACED"}
    refused = await desk.shop.ask(EVENTS, {"types": ["PAYMENT_FAILED"]}, token=token)
    assert refused["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"


@pytest.mark.parametrize("who", ["guest", "customer", "staff"])
async def test_others_do_not_read_the_log(desk: Desk, who: str) -> None:
    tokens = {"customer": a_customer_token, "staff": a_staff_token}
    token = await tokens[who](desk.shop) if who in tokens else None
    refused = await desk.shop.ask(EVENTS, {}, token=token)
    code = "UNAUTHENTICATED" if who == "guest" else "PERMISSION_DENIED"
    assert refused["errors"][0]["extensions"]["code"] == code
    assert refused["data"] is None


async def test_a_cursor_that_the_log_does_not_reach_back_to_is_refused(desk: Desk) -> None:
    for _ in range(3):
        await desk.order()
    await desk.write_log()
    first = await desk.shop.data(EVENTS, {"first": 1, "types": ["ORDER_PLACED"]}, token=desk.token)
    await desk.shop.rows.execute("DELETE FROM outbox_event WHERE position BETWEEN 1 AND 2")
    refused = await desk.shop.ask(EVENTS, {"after": first["events"]["pageInfo"]["endCursor"]}, token=desk.token)
    assert refused["errors"][0]["extensions"]["code"] == "CURSOR_EXPIRED"
    garbage = await desk.shop.ask(EVENTS, {"after": "bm9uc2Vuc2U"}, token=desk.token)
    assert garbage["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
