"""The demo shop: filled once, the same every time, and never into a shop that is somebody's own."""

from __future__ import annotations

import asyncpg

from gateways.identity.passwords import Argon2Hasher
from persistence.seed import DEMO_LOGINS, SeedReport, seed
from tests.conftest import NOW, Clone

FACTS = """SELECT
  (SELECT count(*) FROM product WHERE status = 'ACTIVE'), (SELECT count(*) FROM variant), (SELECT max(depth) FROM category_closure),
  (SELECT count(*) FROM product_collection) > 50, (SELECT count(DISTINCT warehouse_id) FROM stock WHERE on_hand > 0),
  (SELECT array_agg(DISTINCT currency ORDER BY currency) FROM price), (SELECT count(*) FROM coupon),
  (SELECT count(*) FROM stock s WHERE on_hand <> (SELECT coalesce(sum(delta), 0) FROM stock_movement m
     WHERE (m.variant_id, m.warehouse_id) = (s.variant_id, s.warehouse_id))),
  (SELECT md5(string_agg(p.sku || x.channel_id || x.currency || x.amount, ',' ORDER BY p.sku, x.channel_id, x.currency))
     FROM price x JOIN variant p ON p.id = x.variant_id)"""


async def seeded(url: str, hasher: Argon2Hasher, *, size: int = 120) -> SeedReport:
    told: list[str] = []
    report = await seed(url, hash_password=hasher.hashed, now=NOW, progress=told.append, size=size)
    assert bool(told) == report.is_new
    return report


async def test_the_demo_shop_is_filled_once_and_the_same_every_time(clone: Clone, hasher: Argon2Hasher) -> None:
    facts = []
    for url in (await clone(), await clone()):
        report = await seeded(url, hasher)
        assert (report.is_new, report.products) == (True, 145)
        connection = await asyncpg.connect(url)
        try:
            before = tuple(await connection.fetchrow(FACTS) or ())
            assert await seeded(url, hasher) == SeedReport(is_new=False, products=145)
            assert tuple(await connection.fetchrow(FACTS) or ()) == before
            logins = await connection.fetch("SELECT email, password_hash FROM account ORDER BY email DESC")
        finally:
            await connection.close()
        for login in DEMO_LOGINS:
            kept = next(row["password_hash"] for row in logins if row["email"] == login.email)
            assert (await hasher.verified(login.password, kept)).is_right
        facts.append(before)
    assert facts[0] == facts[1]
    assert facts[0][:1] + facts[0][2:8] == (145, 2, True, 2, ["EUR", "JPY", "USD"], 4, 0)


async def test_a_seeding_cut_short_is_finished_by_the_next(clone: Clone, hasher: Argon2Hasher) -> None:
    url = await clone()
    await seeded(url, hasher, size=10)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("UPDATE shop SET seeded_at = NULL")
        report = await seeded(url, hasher, size=10)
        assert (report.is_new, report.products) == (True, 35)
        assert await connection.fetchval("SELECT count(*) FROM product") == 35
    finally:
        await connection.close()


async def test_a_shop_of_ones_own_is_left_alone(clone: Clone, hasher: Argon2Hasher) -> None:
    url = await clone()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO channel (id, slug, name, currency, currencies, country, language, prices_include_tax, is_default, "
            "is_active) VALUES (gen_random_uuid(), 'mine', 'Mine', 'EUR', '{EUR}', 'DE', 'en', true, true, true)"
        )
        assert await seeded(url, hasher) == SeedReport(is_new=False, products=0)
        assert await connection.fetchval("SELECT count(*) FROM account") == 0
    finally:
        await connection.close()
