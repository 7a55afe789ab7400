"""The chain of the record: sealed by one at a time, and tampering found wherever it is done."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable

import pytest

from domain.audit.actions import seal
from domain.viewer import Permission
from gateways.settings import Settings
from persistence.audit.verify import Verdict, verdict, verify
from persistence.unit import Transactions
from tests.conftest import Clone
from tests.makers.people import a_staff_token
from tests.platform.conftest import ROOT
from tests.shop import Shop, open_shop

CREATE = """mutation($input: ProductCreateInput!) { productCreate(input: $input) { userErrors { code } } }"""


@pytest.fixture(scope="module")
async def chained(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Shop]:
    """A shop whose record has four sealed entries."""
    async with open_shop(settings_on(await clone())) as opened:
        staff = await a_staff_token(opened, Permission.MANAGE_CATALOG)
        for number in range(4):
            await opened.data(CREATE, {"input": {"name": f"Chair {number}"}}, token=staff)
        await seals(opened)
        yield opened


async def seals(shop: Shop) -> None:
    """Seals all that waits."""
    transact = Transactions(shop.api.database, published=lambda _topics: None)
    while await transact(seal) is not None:
        pass


def url_of(shop: Shop) -> str:
    url = shop.api.settings.database_url
    assert url is not None
    return url


async def tampered(shop: Shop, tampering: str) -> Verdict:
    """What the chain looks like after somebody who commands the database was at it; they are undone."""
    async with shop.api.database.writing() as connection:
        await connection.execute("BEGIN; SET LOCAL session_replication_role = replica")
        try:
            await connection.execute(tampering)
            return await verdict(connection)
        finally:
            await connection.execute("ROLLBACK")


async def test_what_was_recorded_is_sealed_in_a_row_and_verified(chained: Shop) -> None:
    found = await verify(url_of(chained))
    assert (found.sealed, found.waiting, found.breaks) == (4, 0, [])
    assert [row[0] for row in await chained.rows.fetch("SELECT seq FROM audit_entry ORDER BY seq")] == [1, 2, 3, 4]
    await seals(chained)
    assert (await verify(url_of(chained))).head == found.head, "sealing nothing moves nothing"


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
async def test_tampering_by_who_commands_the_database_is_found(chained: Shop, tampering: str, told: str) -> None:
    found = (await tampered(chained, tampering)).breaks
    assert any(each.startswith(told) for each in found), found


async def test_forgetting_an_address_breaks_nothing(chained: Shop) -> None:
    assert (await tampered(chained, "UPDATE audit_entry SET address = NULL")).breaks == []


async def test_an_entry_that_nobody_seals_for_long_is_told(chained: Shop) -> None:
    late = (
        "INSERT INTO audit_entry (id, at, actor, action, step)"
        " VALUES (gen_random_uuid(), now() - interval '1 hour', 'guest', 'refundCreate', 'x')"
    )
    assert [each.split(" ")[0] for each in (await tampered(chained, late)).breaks] == ["1"]


async def test_several_who_seal_at_once_make_one_chain(fresh_shop: Shop) -> None:
    staff = await a_staff_token(fresh_shop, Permission.MANAGE_CATALOG)
    await asyncio.gather(*(fresh_shop.data(CREATE, {"input": {"name": f"Chair {number}"}}, token=staff) for number in range(6)))
    transact = Transactions(fresh_shop.api.database, published=lambda _topics: None)
    await asyncio.gather(*(transact(seal) for _ in range(4)))
    found = await verify(url_of(fresh_shop))
    assert (found.sealed, found.breaks) == (6, [])


async def test_the_command_tells_a_broken_chain_by_its_exit_code(fresh_shop: Shop) -> None:
    staff = await a_staff_token(fresh_shop, Permission.MANAGE_CATALOG)
    await fresh_shop.data(CREATE, {"input": {"name": "Chair"}}, token=staff)
    await seals(fresh_shop)
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "DATABASE_URL": url_of(fresh_shop)}
    environment["REDIS_URL"] = fresh_shop.api.settings.redis_url or ""

    async def command() -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, str(ROOT / "server.py"), "verify-audit"],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
        )

    good = await command()
    assert (good.returncode, good.stderr.split(".")[0]) == (0, "1 entries sealed, 0 waiting")
    async with fresh_shop.rows.acquire() as connection:
        await connection.execute("SET session_replication_role = replica; UPDATE audit_entry SET actor = 'x'; RESET ALL")
    bad = await command()
    assert bad.returncode == 1
    assert bad.stderr.startswith("entry 1 (")
