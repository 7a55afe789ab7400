"""Orders are changed after they were placed: priced as a checkout prices, with stock, money, invoice and history following."""

from __future__ import annotations

import asyncio
from typing import Any

from domain.viewer import Permission
from tests.edits.conftest import Desk, added
from tests.makers.people import a_staff_token
from tests.shop import BERLIN

SELLER = 'mutation { invoiceSettingsUpdate(input: { seller: ["Vitrine GmbH"] }) { userErrors { code } } }'
VIENNA = {**BERLIN, "country": "AT", "street": ["Ring 1"], "city": "Wien", "postalCode": "1010"}


async def _dump(desk: Desk) -> dict[str, Any]:
    """Every row of every table."""
    names = await desk.shop.rows.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    tables = {row["relname"] for row in names} - {"schedule"}
    return {
        name: await desk.shop.rows.fetch(f"SELECT t.xmin::text, t::text FROM {name} t ORDER BY 2") for name in sorted(tables)
    }


async def test_a_dry_run_tells_what_the_edit_comes_to_and_writes_nothing(desk: Desk) -> None:
    shirt, mug = await desk.shop.goods(price=1000, stock=5), await desk.shop.goods(price=500, stock=5)
    order = await desk.office.paid((shirt, 2))
    await desk.office.postman.works()
    said = {"lines": [await desk.line(order, shirt, 1)], "add": added(mug, 3)}

    before = await _dump(desk)
    dry = await desk.done(order, dryRun=True, **said)
    assert await _dump(desk) == before

    # 24.90 for two shirts and their delivery; then one shirt and three mugs, 29.90 with 19 % in it.
    assert dry["change"] == {
        "totalBefore": {"gross": {"amount": "24.90"}},
        "total": {"gross": {"amount": "29.90"}, "tax": {"amount": "4.77"}},
        "difference": {"amount": "5.00"},
        "due": {"amount": "5.00"},
        "refund": {"amount": "0.00"},
        "discount": {"amount": "0.00"},
        "addressChanged": False,
        "lines": [
            {"sku": shirt.sku, "quantityBefore": 2, "quantityAfter": 1},
            {"sku": mug.sku, "quantityBefore": 0, "quantityAfter": 3},
        ],
    }
    assert dry["order"]["total"]["gross"]["amount"] == "24.90"
    done = await desk.done(order, expectedTotal="29.90", **said)
    assert (done["change"], done["explanation"]) == (dry["change"], dry["explanation"])
    assert done["order"]["total"]["gross"]["amount"] == "29.90"
    assert (await desk.shop.stock(shirt), await desk.shop.stock(mug)) == ((5, 1), (5, 3))


async def test_what_costs_more_is_owed_and_goods_stay_until_it_is_paid(desk: Desk) -> None:
    shirt, mug = await desk.shop.goods(price=1000), await desk.shop.goods(price=500)
    order = await desk.office.paid((shirt, 1))
    await desk.office.postman.works()
    done = (await desk.done(order, add=added(mug), reason="A mug as well"))["order"]

    assert (done["status"], done["paymentStatus"]) == ("CONFIRMED", "PARTIALLY_PAID")
    assert done["events"][-1] == {
        "kind": "EDITED",
        "change": {
            "reason": "A mug as well",
            "difference": {"amount": "5.00"},
            "lines": [{"sku": mug.sku, "quantityAfter": 1}],
        },
    }
    told = "SELECT count(*) FROM outbox_event e JOIN orders o ON o.id = e.aggregate_id WHERE o.number = $1 AND e.kind = 'OrderEdited'"
    assert await desk.shop.rows.fetchval(told, order["number"]) == 1
    early = await desk.office.sends(order, (shirt, 1))
    assert [each["code"] for each in early["userErrors"]] == ["NOT_PAID"]
    letter = (await desk.office.postman.letters(order["email"]))[-1]
    assert "was changed" in letter.subject
    assert "€5.00 is still to be paid" in letter.text
    assert await desk.pays(order) == "5.00"
    assert (await desk.seen(order))["paymentStatus"] == "PAID"
    assert (await desk.office.sends(order, (shirt, 1)))["userErrors"] == []


async def test_what_costs_less_goes_back_once_and_is_owed_again_when_it_is_bought_again(desk: Desk) -> None:
    shirt, mug = await desk.shop.goods(price=1000, stock=5), await desk.shop.goods(price=500, stock=5)
    order = await desk.office.paid((shirt, 2), (mug, 1))
    less = await desk.done(order, lines=[await desk.line(order, shirt, 1), await desk.line(order, mug, 0)])

    assert (less["change"]["refund"]["amount"], less["change"]["due"]["amount"]) == ("15.00", "0.00")
    assert (less["order"]["paymentStatus"], less["order"]["total"]["gross"]["amount"]) == ("PAID", "14.90")
    assert [each["sku"] for each in less["order"]["lines"]] == [shirt.sku]
    assert await desk.refunds(order) == [1500]
    assert (await desk.shop.stock(shirt), await desk.shop.stock(mug)) == ((5, 1), (5, 0))

    more = await desk.done(order, add=added(mug, 2))
    assert (more["change"]["due"]["amount"], more["change"]["refund"]["amount"]) == ("10.00", "0.00")
    assert more["order"]["paymentStatus"] == "PARTIALLY_PAID"
    assert await desk.pays(order) == "10.00"
    again = await desk.done(order, lines=[await desk.line(order, mug, 1)])
    assert again["change"]["refund"]["amount"] == "5.00"
    assert await desk.refunds(order) == [1500, 500]


async def test_a_repeat_under_the_same_key_is_the_first_edit_and_a_stale_one_is_refused(desk: Desk) -> None:
    shirt, mug = await desk.shop.goods(price=1000), await desk.shop.goods(price=500, stock=4)
    order = await desk.shop.shopper().orders((shirt, 1))
    twins = await asyncio.gather(*(desk.edits(order, key="edit-1", add=added(mug, 2)) for _ in range(3)))

    assert all(each["userErrors"] == [] and each["change"] == twins[0]["change"] for each in twins)
    assert await desk.shop.stock(mug) == (4, 2)
    assert (await desk.seen(order))["paymentStatus"] == "UNPAID"
    assert await desk.refused(order, key="edit-1", add=added(mug, 1)) == [("IDEMPOTENCY_CONFLICT", "")]
    assert await desk.refused(order, ifVersion=1, dropDiscounts=True) == [("VERSION_CONFLICT", "ifVersion")]
    wrong = await desk.edits(order, lines=[await desk.line(order, mug, 1)], expectedTotal="1.00")
    assert [(each["code"], each["current"]["amount"]) for each in wrong["userErrors"]] == [("TOTAL_CHANGED", "19.90")]
    assert await desk.refused(order) == [("INVALID", "input")]
    assert await desk.pays(order) == "24.90"


async def test_another_country_has_its_own_tax_and_deliveries_and_the_invoice_is_written_anew(desk: Desk) -> None:
    admin = await a_staff_token(desk.shop, *Permission)
    await desk.shop.data(SELLER, token=admin)
    goods = await desk.shop.goods(price=1000)
    order = await desk.office.paid((goods, 2))
    await desk.office.postman.works()

    # The express delivery goes no farther than Germany.
    express = {"deliveryOptionId": desk.shop.channel.express_delivery}
    assert await desk.refused(order, shippingAddress=VIENNA, **express) == [("DELIVERY_UNAVAILABLE", "deliveryOptionId")]
    assert (await desk.done(order, dryRun=True, **express))["change"]["total"]["gross"]["amount"] == "29.90"
    done = await desk.done(order, shippingAddress=VIENNA)

    assert done["order"]["shippingAddress"] == {"country": "AT", "city": "Wien"}
    assert (done["order"]["country"], done["change"]["addressChanged"]) == ("AT", True)
    assert done["change"]["total"] == {"gross": {"amount": "24.90"}, "tax": {"amount": "4.15"}}
    papers = [("INVOICE", "24.90", "3.97"), ("CREDIT_NOTE", "24.90", "3.97"), ("INVOICE", "24.90", "4.15")]
    assert [(each["kind"], each["total"]["amount"], each["tax"]["amount"]) for each in done["order"]["invoices"]] == papers
    # What goes back for an edit is in the next invoice already, and gets no credit note of its own.
    await desk.done(order, lines=[await desk.line(order, goods, 1)])
    await desk.office.postman.works()
    await desk.gave_back(order)
    seen = await desk.seen(order)
    assert (seen["paymentStatus"], seen["refunded"]["amount"]) == ("PAID", "10.00")
    assert [(each["kind"], each["total"]["amount"]) for each in seen["invoices"][3:]] == [
        ("CREDIT_NOTE", "24.90"),
        ("INVOICE", "14.90"),
    ]


async def test_a_coupon_stays_as_it_was_agreed_until_it_is_dropped_and_then_somebody_else_may_use_it(desk: Desk) -> None:
    code = await desk.shop.coupon(basis_points=1000, usage_limit=1, minimum=1500)
    shirt = await desk.shop.goods(price=1000, stock=9)
    shopper = desk.shop.shopper()
    await shopper.adds(shirt, 2)
    await shopper.introduces_themselves()
    await shopper.does("cartCouponApply", {"cartId": shopper.cart["id"], "code": code})
    order = (await shopper.completes())["order"]
    await desk.shop.rows.execute("UPDATE coupon SET ends_at = now() - interval '1 day' WHERE code = $1", code)

    more = await desk.done(order, lines=[await desk.line(order, shirt, 3)])
    assert (more["change"]["discount"]["amount"], more["order"]["couponCode"]) == ("3.00", code)
    below = [await desk.line(order, shirt, 1)]
    assert await desk.refused(order, lines=below) == [("COUPON_MINIMUM_NOT_MET", "dropDiscounts")]
    dropped = await desk.done(order, lines=below, dropDiscounts=True)
    assert (dropped["order"]["discount"]["amount"], dropped["order"]["couponCode"]) == ("0.00", None)
    assert dropped["order"]["total"]["gross"]["amount"] == "14.90"
    assert await desk.shop.rows.fetchval("SELECT uses FROM coupon WHERE code = $1", code) == 0


async def test_lines_that_left_the_shop_stay_and_the_others_take_the_order_where_its_goods_are(desk: Desk) -> None:
    shirt, mug = await desk.shop.goods(price=1000), await desk.shop.goods(price=500)
    order = await desk.office.paid((shirt, 1), (mug, 2))
    await desk.office.sends(order, (shirt, 1))

    assert await desk.refused(order, lines=[await desk.line(order, shirt, 2)]) == [("LINE_NOT_EDITABLE", "lineId")]
    assert await desk.refused(order, shippingAddress=VIENNA) == [("ALREADY_SHIPPED", "shippingAddress")]
    done = await desk.done(order, lines=[await desk.line(order, mug, 0)])
    assert (done["order"]["status"], done["order"]["fulfillmentStatus"]) == ("PROCESSING", "SHIPPED")
    assert [each["kind"] for each in done["order"]["events"]][-3:] == ["EDITED", "FULFILLMENT_CHANGED", "REFUND_STARTED"]


async def test_what_is_over_or_was_refunded_or_is_not_there_is_not_edited(desk: Desk) -> None:
    goods, other = await desk.shop.goods(price=1000, stock=3), await desk.shop.goods()
    order = await desk.office.paid((goods, 2))
    line = await desk.line(order, goods, 1)
    elsewhere = await a_staff_token(desk.shop, Permission.MANAGE_ORDERS, channels=[])
    bad: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        ({"lines": [line], "token": elsewhere}, [("NOT_FOUND", "orderId")]),
        ({"lines": [{**line, "quantity": 0}]}, [("INVALID", "lines")]),
        ({"lines": [line, line]}, [("INVALID", "lineId")]),
        ({"lines": [{**line, "quantity": 4}]}, [("INSUFFICIENT_STOCK", "quantity")]),
        ({"lines": [{**line, "quantity": 10_000}]}, [("QUANTITY_OUT_OF_RANGE", "quantity")]),
        ({"lines": [{"lineId": goods.id, "quantity": 1}]}, [("NOT_FOUND", "lineId")]),
        ({"add": added(goods)}, [("INVALID", "variantId")]),
        ({"add": [{"variantId": order["id"], "quantity": 1}]}, [("NOT_FOUND", "variantId")]),
        ({"add": added(other, 0)}, [("QUANTITY_OUT_OF_RANGE", "quantity")]),
        ({"lines": [line], "deliveryOptionId": goods.id}, [("NOT_FOUND", "deliveryOptionId")]),
    ]
    for said, errors in bad:
        assert await desk.refused(order, **said) == errors
    refund = {"orderId": order["id"], "amount": "1.00", "reason": "scratched"}
    assert (await desk.office.does("refundCreate", refund, "order { id }", key="scratch"))["userErrors"] == []
    assert await desk.refused(order, lines=[line]) == [("ORDER_NOT_EDITABLE", "orderId")]
    await desk.office.does("orderCancel", {"orderId": order["id"]}, "order { id }")
    assert await desk.refused(order, lines=[line]) == [("ORDER_NOT_EDITABLE", "orderId")]
    assert await desk.shop.stock(goods) == (3, 0)


async def test_edits_and_buyers_together_never_take_more_than_there_is(desk: Desk) -> None:
    base, scarce = await desk.shop.goods(price=500, stock=50), await desk.shop.goods(price=100, stock=6)
    orders = [await desk.shop.shopper().orders((base, 1)) for _ in range(4)]
    buyers = [desk.shop.shopper() for _ in range(4)]
    for buyer in buyers:
        await buyer.adds(scarce, 2)
        await buyer.introduces_themselves()

    edits = await asyncio.gather(
        *(desk.edits(order, add=added(scarce, 2)) for order in orders), *(buyer.completes() for buyer in buyers)
    )

    won = [each for each in edits if each["userErrors"] == []]
    assert len(won) == 3
    assert {error["code"] for each in edits for error in each["userErrors"]} == {"INSUFFICIENT_STOCK"}
    assert await desk.shop.stock(scarce) == (6, 6)
    held = "SELECT count(*), sum(quantity) FROM reservation WHERE variant_id = $1 AND state = 'HELD' AND expires_at > now()"
    assert tuple(await desk.shop.rows.fetchrow(held, scarce.variant_id) or ()) == (3, 6)


async def test_edits_a_payment_and_a_cancellation_that_race_leave_nothing_held_and_nothing_kept(desk: Desk) -> None:
    goods = await desk.shop.goods(price=1000, stock=20)
    order = await desk.shop.shopper().orders((goods, 2))
    said = {"orderToken": order["token"], "method": "bank_transfer", "provider": "manual"}
    started = await desk.office.does("paymentCreate", said, "payment { id }", key="race-pay")
    version = (await desk.seen(order))["version"]
    more, less = await desk.line(order, goods, 5), await desk.line(order, goods, 1)

    stale = await asyncio.gather(*(desk.edits(order, lines=[each], ifVersion=version) for each in (more, less)))
    assert sorted(len(each["userErrors"]) for each in stale) == [0, 1]
    await asyncio.gather(
        desk.edits(order, lines=[more]),
        desk.edits(order, lines=[less]),
        desk.office.does("paymentMarkReceived", {"paymentId": started["payment"]["id"]}, "order { status }", key="race-came"),
        desk.office.does("orderCancel", {"orderId": order["id"]}, "order { status }"),
    )

    await desk.office.postman.works()
    seen = await desk.seen(order)
    assert (seen["status"], seen["captured"]["amount"]) == ("CANCELLED", "24.90")
    assert sum(await desk.refunds(order)) == 2490
    assert await desk.shop.stock(goods) == (20, 0)
