"""What must be true after the crashes, by the database, the sandbox's own books and the mail that came."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx2

from schema.ids import parse_id
from tests.crashes.buyers import Buyer
from tests.crashes.ground import Ground
from tests.crashes.processes import ROOT
from tests.gateways.sandbox_process import API_KEY
from tests.workers.world import eventually

_LEFT = """SELECT (SELECT count(*) FROM outbox_event WHERE routed_at IS NULL),
    (SELECT count(*) FROM outbox_task WHERE done_at IS NULL), (SELECT count(*) FROM notice WHERE state <> 'SENT'),
    (SELECT count(*) FROM inbox WHERE state = 'PENDING'),
    (SELECT count(*) FROM payment WHERE state IN ('PENDING', 'REQUIRES_ACTION', 'AUTHORIZED'))"""
_GAPS = """SELECT o.id FROM orders o LEFT JOIN order_event e ON e.order_id = o.id
    GROUP BY o.id HAVING min(e.seq) IS DISTINCT FROM 1 OR max(e.seq) <> count(e.seq)"""


def raw(text: str) -> UUID:
    """The UUID behind a public id."""
    found = parse_id(text)
    assert found is not None, text
    return found[1]


async def everything_done(ground: Ground) -> None:
    """Waits until no fact, task, letter, notification or payment is left unfinished."""

    async def done() -> bool:
        return await ground.rows(_LEFT) == [(0, 0, 0, 0, 0)]

    await eventually(done, "everything done")


async def orders_hold(ground: Ground, buyers: Sequence[Buyer]) -> None:
    """Every acknowledged order is there, once, whole and paid, and nothing else is there."""
    known = {raw(each.order["id"]): each.order["number"] for each in buyers if each.order is not None}
    assert len(known) == len(buyers), "two buyers were told of one order, or one of none"
    kept = await ground.rows("SELECT id, cart_id, number, payment_status, captured = total FROM orders")
    assert {row[0]: row[2] for row in kept} == known
    assert max(Counter(row[1] for row in kept).values()) == 1, "two orders of one cart"
    assert len({row[2] for row in kept}) == len(kept), "two orders of one number"
    assert {row[3:] for row in kept} == {("PAID", True)}
    assert await ground.rows(_GAPS) == []
    once = "SELECT seq FROM order_event WHERE kind = $1 GROUP BY order_id, seq"
    assert len(await ground.rows(once, "PLACED")) == len(await ground.rows(once, "PAYMENT_CAPTURED")) == len(kept)
    sold = await ground.rows("SELECT sum(quantity) FROM order_line")
    assert await ground.rows("SELECT sum(reserved) FROM stock") == sold


async def books_agree(ground: Ground) -> None:
    """The sandbox took for each attempt what we think it took, and for no order twice."""
    theirs = {UUID(line["merchant_reference"]): line for line in await _ledger(ground)}
    ours = await ground.rows("SELECT id, order_id, captured, refunded, currency FROM payment")
    paid = {row[0]: row[2:] for row in ours if row[2]}
    taken = {key: (line["captured"], line["refunded"], line["currency"]) for key, line in theirs.items() if line["captured"]}
    assert taken == paid
    assert {line["charges"] for line in theirs.values() if line["captured"]} <= {1}
    assert all(count == 1 for count in Counter(row[1] for row in ours if row[2]).values()), "an order was paid twice"


async def invariants_hold(ground: Ground) -> None:
    """`check-invariants` finds nothing."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "server.py"), "check-invariants"),
        env={"DATABASE_URL": ground.database_url, "REDIS_URL": ground.redis_url, "VITRINE_DATA_DIR": str(ground.home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=ROOT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode(errors="replace")


def letters_came_once(ground: Ground, buyers: Sequence[Buyer], *, kills: int) -> None:
    """Every buyer got each letter; one that came twice came so under one Message-ID, and a kill explains it."""
    letters = Counter((str(each["To"]), str(each["Subject"]).split(" ")[0]) for each in ground.sink.taken)
    ids = {str(each["Message-ID"]): str(each["To"]) for each in ground.sink.taken}
    per_buyer = Counter(ids.values())
    assert letters, "no letter came"
    assert {each.email: 2 for each in buyers} == {each.email: per_buyer[each.email] for each in buyers}
    assert len(ground.sink.taken) - len(ids) <= kills * 4, "more letters came twice than a worker has threads"


async def _ledger(ground: Ground) -> list[dict[str, Any]]:
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.get(f"{ground.sandbox.url}/v1/ledger", headers={"authorization": f"Bearer {API_KEY}"})
    found: list[dict[str, Any]] = answer.json()["data"]
    return found
