"""Trusted documents: registered from a folder, known to running processes, and the only ones that run where that is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from application import Api
from gateways.settings import Settings
from persistence.documents.store import DOCUMENTS_MAX, DocumentWatch, Trusted, listed, register
from persistence.engine import Database, DatabaseSettings
from schema.execution.engine import Engine
from schema.transport.documents import hash_of
from tests.conftest import Clone
from tests.shop import open_api
from trusted import NotTrusted, examiner, trust_folder

HELLO = "query Hello { __typename }\n"
PAGE = "query Page($id: ID!) { node(id: $id) { id } }"
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
async def settings(clone: Clone, settings_on: Callable[[str], Settings]) -> Settings:
    return settings_on(await clone()).model_copy(update={"documents_only": True})


@pytest.fixture
def database_url(settings: Settings) -> str:
    assert settings.database_url is not None
    return settings.database_url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir()
    (tmp_path / "hello.graphql").write_text(HELLO)
    (tmp_path / "pages" / "list.graphql").write_text(PAGE)
    (tmp_path / "notes.txt").write_text("no document")
    return tmp_path


@pytest.fixture(scope="session")
def engine(settings_on: Callable[[str], Settings]) -> Engine:
    return examiner(settings_on("postgresql:///shop"))


async def asked(api: Api, method: str = "POST", **said: Any) -> dict[str, Any]:
    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop") as client:
        if method == "GET":
            return dict((await client.get("/graphql", params=said)).json())
        return dict((await client.post("/graphql", json=said)).json())


def code(body: dict[str, Any]) -> str:
    return str(body["errors"][0]["extensions"]["code"]) if "errors" in body else "OK"


def by_hash(text: str) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}}


async def test_every_file_of_a_folder_is_registered_once_and_listed(
    engine: Engine, settings: Settings, database_url: str, folder: Path
) -> None:
    assert await trust_folder(database_url, engine, folder, replace=False) == (2, 0, 2)
    assert await trust_folder(database_url, engine, folder, replace=False) == (0, 0, 2)
    told = [(each.hash, each.name, each.body) for each in await listed(database_url)]
    assert told == [(hash_of(HELLO), "hello.graphql", HELLO), (hash_of(PAGE), "pages/list.graphql", PAGE)]


async def test_what_is_left_out_of_the_folder_stays_unless_it_is_to_be_replaced(
    engine: Engine, settings: Settings, database_url: str, folder: Path
) -> None:
    await trust_folder(database_url, engine, folder, replace=False)
    (folder / "hello.graphql").write_text("query Hello { __typename again: __typename }")
    assert await trust_folder(database_url, engine, folder, replace=False) == (1, 0, 3)
    assert await trust_folder(database_url, engine, folder, replace=True) == (0, 1, 2)


async def test_one_bad_file_keeps_all_out_and_is_told_by_place(engine: Engine, database_url: str, folder: Path) -> None:
    (folder / "a.graphql").write_text("{\n  nothingOfTheKind\n}")
    (folder / "b.graphql").write_text("{ products(first: }")
    (folder / "c.graphql").write_bytes(b"\xff\xfe{}")
    (folder / "d.graphql").write_text("{ " + " ".join(f"a{n}: __typename" for n in range(100)) + " }")
    with pytest.raises(NotTrusted) as refusal:
        await trust_folder(database_url, engine, folder, replace=True)
    assert refusal.value.problems == [
        "a.graphql:2:3: Cannot query field 'nothingOfTheKind' on type 'Query'.",
        "b.graphql:1:19: Syntax Error: Unexpected '}'.",
        "c.graphql: cannot be read (UnicodeDecodeError)",
        "d.graphql: The document holds 100 where 60 aliases are allowed.",
    ]
    assert await listed(database_url) == []


async def test_an_empty_folder_withdraws_nothing(engine: Engine, database_url: str, folder: Path, tmp_path: Path) -> None:
    await trust_folder(database_url, engine, folder, replace=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(NotTrusted, match="1 problems"):
        await trust_folder(database_url, engine, empty, replace=True)
    assert len(await listed(database_url)) == 2


async def test_only_registered_documents_run_by_text_by_hash_and_by_get(
    engine: Engine, settings: Settings, database_url: str, folder: Path
) -> None:
    await trust_folder(database_url, engine, folder, replace=False)
    async with open_api(settings) as api:
        assert await asked(api, **by_hash(HELLO)) == {"data": {"__typename": "Query"}}
        assert await asked(api, query=PAGE, variables={"id": "nobody's"}) == {"data": {"node": None}}
        assert code(await asked(api, query=HELLO, **by_hash(HELLO))) == "OK"
        assert code(await asked(api, query="{ __typename }")) == "PERSISTED_QUERY_ONLY"
        assert code(await asked(api, query=HELLO + " ")) == "PERSISTED_QUERY_ONLY", "the exact text, or none"
        assert code(await asked(api, **by_hash("{ __typename }"))) == "PERSISTED_QUERY_ONLY"
        assert code(await asked(api, query="{ __typename }", **by_hash(HELLO))) == "PERSISTED_QUERY_ONLY"
        persisted = '{"persistedQuery":{"version":1,"sha256Hash":"' + hash_of(HELLO) + '"}}'
        assert await asked(api, "GET", extensions=persisted) == {"data": {"__typename": "Query"}}
        assert code(await asked(api, "GET", query="{ __typename }")) == "PERSISTED_QUERY_ONLY"


async def test_everywhere_else_registered_documents_run_by_hash_and_others_by_text(
    engine: Engine, settings: Settings, database_url: str, folder: Path
) -> None:
    await trust_folder(database_url, engine, folder, replace=False)
    async with open_api(settings.model_copy(update={"documents_only": False})) as api:
        assert code(await asked(api, **by_hash(HELLO))) == "OK"
        assert code(await asked(api, query="{ __typename }")) == "OK"
        assert code(await asked(api, **by_hash("{ another }"))) == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_running_process_learns_of_new_documents_and_forgets_withdrawn_ones(database_url: str) -> None:
    told: asyncio.Queue[list[str]] = asyncio.Queue()
    database = Database(DatabaseSettings(url=database_url, read_size=1, write_size=1))
    await database.open()
    watch = DocumentWatch(database, lambda texts: told.put_nowait(sorted(texts)), seconds=0.02)
    await watch.start()
    try:
        assert await asyncio.wait_for(told.get(), 10) == []
        await register(database_url, [(hash_of(HELLO), "h", HELLO), (hash_of(PAGE), "p", PAGE)], replace=False, now=NOW)
        assert await asyncio.wait_for(told.get(), 10) == sorted([HELLO, PAGE])
        await register(database_url, [(hash_of(PAGE), "p", PAGE)], replace=True, now=NOW)
        assert await asyncio.wait_for(told.get(), 10) == [PAGE]
        await asyncio.sleep(0.1)
        assert told.empty(), "told again only when something has changed"
    finally:
        await watch.stop()
        await database.close()


async def test_the_database_keeps_no_document_under_a_hash_that_is_not_its_own(database_url: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="hash_of_body"):
        await register(database_url, [(hash_of(PAGE), "hello", HELLO)], replace=False, now=NOW)


async def test_there_is_room_for_so_many_and_no_more(database_url: str) -> None:
    many = [f"query Q{number} {{ __typename }}" for number in range(DOCUMENTS_MAX + 1)]
    rows = [(hash_of(text), "many", text) for text in many]
    assert await register(database_url, rows, replace=False, now=NOW) is None
    assert await listed(database_url) == list[Trusted]()
    outcome = await register(database_url, rows[1:], replace=False, now=NOW)
    assert outcome == (DOCUMENTS_MAX, 0, DOCUMENTS_MAX)
    assert await register(database_url, rows[:1], replace=False, now=NOW) is None
    assert await register(database_url, rows[:1], replace=True, now=NOW) == (1, DOCUMENTS_MAX, 1)
