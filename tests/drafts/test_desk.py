"""Who may do what with drafts, how staff finds them, who else hears of them, and what is left of them when a buyer is erased."""

from __future__ import annotations

from typing import Any

from domain.notifications.actions import note
from domain.viewer import Permission
from domain.webhooks.actions import write_log
from persistence.unit import UnitOfWork
from schema.ids import global_id
from tests.drafts.conftest import DRAFT, Sales, line
from tests.makers.people import a_customer_token, a_staff_token
from tests.makers.trade import Goods
from tests.payments.till import raw_id
from tests.shop import BERLIN
from workers import accounts
from workers.roster import ROUTES

LIST = """query($where: DraftOrderWhereInput, $search: String, $first: Int, $after: String) {
  draftOrders(where: $where, search: $search, first: $first, after: $after) {
    totalCount nodes { id } pageInfo { hasNextPage endCursor } } }"""


async def _found(sales: Sales, *, token: str = "", **said: Any) -> list[str]:
    page = (await sales.shop.data(LIST, {"first": 100, **said}, token=token or sales.token))["draftOrders"]
    assert page["totalCount"] == len(page["nodes"])
    return [each["id"] for each in page["nodes"]]


async def _relay(unit: UnitOfWork) -> None:
    await note(unit, facts=await write_log(unit, known=tuple(ROUTES)))


async def test_prices_of_their_own_are_for_those_with_the_permission_alone(sales: Sales) -> None:
    goods, other = await sales.shop.goods(price=1000), await sales.shop.goods(price=2000)
    plain = await a_staff_token(sales.shop, Permission.READ_ORDERS, Permission.MANAGE_ORDERS)
    draft = await sales.drafts(line(goods, 2, "7.00"))
    refused = {"userErrors": [{"code": "OWN_PRICES_NOT_ALLOWED", "path": ["input", "lines", "0", "price"]}], "draftOrder": None}
    for said in ([line(other, 1, "1.00")], [line(goods, 2, "6.99")], [line(goods, 3, "7.00")]):
        assert await sales.changes(draft, token=plain, lines=said) == refused
    assert await sales.does("draftOrderCreate", {"lines": [line(goods, 1, "1.00")]}, token=plain) == refused
    off = await sales.changes(draft, token=plain, discount={"percentage": "50"})
    assert off["userErrors"] == [{"code": "OWN_PRICES_NOT_ALLOWED", "path": ["input", "discount"]}]
    assert await sales.seen(draft) == draft

    kept = await sales.changes(draft, token=plain, lines=[line(goods, 1, "7.00"), line(other)], note="They may do the rest.")
    assert kept["userErrors"] == []
    assert kept["draftOrder"]["cost"]["subtotal"] == {"amount": "27.00"}
    reduced = await sales.drafts(line(goods), discount={"percentage": "50"})
    more = await sales.changes(reduced, token=plain, lines=[line(goods, 9)])
    assert more["userErrors"] == [{"code": "OWN_PRICES_NOT_ALLOWED", "path": ["input", "lines"]}]
    done = await sales.completes(reduced, token=plain)
    assert done["userErrors"] == [], "what others gave may be sold"


async def test_what_was_sold_at_prices_of_its_own_is_sold_no_more_of_by_an_edit_without_the_permission(sales: Sales) -> None:
    goods, other = await sales.shop.goods(price=1000), await sales.shop.goods(price=2000)
    plain = await a_staff_token(sales.shop, Permission.READ_ORDERS, Permission.MANAGE_ORDERS)

    async def edit(order: dict[str, Any], *, token: str = "", **said: Any) -> dict[str, Any]:
        given = {"orderId": order["id"], "dryRun": True, **said}
        return await sales.does("orderEdit", given, asked="change { total { gross { amount } } }", token=token)

    def units(order: dict[str, Any], sold: Goods, quantity: int) -> list[dict[str, Any]]:
        return [{"lineId": each["id"], "quantity": quantity} for each in order["lines"] if each["sku"] == sold.sku]

    def refused(*path: str) -> dict[str, Any]:
        return {"change": None, "userErrors": [{"code": "OWN_PRICES_NOT_ALLOWED", "path": ["input", *path]}]}

    cheap = (await sales.completes(await sales.drafts(line(goods, 2, "1.00"), line(other))))["order"]
    assert await edit(cheap, token=plain, lines=units(cheap, goods, 9)) == refused("lines", "0", "quantity")
    assert (await edit(cheap, lines=units(cheap, goods, 9)))["userErrors"] == []
    fewer = await edit(cheap, token=plain, lines=[*units(cheap, goods, 1), *units(cheap, other, 2)])
    assert fewer == {"change": {"total": {"gross": {"amount": "45.90"}}}, "userErrors": []}

    reduced = (await sales.completes(await sales.drafts(line(goods), discount={"percentage": "50"})))["order"]
    more, new = units(reduced, goods, 2), [{"variantId": other.id, "quantity": 1}]
    assert await edit(reduced, token=plain, lines=more) == refused("lines", "0", "quantity")
    assert await edit(reduced, token=plain, add=new) == refused("add")
    whole = await edit(reduced, token=plain, lines=more, add=new, dropDiscounts=True)
    assert whole == {"change": {"total": {"gross": {"amount": "44.90"}}}, "userErrors": []}


async def test_whoever_is_limited_to_a_channel_works_on_its_drafts_alone(sales: Sales) -> None:
    shop = sales.shop
    token = await a_staff_token(shop, Permission.READ_ORDERS, Permission.MANAGE_ORDERS, channels=[sales.south.id])
    theirs = await sales.drafts(line(await shop.goods()))
    text = f"""mutation($input: DraftOrderCreateInput!, $channel: String!) @inContext(channel: $channel) {{
        draftOrderCreate(input: $input) {{ draftOrder {{ ...Drafted }} userErrors {{ code path }} }} }} {DRAFT}"""
    mine = (await shop.data(text, {"input": {"note": "Mine."}, "channel": "south"}, token=token))["draftOrderCreate"]
    assert mine["userErrors"] == []
    foreign = (await shop.data(text, {"input": {}, "channel": "web"}, token=token))["draftOrderCreate"]
    assert foreign == {"draftOrder": None, "userErrors": [{"code": "NOT_FOUND", "path": ["input"]}]}
    assert await _found(sales, token=token) == [mine["draftOrder"]["id"]]
    assert await _found(sales, token=token, where={"channel": "web"}) == []
    assert await sales.seen(theirs, token=token) is None
    missing = [{"code": "NOT_FOUND", "path": ["input", "id"]}]
    assert (await sales.changes(theirs, token=token, note="Ours?"))["userErrors"] == missing
    assert (await sales.changes(theirs, token=token, note="Ours?", dryRun=True))["userErrors"] == missing
    assert (await sales.completes(theirs, token=token))["userErrors"] == missing
    assert (await sales.does("draftOrderDelete", {"id": theirs["id"]}, token=token))["userErrors"] == missing
    assert await sales.seen(theirs) == theirs
    buyer = await a_customer_token(shop)
    body = await shop.ask(LIST, {}, token=buyer)
    assert body["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"


async def test_drafts_are_found_by_state_buyer_time_and_words(sales: Sales) -> None:
    goods, other = await sales.shop.goods(), await sales.shop.goods()
    zoe = {**BERLIN, "firstName": "Zoë", "lastName": "Quuxmann", "company": "Widgets_100%"}
    first = await sales.drafts(line(goods), shippingAddress=zoe, note="Wrap in RED paper")
    second = await sales.drafts(line(other, 2), shippingAddress=zoe)
    third = await sales.drafts(line(goods), email="Quuxmann@Example.com")
    assert await _found(sales, search="quuxmann") == [third["id"], second["id"], first["id"]], "newest first"
    assert await _found(sales, search="QUUX red") == [first["id"]], "every word, wherever it stands"
    assert await _found(sales, search=f"quuxmann {goods.sku[:-2]}") == [third["id"], first["id"]]
    assert await _found(sales, search="widgets_100%") == [second["id"], first["id"]]
    assert await _found(sales, search="widgets-100") == []
    assert await _found(sales, where={"email": "QUUXMANN@example.com"}) == [third["id"]]
    await sales.does("draftOrderDelete", {"id": second["id"]})
    assert await _found(sales, search="quuxmann", where={"state": "DELETED"}) == [second["id"]]
    begun = (
        await sales.shop.rows.fetchval("SELECT created_at FROM draft_order WHERE cart_id = $1", raw_id(third["id"]))
    ).isoformat()
    assert await _found(sales, search="quuxmann", where={"createdFrom": begun}) == [third["id"]]
    assert await _found(sales, search="quuxmann", where={"createdBefore": begun}) == [second["id"], first["id"]]
    page = (await sales.shop.data(LIST, {"search": "quuxmann", "first": 2}, token=sales.token))["draftOrders"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    after = {"search": "quuxmann", "first": 2, "after": page["pageInfo"]["endCursor"]}
    rest = (await sales.shop.data(LIST, after, token=sales.token))["draftOrders"]
    assert [each["id"] for each in (*page["nodes"], *rest["nodes"])] == [third["id"], second["id"], first["id"]]
    body = await sales.shop.ask(LIST, {"search": "a b c d e f g h i"}, token=sales.token)
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_other_systems_hear_of_each_step_and_the_record_keeps_who_took_it(sales: Sales) -> None:
    goods = await sales.shop.goods()
    draft = await sales.drafts(line(goods))
    await sales.changes(draft, note="A secret between us.")
    done = await sales.completes(draft)
    gone = await sales.drafts(line(goods))
    await sales.does("draftOrderDelete", {"id": gone["id"]})
    await sales.postman.tools.transact.work(write_log, known=tuple(ROUTES))
    asked = "query($types: [EventType!]) { events(types: $types, first: 100) { nodes { type subjectId data } } }"
    types = ["DRAFT_CREATED", "DRAFT_UPDATED", "DRAFT_COMPLETED", "DRAFT_DELETED"]
    nodes = (await sales.shop.data(asked, {"types": types}, token=sales.token))["events"]["nodes"]
    assert [each["type"] for each in nodes if each["subjectId"] == draft["id"]] == types[:3]
    assert [each["type"] for each in nodes if each["subjectId"] == gone["id"]] == ["DRAFT_CREATED", "DRAFT_DELETED"]
    told = next(each["data"] for each in nodes if each["type"] == "DRAFT_COMPLETED" and each["subjectId"] == draft["id"])
    assert told == {
        "subjectId": draft["id"],
        "draftOrderId": draft["id"],
        "orderId": done["order"]["id"],
        "letter": "PAYMENT_REQUESTED",
    }
    entries = await sales.shop.rows.fetch(
        "SELECT action, actor, said::text AS said FROM audit_entry WHERE entity_id = $1 ORDER BY at, id", raw_id(draft["id"])
    )
    assert [each["action"] for each in entries][:2] == ["draftOrderCreate", "draftOrderUpdate"]
    assert all(each["actor"].startswith("staff:") for each in entries)
    assert not any("secret" in each["said"] for each in entries)


async def test_an_order_made_of_a_draft_is_told_to_open_pages_as_any_other(sales: Sales) -> None:
    buyer = await a_customer_token(sales.shop)
    me = (await sales.shop.data("{ me { id } }", token=buyer))["me"]["id"]
    done = await sales.completes(await sales.drafts(line(await sales.shop.goods()), customerId=me))
    await sales.postman.tools.transact.work(_relay)
    for token in (sales.token, buyer):
        told = await sales.shop.data("{ notifications(first: 1) { nodes { kind subjectId } } }", token=token)
        assert told["notifications"]["nodes"] == [{"kind": "ORDER_PLACED", "subjectId": done["order"]["id"]}]


async def test_a_customer_is_asked_for_by_account_and_erased_with_their_drafts(sales: Sales) -> None:
    shop = sales.shop
    email = await sales.postman.newcomer(language="de")
    account = await shop.rows.fetchval("SELECT id FROM account WHERE email = $1", email)
    goods = await shop.goods()
    public = (await sales.drafts(line(goods)))["id"]
    draft = await sales.does(
        "draftOrderCreate",
        {
            "customerId": global_id("Customer", account),
            "lines": [line(goods)],
            "shippingAddress": BERLIN,
            "note": "For Ada.",
            "deliveryOptionId": shop.channel.standard_delivery,
            "discount": {"amount": "1.00", "reason": "Ada is nice."},
        },
    )
    seen = draft["draftOrder"]
    assert (seen["email"], seen["customerId"], seen["language"]) == (email, global_id("Customer", account), "de")
    assert await _found(sales, where={"customerId": seen["customerId"]}) == [seen["id"]]
    copy = await sales.postman.tools.transact.work(lambda unit: unit.customers.gather(account))
    assert [each["note"] for each in copy["carts"]] == ["For Ada."]
    unknowing = await a_staff_token(shop, Permission.READ_ORDERS, Permission.MANAGE_ORDERS)
    refused = await sales.does("draftOrderCreate", {"customerId": seen["customerId"]}, token=unknowing)
    assert refused["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "customerId"]}], "who is a customer is not for all"
    await sales.postman.letters(email)
    await shop.rows.execute("UPDATE account SET erase_after = now() - interval '1 second' WHERE id = $1", account)
    await accounts.erase_due(sales.postman.tools)
    left = await sales.seen(seen)
    assert left is not None
    assert (left["state"], left["email"], left["note"], left["discount"]["reason"]) == ("DELETED", None, "", "")
    assert (await sales.completes(seen))["userErrors"] == [
        {"code": "DRAFT_CLOSED", "path": ["input", "id"], "state": "DELETED"}
    ]
    again = await sales.does("draftOrderCreate", {"customerId": seen["customerId"]})
    assert again["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "customerId"]}]
    text = await shop.rows.fetchval("SELECT row_to_json(c)::text FROM cart c WHERE id = $1", raw_id(seen["id"]))
    assert "Lovelace" not in text
    untouched = await sales.seen({"id": public})
    assert untouched is not None
    assert untouched["state"] == "DRAFT"
