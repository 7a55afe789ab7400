"""A role may require a second factor: its members may do nothing else before they have one."""

from __future__ import annotations

from typing import Any

import pyotp

from domain.viewer import Permission
from tests.factors.authenticator import Authenticator
from tests.factors.people import BEGIN, COMPLETE, CONFIRM, DISABLE, ENROLL, codes_of
from tests.factors.test_passkeys import REGISTER, START
from tests.makers.people import PASSWORD, a_staff_token
from tests.shop import Shop

ORDERS = "{ orders(first: 1) { nodes { id } } }"
ME = "{ staffMe { email } }"
FACTORS = "{ staffMe { secondFactors { appConfirmedAt } } }"


async def _said(shop: Shop, document: str, token: str | None, **said: Any) -> dict[str, Any]:
    """The payload of a mutation."""
    [payload] = (await shop.data(document, {"input": said}, token=token)).values()
    assert isinstance(payload, dict)
    return payload


async def _codes(shop: Shop, document: str, token: str) -> list[str]:
    return [each["extensions"]["code"] for each in (await shop.ask(document, token=token)).get("errors", ())]


async def _required(shop: Shop, token: str) -> str:
    """Has the role of this member require a second factor; the member's address. What is remembered of them is over."""
    email: str = (await shop.data(ME, token=token))["staffMe"]["email"]
    await shop.rows.execute(
        "UPDATE role SET requires_second_factor = true FROM staff s JOIN account a ON a.id = s.account_id "
        "WHERE role.id = s.role_id AND a.email = $1",
        email,
    )
    return email


async def _logged_in(shop: Shop, email: str) -> str:
    payload = await _said(shop, BEGIN, None, email=email, password=PASSWORD)
    token: str = payload["accessToken"]
    return token


async def test_a_member_without_the_factor_that_their_role_requires_may_only_enrol(shop: Shop) -> None:
    email = await _required(shop, await a_staff_token(shop, Permission.READ_ORDERS))
    token = await _logged_in(shop, email)
    assert await _codes(shop, ORDERS, token) == ["SECOND_FACTOR_REQUIRED"]
    assert await _codes(shop, ME, token) == ["SECOND_FACTOR_REQUIRED"]
    assert (await shop.data(FACTORS, token=token))["staffMe"]["secondFactors"] == {"appConfirmedAt": None}
    enrollment = (await _said(shop, ENROLL, token, currentPassword=PASSWORD))["enrollment"]
    app = pyotp.TOTP(enrollment["secret"])
    confirmed = await _said(shop, CONFIRM, token, code=app.now())
    assert confirmed["userErrors"] == []
    assert await _codes(shop, ORDERS, token) == [], "from this moment on"
    challenge = (await _said(shop, BEGIN, None, email=email, password=PASSWORD))["challenge"]
    [code, *_] = confirmed["recoveryCodes"]
    through = await _said(shop, COMPLETE, None, challenge=challenge["secret"], recoveryCode=code)
    assert await _codes(shop, ORDERS, through["accessToken"]) == []


async def test_a_passkey_will_do_and_without_any_factor_left_it_is_as_before(shop: Shop) -> None:
    email = await _required(shop, await a_staff_token(shop, Permission.READ_ORDERS))
    token = await _logged_in(shop, email)
    ceremony = (await _said(shop, START, token, currentPassword=PASSWORD))["ceremony"]
    page = shop.api.settings.passkey_pages[0]
    credential = Authenticator(page=page).creates(ceremony["options"])
    answer = {"ceremony": ceremony["secret"], "credential": credential}
    assert (await _said(shop, REGISTER, token, passkey=answer, name="Key"))["userErrors"] == []
    assert await _codes(shop, ORDERS, token) == []


async def test_turning_the_last_factor_off_leaves_nothing_but_to_enrol_again(shop: Shop) -> None:
    email = await _required(shop, await a_staff_token(shop, Permission.READ_ORDERS))
    token = await _logged_in(shop, email)
    secret = (await _said(shop, ENROLL, token, currentPassword=PASSWORD))["enrollment"]["secret"]
    codes = (await _said(shop, CONFIRM, token, code=pyotp.TOTP(secret).now()))["recoveryCodes"]
    off = await _said(shop, DISABLE, token, currentPassword=PASSWORD, recoveryCode=codes[0])
    assert codes_of(off) == []
    assert await _codes(shop, ORDERS, token) == ["SECOND_FACTOR_REQUIRED"]


async def test_a_role_that_requires_nothing_asks_for_nothing(shop: Shop) -> None:
    assert await _codes(shop, ORDERS, await a_staff_token(shop, Permission.READ_ORDERS)) == []
