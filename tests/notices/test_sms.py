"""Text messages end to end: who gets them, one for each step of an order, what they cost, and what carriers tell later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain.ids import OrderId
from domain.orders.events import OrderStatusChanged
from domain.viewer import Permission
from gateways.letters.texts import SMS_KINDS
from tests.makers.mail import a_postman
from tests.makers.people import a_customer_token, a_staff_token
from tests.payments.till import raw_id
from tests.shop import Shop, Shopper
from tests.workers.world import announce
from workers.roster import TASKS
from workers.tasks import perform

PHONE, TYPED = "+4915112345678", "+49 (0) 151 12345678"
PREVIEW = """query($kind: NoticeKind!, $words: MessageWordsInput, $orderId: ID) {
    messageTemplatePreview(kind: $kind, language: "de", medium: SMS, words: $words, orderId: $orderId) {
    subject text html segments { encoding units count } } }"""
UPDATE = """mutation($input: MessageTemplateUpdateInput!) { messageTemplateUpdate(input: $input) {
    messageTemplate { medium subject body variables isChanged } userErrors { code message path } } }"""
TEST_SEND = """mutation($input: MessageTemplateTestSendInput!) { messageTemplateTestSend(input: $input) {
    notice { medium recipient bodyText } userErrors { code message path } } }"""
CUSTOMER = """mutation($input: CustomerUpdateInput!) { customerUpdate(input: $input) {
    customer { phone wantsSms } userErrors { code message path } } }"""


async def buys(shop: Shop, *, phone: str | None = TYPED, shopper: Shopper | None = None) -> dict[str, Any]:
    """An order of somebody who has said, or not, where text messages go."""
    buyer = shopper or shop.shopper()
    await buyer.adds(await shop.goods())
    if phone is not None:
        cart = await buyer.does("cartBuyerUpdate", {"cartId": buyer.cart["id"], "smsPhone": phone})
        assert cart["userErrors"] == [], cart
    return await buyer.orders()


async def texts(shop: Shop, order: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What was written as text messages about an order: the kind, to whom, and what."""
    rows = await shop.rows.fetch(
        "SELECT kind, recipient, body_text FROM notice WHERE order_id = $1 AND medium = 'SMS' ORDER BY created_at, id",
        raw_id(order["id"]),
    )
    return [(row["kind"], row["recipient"], row["body_text"]) for row in rows]


async def test_who_asked_for_it_gets_one_text_for_each_step_however_often_its_task_runs(shop: Shop) -> None:
    async with a_postman(shop) as postman:
        wanted, unwanted = await buys(shop), await buys(shop, phone=None)
        await postman.works()
        [task] = await shop.rows.fetch(
            """UPDATE outbox_task SET done_at = NULL WHERE actor = 'confirm_order'
               AND event_id IN (SELECT id FROM outbox_event WHERE aggregate_id = $1) RETURNING id""",
            raw_id(wanted["id"]),
        )
        await perform(task["id"], tasks=TASKS, tools=postman.tools)
        order_id = OrderId(raw_id(wanted["id"]))
        for fulfillment in ("UNFULFILLED", "SHIPPED"):
            moved = OrderStatusChanged(order_id=order_id, seq=2, status="PROCESSING", fulfillment_status=fulfillment)
            await announce(postman.tools.transact, moved)
        await postman.works()
        carried = [each.text for each in postman.pigeons.carried if each.recipient == PHONE]
        mailbox = (await shop.client.get("/mailbox")).text
    number = wanted["number"]
    assert f"Vitrine: your order {number} is on its way." in mailbox
    assert mailbox.count(PHONE) >= 2
    seen = await texts(shop, wanted)
    # That it is being prepared, nobody is texted.
    assert [(kind, to) for kind, to, _ in seen] == [("ORDER_CONFIRMED", PHONE), ("ORDER_SHIPPED", PHONE)]
    assert seen[0][2].startswith(f"Vitrine: thank you! We have received your order {number} over €")
    assert seen[1][2] == f"Vitrine: your order {number} is on its way."
    assert [each[2] for each in seen] == carried
    assert await texts(shop, unwanted) == []


async def test_a_number_is_kept_as_e164_and_what_is_none_is_told_where_it_stands(shop: Shop) -> None:
    shopper = shop.shopper()
    await shopper.adds(await shop.goods())
    said = {"cartId": shopper.cart["id"]}
    asked = "query($id: ID!) { cart(id: $id) { smsPhone } }"

    async def kept() -> str | None:
        found: str | None = (await shop.data(asked, {"id": shopper.cart["id"]}))["cart"]["smsPhone"]
        return found

    assert await kept() is None
    for wrong in ("0151 12345678", "call me", "+49", "+49 151 12345678 ext. 5"):
        refused = await shopper.does("cartBuyerUpdate", {**said, "smsPhone": wrong})
        assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [("PHONE_INVALID", ["input", "smsPhone"])]
    await shopper.does("cartBuyerUpdate", {**said, "smsPhone": TYPED})
    assert await kept() == PHONE
    await shopper.does("cartBuyerUpdate", {**said, "note": "Ring twice"})
    assert await kept() == PHONE
    await shopper.does("cartBuyerUpdate", {**said, "smsPhone": ""})
    assert await kept() is None


async def test_customers_choose_once_for_all_their_orders_and_are_asked_first(shop: Shop) -> None:
    token = await a_customer_token(shop)

    async def says(**said: Any) -> dict[str, Any]:
        answer: dict[str, Any] = (await shop.data(CUSTOMER, {"input": said}, token=token))["customerUpdate"]
        return answer

    assert (await says(firstName="Ada"))["customer"]["wantsSms"] is False
    without = await says(wantsSms=True)
    assert [(each["code"], each["path"]) for each in without["userErrors"]] == [("INVALID", ["input", "wantsSms"])]
    assert (await says(phone=TYPED))["customer"] == {"phone": PHONE, "wantsSms": False}
    async with a_postman(shop) as postman:
        quiet = await buys(shop, phone=None, shopper=shop.shopper(token=token))
        await postman.works()
        assert (await says(wantsSms=True))["customer"] == {"phone": PHONE, "wantsSms": True}
        told = await buys(shop, phone=None, shopper=shop.shopper(token=token))
        elsewhere = await buys(shop, phone="+4915112345679", shopper=shop.shopper(token=token))
        await postman.works()
    assert [len(await texts(shop, each)) for each in (quiet, told, elsewhere)] == [0, 1, 1]
    assert [(await texts(shop, each))[0][1] for each in (told, elsewhere)] == [PHONE, "+4915112345679"]
    assert (await says(phone=""))["customer"] == {"phone": None, "wantsSms": False}


async def test_a_text_has_its_own_words_and_its_parts_are_counted(fresh_shop: Shop) -> None:
    token = await a_staff_token(fresh_shop, *Permission)
    sample = (await fresh_shop.data(PREVIEW, {"kind": "ORDER_CONFIRMED"}, token=token))["messageTemplatePreview"]
    text = "Vitrine: Vielen Dank! Wir haben Ihre Bestellung 1001 über 94,90 € erhalten."
    assert sample == {
        "subject": "", "text": text, "html": "", "segments": {"encoding": "GSM_7", "units": len(text) + 1, "count": 1},
    }  # fmt: skip
    said = {"kind": "ORDER_CONFIRMED", "language": "en", "medium": "SMS", "version": 0}
    words = {"body": "Спасибо, {{ name }}! {{ link }} " + "x" * 40}
    changed = (await fresh_shop.data(UPDATE, {"input": {**said, **words}}, token=token))["messageTemplateUpdate"]
    assert changed["userErrors"] == []
    assert changed["messageTemplate"]["isChanged"]
    order = await buys(fresh_shop)
    shown = await fresh_shop.data(PREVIEW, {"kind": "ORDER_CONFIRMED", "orderId": order["id"]}, token=token)
    async with a_postman(fresh_shop) as postman:
        postman.tools = replace(postman.tools, seal=fresh_shop.api.supplies.ports().seal)
        postman.tools = replace(postman.tools, addresses=replace(postman.tools.addresses, storefront_url=""))
        await postman.works()
    [(_, _, sent)] = await texts(fresh_shop, order)
    assert sent == shown["messageTemplatePreview"]["text"] == "Спасибо, Ada Lovelace! " + "x" * 40
    assert shown["messageTemplatePreview"]["segments"] == {"encoding": "UCS_2", "units": 63, "count": 1}

    for wrong, path in (
        ({"body": "x", "subject": "x"}, ["input", "subject"]),
        ({"body": "x" * 481}, ["input", "body"]),
        ({"body": "{{ password }}"}, ["input", "body"]),
        ({"body": "x", "kind": "WELCOME"}, ["input", "medium"]),
    ):
        refused = (await fresh_shop.data(UPDATE, {"input": {**said, "version": 1, **wrong}}, token=token))[
            "messageTemplateUpdate"
        ]
        assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [("INVALID", path)]
    listing = '{ messageTemplates(medium: SMS, language: "en") { kind } }'
    shown = await fresh_shop.data(listing, token=token)
    assert {each["kind"] for each in shown["messageTemplates"]} == {kind.value for kind in SMS_KINDS}

    test = {name: said[name] for name in ("kind", "language", "medium")}
    nowhere = (await fresh_shop.data(TEST_SEND, {"input": test}, token=token))["messageTemplateTestSend"]
    assert nowhere["userErrors"][0]["path"] == ["input", "phone"]
    letter = {**test, "medium": "EMAIL", "phone": TYPED}
    refused = (await fresh_shop.data(TEST_SEND, {"input": letter}, token=token))["messageTemplateTestSend"]
    assert refused["userErrors"][0]["path"] == ["input", "phone"]
    once = [
        (await fresh_shop.data(TEST_SEND, {"input": {**test, "phone": TYPED}}, token=token, key="t"))["messageTemplateTestSend"]
        for _ in range(2)
    ]
    assert once[0] == once[1]
    assert (once[0]["notice"]["medium"], once[0]["notice"]["recipient"]) == ("SMS", PHONE)
    assert await fresh_shop.rows.fetchval("SELECT count(*) FROM notice WHERE cause LIKE 'test:%'") == 1
