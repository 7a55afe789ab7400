"""A customer's own data: a copy of all of it, and its erasure, after which nothing in the database knows who they were."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from persistence.audit.verify import verify
from persistence.customers.privacy import ERASED, KEPT
from persistence.invariants import check
from persistence.tables import METADATA
from tests.access.mailed import deed, logs_in, wrong
from tests.makers.mail import Postman, a_postman
from tests.makers.people import PASSWORD
from tests.shop import BERLIN, Shop, Shopper
from workers import accounts
from workers.audit import seal_record

MARK = "Zzyzx"
"""In every text that a person could be known by."""
AGENT = f"{MARK}Browser/1.0"
ERASE = "accountErasureRequest"
CANCEL = "mutation { accountErasureCancel { kept userErrors { code } } }"
EXPORT = "mutation { dataExportRequest { dataExport { id isReady content } userErrors { code } } }"
EXPORTS = "{ me { eraseAfter dataExports { id isReady content } } }"
UPDATE = "mutation($input: CustomerUpdateInput!) { customerUpdate(input: $input) { customer { phone } userErrors { code } } }"
ADDRESS = "mutation($input: AddressCreateInput!) { addressCreate(input: $input) { userErrors { code path } } }"
PLACE = {**BERLIN, "firstName": MARK, "lastName": MARK, "street": [f"{MARK}str. 1"], "company": MARK}
ORDER_CANCEL = "mutation($input: OrderCancelInput!) { orderCancel(input: $input) { userErrors { code } } }"


@pytest.fixture
async def post(fresh_shop: Shop) -> AsyncIterator[Postman]:
    async with a_postman(fresh_shop) as postman:
        yield postman


async def a_marked_customer(post: Postman) -> tuple[str, str, dict[str, Any]]:
    """Somebody who has left traces everywhere: address, access token and a placed order."""
    shop = post.shop
    shop.client.headers["user-agent"] = AGENT
    email = await post.newcomer(email=f"{MARK.lower()}@mail.example", firstName=MARK, lastName=MARK)
    token = (await logs_in(shop, email))["accessToken"]
    for _ in range(5):
        await logs_in(shop, email, "wrong")
    said = {"phone": "+49 30 901820", "wantsSms": True}
    assert (await shop.data(UPDATE, {"input": said}, token=token))["customerUpdate"]["userErrors"] == []
    assert (await shop.data(ADDRESS, {"input": {"address": PLACE}}, token=token))["addressCreate"]["userErrors"] == []
    shopper = Shopper(shop, email=email, token=token)
    await shopper.adds(await shop.goods(stock=5))
    cart = {"cartId": shopper.cart["id"]}
    await shopper.does("cartBuyerUpdate", {**cart, "email": email, "note": MARK, "smsPhone": "+49 30 901820"})
    await shopper.does("cartAddressesUpdate", {**cart, "shipping": PLACE, "billing": PLACE})
    await shopper.does("cartDeliverySelect", {**cart, "deliveryOptionId": shop.channel.standard_delivery})
    done = await shopper.completes()
    assert done["userErrors"] == [], done
    await shop.rows.execute(
        """INSERT INTO order_note (id, order_id, text, is_public, author)
           SELECT gen_random_uuid(), o.id, $1 || p::text, p, 'staff' FROM orders o, (VALUES (true), (false)) AS v (p)
           WHERE o.number = $2""",
        MARK,
        done["order"]["number"],
    )
    await deed(shop, "emailChangeRequest", "email", token=token, email=f"new-{email}", password=PASSWORD)
    await post.works()
    return email, token, done["order"]


async def traces(shop: Shop) -> dict[str, int]:
    """Tables in which the mark is found, in any case, with the number of rows; binary columns as text and hexadecimal."""
    found = {}
    for table in METADATA.tables:
        count = await shop.rows.fetchval(
            f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE $1 OR t::text LIKE $2 OR t::text LIKE $3',
            f"%{MARK}%",
            f"%{MARK.encode().hex()}%",
            "%4930901820%",
        )
        if count:
            found[table] = count
    return found


async def comes_due(post: Postman) -> None:
    """The time to think is over, and the clock sees it."""
    await post.shop.rows.execute("UPDATE account SET erase_after = now() - interval '1 second' WHERE erase_after IS NOT NULL")
    await accounts.erase_due(post.tools)


async def test_an_erased_customer_is_found_nowhere_and_their_order_stays(post: Postman) -> None:
    shop = post.shop
    email, token, order = await a_marked_customer(post)
    await shop.data(EXPORT, token=token)
    await post.works()
    before = await traces(shop)
    assert {"account", "customer", "address", "orders", "cart", "notice", "session", "security_event"} <= set(before)

    asked = await deed(shop, ERASE, "erasedAfter", token=token, password=PASSWORD)
    assert asked["userErrors"] == []
    await post.works()
    assert (await logs_in(shop, email))["userErrors"] == [], "there is time to think again"
    await comes_due(post)
    assert await traces(shop) != {}, "an order is under way: it needs its address"
    await shop.data(ORDER_CANCEL, {"input": {"orderToken": order["token"], "reason": "CUSTOMER"}})
    await post.works()
    await comes_due(post)

    assert await traces(shop) == {}
    assert wrong(await logs_in(shop, email)) == [("INVALID_CREDENTIALS", "input")]
    kept = await shop.rows.fetchrow("SELECT total, shipping_address ->> 'country', number FROM orders")
    assert kept is not None
    assert tuple(kept) == (2489, "DE", order["number"])
    await seal_record(post.tools)
    url = shop.api.settings.database_url
    assert url is not None
    assert (await verify(url)).breaks == []
    assert [each for each in await check(url) if not each.name.startswith(("outbox.", "money.nothing"))] == []


async def test_who_changes_their_mind_in_time_stays(post: Postman) -> None:
    shop = post.shop
    email = await post.newcomer()
    tokens = await logs_in(shop, email)
    refused = await deed(shop, ERASE, "erasedAfter", token=tokens["accessToken"], password="wrong")
    assert wrong(refused) == [("PASSWORD_WRONG", "password")]
    await deed(shop, ERASE, "erasedAfter", token=tokens["accessToken"], password=PASSWORD)
    ended = await deed(shop, "tokenRefresh", "accessToken", refreshToken=tokens["refreshToken"])
    assert wrong(ended) == [("REFRESH_TOKEN_INVALID", "refreshToken")], "every session ended"
    token = (await logs_in(shop, email))["accessToken"]
    assert (await shop.data(EXPORTS, token=token))["me"]["eraseAfter"] is not None
    assert (await shop.data(CANCEL, token=token))["accountErasureCancel"] == {"kept": True, "userErrors": []}
    again = await shop.data(CANCEL, token=token)
    assert again["accountErasureCancel"] == {"kept": None, "userErrors": [{"code": "NOTHING_TO_CANCEL"}]}
    await comes_due(post)
    assert (await shop.data(EXPORTS, token=token))["me"]["eraseAfter"] is None
    subjects = [each.subject for each in await post.letters(email)]
    assert subjects.count("Vitrine: your account stays") == 1


async def test_a_copy_holds_what_is_known_and_only_its_owner_sees_it(post: Postman) -> None:
    shop = post.shop
    email, token, order = await a_marked_customer(post)
    asked = (await shop.data(EXPORT, token=token))["dataExportRequest"]["dataExport"]
    assert (asked["isReady"], asked["content"]) == (False, None)
    again = (await shop.data(EXPORT, token=token))["dataExportRequest"]["dataExport"]
    assert again["id"] == asked["id"], "one at a time"
    await post.works()
    (export,) = (await shop.data(EXPORTS, token=token))["me"]["dataExports"]
    content = export["content"]
    assert (content["account"]["email"], content["profile"]["first_name"]) == (email, MARK)
    assert content["profile"]["phone"] == "+4930901820"
    assert [each["company"] for each in content["addresses"]] == [MARK]
    assert [(each["number"], each["note"]) for each in content["orders"]] == [(order["number"], MARK)]
    assert [[note["text"] for note in each["notes"]] for each in content["orders"]] == [[f"{MARK}true"]], (
        "what staff wrote for them"
    )
    assert {each["device"] for each in content["sessions"]} == {AGENT}
    secrets = await shop.rows.fetchval("SELECT password_hash FROM account WHERE email = $1", email)
    assert secrets not in json.dumps(content)
    other = (await logs_in(shop, await post.newcomer()))["accessToken"]
    seen = await shop.data(
        "query($id: ID!) { node(id: $id) { id } me { dataExports { id } } }", {"id": asked["id"]}, token=other
    )
    assert seen == {"node": None, "me": {"dataExports": []}}
    await shop.rows.execute("UPDATE data_export SET expires_at = now() - interval '1 second'")
    await accounts.erase_due(post.tools)
    assert (await shop.data(EXPORTS, token=token))["me"]["dataExports"] == []


def test_every_table_that_leads_to_a_person_is_known_to_erasing() -> None:
    people = {"account", "customer", "orders", "cart", "payment", "refund_request", "session", "app_grant"}
    leading = {
        table.name for table in METADATA.sorted_tables if any(key.column.table.name in people for key in table.foreign_keys)
    }
    assert leading - set(ERASED) - set(KEPT) == set(), "say in persistence.customers.privacy what becomes of it"
    assert set(ERASED) & set(KEPT) == set()
    assert (set(ERASED) | set(KEPT)) - set(METADATA.tables) == set()
