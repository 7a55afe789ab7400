"""Every named example operation takes the same number of SQL statements in a small shop and in one with ten times as much in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import OperationDefinitionNode, OperationType, parse

from gateways.settings import Settings
from persistence.seed import seed
from tests.conftest import Clone
from tests.shop import open_api

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "schema" / "transport" / "examples").glob("*.graphql"))
STATEMENTS = re.compile(r"^vitrine_sql_statements_total (\S+)$", re.MULTILINE)


class Journey:
    """Runs the examples one after the other as GraphiQL does, handing on what each has found."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._found: dict[str, str] = {}
        self.counts: dict[str, int] = {}

    async def goes(self) -> None:
        for example in EXAMPLES:
            text = example.read_text()
            beside = example.with_suffix(".json")
            given = json.loads(beside.read_text()) if beside.exists() else {}
            for node in parse(text).definitions:
                if isinstance(node, OperationDefinitionNode) and node.operation is not OperationType.SUBSCRIPTION:
                    assert node.name is not None
                    await self._runs(f"{example.stem} {node.name.value}", text, node, given)

    async def _runs(self, title: str, text: str, node: OperationDefinitionNode, given: dict[str, Any]) -> None:
        variables = dict(given.get("variables", {}))
        for variable in node.variable_definitions or ():
            name = variable.variable.name.value
            if not variables.get(name) and name in self._found:
                variables[name] = self._found[name]
        headers = dict(given.get("headers", {}))
        if headers.get("Authorization") == "Bearer $accessToken":
            token = self._found.get("accessToken")
            headers = (
                {"Authorization": f"Bearer {token}"} if token and node.name and not node.name.value.endswith("LogIn") else {}
            )
        operation = node.name.value if node.name else None
        before = await self._statements()
        answer = await self._client.post(
            "/graphql", json={"query": text, "operationName": operation, "variables": variables}, headers=headers
        )
        self.counts[title] = await self._statements() - before
        body = answer.json()
        assert "GRAPHQL_VALIDATION_FAILED" not in answer.text, (title, body)
        self._remember("data", body.get("data"))

    async def _statements(self) -> int:
        found = STATEMENTS.search((await self._client.get("/metrics")).text)
        assert found is not None
        return int(float(found[1]))

    def _remember(self, name: str, value: Any) -> None:
        if isinstance(value, list):
            for each in reversed(value[:50]):
                self._remember(re.sub(r"s$", "", re.sub(r"ies$", "y", name)), each)
        elif isinstance(value, dict):
            for key, inner in value.items():
                if not isinstance(inner, str):
                    self._remember(name if key == "nodes" else key, inner)
                elif key in {"id", "token"}:
                    self._found[name + key.title()] = inner
                elif key == "accessToken":
                    self._found[key] = inner


async def _counts(settings: Settings, *, size: int, rounds: int) -> dict[str, int]:
    """The statements of every example, in the last of some rounds, in a shop with so many generated products."""
    async with open_api(settings) as api:
        assert settings.database_url is not None
        await seed(
            settings.database_url,
            hash_password=api.supplies.hasher.hashed,
            now=datetime.now(UTC),
            progress=lambda _line: None,
            size=size,
        )
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://shop", timeout=60) as client:
            journey = Journey(client)
            for _ in range(rounds):
                journey = Journey(client)
                await journey.goes()
    return journey.counts


async def test_no_example_takes_more_statements_when_there_is_more_to_read(
    clone: Clone, settings_on: Callable[[str], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is remembered for some seconds must not run out in the middle of the count.
    monkeypatch.setattr("schema.places.KEPT_SECONDS", 3600.0)
    monkeypatch.setattr("schema.access.standings.KEPT_SECONDS", 3600.0)

    def settings(url: str) -> Settings:
        return settings_on(url).model_copy(update={"logins_per_minute": 1000})

    small = await _counts(settings(await clone()), size=20, rounds=2)
    large = await _counts(settings(await clone()), size=200, rounds=2)
    # A list that fits on its page is not counted: where the total is asked for, that is one statement less.
    different = {
        title: (count, large[title])
        for title, count in small.items()
        if not count
        <= large[title]
        <= count + ("totalCount" in (EXAMPLES[0].parent / f"{title.split()[0]}.graphql").read_text())
    }
    assert different == {}
    assert max(small.values()) <= 60, small
