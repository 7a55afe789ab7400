"""Staff puts an order together, and what it comes to is what its buyer pays: to the minor unit, once, and of what there is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from domain.drafts.actions import forget_deleted
from tests.drafts.conftest import DRAFT, Sales, line
from tests.makers.trade import Goods
from tests.payments.till import raw_id
from tests.shop import BERLIN

CODES = "userErrors"


def _codes(payload: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(each["code"], each["path"]) for each in payload[CODES]]


async def _count(sales: Sales, table: str, where: str = "true") -> int:
    found: int = await sales.shop.rows.fetchval(f"SELECT count(*) FROM {table} WHERE {where}")
    return found


async def test_a_draft_with_prices_coupon_and_discount_becomes_an_order_that_is_exact_to_the_minor_unit(sales: Sales) -> None:
    shirt, mug = await sales.shop.goods(price=1999, stock=5), await sales.shop.goods(price=1000, stock=5)
    coupon = await sales.shop.coupon()
    draft = await sales.drafts(
        line(shirt, 2, "15.00"),
        line(mug),
        couponCode=coupon,
        discount={"amount": "5.00", "reason": "late last time"},
        note="Ring.",
    )
    assert [(each["unitPrice"]["amount"], each["listPrice"]["amount"], each["hasOwnPrice"]) for each in draft["lines"]] == [
        ("15.00", "19.99", True),
        ("10.00", "10.00", False),
    ]
    # 40.00 of goods, 10 % coupon, then 5.00 shared by what is left of each line: 27.00 and 9.00.
    assert [(each["discount"]["amount"], each["total"]["gross"]["amount"]) for each in draft["lines"]] == [
        ("6.75", "23.25"),
        ("2.25", "7.75"),
    ]
    cost = draft["cost"]
    assert (cost["subtotal"]["amount"], cost["discount"]["amount"]) == ("40.00", "9.00")
    assert cost["total"] == {"gross": {"amount": "35.90"}, "tax": {"amount": "5.73"}}
    assert draft["coupon"] == {"code": coupon, "discount": {"amount": "4.00"}}
    assert draft["discount"] == {"percentage": None, "amount": {"amount": "5.00"}, "reason": "late last time"}
    leaves = [
        (leaf["kind"], leaf["amount"]["amount"])
        for term in cost["explanation"]["terms"]
        for leaf in term["terms"]
        if leaf["kind"] in ("DISCOUNT", "REDUCTION")
    ]
    assert leaves == [("DISCOUNT", "-3.00"), ("REDUCTION", "-3.75"), ("DISCOUNT", "-1.00"), ("REDUCTION", "-1.25")]
    assert await sales.shop.stock(shirt) == (5, 0), "a draft reserves nothing"

    done = await sales.completes(draft)
    assert done["userErrors"] == []
    order = done["order"]
    assert done["draftOrder"]["state"] == "COMPLETED"
    assert done["draftOrder"]["order"] == {"id": order["id"]}
    assert order["total"] == {"gross": {"amount": "35.90"}, "tax": {"amount": "5.73"}}
    assert [(each["unitPrice"]["amount"], each["discount"]["amount"], each["total"]) for each in order["lines"]] == [
        ("15.00", "6.75", {"gross": {"amount": "23.25"}, "tax": {"amount": "3.71"}}),
        ("10.00", "2.25", {"gross": {"amount": "7.75"}, "tax": {"amount": "1.24"}}),
    ]
    assert [each["kind"] for each in order["events"]] == ["PLACED", "DRAFT_COMPLETED"]
    assert all(each["actor"].startswith("staff:") for each in order["events"])
    assert (order["status"], order["paymentStatus"], order["couponCode"]) == ("PENDING", "UNPAID", coupon)
    assert (await sales.shop.stock(shirt), await sales.shop.stock(mug)) == ((5, 2), (5, 1))

    await _pays_and_gives_all_back(sales, order, shirt)


async def _pays_and_gives_all_back(sales: Sales, order: dict[str, Any], shirt: Goods) -> None:
    """The catalogue moves on; what was agreed does not."""
    await sales.shop.rows.execute("UPDATE price SET amount = 9999 WHERE variant_id = $1", shirt.variant_id)
    paid = await sales.receives(order)
    assert (paid["status"], paid["paymentStatus"]) == ("CONFIRMED", "PAID")
    back = {
        "orderId": order["id"],
        "lines": [{"lineId": each["id"], "quantity": each["quantity"]} for each in order["lines"]],
        "shipping": True,
        "reason": "The whole van was lost.",
    }
    refunded = await sales.does("refundCreate", back, asked="refunds { amount { amount } }", key="draft-back-1")
    assert refunded["userErrors"] == [], refunded
    assert [each["amount"]["amount"] for each in refunded["refunds"]] == ["35.90"], "by lines and delivery it is all of it"


async def test_the_buyer_is_sent_a_link_to_pay_and_the_goods_wait_a_week_for_the_money(sales: Sales) -> None:
    goods = await sales.shop.goods(stock=3)
    draft = await sales.drafts(line(goods, 2))
    order = (await sales.completes(draft))["order"]
    letters = await sales.postman.letters(draft["email"])
    assert [each.subject for each in letters] == [f"Vitrine: please pay your order {order['number']}"], "and no second letter"
    assert f"https://shop.example/orders/{order['token']}" in letters[0].text
    assert "See and pay your order" in letters[0].html
    days = await sales.shop.rows.fetchval(
        "SELECT extract(epoch FROM max(expires_at) - now()) / 86400 FROM reservation WHERE order_id = $1", raw_id(order["id"])
    )
    assert 6.9 < days <= 7
    found = await sales.shop.data(
        "query($t: String!) { orderByToken(token: $t) { number paymentOptions { name } } }", {"t": order["token"]}
    )
    assert found["orderByToken"]["paymentOptions"] == [{"name": "manual"}], "whoever has the link can pay"

    quiet = await sales.drafts(line(goods))
    placed = (await sales.completes(quiet, sendPaymentLink=False))["order"]
    [letter] = await sales.postman.letters(quiet["email"])
    assert letter.subject == f"Vitrine: your order {placed['number']}"


async def test_a_dry_run_shows_the_new_total_and_writes_nothing(sales: Sales) -> None:
    goods = await sales.shop.goods(price=2000)
    draft = await sales.drafts(line(goods))
    facts, entries = await _count(sales, "outbox_event"), await _count(sales, "audit_entry")
    tried = await sales.changes(draft, dryRun=True, lines=[line(goods, 3, "17.50")], discount={"percentage": "12.5"})
    assert tried["userErrors"] == []
    seen = tried["draftOrder"]
    # 52.50, less 12.5 % (6.5625: half to even), with delivery as it is below 50.00.
    assert (seen["cost"]["discount"]["amount"], seen["cost"]["total"]["gross"]["amount"]) == ("6.56", "50.84")
    assert seen["discount"]["percentage"] == "12.50"
    assert await sales.seen(draft) == draft
    assert (await _count(sales, "outbox_event"), await _count(sales, "audit_entry")) == (facts, entries)
    written = await sales.changes(draft, lines=[line(goods, 3, "17.50")], discount={"percentage": "12.5"})
    assert written["draftOrder"]["cost"] == seen["cost"]
    assert written["draftOrder"]["version"] == seen["version"] == draft["version"] + 1


async def test_what_is_said_replaces_and_what_is_not_said_stays(sales: Sales) -> None:
    first, second = await sales.shop.goods(price=1000), await sales.shop.goods(price=500)
    draft = await sales.drafts(
        line(first, 2, "8.00"), note="Old.", discount={"amount": "1.00"}, couponCode=await sales.shop.coupon()
    )
    changed = (await sales.changes(draft, lines=[line(second), line(first, 1)], note="New."))["draftOrder"]
    assert [(each["sku"], each["quantity"], each["unitPrice"]["amount"]) for each in changed["lines"]] == [
        (first.sku, 1, "10.00"),
        (second.sku, 1, "5.00"),
    ], "lines keep their places, and a price that is not said is the catalogue's"
    assert (changed["note"], changed["email"], changed["discount"]["amount"]["amount"]) == ("New.", draft["email"], "1.00")
    bare = (await sales.changes(draft, lines=[], discount={"amount": "0"}, couponCode=""))["draftOrder"]
    assert (bare["lines"], bare["discount"], bare["coupon"]) == ([], None, None)
    assert ("CART_EMPTY", ["draftOrder", "lines"]) in [(each["code"], each["path"]) for each in bare["readiness"]["missing"]]
    stale = await sales.changes(draft, note="Late.", ifVersion=draft["version"])
    assert _codes(stale) == [("VERSION_CONFLICT", ["input", "ifVersion"])]


async def test_a_draft_completes_once_however_often_and_at_once_it_is_asked(sales: Sales) -> None:
    goods = await sales.shop.goods(stock=4)
    draft = await sales.drafts(line(goods, 4))
    done = await asyncio.gather(*(sales.completes(draft, key=f"twice-{n % 2}") for n in range(6)))
    assert {each["order"]["id"] for each in done if not each["userErrors"]} == {done[0]["order"]["id"]}
    assert all(each["userErrors"] == [] for each in done)
    assert await sales.shop.stock(goods) == (4, 4)
    assert await _count(sales, "orders", f"cart_id = '{raw_id(draft['id'])}'") == 1
    letters = await sales.postman.letters(draft["email"])
    assert len(letters) == 1


async def test_the_last_units_go_to_one_of_the_drafts_and_buyers_who_want_them(sales: Sales) -> None:
    goods = await sales.shop.goods(stock=3)
    drafts = [await sales.drafts(line(goods, 2)) for _ in range(3)]
    shopper = sales.shop.shopper()
    await shopper.adds(goods, 2)
    await shopper.introduces_themselves()
    done = await asyncio.gather(*(sales.completes(each) for each in drafts), shopper.completes())
    assert sorted(len(each["userErrors"]) for each in done) == [0, 1, 1, 1]
    assert await sales.shop.stock(goods) == (3, 2)
    for draft, payload in zip(drafts, done[:3], strict=True):
        seen = await sales.seen(draft)
        assert seen is not None
        if payload["userErrors"]:
            assert payload["userErrors"] == [
                {
                    "code": "INSUFFICIENT_STOCK",
                    "path": ["draftOrder", "lines", "0", "quantity"],
                    "sku": goods.sku,
                    "asked": 2,
                    "available": 1,
                }
            ]
            assert (seen["state"], seen["order"]) == ("DRAFT", None), "it can still be changed"


async def test_nothing_is_ordered_at_another_total_or_while_something_is_missing(sales: Sales) -> None:
    goods = await sales.shop.goods(price=1000)
    draft = await sales.drafts(line(goods))
    await sales.shop.rows.execute("UPDATE price SET amount = 1100 WHERE variant_id = $1", goods.variant_id)
    refused = await sales.completes(draft)
    assert refused["userErrors"] == [
        {
            "code": "TOTAL_CHANGED",
            "path": ["input", "expectedTotal"],
            "expected": {"amount": "14.90"},
            "current": {"amount": "15.90"},
        }
    ]
    assert refused["order"] is None
    empty = (await sales.does("draftOrderCreate", {"lines": [line(goods)]}))["draftOrder"]
    missing = await sales.completes(empty, total="11.00")
    assert _codes(missing) == [
        ("MISSING", ["draftOrder", "email"]),
        ("MISSING", ["draftOrder", "shippingAddress"]),
        ("MISSING", ["draftOrder", "delivery"]),
    ]
    assert await sales.shop.stock(goods) == (10, 0)
    assert _codes(await sales.completes(empty, total="11.001")) == [("INVALID", ["input", "expectedTotal"])]


async def test_a_draft_that_is_given_away_is_paid_from_the_start_and_asks_for_nothing(sales: Sales) -> None:
    goods = await sales.shop.goods(price=1000, requires_shipping=False)
    draft = await sales.drafts(line(goods, 2), discount={"percentage": "100"}, billingAddress=BERLIN)
    order = (await sales.completes(draft))["order"]
    assert (order["total"]["gross"]["amount"], order["status"], order["paymentStatus"]) == ("0.00", "CONFIRMED", "PAID")
    [letter] = await sales.postman.letters(draft["email"])
    assert letter.subject == f"Vitrine: your order {order['number']}"


async def test_what_has_ended_changes_no_more(sales: Sales) -> None:
    goods = await sales.shop.goods()
    draft = await sales.drafts(line(goods))
    gone = await sales.does("draftOrderDelete", {"id": draft["id"]})
    assert gone["draftOrder"]["state"] == "DELETED"
    assert gone["draftOrder"]["closedAt"] is not None
    assert (await sales.does("draftOrderDelete", {"id": draft["id"]}))["userErrors"] == []
    closed = [{"code": "DRAFT_CLOSED", "path": ["input", "id"], "state": "DELETED"}]
    assert (await sales.changes(draft, note="No."))["userErrors"] == closed
    assert (await sales.completes(draft))["userErrors"] == closed
    assert await sales.shop.stock(goods) == (10, 0)
    sold = await sales.drafts(line(goods))
    await sales.completes(sold)
    closed[0]["state"] = "COMPLETED"
    assert (await sales.changes(sold, note="No."))["userErrors"] == closed
    assert (await sales.does("draftOrderDelete", {"id": sold["id"]}))["userErrors"] == closed


async def test_a_draft_that_was_thrown_away_is_forgotten_after_a_month(sales: Sales) -> None:
    goods = await sales.shop.goods()
    old, young, live = [await sales.drafts(line(goods)) for _ in range(3)]
    for draft in (old, young):
        await sales.does("draftOrderDelete", {"id": draft["id"]})
    past = "UPDATE draft_order SET closed_at = now() - interval '31 days' WHERE cart_id = $1"
    await sales.shop.rows.execute(past, raw_id(old["id"]))
    assert await sales.postman.tools.transact(forget_deleted, now=datetime.now(UTC)) == 1
    assert await sales.seen(old) is None
    assert await _count(sales, "cart", f"id = '{raw_id(old['id'])}'") == 0
    assert [(await sales.seen(each) or {})["state"] for each in (young, live)] == ["DELETED", "DRAFT"]


async def test_what_cannot_be_is_refused_and_nothing_of_the_change_stays(sales: Sales) -> None:
    goods = await sales.shop.goods(price=1000)
    draft = await sales.drafts(line(goods))
    lines = [line(goods, 0), line(goods), line(goods), {"variantId": "nonsense"}, line(goods, 1, "99999999999.00")]
    refused = await sales.changes(draft, lines=lines, note="No.")
    assert _codes(refused) == [
        ("QUANTITY_OUT_OF_RANGE", ["input", "lines", "0", "quantity"]),
        ("INVALID", ["input", "lines", "1", "variantId"]),
        ("INVALID", ["input", "lines", "2", "variantId"]),
        ("NOT_FOUND", ["input", "lines", "3", "variantId"]),
        ("INVALID", ["input", "lines", "4", "variantId"]),
        ("INVALID", ["input", "lines", "4", "price"]),
    ]
    for said, code, at in (
        ({"lines": [line(goods, 1, "1.005")]}, "INVALID", ["lines", "0", "price"]),
        ({"lines": [line(goods)] * 201}, "CART_FULL", ["lines"]),
        ({"discount": {"percentage": "100.01"}}, "INVALID", ["discount", "percentage"]),
        ({"discount": {"amount": "1.001"}}, "INVALID", ["discount", "amount"]),
        ({"discount": {"amount": "1.00", "percentage": "1"}}, "INVALID", ["discount"]),
        ({"discount": {"amount": "1.00", "reason": "x" * 501}}, "INVALID", ["discount", "reason"]),
        ({"couponCode": "NO-SUCH"}, "COUPON_UNKNOWN", ["couponCode"]),
        ({"couponCode": await sales.shop.coupon(minimum=5000)}, "COUPON_MINIMUM_NOT_MET", ["couponCode"]),
        ({"email": "nobody"}, "INVALID", ["email"]),
        ({"customerId": draft["id"]}, "NOT_FOUND", ["customerId"]),
        ({"deliveryOptionId": draft["id"]}, "NOT_FOUND", ["deliveryOptionId"]),
        ({"shippingAddress": {**BERLIN, "country": "AT"}, "deliveryOptionId": sales.shop.channel.express_delivery}, None, None),
        ({"note": "x" * 1001}, "INVALID", ["note"]),
    ):
        payload = await sales.changes(draft, **said)
        assert payload["draftOrder"] is None, said
        if code is not None and at is not None:
            assert _codes(payload) == [(code, ["input", *at])]
    assert await sales.seen(draft) == draft


async def test_a_buyer_never_holds_a_draft_as_their_cart(sales: Sales) -> None:
    draft = await sales.drafts(line(await sales.shop.goods()))
    secret = sales.postman.tools.seal.secret("cart", raw_id(draft["id"]))
    found = await sales.shop.data("query($id: ID!) { cart(id: $id) { state } node(id: $id) { id } }", {"id": secret})
    assert found == {"cart": None, "node": None}
    shopper = sales.shop.shopper()
    shopper.cart = {"id": secret}
    assert _codes(await shopper.does("cartClear", {"cartId": secret})) == [("NOT_FOUND", ["input", "cartId"])]
    assert _codes(await shopper.completes()) == [("NOT_FOUND", ["input", "cartId"])]
    asked = f"query($id: ID!) {{ draftOrder(id: $id) {{ ...Drafted }} }} {DRAFT}"
    body = await sales.shop.ask(asked, {"id": draft["id"]})
    assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await sales.shop.data("query($id: ID!) { node(id: $id) { id } }", {"id": draft["id"]}))["node"] is None
