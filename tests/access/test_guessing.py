"""Guessing passwords over sockets: many operations, many sockets, and HTTP beside them share one count."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack
from typing import Any

import pytest
import uvicorn

from domain.access.provider import Verified
from gateways.identity.passwords import Argon2Hasher
from gateways.settings import Settings
from tests.access.test_sockets import Open
from tests.conftest import Clone
from tests.gateways.receiver import QuietServer
from tests.makers.mail import a_postman
from tests.makers.people import PASSWORD
from tests.shop import open_shop
from tests.transport.sockets import hear, say

PER_MINUTE = 3
COMPARED_MAX = 2 * PER_MINUTE
"""A minute may turn meanwhile, and a Redis that is slow once is counted for by the process."""
LOG_IN = "mutation($input: TokenCreateInput!) { tokenCreate(input: $input) { accessToken userErrors { code } } }"


@pytest.fixture
async def here(clone: Clone, settings_on: Callable[[str], Settings], redis_url: str) -> AsyncIterator[Open]:
    """A shop that lets one address try three passwords of an account in a minute."""
    settings = settings_on(await clone()).model_copy(
        update={"logins_per_minute": PER_MINUTE, "redis_url": f"{redis_url}?db=13"}
    )
    async with open_shop(settings) as shop, a_postman(shop) as post:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = QuietServer(uvicorn.Config(shop.api, log_level="critical", lifespan="off", access_log=False))
            running = asyncio.create_task(server.serve(sockets=[listening]))
            yield Open(shop, post, listening.getsockname()[1])
            server.should_exit = True
            await running


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that the real hasher compares."""
    found: list[str] = []
    verified = Argon2Hasher.verified

    async def noted(hasher: Argon2Hasher, password: str, kept: str | None) -> Verified:
        found.append(password)
        return await verified(hasher, password, kept)

    monkeypatch.setattr(Argon2Hasher, "verified", noted)
    return found


async def _guesses(here: Open, email: str, *, sockets: int, each: int) -> list[dict[str, Any]]:
    """What many log-ins at once, over many sockets, are answered with."""
    answers: list[dict[str, Any]] = []
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(here.socket()) for _ in range(sockets)]
        for number, one in enumerate(opened):
            for guess in range(each):
                said = {"input": {"email": email, "password": f"guess {number} {guess}"}}
                await say(one, id=str(guess), type="subscribe", payload={"query": LOG_IN, "variables": said})
        for one in opened:
            while len(answers) < each * (opened.index(one) + 1):
                if (told := await hear(one))["type"] in {"next", "error"}:
                    answers.append(told)
    return answers


def _codes(answers: Collection[dict[str, Any]]) -> list[str]:
    found = []
    for told in answers:
        payload = told["payload"]
        errors = payload if told["type"] == "error" else payload.get("errors")
        found += [error["extensions"]["code"] for error in errors] if errors else ["INVALID_CREDENTIALS"]
    return sorted(found)


async def test_many_guesses_over_many_sockets_compare_as_many_passwords_as_are_allowed(here: Open, compared: list[str]) -> None:
    email = await here.post.newcomer()
    compared.clear()
    answers = await _guesses(here, email, sockets=4, each=10)
    assert 1 <= len(compared) <= COMPARED_MAX
    assert _codes(answers) == ["INVALID_CREDENTIALS"] * len(compared) + ["RATE_LIMITED"] * (40 - len(compared))
    refused = await here.shop.ask(LOG_IN, {"input": {"email": email, "password": PASSWORD}})
    assert refused["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert PASSWORD not in compared, "nor is the right one looked at, by whichever way it comes"


@pytest.mark.parametrize("aliases", [2, 200])
async def test_a_socket_takes_no_more_log_ins_in_one_document_than_http(here: Open, compared: list[str], aliases: int) -> None:
    email = await here.post.newcomer()
    compared.clear()
    fields = " ".join(f"a{number}: tokenCreate(input: $input) {{ accessToken }}" for number in range(aliases))
    async with here.socket() as one:
        said = {"input": {"email": email, "password": "guess"}}
        document = f"mutation($input: TokenCreateInput!) {{ {fields} }}"
        await say(one, id="1", type="subscribe", payload={"query": document, "variables": said})
        told = await hear(one)
    assert told["type"] == "error"
    assert {error["extensions"]["code"] for error in told["payload"]} <= {"MUTATION_NOT_ALONE", "DOCUMENT_TOO_LARGE"}
    assert compared == []
