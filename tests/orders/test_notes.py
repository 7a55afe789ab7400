"""Staff writes notes about orders; a buyer sees what is for them, and nobody sees what an erased buyer was said about."""

from __future__ import annotations

from typing import Any

from domain.viewer import Permission
from tests.makers.people import a_customer_token, a_staff_token
from tests.shop import Shop

ADD = """mutation($input: OrderNoteAddInput!) { orderNoteAdd(input: $input) {
    note { text isPublic author } order { version events { seq kind } notes { text } } userErrors { code path } } }"""
READ = "query($id: ID!) { order(id: $id) { notes { text isPublic author } events { kind } } }"


async def _added(shop: Shop, token: str, key: str | None = None, **said: Any) -> dict[str, Any]:
    payload: dict[str, Any] = (await shop.data(ADD, {"input": said}, token=token, key=key))["orderNoteAdd"]
    return payload


async def test_internal_notes_are_for_staff_and_public_ones_are_in_the_buyers_history(shop: Shop) -> None:
    buyer = await a_customer_token(shop)
    staff = await a_staff_token(shop, Permission.MANAGE_ORDERS, Permission.READ_ORDERS)
    order = await shop.shopper(token=buyer).orders((await shop.goods(), 1))

    internal = await _added(shop, staff, orderId=order["id"], text="Rang twice, no answer.")
    public = await _added(shop, staff, "note-1", orderId=order["id"], text="Packed as a gift.", isPublic=True)
    again = await _added(shop, staff, "note-1", orderId=order["id"], text="Packed as a gift.", isPublic=True)

    assert internal["note"]["author"].startswith("staff:")
    assert (internal["order"]["version"], internal["order"]["events"]) == (1, [{"seq": 1, "kind": "PLACED"}])
    assert (public["order"]["version"], public["order"]["events"][1:]) == (2, [{"seq": 2, "kind": "NOTE_ADDED"}])
    assert [each["text"] for each in again["order"]["notes"]] == ["Rang twice, no answer.", "Packed as a gift."]
    seen = await shop.ask(READ, {"id": order["id"]}, token=buyer)
    assert seen["data"]["order"]["notes"] == [{"text": "Packed as a gift.", "isPublic": True, "author": None}]
    assert {error["extensions"]["code"] for error in seen["errors"]} == {"PERMISSION_DENIED"}
    kinds = "SELECT array_agg(kind ORDER BY seq) FROM order_event WHERE order_id = (SELECT order_id FROM order_note WHERE text = $1)"
    assert await shop.rows.fetchval(kinds, "Packed as a gift.") == ["PLACED", "NOTE_ADDED"]


async def test_no_number_of_internal_notes_takes_a_public_one_from_its_buyer(shop: Shop) -> None:
    buyer = await a_customer_token(shop)
    staff = await a_staff_token(shop, Permission.MANAGE_ORDERS, Permission.READ_ORDERS)
    order = await shop.shopper(token=buyer).orders((await shop.goods(), 1))
    await _added(shop, staff, orderId=order["id"], text="Packed in blue paper.", isPublic=True)
    await shop.rows.execute(
        "INSERT INTO order_note (id, order_id, text, is_public, author, created_at) "
        "SELECT gen_random_uuid(), n.order_id, 'No. ' || i, false, n.author, n.created_at + make_interval(secs => i) "
        "FROM order_note n, generate_series(1, 110) i WHERE n.text = 'Packed in blue paper.'"
    )
    read = "query($id: ID!) { order(id: $id) { notes { text } } }"
    seen = (await shop.data(read, {"id": order["id"]}, token=buyer))["order"]["notes"]
    assert seen == [{"text": "Packed in blue paper."}]
    all_of_them = (await shop.data(read, {"id": order["id"]}, token=staff))["order"]["notes"]
    assert [each["text"] for each in all_of_them][:2] == ["Packed in blue paper.", "No. 11"]


async def test_a_note_has_bounds_and_an_order_that_is_the_writers(shop: Shop) -> None:
    order = await shop.shopper().orders((await shop.goods(), 1))
    staff = await a_staff_token(shop, Permission.MANAGE_ORDERS, Permission.READ_ORDERS)
    elsewhere = await a_staff_token(shop, Permission.MANAGE_ORDERS, channels=[])
    for token, text, refused in (
        (staff, "  ", [{"code": "INVALID", "path": ["input", "text"]}]),
        (staff, "x" * 2001, [{"code": "INVALID", "path": ["input", "text"]}]),
        (elsewhere, "Mine", [{"code": "NOT_FOUND", "path": ["input", "orderId"]}]),
    ):
        assert (await _added(shop, token, orderId=order["id"], text=text))["userErrors"] == refused
    assert (await _added(shop, staff, orderId=order["id"], text="x" * 2000))["userErrors"] == []
