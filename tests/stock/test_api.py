"""Stock as staff handle it, and the ledger that never lies."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from domain.viewer import Permission
from schema.ids import global_id
from tests.makers.people import a_staff_token
from tests.shop import Shop

ADJUST = """mutation($input: StockAdjustInput!) { stockAdjust(input: $input) {
    level { onHand reserved available } userErrors { code path } } }"""
LEDGER = """query($id: ID!, $after: String) { stockMovements(variantId: $id, first: 2, after: $after) {
    totalCount nodes { delta reason actor } pageInfo { hasNextPage endCursor } } }"""


async def test_an_adjustment_changes_the_level_and_is_in_the_ledger(shop: Shop) -> None:
    staff = await a_staff_token(shop, Permission.MANAGE_STOCK, Permission.READ_STOCK)
    goods = await shop.goods(stock=5)
    warehouse = global_id("Warehouse", shop.channel.warehouse_id)
    for delta, level in ((3, 8), (-2, 6)):
        said = {"input": {"variantId": goods.id, "warehouseId": warehouse, "delta": delta}}
        payload = (await shop.data(ADJUST, said, token=staff))["stockAdjust"]
        assert payload == {"level": {"onHand": level, "reserved": 0, "available": level}, "userErrors": []}

    page = (await shop.data(LEDGER, {"id": goods.id}, token=staff))["stockMovements"]
    assert page["totalCount"] == 3
    assert [(each["delta"], each["reason"]) for each in page["nodes"]] == [(-2, "ADJUSTED"), (3, "ADJUSTED")]
    assert page["nodes"][0]["actor"].startswith("staff:")
    rest = await shop.data(LEDGER, {"id": goods.id, "after": page["pageInfo"]["endCursor"]}, token=staff)
    assert [each["delta"] for each in rest["stockMovements"]["nodes"]] == [5]


async def test_what_orders_have_reserved_cannot_be_taken_away(shop: Shop) -> None:
    staff = await a_staff_token(shop, Permission.MANAGE_STOCK, Permission.READ_STOCK)
    goods = await shop.goods(stock=3)
    await shop.shopper().orders((goods, 2))
    warehouse = global_id("Warehouse", shop.channel.warehouse_id)
    said = {"input": {"variantId": goods.id, "warehouseId": warehouse, "delta": -2}}
    refused = (await shop.data(ADJUST, said, token=staff))["stockAdjust"]
    assert refused == {"level": None, "userErrors": [{"code": "STOCK_RESERVED", "path": ["input", "delta"]}]}
    assert await shop.stock(goods) == (3, 2)


async def test_adjustments_at_once_all_count(shop: Shop) -> None:
    staff = await a_staff_token(shop, Permission.MANAGE_STOCK, Permission.READ_STOCK)
    goods = await shop.goods(stock=10)
    warehouse = global_id("Warehouse", shop.channel.warehouse_id)
    said = {"input": {"variantId": goods.id, "warehouseId": warehouse, "delta": -1}}
    answers = await asyncio.gather(*(shop.data(ADJUST, said, token=staff) for _ in range(15)))
    assert sum(1 for each in answers if each["stockAdjust"]["level"] is not None) == 10
    assert await shop.stock(goods) == (0, 0)
    total = "SELECT sum(delta)::int FROM stock_movement WHERE variant_id = $1"
    assert await shop.rows.fetchval(total, goods.variant_id) == 0


@pytest.mark.parametrize("delta", [0, 1_000_001, -(2**31)])
async def test_an_adjustment_out_of_range_is_refused(shop: Shop, delta: int) -> None:
    staff = await a_staff_token(shop, Permission.MANAGE_STOCK, Permission.READ_STOCK)
    goods = await shop.goods(stock=1)
    warehouse = global_id("Warehouse", shop.channel.warehouse_id)
    said = {"input": {"variantId": goods.id, "warehouseId": warehouse, "delta": delta}}
    assert (await shop.data(ADJUST, said, token=staff))["stockAdjust"]["userErrors"] == [
        {"code": "INVALID", "path": ["input", "delta"]}
    ]


async def test_the_histories_cannot_be_rewritten_whoever_asks(shop: Shop) -> None:
    await shop.shopper().orders((await shop.goods(), 1))
    for statement in (
        "UPDATE stock_movement SET delta = 1",
        "DELETE FROM stock_movement",
        "UPDATE order_event SET actor = 'nobody'",
        "DELETE FROM order_event",
        "DELETE FROM ledger_entry",
        "TRUNCATE order_event",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await shop.rows.execute(statement)


async def test_an_order_is_taken_from_the_first_warehouse_then_from_the_next(shop: Shop) -> None:
    goods = await shop.goods(stock=(2, 3))
    await shop.shopper().orders((goods, 4))
    rows = await shop.rows.fetch(
        "SELECT warehouse_id, reserved FROM stock WHERE variant_id = $1 ORDER BY reserved", goods.variant_id
    )
    assert {row["warehouse_id"]: row["reserved"] for row in rows} == {
        shop.channel.warehouse_id: 2,
        shop.channel.second_warehouse_id: 2,
    }


async def test_goods_whose_stock_is_not_counted_are_never_short(shop: Shop) -> None:
    goods = await shop.goods(stock=0, tracks_stock=False)
    order = await shop.shopper().orders((goods, 999))
    assert order["status"] == "PENDING"
    assert await shop.stock(goods) == (0, 0)
