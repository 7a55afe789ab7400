"""Making administrators by command: no terminal is needed, and the role holds everything there is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain.access import flows
from domain.access.errors import EmailTaken
from domain.error import Several, UserError
from domain.viewer import Permission
from tests.makers.access import GOOD_PASSWORD, Api, an_administrator, an_email


async def creating(api: Api, **said: Any) -> Any:
    access = api.ports.access
    given = {"email": an_email(), "password": GOOD_PASSWORD, "name": "Grace", **said}
    return await flows.create_admin(
        api.transact, emails=access.emails, judge=access.judge, hasher=access.hasher, now=api.clock.now, **given
    )


async def test_the_role_is_made_once_and_completed_when_it_lacks_a_permission(api: Api) -> None:
    await an_administrator(api)
    async with api.database.writing() as connection:
        await connection.execute("UPDATE role SET permissions = '{READ_ORDERS}' WHERE name = 'administrator'")
        await an_administrator(api)
        roles = await connection.fetch("SELECT permissions FROM role WHERE name = 'administrator'")
    assert [sorted(role["permissions"]) for role in roles] == [sorted(each.value for each in Permission)]


async def test_an_address_makes_one_administrator_however_often_it_is_asked(api: Api) -> None:
    email = an_email()
    outcomes = await asyncio.gather(*(creating(api, email=email) for _ in range(4)))
    assert sum(isinstance(each, EmailTaken) for each in outcomes) == 3


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"email": "nobody"}, "EMAIL_INVALID"),
        ({"password": "short"}, "PASSWORD_TOO_SHORT"),
        ({"password": "password123"}, "PASSWORD_COMMON"),
        ({"name": " "}, "INVALID"),
        ({"name": "x" * 101}, "INVALID"),
    ],
)
async def test_what_is_wrong_is_told_and_nobody_is_made(api: Api, said: dict[str, str], code: str) -> None:
    outcome = await creating(api, **said)
    assert isinstance(outcome, UserError)
    errors = outcome.errors if isinstance(outcome, Several) else (outcome,)
    assert code in {each.code for each in errors}
