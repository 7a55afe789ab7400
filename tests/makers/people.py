"""People with log-ins, made and logged in through the API wherever it has a way."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from domain.ids import new_id

if TYPE_CHECKING:
    from domain.viewer import Permission
    from tests.shop import Shop

PASSWORD = "correct-horse-battery-7"
_NUMBERS = itertools.count(1)
_LOG_IN = "mutation($input: TokenCreateInput!) { tokenCreate(input: $input) { accessToken userErrors { code message } } }"


async def _account(shop: Shop, email: str) -> object:
    account_id = new_id()
    await shop.rows.execute(
        "INSERT INTO account (id, email, email_key, password_hash) VALUES ($1, $2, $2, $3)",
        account_id,
        email,
        await shop.api.supplies.hasher.hashed(PASSWORD),
    )
    return account_id


async def _log_in(shop: Shop, email: str) -> str:
    payload = (await shop.data(_LOG_IN, {"input": {"email": email, "password": PASSWORD}}))["tokenCreate"]
    assert payload["userErrors"] == [], payload
    token: str = payload["accessToken"]
    return token


async def a_customer_token(shop: Shop) -> str:
    """The access token of a customer who has just logged in."""
    email = f"customer-{next(_NUMBERS)}@example.com"
    await shop.rows.execute("INSERT INTO customer (id) VALUES ($1)", await _account(shop, email))
    return await _log_in(shop, email)


async def a_staff_token(shop: Shop, *permissions: Permission, channels: Sequence[object] | None = None) -> str:
    """The access token of a member of staff whose role holds just these permissions, limited to channels if any are said."""
    number = next(_NUMBERS)
    email, role_id = f"staff-{number}@example.com", new_id()
    account_id = await _account(shop, email)
    await shop.rows.execute(
        "INSERT INTO role (id, name, permissions) VALUES ($1, $2, $3)",
        role_id,
        f"Role {number}",
        [each.value for each in permissions],
    )
    added = "INSERT INTO staff (account_id, name, role_id, is_limited) VALUES ($1, 'Grace', $2, $3)"
    await shop.rows.execute(added, account_id, role_id, channels is not None)
    for channel in channels or ():
        await shop.rows.execute("INSERT INTO staff_channel VALUES ($1, $2)", account_id, channel)
    return await _log_in(shop, email)
