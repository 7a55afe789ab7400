"""The example tabs about accounts run as they stand, in their order, by a newcomer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from graphql import OperationDefinitionNode, parse

import schema.transport
from tests.makers.access import Api

EXAMPLES = Path(schema.transport.__path__[0]) / "examples"


async def run(api: Api, tab: str, operation: str, token: str | None = None) -> Any:
    """The data of one operation of a tab; none of the tab's operations may have told a user error."""
    beside = EXAMPLES / f"{tab}.json"
    variables = json.loads(beside.read_text()).get("variables", {}) if beside.exists() else {}
    said = {"query": (EXAMPLES / f"{tab}.graphql").read_text(), "operationName": operation, "variables": variables}
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = (await api.client.post("/graphql", json=said, headers=headers)).json()
    assert "errors" not in answer, answer
    assert '"code"' not in json.dumps(answer["data"]), answer
    return answer["data"]


def operations(tab: str) -> list[str]:
    """The names of a tab's operations."""
    document = parse((EXAMPLES / f"{tab}.graphql").read_text())
    named = [each.name for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return [name.value for name in named if name is not None]


async def test_a_newcomer_runs_the_account_tabs_from_left_to_right(api: Api) -> None:
    assert operations("60_account") == ["Register", "LogIn", "Me"]
    await run(api, "60_account", "Register")
    token = (await run(api, "60_account", "LogIn"))["tokenCreate"]["accessToken"]
    assert (await run(api, "60_account", "Me", token))["me"]["email"] == "ada@mail.example"
    assert operations("61_address_book") == ["AddAddress", "ChangeProfile", "LogOutEverywhere"]
    added = (await run(api, "61_address_book", "AddAddress", token))["addressCreate"]["address"]
    assert added["address"] == {"postalCode": "SW1Y 4JH", "phone": "+442079460000"}
    await run(api, "61_address_book", "ChangeProfile", token)
    assert (await run(api, "61_address_book", "LogOutEverywhere", token))["tokensRevokeAll"]["sessionsEnded"] == 1
