"""Invoices: one an order, numbers without gaps, taken back by credit notes, readable by who may, and never changed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import asyncpg
import pytest

from domain.viewer import Permission
from supplies import invoice_links
from tests.invoices.conftest import CREATE, OF_ORDER, Office, uuid_of
from tests.makers.people import a_customer_token, a_staff_token


async def test_an_invoice_says_what_the_order_came_to_and_a_second_one_is_the_first(office: Office) -> None:
    await office.settles()
    order = await office.order(price=1999, quantity=2)
    first = await office.writes(order)
    assert first["userErrors"] == []
    assert {**first["invoice"], "id": ""} == {
        "id": "",
        "kind": "INVOICE",
        "label": "R-000001",
        "total": {"amount": "44.88"},
        "tax": {"amount": "7.16"},
        "url": None,
    }
    assert (await office.writes(order))["invoice"] == first["invoice"]
    assert await office.shop.rows.fetchval("SELECT count(*) FROM invoice") == 1


async def test_of_many_at_once_every_number_is_drawn_once_and_none_is_left_out(office: Office) -> None:
    await office.settles()
    orders = [await office.order() for _ in range(20)]
    for some in (orders[:10], orders[10:]):
        await asyncio.gather(*(office.writes(order) for order in [*some, *some[:3]]))
    numbers = await office.shop.rows.fetch("SELECT number FROM invoice ORDER BY number")
    assert [row["number"] for row in numbers] == list(range(1, 21))


async def test_a_transaction_that_fails_gives_its_number_back(office: Office) -> None:
    await office.settles()
    kept, lost = await office.order(), await office.order()
    await office.shop.rows.execute("ALTER TABLE invoice ADD CONSTRAINT no_second CHECK (number <> 1) NOT VALID")
    refused = await office.shop.ask(CREATE, {"id": lost["id"]}, token=office.token)
    assert "errors" in refused
    await office.shop.rows.execute("ALTER TABLE invoice DROP CONSTRAINT no_second")
    assert (await office.writes(kept))["invoice"]["label"] == "R-000001"


async def test_a_paid_order_gets_its_invoice_by_itself_and_a_refund_its_credit_note_once(office: Office) -> None:
    await office.settles()
    order = await office.order(price=10_000)
    assert await office.worker_hears_of_money(order) is None, "nothing is paid yet"
    payment = await office.paid(order, 10_000)
    issued = [await office.worker_hears_of_money(order) for _ in range(2)]
    assert issued[0] is not None
    assert issued[0] == issued[1]
    refund = await office.refunded(order, payment, 2_000)
    credited = [await office.worker_hears_of_refund(refund) for _ in range(2)]
    assert credited[0] == credited[1]
    assert [(each["label"], each["total"]["amount"], each["tax"]["amount"]) for each in await office.papers(order)] == [
        ("R-000001", "100.00", "15.97"),
        ("G-000001", "20.00", "3.19"),
    ]


async def test_what_went_back_without_an_invoice_or_did_not_go_back_gets_no_credit_note(office: Office) -> None:
    await office.settles(isAutomatic=False)
    order = await office.order(price=10_000)
    payment = await office.paid(order, 10_000)
    assert await office.worker_hears_of_money(order) is None
    assert await office.worker_hears_of_refund(await office.refunded(order, payment, 500)) is None
    await office.writes(order)
    assert await office.worker_hears_of_refund(await office.refunded(order, payment, 500, state="PENDING")) is None
    assert len(await office.papers(order)) == 1


async def test_what_is_given_back_in_place_of_a_refund_that_came_back_is_credited_only_beyond_it(office: Office) -> None:
    await office.settles()
    order = await office.order(price=10_000)
    payment = await office.paid(order, 10_000)
    await office.worker_hears_of_money(order)
    lost = await office.refunded(order, payment, 8_000)
    assert await office.worker_hears_of_refund(lost) is not None
    await office.shop.rows.execute("UPDATE refund SET state = 'FAILED' WHERE id = $1", lost)
    assert await office.worker_hears_of_refund(await office.refunded(order, payment, 7_000)) is None
    assert await office.worker_hears_of_refund(await office.refunded(order, payment, 3_000)) is not None
    assert [each["total"]["amount"] for each in await office.papers(order)] == ["100.00", "80.00", "20.00"]


async def test_what_went_back_for_an_edit_is_not_credited_again_in_place_of_a_refund_that_came_back(office: Office) -> None:
    await office.settles()
    order = await office.order(price=10_000)
    payment = await office.paid(order, 10_000)
    await office.worker_hears_of_money(order)
    await office.shop.rows.execute("UPDATE orders SET edited_back = 3000 WHERE id = $1", uuid_of(order["id"]))
    assert await office.worker_hears_of_refund(await office.refunded(order, payment, 3_000)) is None
    lost = await office.refunded(order, payment, 2_000)
    assert await office.worker_hears_of_refund(lost) is not None
    await office.shop.rows.execute("UPDATE refund SET state = 'FAILED' WHERE id = $1", lost)
    assert await office.worker_hears_of_refund(await office.refunded(order, payment, 2_000)) is None
    assert await office.worker_hears_of_refund(await office.refunded(order, payment, 1_000)) is not None
    assert [each["total"]["amount"] for each in await office.papers(order)] == ["100.00", "20.00", "10.00"]


async def test_the_printed_paper_is_had_by_its_link_for_an_hour_and_by_no_other(office: Office) -> None:
    await office.settles()
    order = await office.order()
    invoice = (await office.writes(order))["invoice"]
    assert await office.prints() == 1
    [shown] = await office.papers(order)
    path = urlsplit(shown["url"]).path
    got = await office.shop.client.get(path)
    assert got.status_code == 200
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["cache-control"] == "private, no-store"
    assert got.content.startswith(b"%PDF-")
    links = invoice_links(office.shop.api.settings)
    late = links.make(uuid_of(invoice["id"]), now=datetime.now(UTC) - timedelta(minutes=61))
    for wrong in (late, path.removeprefix("/invoices/").removesuffix(".pdf")[:-8], "nonsense", invoice["id"]):
        refused = await office.shop.client.get(f"/invoices/{wrong}.pdf")
        assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (404, "NOT_FOUND")


async def test_what_an_invoice_says_cannot_be_changed_by_anybody(office: Office) -> None:
    await office.settles()
    await office.writes(await office.order())
    await office.prints()
    for change in (
        "UPDATE invoice SET total = 0",
        "DELETE FROM invoice",
        "UPDATE invoice_print SET content = ''",
        "TRUNCATE invoice_print",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await office.shop.rows.execute(change)
    await office.settles(seller=["Somebody else"])
    facts = await office.shop.rows.fetchval("SELECT facts->'seller'->>0 FROM invoice")
    assert facts == "Vitrine GmbH"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"seller": []}, "seller"),
        ({"seller": ["a"] * 9}, "seller"),
        ({"seller": [" "]}, "seller"),
        ({"taxId": "x" * 501}, "taxId"),
        ({"invoicePrefix": "x" * 21}, "invoicePrefix"),
        ({"invoicePrefix": "A-", "creditNotePrefix": "A-"}, "creditNotePrefix"),
    ],
)
async def test_settings_that_cannot_be_are_refused_with_their_place(
    office: Office, said: dict[str, object], field: str
) -> None:
    refused = await office.settles(**said)
    assert refused["invoiceSettings"] is None
    assert refused["userErrors"] == [{"code": "INVALID", "path": ["input", field]}]


async def test_without_a_seller_there_is_no_invoice(office: Office) -> None:
    refused = await office.writes(await office.order())
    assert refused["userErrors"] == [{"code": "INVOICE_SETTINGS_MISSING", "path": ["input", "orderId"]}]


async def test_nobody_reads_or_writes_the_invoices_of_others(office: Office) -> None:
    await office.settles()
    order = await office.order()
    invoice = (await office.writes(order))["invoice"]
    stranger = await a_customer_token(office.shop)
    node = await office.shop.data("query($id: ID!) { node(id: $id) { id } }", {"id": invoice["id"]}, token=stranger)
    assert node["node"] is None
    clerk = await a_staff_token(office.shop, Permission.READ_ORDERS)
    refused = await office.shop.ask(CREATE, {"id": order["id"]}, token=clerk)
    assert refused["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    assert (await office.shop.data(OF_ORDER, {"token": "x" * 43}))["orderByToken"] is None
