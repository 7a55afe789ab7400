"""Staff who changes or calls off a dear order gives back as much as a refund would: above the limit somebody else has to agree."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.viewer import Permission
from persistence.invariants import check
from tests.conftest import Clone
from tests.edits.conftest import Desk
from tests.fulfillments.conftest import open_dispatch
from tests.makers.people import a_staff_token

SELLER = 'mutation { invoiceSettingsUpdate(input: { seller: ["Vitrine GmbH"] }) { userErrors { code } } }'
WAITING = """query($n: String!) { orders(first: 1, search: $n) { nodes {
    refundRequests { id state takesTwo reason amount { amount } } } } }"""
DECIDED = "request { state } refunds { amount { amount } }"


@pytest.fixture(scope="module")
async def dear(clone: Clone, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A desk where more than 20.00 given back of an order takes two; the judge looks through its shop in the end."""
    url = await clone()
    async with open_dispatch(url, redis_url, tmp_path_factory.mktemp("dear"), refund_approval_above="EUR:20") as office:
        await office.shop.data(SELLER, token=await a_staff_token(office.shop, *Permission))
        yield Desk(office)
        # The judge gives cancellations five minutes.
        await office.shop.rows.execute("UPDATE orders SET updated_at = now() - interval '1 hour'")
    assert await check(url) == []


@pytest.fixture(scope="module")
async def other(dear: Desk) -> str:
    """Somebody else who deals with payments."""
    return await a_staff_token(dear.shop, Permission.READ_ORDERS, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS)


async def _asked(desk: Desk, order: dict[str, Any]) -> list[tuple[str, str]]:
    """State and amount of each decision about an order's money, oldest first."""
    return [(each["state"], each["amount"]["amount"]) for each in await _requests(desk, order)]


async def _requests(desk: Desk, order: dict[str, Any]) -> list[dict[str, Any]]:
    found = await desk.shop.data(WAITING, {"n": str(order["number"])}, token=desk.office.token)
    requests: list[dict[str, Any]] = found["orders"]["nodes"][0]["refundRequests"]
    return requests


async def _decides(desk: Desk, how: str, order: dict[str, Any], token: str) -> list[str]:
    """Decides what waits of an order; codes of what keeps one from it."""
    waiting = next(each["id"] for each in await _requests(desk, order) if each["state"] == "WAITING")
    asked = DECIDED if how == "refundApprove" else "request { state }"
    done = await desk.office.does(how, {"requestId": waiting}, asked, token=token)
    await desk.office.postman.works()
    return [each["code"] for each in done["userErrors"]]


async def test_a_dear_edit_is_done_at_once_and_its_money_waits_for_somebody_else(dear: Desk, other: str) -> None:
    goods = await dear.shop.goods(price=1200, stock=9)
    order = await dear.office.paid((goods, 4))
    await dear.office.postman.works()

    # 52.90 came in; two for 28.90 leave 24.00 to give back.
    done = await dear.done(order, lines=[await dear.line(order, goods, 2)])
    await dear.office.postman.works()
    assert (done["change"]["refund"]["amount"], done["order"]["paymentStatus"]) == ("24.00", "PAID")
    assert done["order"]["total"]["gross"]["amount"] == "28.90"
    assert await dear.shop.stock(goods) == (9, 2)
    assert (await _asked(dear, order), await dear.refunds(order)) == ([("WAITING", "24.00")], [])
    # While it waits there is no way around it by another edit, nor by one's own word.
    assert await dear.refused(order, lines=[await dear.line(order, goods, 3)]) == [("ORDER_NOT_EDITABLE", "orderId")]
    assert await _decides(dear, "refundApprove", order, dear.office.token) == ["SECOND_PERSON_NEEDED"]

    assert await _decides(dear, "refundApprove", order, other) == []
    assert await dear.refunds(order) == [2400]
    await dear.gave_back(order)
    seen = await dear.seen(order)
    assert (seen["paymentStatus"], seen["refunded"]["amount"]) == ("PAID", "24.00")
    # The invoice that followed the edit knew of it, however late the money goes back.
    papers = [("INVOICE", "52.90"), ("CREDIT_NOTE", "52.90"), ("INVOICE", "28.90")]
    assert [(each["kind"], each["total"]["amount"]) for each in seen["invoices"]] == papers

    # With what went back before, a cent more takes two.
    less = await dear.done(order, lines=[await dear.line(order, goods, 1)])
    assert less["change"]["refund"]["amount"] == "12.00"
    assert await _asked(dear, order) == [("APPROVED", "24.00"), ("WAITING", "12.00")]


async def test_what_somebody_else_declines_stays_with_the_shop_and_can_be_asked_for_again(dear: Desk, other: str) -> None:
    goods = await dear.shop.goods(price=1200, stock=9)
    order = await dear.office.paid((goods, 4))
    await dear.office.postman.works()
    await dear.done(order, lines=[await dear.line(order, goods, 2)])

    assert await _decides(dear, "refundReject", order, other) == []
    seen = await dear.seen(order)
    assert (seen["paymentStatus"], seen["refunded"]["amount"], await dear.refunds(order)) == ("PAID", "0.00", [])

    # Another edit works out anew what is owed: three cost 40.90, and 12.00 are little enough for one.
    more = await dear.done(order, lines=[await dear.line(order, goods, 3)])
    assert (more["change"]["due"]["amount"], more["change"]["refund"]["amount"]) == ("0.00", "12.00")
    assert await dear.refunds(order) == [1200]
    await dear.gave_back(order)
    assert (await dear.seen(order))["paymentStatus"] == "PAID"


async def test_dear_orders_that_staff_calls_off_wait_and_those_of_their_buyers_do_not(dear: Desk, other: str) -> None:
    goods = await dear.shop.goods(price=2000, stock=9)
    ways: list[tuple[str, dict[str, Any]]] = [("orderCancel", {}), ("orderTransition", {"status": "CANCELLED"})]
    for number, (name, said) in enumerate(ways):
        order = await dear.office.paid((goods, 1))
        done = await dear.office.does(
            name, {"orderId": order["id"], **said}, "order { status paymentStatus }", key=f"off-{number}"
        )
        await dear.office.postman.works()
        assert (done["userErrors"], done["order"]) == ([], {"status": "CANCELLED", "paymentStatus": "PAID"})
        assert await dear.shop.stock(goods) == (9, 0)
        assert (await _asked(dear, order), await dear.refunds(order)) == ([("WAITING", "24.90")], [])
        assert await _decides(dear, "refundApprove", order, dear.office.token) == ["SECOND_PERSON_NEEDED"]
        how = ("refundApprove", "refundReject")[number]
        assert await _decides(dear, how, order, other) == []
        assert await dear.refunds(order) == ([2490], [])[number]
        await dear.gave_back(order)
        assert (await dear.seen(order))["paymentStatus"] == ("REFUNDED", "PAID")[number]

    own = await dear.office.paid((goods, 1))
    await dear.office.does("orderCancel", {"orderToken": own["token"]}, "order { status }", token=None)
    await dear.office.postman.works()
    assert (await _asked(dear, own), await dear.refunds(own)) == ([], [2490])
    # Staff who shows the buyer's secret is staff all the same.
    shown = await dear.office.paid((goods, 1))
    await dear.office.does("orderCancel", {"orderToken": shown["token"]}, "order { status }")
    await dear.office.postman.works()
    assert (await _asked(dear, shown), await dear.refunds(shown)) == ([("WAITING", "24.90")], [])


async def test_to_call_off_what_waits_already_asks_for_the_rest_and_never_for_more_than_came_in(dear: Desk, other: str) -> None:
    goods = await dear.shop.goods(price=1200, stock=9)
    order = await dear.office.paid((goods, 4))
    await dear.done(order, lines=[await dear.line(order, goods, 2)])
    await dear.office.does("orderCancel", {"orderId": order["id"]}, "order { status }")
    await dear.office.postman.works()
    assert await _asked(dear, order) == [("WAITING", "24.00"), ("WAITING", "28.90")]
    assert await dear.refunds(order) == []
    for _ in range(2):
        assert await _decides(dear, "refundApprove", order, other) == []
    assert sorted(await dear.refunds(order)) == [2400, 2890]
    await dear.gave_back(order)
    assert (await dear.seen(order))["paymentStatus"] == "REFUNDED"
