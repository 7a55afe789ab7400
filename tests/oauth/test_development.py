"""Tokens for development: made by command, good in development, and refused by a shop in production."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.apps.model import Made
from domain.apps.rules import token_hash
from domain.viewer import App, Permission
from persistence.reader import Reader
from schema.apps.standings import AppStandings
from schema.transport.caller import Refused
from tests.shop import Shop
from upkeep import issue_token


@pytest.fixture
async def token(shop: Shop) -> str:
    assert shop.api.settings.database_url is not None
    made = await issue_token(shop.api.settings.database_url, scopes="orders:read stock:write", seconds=60)
    assert isinstance(made, Made), made
    return made.secret


async def _viewer(shop: Shop, token: str, *, takes_development: bool) -> App:
    digest = token_hash(token)
    assert digest is not None
    reader = Reader(shop.api.database)
    try:
        standings = AppStandings(kept_seconds=10, takes_development=takes_development)
        return await standings.viewer(digest, reader, datetime.now(UTC))
    finally:
        await reader.close()


async def test_a_token_for_development_does_what_its_scopes_say(shop: Shop, token: str) -> None:
    viewer = (await shop.data("{ viewer { kind permissions scopes } }", token=token))["viewer"]
    assert viewer == {
        "kind": "APP",
        "permissions": ["MANAGE_STOCK", "READ_ORDERS"],
        "scopes": ["orders:read", "stock:write"],
    }


async def test_production_takes_no_token_for_development(shop: Shop, token: str) -> None:
    assert (await _viewer(shop, token, takes_development=True)).permissions == {Permission.READ_ORDERS, Permission.MANAGE_STOCK}
    with pytest.raises(Refused) as refused:
        await _viewer(shop, token, takes_development=False)
    assert refused.value.code == "UNAUTHENTICATED"


@pytest.mark.parametrize(("scopes", "seconds"), [("everything", 60), ("read", 0), ("read", 91 * 86_400)])
async def test_a_token_for_nothing_or_for_ever_is_not_made(shop: Shop, scopes: str, seconds: int) -> None:
    assert shop.api.settings.database_url is not None
    assert isinstance(await issue_token(shop.api.settings.database_url, scopes=scopes, seconds=seconds), str)
