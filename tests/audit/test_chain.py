"""The chain of the record: sealed by one at a time, and tampering found wherever it is done."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from domain.audit.actions import seal
from domain.viewer import Permission
from persistence.audit.verify import Verdict, verify
from persistence.engine import Database, DatabaseSettings
from persistence.unit import Transactions
from tests.makers.people import a_staff_token
from tests.platform.conftest import ROOT
from tests.shop import Shop

CREATE = """mutation($input: ProductCreateInput!) { productCreate(input: $input) { userErrors { code } } }"""
OFF = "SET session_replication_role = replica; "


async def sealed(shop: Shop) -> Verdict:
    """Seals all that waits; what the chain is like then."""
    url = shop.api.settings.database_url
    assert url is not None
    transact = Transactions(shop.api.database, published=lambda _topics: None)
    while await transact(seal) is not None:
        pass
    return await verify(url)


async def a_chain(shop: Shop, length: int) -> Verdict:
    staff = await a_staff_token(shop, Permission.MANAGE_CATALOG)
    for number in range(length):
        await shop.data(CREATE, {"input": {"name": f"Chair {number}"}}, token=staff)
    return await sealed(shop)


async def test_what_was_recorded_is_sealed_in_a_row_and_verified(fresh_shop: Shop) -> None:
    verdict = await a_chain(fresh_shop, 4)
    assert (verdict.sealed, verdict.waiting, verdict.breaks) == (4, 0, [])
    again = await sealed(fresh_shop)
    assert again.head == verdict.head, "sealing nothing moves nothing"
    assert [row[0] for row in await fresh_shop.rows.fetch("SELECT seq FROM audit_entry ORDER BY seq")] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE audit_entry SET actor = 'staff:other' WHERE seq = 2", "entry 2 ("),
        ("UPDATE audit_entry SET said = '{}' WHERE seq = 3", "entry 3 ("),
        ("UPDATE audit_entry SET at = at - interval '1 day' WHERE seq = 1", "entry 1 ("),
        (
            """UPDATE audit_change SET after = jsonb_set(after, '{status}', '"ACTIVE"') WHERE table_name = 'product' AND entry_id =
            (SELECT id FROM audit_entry WHERE seq = 2)""",
            "entry 2 (",
        ),
        ("DELETE FROM audit_change WHERE entry_id = (SELECT id FROM audit_entry WHERE seq = 4)", "entry 4 ("),
        ("DELETE FROM audit_entry WHERE seq = 2", "missing before entry 3: 2"),
        ("DELETE FROM audit_entry WHERE seq = 4", "the chain ends at 3"),
        ("UPDATE audit_entry SET seq = CASE seq WHEN 2 THEN 30 WHEN 3 THEN 2 END WHERE seq IN (2, 3)", "entry 2 ("),
        ("UPDATE audit_head SET hash = decode(repeat('ab', 32), 'hex')", "the chain ends at 4"),
    ],
)
async def test_tampering_by_who_commands_the_database_is_found(fresh_shop: Shop, tampering: str, told: str) -> None:
    assert (await a_chain(fresh_shop, 4)).breaks == []
    async with fresh_shop.rows.acquire() as connection:
        await connection.execute(OFF + tampering + "; SET session_replication_role = DEFAULT")
    found = (await sealed(fresh_shop)).breaks
    assert any(each.startswith(told) for each in found), found


async def test_forgetting_an_address_breaks_nothing(fresh_shop: Shop) -> None:
    await a_chain(fresh_shop, 2)
    await fresh_shop.rows.execute("UPDATE audit_entry SET address = NULL")
    assert (await sealed(fresh_shop)).breaks == []


async def test_several_who_seal_at_once_make_one_chain(fresh_shop: Shop) -> None:
    staff = await a_staff_token(fresh_shop, Permission.MANAGE_CATALOG)
    await asyncio.gather(*(fresh_shop.data(CREATE, {"input": {"name": f"Chair {number}"}}, token=staff) for number in range(6)))
    transact = Transactions(fresh_shop.api.database, published=lambda _topics: None)
    await asyncio.gather(*(transact(seal) for _ in range(4)))
    verdict = await sealed(fresh_shop)
    assert (verdict.sealed, verdict.breaks) == (6, [])


async def test_the_command_tells_a_broken_chain_by_its_exit_code(fresh_shop: Shop) -> None:
    await a_chain(fresh_shop, 2)
    url = fresh_shop.api.settings.database_url
    assert url is not None

    async def command() -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, str(ROOT / "server.py"), "verify-audit"],
            check=False,
            capture_output=True,
            text=True,
            env={
                "PATH": "/usr/bin:/bin",
                "DATABASE_URL": url,
                "REDIS_URL": fresh_shop.api.settings.redis_url or "",
                "HOME": "/nonexistent",
            },
            timeout=60,
        )

    good = await command()
    assert (good.returncode, good.stderr.split(".")[0]) == (0, "2 entries sealed, 0 waiting")
    async with fresh_shop.rows.acquire() as connection:
        await connection.execute(
            OFF + "UPDATE audit_entry SET actor = 'x' WHERE seq = 1; SET session_replication_role = DEFAULT"
        )
    bad = await command()
    assert bad.returncode == 1
    assert bad.stderr.startswith("entry 1 (")


async def test_an_entry_that_nobody_seals_for_long_is_told(fresh_shop: Shop, fresh_database_url: str) -> None:
    await a_chain(fresh_shop, 1)
    await fresh_shop.rows.execute(
        "INSERT INTO audit_entry (id, at, actor, action, step)"
        " VALUES (gen_random_uuid(), now() - interval '1 hour', 'guest', 'refundCreate', 'x')"
    )
    database = Database(DatabaseSettings(url=fresh_database_url))
    del database
    assert [each.split(" ")[0] for each in (await verify(fresh_database_url)).breaks] == ["1"]
