"""What people decline, in the API and from within a letter; hours in which what can wait waits; and who waits for goods."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.notices.model import NoticeKind
from domain.notices.preferences import OPTIONAL, QuietHours, is_quiet, is_transactional, quiet_until
from domain.viewer import Permission
from gateways.mail.message import message_of
from gateways.settings import Settings
from schema.ids import global_id
from tests.access.mailed import confirms, deed, logs_in
from tests.conftest import Clone
from tests.makers.mail import Postman, a_postman
from tests.makers.people import PASSWORD, a_customer_token, a_staff_token
from tests.makers.trade import Goods
from tests.shop import Shop, open_shop
from workers.notices import send_due
from workers.stock import find_goods

REQUEST = """mutation($input: BackInStockRequestInput!) {
    backInStockRequest(input: $input) { isWaiting userErrors { code path message } } }"""
CHOOSE = """mutation($input: MessagePreferencesUpdateInput!) { messagePreferencesUpdate(input: $input) {
    messagePreferences { kind medium isWanted } userErrors { code path } } }"""
QUIET = """mutation($input: ChannelQuietHoursSetInput!) { channelQuietHoursSet(input: $input) {
    quietHours { timeZone starts ends } userErrors { code path } } }"""
HOURS = "query($channel: String!) { channelQuietHours(channel: $channel) { timeZone starts ends } }"
MINE = "{ me { email messagePreferences { kind medium isWanted } } }"
ADJUST = "mutation($input: StockAdjustInput!) { stockAdjust(input: $input) { userErrors { code } } }"
ONE_PRESS = {"List-Unsubscribe": "One-Click"}


@dataclass(slots=True)
class Desk:
    """A shop with its postman and somebody who may set it up."""

    shop: Shop
    postman: Postman
    staff: str

    async def waits(
        self, goods: Goods, email: str | None = None, *, token: str | None = None, key: str | None = None
    ) -> dict[str, Any]:
        said = {"variantId": goods.id} | ({"email": email} if email else {})
        answer: dict[str, Any] = (await self.shop.data(REQUEST, {"input": said}, token=token, key=key))["backInStockRequest"]
        return answer

    async def arrives(self, goods: Goods) -> None:
        """Goods come in, and the clock looks."""
        warehouse = global_id("Warehouse", self.shop.channel.warehouse_id)
        said = {"variantId": goods.id, "warehouseId": warehouse, "delta": 3}
        await self.shop.data(ADJUST, {"input": said}, token=self.staff)
        await find_goods(self.postman.tools)

    async def quiet(self, hours: dict[str, str] | None) -> dict[str, Any]:
        said = {"channel": self.shop.channel.slug, "quietHours": hours}
        answer: dict[str, Any] = (await self.shop.data(QUIET, {"input": said}, token=self.staff))["channelQuietHoursSet"]
        return answer

    async def states(self, email: str) -> list[tuple[str, int]]:
        rows = await self.shop.rows.fetch("SELECT state, attempts FROM notice WHERE recipient = $1 ORDER BY created_at", email)
        return [(each["state"], each["attempts"]) for each in rows]


@pytest.fixture(scope="module")
async def desk(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Desk]:
    async with open_shop(settings_on(await clone())) as shop, a_postman(shop) as postman:
        postman.tools = replace(postman.tools, seal=shop.api.supplies.ports().seal)
        rights = (Permission.MANAGE_SETTINGS, Permission.MANAGE_STOCK, Permission.READ_STOCK)
        yield Desk(shop, postman, await a_staff_token(shop, *rights))


def test_what_can_be_declined_is_no_step_of_an_order_or_an_account() -> None:
    assert set(OPTIONAL) == {NoticeKind.BACK_IN_STOCK}
    assert all(is_transactional(kind) for kind in NoticeKind if kind not in OPTIONAL)


_CLOCK = st.times().map(lambda at: at.replace(second=0, microsecond=0))
_ZONE = st.sampled_from(
    ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns")
)
_NOW = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds have none


@given(zone=_ZONE, starts=_CLOCK, ends=_CLOCK, now=_NOW)
def test_quiet_hours_end_at_the_first_moment_that_is_not_quiet(zone: str, starts: time, ends: time, now: datetime) -> None:
    quiet = QuietHours(zone=zone, starts=starts, ends=ends if ends != starts else time((starts.hour + 1) % 24, starts.minute))
    until = quiet_until(quiet, now=now)
    if not is_quiet(quiet, at=now):
        assert until is None
        return
    assert until is not None
    assert now < until < now + timedelta(hours=26)
    assert not is_quiet(quiet, at=until)
    assert is_quiet(quiet, at=max(now, until - timedelta(seconds=1.5)))


@pytest.mark.parametrize(
    ("now", "ends", "expected"),
    [
        # The night is an hour shorter, then an hour longer; the clock on the wall counts.
        ("2026-03-28T23:30:00+01:00", time(7), "2026-03-29T07:00:00+02:00"),
        ("2026-10-24T23:30:00+02:00", time(7), "2026-10-25T07:00:00+01:00"),
        # Half past two is left out: quiet ends when clocks jump past it. And it comes twice: the first is the end.
        ("2026-03-29T00:30:00+01:00", time(2, 30), "2026-03-29T03:00:00+02:00"),
        ("2026-10-25T00:30:00+02:00", time(2, 30), "2026-10-25T02:30:00+02:00"),
        # In the second of the two, with the first end behind us.
        ("2026-10-25T02:10:00+01:00", time(2, 30), "2026-10-25T02:30:00+01:00"),
    ],
)
def test_clocks_that_are_put_forward_and_back_are_followed(now: str, ends: time, expected: str) -> None:
    quiet = QuietHours(zone="Europe/Berlin", starts=time(22), ends=ends)
    until = quiet_until(quiet, now=datetime.fromisoformat(now))
    assert until == datetime.fromisoformat(expected)
    assert until.astimezone(ZoneInfo("Europe/Berlin")).isoformat() == expected


async def test_who_waits_is_told_once_when_goods_are_there_again_with_a_way_to_hear_no_more(desk: Desk) -> None:
    goods, there = await desk.shop.goods(stock=0), await desk.shop.goods(stock=1)
    refused = await desk.waits(there, "ada@wait.example")
    assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [("INVALID", ["input", "variantId"])]
    kept = {"isWaiting": True, "userErrors": []}
    assert [
        await desk.waits(goods, each, key=key)
        for each, key in (("ada@wait.example", "k-wait"), ("ada@wait.example", "k-wait"), ("ADA@wait.example", None))
    ] == [kept] * 3
    await find_goods(desk.postman.tools)
    assert await desk.postman.letters("ada@wait.example") == []

    await desk.arrives(goods)
    await find_goods(desk.postman.tools)

    (letter,) = await desk.postman.letters("ada@wait.example")
    assert "there again" in letter.subject
    assert letter.unsubscribe_url.startswith("https://api.shop.example/unsubscribe/")
    assert letter.unsubscribe_url in letter.text
    sent = message_of(letter, sender="Vitrine <shop@vitrine.example>").as_bytes(policy=default.clone(linesep="\r\n"))
    assert f"List-Unsubscribe: <{letter.unsubscribe_url}>\r\n".encode() in sent
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in sent


async def test_one_press_in_the_mail_program_ends_such_messages_and_reading_the_page_does_not(desk: Desk) -> None:
    first, second, third = [await desk.shop.goods(stock=0) for _ in range(3)]
    for goods in (first, second):
        await desk.waits(goods, "bob@wait.example")
    await desk.arrives(first)
    (letter,) = await desk.postman.letters("bob@wait.example")
    path = letter.unsubscribe_url.removeprefix("https://api.shop.example")

    page = await desk.shop.client.get(path, headers={"Accept-Language": "de-AT,en;q=0.5"})
    assert page.status_code == 200
    assert re.search(r'<form method="post">', page.text)
    assert "Keine mehr wie diese" in page.text
    declined = "SELECT count(*) FROM message_opt_out WHERE address_key = 'bob@wait.example'"
    assert await desk.shop.rows.fetchval(declined) == 0

    answers = [await desk.shop.client.post(path, data=ONE_PRESS) for _ in range(2)]
    answers.append(await desk.shop.client.post(path, files={"List-Unsubscribe": (None, "One-Click")}))
    forged = await desk.shop.client.post("/unsubscribe/" + "A" * 43, data=ONE_PRESS)
    assert {each.status_code for each in (*answers, forged)} == {200}
    assert {each.text for each in (*answers, forged)} == {answers[0].text}
    assert (await desk.shop.client.post(path, data={"anything": "else"})).status_code == 400
    assert await desk.shop.rows.fetchval(declined) == 1

    # What was asked for before and after is written down, but not sent; the caller learns nothing.
    assert await desk.waits(third, "bob@wait.example") == {"isWaiting": True, "userErrors": []}
    await desk.arrives(second)
    await desk.arrives(third)
    assert await desk.postman.letters("bob@wait.example") == []
    assert await desk.states("bob@wait.example") == [("SENT", 1), ("WITHHELD", 0), ("WITHHELD", 0)]


async def test_customers_choose_for_themselves_and_are_told_why_nothing_would_come(desk: Desk) -> None:
    token = await a_customer_token(desk.shop)
    goods = await desk.shop.goods(stock=0)
    wanted = [{"kind": "BACK_IN_STOCK", "medium": "EMAIL", "isWanted": True}]
    me = (await desk.shop.data(MINE, token=token))["me"]
    assert me["messagePreferences"] == wanted

    said = [{"kind": "BACK_IN_STOCK", "isWanted": False}]
    chosen = (await desk.shop.data(CHOOSE, {"input": {"preferences": said}}, token=token))["messagePreferencesUpdate"]
    assert chosen == {"messagePreferences": [{**wanted[0], "isWanted": False}], "userErrors": []}
    refused = await desk.waits(goods, token=token)
    assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [("INVALID", ["input", "email"])]
    # A stranger learns nothing of it.
    assert (await desk.waits(goods, me["email"]))["userErrors"] == []

    always = [{"kind": "ORDER_CONFIRMED", "isWanted": False}]
    refused = (await desk.shop.data(CHOOSE, {"input": {"preferences": always}}, token=token))["messagePreferencesUpdate"]
    assert [each["path"] for each in refused["userErrors"]] == [["input", "preferences", "0", "kind"]]
    again = [{"kind": "BACK_IN_STOCK", "isWanted": True}]
    await desk.shop.data(CHOOSE, {"input": {"preferences": again}}, token=token)
    assert (await desk.waits(goods, token=token))["userErrors"] == []
    await desk.arrives(goods)
    assert len(await desk.postman.letters(me["email"])) == 1


async def test_what_can_wait_waits_until_quiet_hours_end_and_counts_no_try(desk: Desk) -> None:
    goods = await desk.shop.goods(stock=0)
    await desk.waits(goods, "eve@wait.example")
    at = datetime.now(UTC)
    hours = {"timeZone": "Etc/UTC", "starts": f"{at - timedelta(hours=1):%H:%M}", "ends": f"{at + timedelta(hours=2):%H:%M}"}
    assert await desk.quiet(hours) == {"quietHours": hours, "userErrors": []}
    shown = await desk.shop.data(HOURS, {"channel": desk.shop.channel.slug}, token=desk.staff)
    assert shown == {"channelQuietHours": hours}
    try:
        await desk.arrives(goods)
        assert await desk.postman.letters("eve@wait.example") == []
        await send_due(desk.postman.tools)
        due = await desk.shop.rows.fetchval("SELECT next_attempt_at FROM notice WHERE recipient = 'eve@wait.example'")
        assert due == (at + timedelta(hours=2)).replace(second=0, microsecond=0)
        assert await desk.states("eve@wait.example") == [("QUEUED", 0)]
        # A letter about one's account goes at once.
        assert len(await desk.postman.letters(await desk.postman.newcomer())) == 1
    finally:
        assert await desk.quiet(None) == {"quietHours": None, "userErrors": []}
    await desk.shop.rows.execute("UPDATE notice SET next_attempt_at = now() WHERE recipient = 'eve@wait.example'")
    await send_due(desk.postman.tools)
    assert len(await desk.postman.letters("eve@wait.example")) == 1


async def test_quiet_hours_are_in_a_zone_that_there_is_and_end(desk: Desk) -> None:
    hours = {"timeZone": "Europe/Berlin", "starts": "22:00", "ends": "07:00"}
    for wrong, at in (
        ({**hours, "timeZone": "Europe/Atlantis"}, ["input", "quietHours", "timeZone"]),
        ({**hours, "timeZone": "../etc/passwd"}, ["input", "quietHours", "timeZone"]),
        ({**hours, "ends": "22:00"}, ["input", "quietHours", "ends"]),
        ({**hours, "starts": "25:00"}, ["input", "quietHours", "starts"]),
    ):
        refused = await desk.quiet(wrong)
        assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [("INVALID", at)]


async def test_what_was_declined_stays_declined_at_a_new_address(desk: Desk) -> None:
    email = await desk.postman.newcomer()
    await desk.postman.letters(email)
    token = (await logs_in(desk.shop, email))["accessToken"]
    said = [{"kind": "BACK_IN_STOCK", "isWanted": False}]
    await desk.shop.data(CHOOSE, {"input": {"preferences": said}}, token=token)
    await deed(desk.shop, "emailChangeRequest", "email", token=token, email=f"new-{email}", password=PASSWORD)
    await desk.postman.works()
    assert not await confirms(desk.shop, await desk.postman.secret(email))
    assert await confirms(desk.shop, await desk.postman.secret(f"new-{email}"))
    me = (await desk.shop.data(MINE, token=(await logs_in(desk.shop, f"new-{email}"))["accessToken"]))["me"]
    assert me["email"] == f"new-{email}"
    assert me["messagePreferences"] == [{"kind": "BACK_IN_STOCK", "medium": "EMAIL", "isWanted": False}]
