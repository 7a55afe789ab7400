"""Consent by people with a second factor: the page asks for it, takes an app's code or a recovery code once, and says what it cannot."""

from __future__ import annotations

from typing import Any

import httpx2
import pyotp
import pytest

from tests.factors.authenticator import Authenticator
from tests.factors.people import CONFIRM, ENROLL
from tests.factors.test_passkeys import REGISTER, START
from tests.makers.people import PASSWORD
from tests.oauth.people import Asking, Client, a_client, a_member, query_of
from tests.shop import Shop
from tests.staff.people import log_in


@pytest.fixture
async def client(shop: Shop) -> Client:
    return await a_client(shop)


async def _done(shop: Shop, document: str, token: str, **said: Any) -> dict[str, Any]:
    [payload] = (await shop.data(document, {"input": said}, token=token)).values()
    assert isinstance(payload, dict)
    assert payload["userErrors"] == []
    return payload


async def _with_app(shop: Shop, email: str) -> tuple[pyotp.TOTP, list[str]]:
    """An account's new app, a code of which was used, and its recovery codes."""
    token = await log_in(shop, email)
    enrollment = (await _done(shop, ENROLL, token, currentPassword=PASSWORD))["enrollment"]
    app = pyotp.TOTP(enrollment["secret"])
    confirmed = await _done(shop, CONFIRM, token, code=app.now())
    # The code's time step is used; as if the next had come.
    await shop.rows.execute(
        "UPDATE totp SET last_step = last_step - 2 FROM account a WHERE a.id = account_id AND a.email = $1", email
    )
    return app, confirmed["recoveryCodes"]


async def _with_passkey(shop: Shop, email: str) -> list[str]:
    """The recovery codes of an account that has a passkey and no app."""
    token = await log_in(shop, email)
    ceremony = (await _done(shop, START, token, currentPassword=PASSWORD))["ceremony"]
    key = Authenticator(page=shop.api.settings.passkey_pages[0])
    made = {"ceremony": ceremony["secret"], "credential": key.creates(ceremony["options"])}
    codes: list[str] = (await _done(shop, REGISTER, token, passkey=made, name="Key"))["recoveryCodes"]
    return codes


async def _asked_for_more(asking: Asking, email: str) -> httpx2.Response:
    """The page after the password, which alone gives no code."""
    page = await asking.answered(await asking.opened(), answer="allow", email=email, password=PASSWORD)
    assert page.status_code == 200
    assert "location" not in page.headers
    assert 'name="challenge"' in page.text
    return page


async def test_who_has_an_app_says_yes_with_its_code(shop: Shop, client: Client) -> None:
    email = (await a_member(shop))["email"]
    app, _ = await _with_app(shop, email)
    asking = Asking(client)
    page = await _asked_for_more(asking, email)
    assert "passkey" not in page.text
    wrong = await asking.answered(page, answer="allow", code="000000" if app.now() != "000000" else "000001")
    assert wrong.status_code == 400
    done = await asking.answered(wrong, answer="allow", code=app.now())
    assert (await asking.redeems(query_of(done)["code"])).status_code == 200


async def test_who_has_only_a_passkey_is_told_so_and_says_yes_with_a_recovery_code_once(shop: Shop, client: Client) -> None:
    email = (await a_member(shop))["email"]
    codes = await _with_passkey(shop, email)
    asking = Asking(client)
    page = await _asked_for_more(asking, email)
    assert "Show one of your recovery codes" in page.text
    done = await asking.answered(page, answer="allow", code=codes[0].lower().replace("-", " "))
    assert (await asking.redeems(query_of(done)["code"])).status_code == 200
    again = await asking.answered(await _asked_for_more(asking, email), answer="allow", code=codes[0])
    assert again.status_code == 400
    assert "location" not in again.headers
