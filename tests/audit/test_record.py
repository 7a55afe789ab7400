"""The audit log: every deed of staff and with money, in its own transaction, with the rows it changed and none of their texts."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from domain.viewer import Permission
from schema.ids import global_id
from tests.makers.people import a_customer_token, a_staff_token
from tests.shop import Shop

ADJUST = """mutation($input: StockAdjustInput!) { stockAdjust(input: $input) { userErrors { code } } }"""
CREATE = """mutation($input: ProductCreateInput!) { productCreate(input: $input) { product { id } userErrors { code } } }"""
LOG = """query($where: AuditLogWhereInput) { auditLog(where: $where, first: 20) { totalCount nodes {
    id actor address requestId action step entity entityId said isSealed changes { table rowId operation before after } } } }"""
CANCEL = "mutation($input: OrderCancelInput!) { orderCancel(input: $input) { userErrors { code } } }"


async def log_of(shop: Shop, **where: Any) -> list[dict[str, Any]]:
    reader = await a_staff_token(shop, Permission.READ_AUDIT)
    nodes: list[dict[str, Any]] = (await shop.data(LOG, {"where": where}, token=reader))["auditLog"]["nodes"]
    return nodes


async def actor_of(shop: Shop, token: str) -> str:
    me = await shop.data("{ staffMe { id } }", token=token)
    account_id = await shop.rows.fetchval("SELECT account_id FROM staff ORDER BY account_id DESC LIMIT 1")
    assert me["staffMe"]["id"] == global_id("Staff", account_id)
    return f"staff:{account_id}"


async def test_a_deed_of_staff_is_recorded_with_the_rows_it_changed_before_and_after(shop: Shop) -> None:
    staff = await a_staff_token(shop, Permission.MANAGE_STOCK)
    actor = await actor_of(shop, staff)
    goods = await shop.goods(stock=5)
    warehouse = global_id("Warehouse", shop.channel.warehouse_id)
    await shop.data(ADJUST, {"input": {"variantId": goods.id, "warehouseId": warehouse, "delta": -2}}, token=staff)
    (entry,) = await log_of(shop, actor=actor)
    assert (entry["action"], entry["step"], entry["isSealed"]) == ("stockAdjust", "adjust_stock", False)
    assert entry["address"] == "127.0.0.1"
    assert entry["said"] == {
        "input": {
            "variantId": f"Variant:{goods.variant_id}",
            "warehouseId": f"Warehouse:{shop.channel.warehouse_id}",
            "delta": -2,
        }
    }
    changed = {each["table"]: each for each in entry["changes"]}
    assert (changed["stock"]["operation"], changed["stock"]["before"]["on_hand"], changed["stock"]["after"]["on_hand"]) == (
        "UPDATE",
        5,
        3,
    )
    assert changed["stock_movement"]["after"]["delta"] == -2
    assert changed["stock_movement"]["before"] is None


async def test_of_texts_the_record_keeps_only_that_they_were_there(shop: Shop) -> None:
    staff = await a_staff_token(shop, Permission.MANAGE_CATALOG)
    said = {"name": "Canary Chair 4711", "description": "A canary text 4711"}
    made = await shop.data(CREATE, {"input": said}, token=staff)
    (entry,) = await log_of(shop, action="productCreate", entityId=made["productCreate"]["product"]["id"])
    assert (entry["entity"], entry["said"]["input"]["name"]) == ("product", "…")
    product = next(each for each in entry["changes"] if each["table"] == "product")
    assert (product["after"]["status"], product["after"]["name"]) == ("DRAFT", "…")
    kept = await shop.rows.fetchval("SELECT string_agg(e::text, ' ') FROM audit_entry e")
    kept += await shop.rows.fetchval("SELECT string_agg(c::text, ' ') FROM audit_change c")
    assert "Canary Chair" not in kept
    assert "canary text" not in kept


async def test_a_deed_that_is_refused_leaves_no_entry(shop: Shop) -> None:
    staff = await a_staff_token(shop, Permission.MANAGE_STOCK)
    actor = await actor_of(shop, staff)
    goods = await shop.goods(stock=1)
    warehouse = global_id("Warehouse", shop.channel.warehouse_id)
    refused = await shop.data(ADJUST, {"input": {"variantId": goods.id, "warehouseId": warehouse, "delta": -9}}, token=staff)
    assert len(refused["stockAdjust"]["userErrors"]) == 1
    assert await log_of(shop, actor=actor) == []


async def test_money_is_recorded_whoever_moves_it_and_a_shoppers_other_deeds_are_not(shop: Shop) -> None:
    before = await shop.rows.fetchval("SELECT count(*) FROM audit_entry")
    shopper = shop.shopper()
    order = await shopper.orders((await shop.goods(stock=5), 1))
    assert await shop.rows.fetchval("SELECT count(*) FROM audit_entry") == before, (
        "carts and their checkout have their histories"
    )
    await shop.data(CANCEL, {"input": {"orderToken": order["token"], "reason": "CUSTOMER"}})
    entry = (await log_of(shop, action="orderCancel"))[0]
    assert entry["actor"] == "guest"
    assert entry["entityId"] is not None
    assert {"orders", "order_event"} <= {each["table"] for each in entry["changes"]}
    assert order["token"] not in str(entry)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'nobody'",
        "UPDATE audit_entry SET address = '192.0.2.1'",
        "UPDATE audit_entry SET seq = NULL, hash = NULL WHERE seq IS NOT NULL",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry CASCADE",
        "UPDATE audit_change SET after = '{}'",
        "DELETE FROM audit_change",
        "UPDATE security_event SET kind = 'NEW_DEVICE', count = 7",
        "DELETE FROM security_event",
    ],
)
async def test_the_database_refuses_to_change_what_is_recorded(shop: Shop, statement: str) -> None:
    staff = await a_staff_token(shop, Permission.MANAGE_CATALOG)
    await shop.data(CREATE, {"input": {"name": "Chair"}}, token=staff)
    await shop.rows.execute("SELECT 1")
    async with shop.rows.acquire() as connection:
        outer = connection.transaction()
        await outer.start()
        try:
            await connection.execute(
                "UPDATE audit_entry SET seq = 1 + coalesce((SELECT max(seq) FROM audit_entry), 0), hash = '\\x00'"
                " WHERE id = (SELECT max(id::text)::uuid FROM audit_entry WHERE seq IS NULL)"
            )
            await connection.execute(
                "INSERT INTO security_event (id, kind, count, at) VALUES (gen_random_uuid(), 'LOG_INS_FAILED', 5, now())"
            )
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(statement)
        finally:
            await outer.rollback()


async def test_addresses_and_devices_can_be_forgotten_and_nothing_else(shop: Shop) -> None:
    staff = await a_staff_token(shop, Permission.MANAGE_CATALOG)
    await shop.data(CREATE, {"input": {"name": "Chair"}}, token=staff)
    actor = await actor_of(shop, staff)
    await shop.rows.execute("UPDATE audit_entry SET address = NULL WHERE actor = $1", actor)
    assert [each["address"] for each in await log_of(shop, actor=actor)] == [None]


async def test_the_record_is_for_who_holds_the_permission(shop: Shop) -> None:
    for token in (None, await a_customer_token(shop), await a_staff_token(shop, Permission.MANAGE_STAFF)):
        answer = await shop.ask("{ auditLog { totalCount } securityEvents { totalCount } }", token=token)
        codes = {each["extensions"]["code"] for each in answer["errors"]}
        assert codes == {"UNAUTHENTICATED" if token is None else "PERMISSION_DENIED"}
