"""Changes of one cart at the same moment: all of them happen, and who was second is told what the first one did."""

from __future__ import annotations

import asyncio

from tests.shop import Shop

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
OF_EMAIL = "SELECT id FROM cart WHERE email = $1"


async def _somebody_waits(shop: Shop) -> None:
    for _ in range(1_000):
        if await shop.rows.fetchval(WAITING):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


async def test_twenty_additions_at_once_add_up(shop: Shop) -> None:
    goods = await shop.goods(stock=100)
    shopper = shop.shopper()
    await shopper.adds(goods)

    payloads = await asyncio.gather(*(shopper.adds(goods) for _ in range(20)))

    assert [each["userErrors"] for each in payloads] == [[]] * 20
    assert sorted(each["cart"]["totalQuantity"] for each in payloads) == list(range(2, 22))


async def test_a_change_that_waited_for_another_answers_with_what_that_one_did(shop: Shop) -> None:
    first, second = await shop.goods(), await shop.goods()
    shopper = shop.shopper()
    await shopper.adds(first)
    await shopper.does("cartBuyerUpdate", {"cartId": shopper.cart["id"], "email": shopper.email})
    async with shop.rows.acquire() as other, other.transaction():
        cart_id = await other.fetchval(OF_EMAIL, shopper.email)
        await other.execute("UPDATE cart SET version = version + 1 WHERE id = $1", cart_id)
        await other.execute(
            "INSERT INTO cart_line (id, cart_id, variant_id, quantity, price_seen) VALUES (gen_random_uuid(), $1, $2, 3, 1000)",
            cart_id,
            second.variant_id,
        )
        noted = asyncio.create_task(shopper.does("cartBuyerUpdate", {"cartId": shopper.cart["id"], "note": "Ring twice"}))
        await _somebody_waits(shop)

    payload = await noted

    assert [(line["sku"], line["quantity"]) for line in payload["cart"]["lines"]] == [(first.sku, 1), (second.sku, 3)]


async def test_a_checkout_that_waited_for_another_line_orders_it_too(shop: Shop) -> None:
    first, second = await shop.goods(price=1000), await shop.goods(price=500)
    shopper = shop.shopper()
    await shopper.adds(first)
    await shopper.introduces_themselves()
    async with shop.rows.acquire() as other, other.transaction():
        cart_id = await other.fetchval(OF_EMAIL, shopper.email)
        await other.execute("UPDATE cart SET version = version + 1 WHERE id = $1", cart_id)
        await other.execute(
            "INSERT INTO cart_line (id, cart_id, variant_id, quantity, price_seen) VALUES (gen_random_uuid(), $1, $2, 1, 500)",
            cart_id,
            second.variant_id,
        )
        completed = asyncio.create_task(shopper.completes())
        await _somebody_waits(shop)

    order = (await completed)["order"]

    # 10.00 and 5.00 and 4.90 of delivery.
    assert order["total"]["gross"]["amount"] == "19.90"
    assert await shop.stock(second) == ((await shop.stock(second))[0], 1)
