"""The report over payments is the ledger, summed: nothing more, nothing less, and of one's own channels only."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.money import Currency, minor_digits
from domain.payments.model import ACCOUNTS, TransferKind
from domain.viewer import Permission
from tests.makers.people import a_staff_token
from tests.payments.till import REFUND, Till, raw_id

SUMS = ("authorized", "released", "captured", "refunded", "cameBack", "fees", "disputed", "lost", "net")
REPORT = f"""query($groupBy: PaymentReportGroup!, $since: DateTime!, $until: DateTime!, $channel: String) {{
    paymentReport(groupBy: $groupBy, since: $since, until: $until, channel: $channel) {{
        key transfers {" ".join(f"{each} {{ amount currency }}" for each in SUMS)} }} }}"""
ADD = """INSERT INTO ledger_entry (transfer, order_id, payment_id, kind, account, currency, amount, created_at)
    SELECT t.id, $1, $2, $3, s.account, $6, s.sign * $7, $8 FROM (SELECT gen_random_uuid() AS id) t,
        (VALUES ($4, 1), ($5, -1)) AS s (account, sign)"""
ENTRIES = """SELECT p.provider AS "PROVIDER", to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS "DAY", e.currency AS "CURRENCY",
        coalesce(p.method ->> 'brand', '') AS "METHOD", c.slug AS "CHANNEL", e.transfer, e.kind, e.account, e.currency, e.amount
    FROM ledger_entry e JOIN payment p ON p.id = e.payment_id JOIN orders o ON o.id = e.order_id JOIN channel c ON c.id = o.channel_id"""
TELLS = {
    ("AUTHORIZATION", "AUTHORIZED"): "authorized",
    ("RELEASE", "RECEIVABLE"): "released",
    ("CAPTURE", "PROVIDER"): "captured",
    ("REFUND", "CUSTOMER"): "refunded",
    ("REFUND_FAILED", "PROVIDER"): "cameBack",
}
OF_ACCOUNTS = {"FEES": "fees", "DISPUTED": "disputed", "LOST": "lost", "PROVIDER": "net"}


@pytest.fixture
async def staff(fresh_till: Till) -> str:
    return await a_staff_token(fresh_till.shop, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS)


async def _reported(till: Till, token: str, group: str, **said: Any) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    span = {"since": (now - timedelta(days=365)).isoformat(), "until": (now + timedelta(hours=1)).isoformat()}
    rows: list[dict[str, Any]] = (await till.shop.data(REPORT, {"groupBy": group, **span, **said}, token=token))[
        "paymentReport"
    ]
    return rows


async def _traded(till: Till, staff: str) -> None:
    """Orders that were paid, given back in part, disputed and lost, declined; and something of every other kind, in two currencies."""
    orders = [await till.order() for _ in range(4)]
    methods = ("tok_success", "tok_success", "tok_dispute_lost:100ms", "tok_decline")
    payments = await asyncio.gather(*(till.paid(order, method) for order, method in zip(orders, methods, strict=True)))
    back = {"input": {"paymentId": payments[0]["id"], "amount": "3.21", "reason": "Torn."}}
    await till.shop.data(REFUND, back, token=staff, key="back")
    await till.told_of(payments[2], 4)
    await till.settled_orders(*orders[:3])
    for place, kind in enumerate(TransferKind):
        at = datetime.now(UTC) - timedelta(days=place % 3)
        order, payment = raw_id(orders[1]["id"]), raw_id(payments[1]["id"])
        currency = "USD" if place % 2 else "EUR"
        await till.shop.rows.execute(ADD, order, payment, kind.value, *ACCOUNTS[kind], currency, 100 + place, at)


async def _ledger(till: Till, group: str) -> dict[tuple[str, str], Counter[str]]:
    """The ledger's entries, summed here."""
    sums: dict[tuple[str, str], Counter[str]] = {}
    transfers: dict[tuple[str, str], set[object]] = {}
    for entry in await till.shop.rows.fetch(ENTRIES):
        key = (entry[group], entry["currency"])
        found = sums.setdefault(key, Counter())
        transfers.setdefault(key, set()).add(entry["transfer"])
        for name in (TELLS.get((entry["kind"], entry["account"])), OF_ACCOUNTS.get(entry["account"])):
            if name is not None:
                found[name] += entry["amount"]
    for key, found in sums.items():
        found["transfers"] = len(transfers[key])
    return sums


def _minor(amount: dict[str, str]) -> int:
    return int(Decimal(amount["amount"]).scaleb(minor_digits(Currency(amount["currency"]))))


async def test_the_report_is_the_ledger_summed_whatever_it_is_told_apart_by(fresh_till: Till, staff: str) -> None:
    await _traded(fresh_till, staff)
    for group in ("PROVIDER", "DAY", "CURRENCY", "METHOD", "CHANNEL"):
        rows, expected = await _reported(fresh_till, staff, group), await _ledger(fresh_till, group)
        assert [(row["key"], row["net"]["currency"]) for row in rows] == sorted(expected)
        for row in rows:
            seen = {name: _minor(row[name]) for name in SUMS}
            wanted = expected[row["key"], row["net"]["currency"]]
            assert {**seen, "transfers": row["transfers"]} == {name: wanted[name] for name in (*SUMS, "transfers")}, group
            gone = seen["refunded"] - seen["cameBack"] + seen["fees"] + seen["disputed"] + seen["lost"]
            assert seen["net"] == seen["captured"] - gone
    assert {row["net"]["currency"] for row in await _reported(fresh_till, staff, "DAY")} == {"EUR", "USD"}


async def test_a_report_is_of_its_time_and_of_ones_own_channels(fresh_till: Till, staff: str) -> None:
    till = fresh_till
    payment = await till.paid(await till.order())
    at = await till.shop.rows.fetchval("SELECT max(created_at) FROM ledger_entry WHERE payment_id = $1", raw_id(payment["id"]))
    until, later = at.isoformat(), (at + timedelta(seconds=1)).isoformat()
    assert len(await _reported(till, staff, "CURRENCY", until=later)) == 1
    assert await _reported(till, staff, "CURRENCY", since=until, until=later) != []
    assert await _reported(till, staff, "CURRENCY", since=later) == []
    assert await _reported(till, staff, "CURRENCY", channel="elsewhere") == []
    here = await till.shop.rows.fetchrow("SELECT channel_id, slug FROM orders JOIN channel ON channel.id = channel_id LIMIT 1")
    assert here is not None
    inside = await a_staff_token(till.shop, Permission.READ_PAYMENTS, channels=[here["channel_id"]])
    outside = await a_staff_token(till.shop, Permission.READ_PAYMENTS, channels=[])
    assert await _reported(till, inside, "CHANNEL") == await _reported(till, staff, "CHANNEL", channel=here["slug"])
    assert await _reported(till, outside, "CHANNEL") == await _reported(till, outside, "CHANNEL", channel=here["slug"]) == []


async def test_a_report_that_reaches_too_far_or_backwards_is_refused(till: Till) -> None:
    token = await a_staff_token(till.shop, Permission.READ_PAYMENTS)
    now = datetime.now(UTC)
    for since in (now, now + timedelta(days=1), now - timedelta(days=367)):
        asked = {"groupBy": "DAY", "since": since.isoformat(), "until": now.isoformat()}
        answer = await till.shop.ask(REPORT, asked, token=token)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
