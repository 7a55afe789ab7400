"""Secrets that people hold are found nowhere but where they belong: not in logs, database, Redis, metrics, nor in others' mail."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis.asyncio
import structlog

from domain.viewer import Permission
from tests.access.mailed import deed, logs_in, resets
from tests.makers.mail import Postman, a_postman, secret_of
from tests.makers.people import PASSWORD, a_staff_token
from tests.shop import Shop

CANARIES = {
    "wrong": "canary wrong velvet anvil",
    "new": "canary fresh copper lantern",
    "reset": "canary reset marble thistle",
}


@pytest.fixture
async def post(fresh_shop: Shop) -> AsyncIterator[Postman]:
    async with a_postman(fresh_shop) as postman:
        yield postman


async def lives_dangerously(post: Postman, secrets: dict[str, str]) -> None:
    """Uses every secret there is, rightly and wrongly, noting each that the shop has given out."""
    shop = post.shop
    email = await post.newcomer()
    await post.works()
    await logs_in(shop, email, secrets["wrong"])
    tokens = await logs_in(shop, email)
    secrets |= {"access": tokens["accessToken"], "refresh": tokens["refreshToken"]}
    refreshed = await deed(shop, "tokenRefresh", "accessToken refreshToken", refreshToken=tokens["refreshToken"])
    secrets |= {"access 2": refreshed["accessToken"], "refresh 2": refreshed["refreshToken"]}
    await deed(shop, "tokenRefresh", "accessToken", refreshToken="x" + secrets["refresh"][1:])
    await shop.ask("{ me { id } }", token=secrets["access"][:-4] + "AAAA")
    said: dict[str, Any] = {"currentPassword": PASSWORD, "newPassword": secrets["new"]}
    assert (await deed(shop, "passwordChange", "changedAt", token=secrets["access 2"], **said))["userErrors"] == []
    await deed(shop, "passwordResetRequest", "email", email=email)
    letter = [each for each in await post.letters(email) if "?token=" in each.text][-1]
    secrets["mailed"] = secret_of(letter)
    assert await resets(shop, secrets["mailed"], secrets["reset"]) == []
    assert len(await resets(shop, secrets["mailed"], secrets["reset"])) == 1
    staff = await a_staff_token(shop, Permission.READ_NOTICES, Permission.READ_AUDIT)
    await shop.data("{ messageDeliveries(first: 20) { nodes { bodyText } } auditLog { nodes { said } } }", token=staff)
    await shop.ask(f'{{ me {{ nothing(password: "{secrets["wrong"]}") }} }}')
    await post.works()


async def test_no_secret_is_found_where_it_does_not_belong(
    post: Postman, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = {**CANARIES, "first": PASSWORD}
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as entries:
        await lives_dangerously(post, secrets)
    told = str(entries) + caplog.text + (await post.shop.client.get("/metrics")).text
    for row in await post.shop.rows.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    ):
        told += str(await post.shop.rows.fetchval(f'SELECT string_agg(t::text, chr(10)) FROM "{row[0]}" t'))
    async with redis.asyncio.Redis.from_url(redis_url) as connection:
        async for key in connection.scan_iter(count=1_000):
            told += key.decode("latin-1") + (await connection.dump(key) or b"").decode("latin-1")
    told += "".join(each.text + each.html for each in post.pigeons.carried)
    assert len(told) > 10_000
    found = {name for name, secret in secrets.items() if secret in told}
    assert found == set()
    plain = {name for name, secret in secrets.items() if hashlib.sha256(secret.encode()).hexdigest() in told}
    assert plain <= {"refresh", "refresh 2", "mailed"}, "random secrets are kept as their hash, passwords are not"
