"""What the tests of mailed secrets say to the API."""

from __future__ import annotations

from typing import Any

from tests.makers.people import PASSWORD
from tests.shop import Shop

FAILURES = "userErrors { code path }"
NEW_PASSWORD = "eleven blue herons whistle"


async def deed(shop: Shop, name: str, things: str, *, token: str | None = None, **said: Any) -> dict[str, Any]:
    """A mutation's payload."""
    title = f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation($input: {title}!) {{ {name}(input: $input) {{ {things} {FAILURES} }} }}"
    payload: dict[str, Any] = (await shop.data(document, {"input": said}, token=token))[name]
    return payload


async def logs_in(shop: Shop, email: str, password: str = PASSWORD) -> dict[str, Any]:
    """What a log-in answers."""
    return await deed(shop, "tokenCreate", "accessToken refreshToken", email=email, password=password)


async def resets(shop: Shop, secret: str, password: str = NEW_PASSWORD) -> list[tuple[str, str]]:
    """What is wrong with setting a password by a secret: codes and paths."""
    document = f"mutation($input: PasswordResetInput!) {{ passwordReset(input: $input) {{ changedAt {FAILURES} }} }}"
    payload = await shop.data(document, {"input": {"token": secret, "newPassword": password}})
    return wrong(payload["passwordReset"])


async def verifies(shop: Shop, secret: str) -> list[tuple[str, str]]:
    """What is wrong with verifying an address by a secret."""
    document = f"mutation($input: EmailVerifyInput!) {{ emailVerify(input: $input) {{ verifiedAt {FAILURES} }} }}"
    return wrong((await shop.data(document, {"input": {"token": secret}}))["emailVerify"])


async def confirms(shop: Shop, secret: str) -> bool | list[tuple[str, str]]:
    """Whether the address has changed, or what is wrong with confirming by a secret."""
    document = f"mutation($input: EmailChangeConfirmInput!) {{ emailChangeConfirm(input: $input) {{ changed {FAILURES} }} }}"
    payload = (await shop.data(document, {"input": {"token": secret}}))["emailChangeConfirm"]
    return wrong(payload) or bool(payload["changed"])


def wrong(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """Codes and last steps of the paths of what is wrong."""
    return [(each["code"], each["path"][-1]) for each in payload["userErrors"]]
