"""Providers' statements: each line is what it is, fees are booked once, and what is missing on either side is told."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.payments import statement_files
from domain.payments.statements import LineKind
from domain.viewer import Permission
from tests.makers.people import a_staff_token
from tests.payments.till import Till

ASKED = """settlement { id rows unmatched outcomes { outcome total }
    openLines { line outcome reference detail payment { id } } }"""
HEAD = "id,type,reference,amount,fee,currency,date\n"


@pytest.fixture
async def staff(fresh_till: Till) -> str:
    return await a_staff_token(fresh_till.shop, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS)


async def _imports(till: Till, staff: str, content: str, *, name: str = "march.csv") -> dict[str, Any]:
    said = {"provider": "sandbox", "fileName": name, "content": content}
    return await till.does("settlementImport", said, ASKED, token=staff)


async def _reference(till: Till, payment: dict[str, Any]) -> str:
    return str((await till.snapshot(payment))["id"])


async def test_lines_are_matched_fees_booked_and_the_rest_told(fresh_till: Till, staff: str) -> None:
    till = fresh_till
    orders = [await till.order() for _ in range(4)]
    payments = [await till.paid(order) for order in orders]
    await till.settled_orders(*orders)
    good, other, forgotten, partly = [await _reference(till, payment) for payment in payments]
    now = datetime.now(UTC)
    first, last = (now - timedelta(hours=1)).isoformat(), (now + timedelta(hours=1)).isoformat()
    content = HEAD + (
        f"l1,charge,{good},24.89,0.61,EUR,{first}\n"
        f"l2,charge,{other},24.88,0,EUR,{first}\n"
        f"l3,charge,sp_nobody,5.00,0,EUR,{first}\n"
        f"l4,payout,,-100.00,0,EUR,{first}\n"
        f"l5,refund,{partly},3.00,0,EUR,{last}\n"
    )
    payload = await _imports(till, staff, content)
    assert payload["userErrors"] == []
    found = {each["outcome"]: each["total"] for each in payload["settlement"]["outcomes"]}
    # The charge of the fourth is missing too: only a refund of it was told, which is not in our books.
    assert found == {"FEE_BOOKED": 1, "DIFFERENT": 2, "UNKNOWN": 1, "IGNORED": 1, "MISSING": 2}
    missing = [each for each in payload["settlement"]["openLines"] if each["outcome"] == "MISSING"]
    assert [each["reference"] for each in missing] == [forgotten, partly]
    assert (await till.moved(orders[0]))["FEES"] == 61
    fee = "query($id: ID!) { node(id: $id) { ... on Payment { fee { amount currency } } } }"
    reader = await a_staff_token(till.shop, Permission.READ_ORDERS, Permission.READ_PAYMENTS)
    shown = (await till.shop.data(fee, {"id": payments[0]["id"]}, token=reader))["node"]["fee"]
    assert shown == {"amount": "0.61", "currency": "EUR"}
    await till.works()
    assert await till.judged() == []
    again = await _imports(till, staff, content, name="the same.csv")
    assert again["userErrors"] == [{"code": "ALREADY_IMPORTED", "path": ["input", "content"]}]
    renewed = await _imports(till, staff, content + f"l6,charge,{forgotten},24.89,0.50,EUR,{last}\n")
    found = {each["outcome"]: each["total"] for each in renewed["settlement"]["outcomes"]}
    assert found == {"REPEATED": 5, "FEE_BOOKED": 1}
    assert (await till.moved(orders[0]))["FEES"] == 61
    assert await till.judged() == []


async def test_a_charge_told_twice_under_two_names_matches_once(fresh_till: Till, staff: str) -> None:
    order = await fresh_till.order()
    payment = await fresh_till.paid(order)
    reference = await _reference(fresh_till, payment)
    twice = HEAD + "".join(f"{key},charge,{reference},24.89,0,EUR,\n" for key in ("a", "b"))
    payload = await _imports(fresh_till, staff, twice)
    assert {each["outcome"]: each["total"] for each in payload["settlement"]["outcomes"]} == {"MATCHED": 1, "DIFFERENT": 1}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "a,b\n1,2\n",
        HEAD + "l1,charge,x,much,0,EUR,\n",
        HEAD + "l1,charge,x,1.001,0,EUR,\n",
        HEAD + "l1,charge,x,1,0,Euro,\n",
    ],
)
async def test_what_is_no_statement_is_refused_and_leaves_nothing(fresh_till: Till, staff: str, content: str) -> None:
    refused = await _imports(fresh_till, staff, content)
    assert refused["userErrors"] == [{"code": "INVALID", "path": ["input", "content"]}]
    assert await fresh_till.shop.rows.fetchval("SELECT count(*) FROM settlement") == 0


def test_each_providers_own_report_is_read() -> None:
    stripe = (
        "balance_transaction_id,created_utc,reporting_category,gross,fee,net,currency,payment_intent_id\n"
        "txn_1,2026-03-01 10:00:00,charge,20.00,0.88,19.12,eur,pi_1\n"
        "txn_2,2026-03-01 11:00:00,payout,-19.12,0.00,-19.12,eur,\n"
    )
    charge, payout = statement_files.read("stripe", stripe)
    assert (charge.kind, charge.reference, charge.amount.minor, charge.fee.minor) == (LineKind.CHARGE, "pi_1", 2000, 88)
    assert (payout.kind, payout.amount.minor) == (LineKind.OTHER, 1912)
    paypal = (
        '\ufeff"Date","Type","Currency","Gross","Fee","Transaction ID"\n'
        '"03/01/2026","Express Checkout Payment","JPY","1,500","-90","9AB"\n'
    )
    [paid] = statement_files.read("paypal", paypal)
    assert (paid.kind, paid.reference, paid.amount.minor, paid.fee.minor) == (LineKind.CHARGE, "9AB", 1500, 90)
    chapa = (
        "Reference;Tx Ref;Status;Amount;Charge;Currency;Created At\nAPx;att-1;success;100.00;3.50;ETB;2026-03-01T09:00:00Z\n"
    )
    [birr] = statement_files.read("chapa", chapa)
    assert (birr.reference, birr.amount.minor, birr.fee.minor, birr.amount.currency) == ("att-1", 10000, 350, "ETB")
    square = "Date,Event Type,Payment ID,Transaction ID,Total Collected,Fees\n2026-03-01,Payment,pay_1,tr_1,$12.34,($0.66)\n"
    [dollars] = statement_files.read("square", square)
    assert (dollars.reference, dollars.amount.minor, dollars.fee.minor, dollars.amount.currency) == ("pay_1", 1234, 66, "USD")


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    for provider in ("stripe", "paypal", "square", "chapa", "other"):
        with contextlib.suppress(statement_files.BadStatement):
            statement_files.read(provider, text)
