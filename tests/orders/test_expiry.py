"""Reservations end by the database's clock, and the worker gives back what they held."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from domain.ids import OrderId
from domain.orders.actions import expire_order, expired_orders
from persistence.unit import Transactions
from schema.ids import parse_id
from tests.shop import Shop


def _transact(shop: Shop) -> Transactions:
    return Transactions(shop.api.database, published=lambda _topics: None)


def _order_id(order: dict[str, object]) -> OrderId:
    found = parse_id(str(order["id"]))
    assert found is not None
    return OrderId(found[1])


async def _runs_out(shop: Shop, order_id: OrderId) -> None:
    await shop.rows.execute("UPDATE reservation SET expires_at = now() - interval '1 second' WHERE order_id = $1", order_id)


async def test_an_order_that_nobody_pays_is_called_off_and_its_goods_are_free_again(fresh_shop: Shop) -> None:
    goods = await fresh_shop.goods(stock=3)
    code = await fresh_shop.coupon(usage_limit=1)
    shopper = fresh_shop.shopper()
    await shopper.adds(goods, 2)
    await shopper.introduces_themselves()
    await shopper.does("cartCouponApply", {"cartId": shopper.cart["id"], "code": code})
    order = (await shopper.completes())["order"]
    still_held = (await fresh_shop.shopper().orders((goods, 1)))["id"]
    transact, order_id = _transact(fresh_shop), _order_id(order)
    assert await transact(expired_orders, limit=10) == []
    assert await transact(expire_order, order_id=order_id, now=datetime.now(UTC)) is False

    await _runs_out(fresh_shop, order_id)
    assert await transact(expired_orders, limit=10) == [order_id]
    done = await asyncio.gather(*(transact(expire_order, order_id=order_id, now=datetime.now(UTC)) for _ in range(5)))

    assert sorted(done) == [False, False, False, False, True]
    assert await fresh_shop.stock(goods) == (3, 1)
    assert await fresh_shop.rows.fetchval("SELECT uses FROM coupon WHERE code = $1", code) == 0
    read = "query($t: String!) { orderByToken(token: $t) { status cancelReason events { kind } } }"
    seen = (await fresh_shop.data(read, {"t": order["token"]}))["orderByToken"]
    assert seen == {"status": "CANCELLED", "cancelReason": "EXPIRED", "events": [{"kind": "PLACED"}, {"kind": "CANCELLED"}]}
    other = await fresh_shop.rows.fetchval("SELECT status FROM orders WHERE id <> $1", order_id)
    assert (other, bool(still_held)) == ("PENDING", True)


async def test_goods_that_came_free_can_be_bought_by_the_next(fresh_shop: Shop) -> None:
    goods = await fresh_shop.goods(stock=1)
    first = await fresh_shop.shopper().orders((goods, 1))
    refused = await fresh_shop.shopper().adds(goods)
    assert [each["code"] for each in refused["userErrors"]] == ["INSUFFICIENT_STOCK"]
    await _runs_out(fresh_shop, _order_id(first))
    assert await _transact(fresh_shop)(expire_order, order_id=_order_id(first), now=datetime.now(UTC)) is True
    second = await fresh_shop.shopper().orders((goods, 1))
    assert second["number"] == first["number"] + 1
