"""Those who manage staff, and those who are managed."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from domain.ids import new_id
from domain.viewer import Permission
from tests.makers.people import PASSWORD
from tests.shop import Shop

_NUMBERS = itertools.count(1)
FAILURES = "userErrors { code path message ... on PermissionsNotHeld { permissions } ... on RoleInUse { members } }"
MEMBER = "id name email isActive channels permissions role { id name isAdministrator requiresSecondFactor }"
LOG_IN = "mutation($input: TokenCreateInput!) { tokenCreate(input: $input) { accessToken userErrors { code } } }"


@dataclass(frozen=True)
class Manager:
    """Somebody who changes staff through the API."""

    shop: Shop
    token: str

    async def does(self, mutation: str, said: dict[str, Any]) -> dict[str, Any]:
        """The payload of a mutation on staff or roles."""
        title = f"{mutation[0].upper()}{mutation[1:]}Input"
        thing = "deletedId" if mutation == "roleDelete" else f"staff {{ {MEMBER} }}"
        if mutation in {"roleCreate", "roleUpdate"}:
            thing = "role { id name permissions isAdministrator requiresSecondFactor }"
        document = f"mutation($input: {title}!) {{ {mutation}(input: $input) {{ {thing} {FAILURES} }} }}"
        payload: dict[str, Any] = (await self.shop.data(document, {"input": said}, token=self.token))[mutation]
        return payload

    async def refused(self, mutation: str, said: dict[str, Any]) -> tuple[str, list[str]]:
        """The code and the path of what kept a mutation from being done."""
        payload = await self.does(mutation, said)
        [failure] = payload["userErrors"]
        return failure["code"], failure["path"]

    async def a_role(self, *permissions: Permission, **said: Any) -> str:
        """The id of a new role."""
        words = {"name": f"Role of test {next(_NUMBERS)}", "permissions": [each.value for each in permissions], **said}
        payload = await self.does("roleCreate", words)
        assert payload["userErrors"] == [], payload
        role_id: str = payload["role"]["id"]
        return role_id

    async def a_member(self, role_id: str, **said: Any) -> dict[str, Any]:
        """A new member of staff, in every channel unless said otherwise, who has set the tests' password."""
        where = {} if "channels" in said else {"everyChannel": True}
        words = {"email": f"member-{next(_NUMBERS)}@example.com", "name": "Lin", "roleId": role_id, **where, **said}
        payload = await self.does("staffCreate", words)
        assert payload["userErrors"] == [], payload
        member: dict[str, Any] = payload["staff"]
        await self.shop.rows.execute(
            "UPDATE account SET password_hash = $1 WHERE email = $2",
            await self.shop.api.supplies.hasher.hashed(PASSWORD),
            member["email"],
        )
        return member


async def log_in(shop: Shop, email: str) -> str:
    """The access token of a new session."""
    payload = (await shop.data(LOG_IN, {"input": {"email": email, "password": PASSWORD}}))["tokenCreate"]
    assert payload["userErrors"] == [], payload
    token: str = payload["accessToken"]
    return token


async def an_administrator(shop: Shop) -> Manager:
    """Somebody with the administrator's role; there may be several."""
    email, account_id = f"boss-{next(_NUMBERS)}@example.com", new_id()
    role_id = await shop.rows.fetchval("SELECT id FROM role WHERE is_administrator")
    if role_id is None:
        role_id = new_id()
        added = "INSERT INTO role (id, name, permissions, is_administrator) VALUES ($1, 'administrator', '{}', true)"
        await shop.rows.execute(added, role_id)
    await shop.rows.execute(
        "INSERT INTO account (id, email, email_key, password_hash) VALUES ($1, $2, $2, $3)",
        account_id,
        email,
        await shop.api.supplies.hasher.hashed(PASSWORD),
    )
    await shop.rows.execute("INSERT INTO staff (account_id, name, role_id) VALUES ($1, 'Boss', $2)", account_id, role_id)
    return Manager(shop, await log_in(shop, email))
