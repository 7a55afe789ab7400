"""Where a channel asks for a verified address, no way of logging in goes round that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factors.authenticator import Authenticator
from tests.factors.people import BEGIN, codes_of
from tests.factors.test_passkeys import LOG_IN, LOG_IN_START, REGISTER, START
from tests.makers.people import PASSWORD, a_customer_token
from tests.shop import Shop


async def _said(shop: Shop, document: str, token: str | None = None, **said: Any) -> dict[str, Any]:
    [payload] = (await shop.data(document, {"input": said}, token=token)).values()
    assert isinstance(payload, dict)
    return payload


async def test_a_passkey_does_not_stand_in_for_a_verified_address(fresh_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = fresh_shop
    monkeypatch.setattr("schema.places.KEPT_SECONDS", 0.0)
    token = await a_customer_token(shop)
    email = (await shop.data("{ me { email } }", token=token))["me"]["email"]
    key = Authenticator(page=shop.api.settings.passkey_pages[0])
    ceremony = (await _said(shop, START, token, currentPassword=PASSWORD))["ceremony"]
    made = {"ceremony": ceremony["secret"], "credential": key.creates(ceremony["options"])}
    assert codes_of(await _said(shop, REGISTER, token, passkey=made, name="Key")) == []
    await shop.rows.execute("UPDATE channel SET requires_verification = true")
    await shop.rows.execute("UPDATE account SET email_verified_at = NULL")

    async def by_passkey() -> list[str]:
        begun = (await shop.data(LOG_IN_START))["passkeyLogInStart"]["ceremony"]
        answer = {"ceremony": begun["secret"], "credential": key.signs(begun["options"])}
        return [each["code"] for each in (await _said(shop, LOG_IN, passkey=answer))["userErrors"]]

    assert await by_passkey() == ["EMAIL_UNVERIFIED"]
    assert codes_of(await _said(shop, BEGIN, email=email, password=PASSWORD)) == [("EMAIL_UNVERIFIED", ["input"])]
    await shop.rows.execute("UPDATE account SET email_verified_at = now()")
    assert await by_passkey() == []
