"""Notifications: to whom they belong, to all open windows, in order and none left out, and what was read of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.ids import AccountId, CustomerId, VariantId, new_id
from domain.notifications.actions import forget_old, note
from domain.notifications.model import TOLD, NotificationKind, Reach
from domain.stock.events import StockRanLow
from domain.stock.watching import note_low_stock
from domain.unit import Unit
from domain.viewer import Permission
from domain.webhooks.actions import write_log
from gateways.settings import Settings
from persistence.unit import Transactions, UnitOfWork
from schema.ids import global_id, id_of
from schema.notifications.feeds import NotificationFeed
from tests.conftest import Clone
from tests.live.sockets import Socket, sockets
from tests.makers.people import a_customer_token, a_staff_token
from tests.shop import Shop, open_shop
from workers.roster import ROUTES

LIST = """query($first: Int, $after: String, $unread: Boolean) {
    notifications(first: $first, after: $after, unreadOnly: $unread) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { id position kind isRead subjectId data order { id number } } } }"""
WATCH = "subscription($after: String) { notifications(afterPosition: $after) { position kind subjectId data } }"
READ = "mutation($input: NotificationsReadInput!) { notificationsRead(input: $input) { unread userErrors { code path } } }"
CANCEL = "mutation($input: OrderCancelInput!) { orderCancel(input: $input) { order { status } userErrors { code } } }"
STAFF = (Permission.READ_ORDERS, Permission.MANAGE_ORDERS)


@dataclass(slots=True)
class Lobby:
    """A shop with its relay, worked by hand."""

    shop: Shop
    transact: Transactions

    async def relays(self) -> int:
        """The relay's part: how many notifications came of what happened."""
        return await self.transact.work(_relay)

    async def happens(self, count: int) -> list[UUID]:
        """So many facts in a transaction that staff with READ_STOCK is told of; what they are about, in order."""
        about = [new_id() for _ in range(count)]
        await self.transact(_announce, about=about)
        return about

    async def shown(self, token: str, **said: object) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.shop.data(LIST, said, token=token))["notifications"]
        return answer

    async def read(self, token: str, **said: object) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.shop.data(READ, {"input": said}, token=token))["notificationsRead"]
        return answer

    async def order(self, token: str | None = None) -> dict[str, Any]:
        return await self.shop.shopper(token=token).orders((await self.shop.goods(), 1))

    async def cancels(self, order: dict[str, Any], token: str) -> None:
        done = await self.shop.data(CANCEL, {"input": {"orderId": order["id"], "reason": "no"}}, token=token)
        assert done["orderCancel"]["userErrors"] == []


async def _relay(unit: UnitOfWork) -> int:
    return await note(unit, facts=await write_log(unit, known=tuple(ROUTES)))


async def _announce(unit: Unit, *, about: Sequence[UUID]) -> None:
    for each in about:
        unit.announce(StockRanLow(variant_id=VariantId(each), free=1))


async def _watch(socket: Socket, after: str | None) -> None:
    await socket.tell(type="subscribe", id="1", payload={"query": WATCH, "variables": {"after": after}})


async def _told(socket: Socket, count: int) -> list[dict[str, Any]]:
    """The next so many notifications of a window."""
    messages = [await socket.hear() for _ in range(count)]
    assert all(each is not None and each["type"] == "next" for each in messages), messages
    return [each["payload"]["data"]["notifications"] for each in messages if each is not None]


@pytest.fixture(scope="module")
async def lobby(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Lobby]:
    async with open_shop(settings_on(await clone())) as shop:
        yield Lobby(shop, Transactions(shop.api.database, published=shop.api.supplies.live.published))


def test_every_fact_that_is_told_is_one_and_every_kind_comes_from_one() -> None:
    assert set(TOLD) <= set(ROUTES)
    assert {each.kind for each in TOLD.values()} == set(NotificationKind)
    assert all(each.staff is not None or each.buyer for each in TOLD.values())


async def test_all_windows_of_staff_and_buyer_are_told_and_nobody_else(lobby: Lobby) -> None:
    staff = await a_staff_token(lobby.shop, *STAFF)
    buyer, other = await a_customer_token(lobby.shop), await a_customer_token(lobby.shop)
    deaf = await a_staff_token(lobby.shop, Permission.READ_CATALOG)
    async with AsyncExitStack() as stack:
        tabs = [*await stack.enter_async_context(sockets(lobby.shop.api, 2, token=staff))]
        for each in (buyer, other, deaf):
            tabs += await stack.enter_async_context(sockets(lobby.shop.api, 1, token=each))
        last = str(await lobby.shop.api.supplies.notification_feed.last())
        for tab in tabs:
            await _watch(tab, last)
        order = await lobby.order(buyer)
        assert await lobby.relays() == 2
        first = [await _told(tab, 1) for tab in tabs[:3]]
        await lobby.cancels(order, staff)
        await lobby.relays()
        second = [await _told(tab, 1) for tab in tabs[:3]]
        assert [each[0]["kind"] for each in first] == ["ORDER_PLACED"] * 3
        assert [each[0]["kind"] for each in second] == ["ORDER_CANCELLED"] * 3
        assert {each[0]["subjectId"] for each in (*first, *second)} == {order["id"]}
        assert first[0] == first[1]
        assert first[0] != first[2]
        assert [tab.waiting() for tab in tabs] == [[]] * 5
        # A window that comes back goes on where it was; one without a place hears of what is new only.
        (again,) = await stack.enter_async_context(sockets(lobby.shop.api, 1, token=staff))
        await _watch(again, first[0][0]["position"])
        assert await _told(again, 1) == second[0]
    assert (await lobby.shown(other))["totalCount"] == 0
    assert (await lobby.shown(deaf))["totalCount"] == 0
    mine = await lobby.shown(buyer)
    assert [(each["kind"], each["isRead"], each["order"]["id"]) for each in mine["nodes"]] == [
        ("ORDER_CANCELLED", False, order["id"]),
        ("ORDER_PLACED", False, order["id"]),
    ]


async def test_none_is_left_out_or_comes_twice_while_many_write_and_several_relays_run(lobby: Lobby) -> None:
    token = await a_staff_token(lobby.shop, Permission.READ_STOCK)
    async with sockets(lobby.shop.api, 1, token=token) as (tab,):
        await _watch(tab, str(await lobby.shop.api.supplies.notification_feed.last()))
        writing = asyncio.gather(*(lobby.happens(3) for _ in range(20)))
        while not writing.done():
            await asyncio.gather(*(lobby.relays() for _ in range(3)))
        await lobby.relays()
        told = await _told(tab, 60)
        assert tab.waiting() == []
    positions = [int(each["position"]) for each in told]
    assert positions == sorted(set(positions))
    expected = [global_id("Variant", each) for each in (await writing)[0]]
    everything = {global_id("Variant", each) for batch in await writing for each in batch}
    assert {each["subjectId"] for each in told} == everything
    assert [each["subjectId"] for each in told if each["subjectId"] in expected] == expected
    assert await lobby.relays() == 0


async def test_who_fell_far_behind_misses_nothing(lobby: Lobby) -> None:
    feed = NotificationFeed(lobby.shop.api.database, lobby.shop.api.supplies.live)
    reach = Reach(permissions=frozenset({"READ_STOCK"}))
    begin = await feed.last()
    with feed.following(begin) as slow, feed.following(begin) as quick:
        assert [*await slow.next(reach)] == []
        expected: list[UUID] = []
        seen: list[UUID] = []
        for _ in range(3):
            expected += await lobby.happens(500)
            while await lobby.relays():
                pass
            while len(seen) < len(expected):
                await quick.stirs(1)
                seen += [each.aggregate_id for each in await quick.next(reach)]
        assert seen == expected
        late: list[UUID] = []
        while some := await slow.next(reach):
            late += [each.aggregate_id for each in some]
        assert late == expected


async def test_the_relay_does_not_wait_for_who_is_changing_an_order(lobby: Lobby) -> None:
    order = await lobby.order()
    async with lobby.shop.rows.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM orders WHERE id = $1 FOR UPDATE", id_of("Order", order["id"]))
        assert await lobby.relays() == 1


async def test_what_fails_after_it_was_noted_is_noted_with_its_repeat(lobby: Lobby) -> None:
    about = await lobby.happens(1)

    async def breaks(unit: UnitOfWork) -> None:
        assert await _relay(unit) == 1
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError):
        await lobby.transact.work(breaks)
    assert await lobby.relays() == 1
    assert await lobby.shop.rows.fetchval("SELECT count(*) FROM notification WHERE aggregate_id = $1", about[0]) == 1


async def test_reading_is_each_ones_own_by_name_or_up_to_the_newest_seen(lobby: Lobby) -> None:
    one, other = [await a_staff_token(lobby.shop, Permission.READ_STOCK) for _ in range(2)]
    await lobby.happens(4)
    await lobby.relays()
    page = await lobby.shown(one, first=4)
    newest, second, third, fourth = (each["id"] for each in page["nodes"])
    before = (await lobby.shown(one, unread=True))["totalCount"]
    assert await lobby.read(one, ids=[second, second]) == {"unread": before - 1, "userErrors": []}
    assert [each["isRead"] for each in (await lobby.shown(one, first=4))["nodes"]] == [False, True, False, False]
    unread = await lobby.shown(one, first=2, unread=True)
    assert [each["id"] for each in unread["nodes"]] == [newest, third]
    rest = await lobby.shown(one, first=1, unread=True, after=unread["pageInfo"]["endCursor"])
    assert [each["id"] for each in rest["nodes"]] == [fourth]

    assert await lobby.read(one, upTo=third) == {"unread": 1, "userErrors": []}
    assert [each["isRead"] for each in (await lobby.shown(one, first=4))["nodes"]] == [False, True, True, True]
    # What was read stays read, and others have read nothing.
    assert await lobby.read(one, upTo=fourth) == {"unread": 1, "userErrors": []}
    assert (await lobby.shown(other, unread=True))["totalCount"] == before
    assert await lobby.read(one, upTo=newest) == {"unread": 0, "userErrors": []}


async def test_nobody_reads_or_marks_what_is_not_theirs(lobby: Lobby) -> None:
    staff, buyer = await a_staff_token(lobby.shop, Permission.READ_STOCK), await a_customer_token(lobby.shop)
    here = await a_staff_token(lobby.shop, *STAFF, Permission.READ_STOCK, channels=[lobby.shop.channel.id])
    nowhere = await a_staff_token(lobby.shop, *STAFF, Permission.READ_STOCK, channels=[])
    await lobby.happens(1)
    await lobby.order()
    await lobby.relays()
    (known,) = (await lobby.shown(staff, first=1))["nodes"]
    assert known["kind"] == "STOCK_LOW"
    assert known["data"] == {"free": 1}
    for token in (buyer, here, nowhere):
        refused = await lobby.read(token, ids=[known["id"]])
        assert refused == {"unread": None, "userErrors": [{"code": "NOT_FOUND", "path": ["input", "ids", "0"]}]}
        refused = await lobby.read(token, upTo=known["id"])
        assert refused["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "upTo"]}]
        node = await lobby.shop.data("query($id: ID!) { node(id: $id) { id } }", {"id": known["id"]}, token=token)
        assert node == {"node": None}
    # Whoever works in some channels is told of these, and of nothing that is the whole shop's.
    assert {each["kind"] for each in (await lobby.shown(here, first=100))["nodes"]} <= {"ORDER_PLACED", "ORDER_CANCELLED"}
    assert (await lobby.shown(here, first=1))["nodes"][0]["kind"] == "ORDER_PLACED"
    assert (await lobby.shown(nowhere))["totalCount"] == 0
    for wrong in ({}, {"ids": [], "upTo": known["id"]}):
        assert [each["code"] for each in (await lobby.read(staff, **wrong))["userErrors"]] == ["INVALID"]
    refused = await lobby.shop.ask(LIST)
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_stock_that_runs_low_by_sales_is_told_once_until_there_is_more(lobby: Lobby) -> None:
    token = await a_staff_token(lobby.shop, Permission.READ_STOCK)
    goods, unsold = await lobby.shop.goods(stock=7), await lobby.shop.goods(stock=2)

    async def told() -> list[int]:
        await lobby.transact(note_low_stock, at_most=5, limit=100)
        await lobby.relays()
        mine = {global_id("Variant", each.variant_id): each for each in (goods, unsold)}
        return [each["data"]["free"] for each in (await lobby.shown(token, first=20))["nodes"] if each["subjectId"] in mine]

    assert await told() == []
    await lobby.shop.shopper().orders((goods, 3))
    assert await told() == [4]
    await lobby.shop.shopper().orders((goods, 1))
    assert await told() == [4]
    await lobby.shop.rows.execute(
        "UPDATE stock SET on_hand = on_hand + 20 WHERE variant_id = $1 AND on_hand > 0", goods.variant_id
    )
    assert await told() == [4]
    await lobby.shop.rows.execute(
        "UPDATE stock SET on_hand = on_hand - 20 WHERE variant_id = $1 AND on_hand > 0", goods.variant_id
    )
    assert await told() == [3, 4]


async def test_old_ones_go_and_with_a_person_theirs(lobby: Lobby) -> None:
    token = await a_customer_token(lobby.shop)
    await lobby.order(token)
    await lobby.relays()
    me = id_of("Customer", (await lobby.shop.data("{ me { id } }", token=token))["me"]["id"])
    assert me is not None
    (mine,) = (await lobby.shown(token))["nodes"]
    await lobby.read(token, ids=[mine["id"]])
    copy = await lobby.transact.work(_gathered, CustomerId(me))
    assert [each["kind"] for each in copy["notifications"]] == ["ORDER_PLACED"]
    assert copy["message_opt_outs"] == []

    await lobby.transact.work(_erase, CustomerId(me))
    assert await lobby.shop.rows.fetchval("SELECT count(*) FROM notification WHERE customer_id = $1", me) == 0
    assert await lobby.shop.rows.fetchval("SELECT count(*) FROM notification_read WHERE account_id = $1", me) == 0

    await lobby.happens(3)
    await lobby.relays()
    count = await lobby.shop.rows.fetchval("SELECT count(*) FROM notification")
    old = "UPDATE notification SET created_at = now() - interval '91 days' WHERE id IN (SELECT id FROM notification LIMIT 3)"
    await lobby.shop.rows.execute(old)
    assert await lobby.transact(forget_old) == 3
    assert await lobby.shop.rows.fetchval("SELECT count(*) FROM notification") == count - 3


async def _gathered(unit: UnitOfWork, customer_id: CustomerId) -> Mapping[str, Any]:
    return await unit.customers.gather(customer_id)


async def _erase(unit: UnitOfWork, customer_id: CustomerId) -> None:
    assert await unit.access.account(AccountId(customer_id)) is not None
    await unit.customers.erase(customer_id, failure_key=b"k", now=datetime.now(UTC))
