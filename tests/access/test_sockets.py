"""Open sockets end with the session they belong to, idle or not; and a browser's cookies open none for another site."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvicorn
import websockets
from websockets.asyncio.client import ClientConnection

from gateways.settings import Settings
from schema.transport import sessions
from tests.access.mailed import NEW_PASSWORD, deed, logs_in, resets
from tests.conftest import Clone
from tests.gateways.receiver import QuietServer
from tests.makers.mail import Postman, a_postman
from tests.makers.people import PASSWORD
from tests.shop import Shop, open_shop
from tests.transport.sockets import PROTOCOL, closing, hear, say, subscribe

STOREFRONT = "https://shop.example"
SECONDS = 30.0
"""How long an ended session may go on at most, as the shop promises; the looks of the test are more frequent."""


class Open:
    """A shop that sockets can be opened to."""

    def __init__(self, shop: Shop, post: Postman, port: int) -> None:
        self.shop = shop
        self.post = post
        self.url = f"ws://127.0.0.1:{port}/graphql"

    @contextlib.asynccontextmanager
    async def socket(self, token: str | None = None, **headers: str) -> AsyncIterator[ClientConnection]:
        """A socket after its initialisation."""
        async with websockets.connect(
            self.url, subprotocols=[PROTOCOL], ping_interval=None, close_timeout=1, additional_headers=headers
        ) as opened:
            payload = {"payload": {"authorization": f"Bearer {token}"}} if token else {}
            await say(opened, type="connection_init", **payload)
            assert await hear(opened) == {"type": "connection_ack"}
            yield opened


@pytest.fixture(scope="module")
async def open_to_sockets(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Open]:
    settings = settings_on(await clone()).model_copy(update={"session_cookies": "lax", "cors_origins": (STOREFRONT,)})
    before = sessions.LOOK_SECONDS
    async with open_shop(settings) as shop, a_postman(shop) as post:
        shop.api.graphql.websockets._watch._seconds = 0.2  # type: ignore[union-attr]
        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = QuietServer(uvicorn.Config(shop.api, log_level="critical", lifespan="off", access_log=False))
            running = asyncio.create_task(server.serve(sockets=[listening]))
            yield Open(shop, post, listening.getsockname()[1])
            server.should_exit = True
            await running
    assert before == 10.0, "with fifteen seconds of streams and ten of the cache, within half a minute"


async def ends(opened: ClientConnection) -> None:
    async with asyncio.timeout(SECONDS):
        code, reason = await closing(opened)
    assert (code, reason.split(":")[0]) == (4403, "UNAUTHENTICATED")


async def stays(opened: ClientConnection) -> None:
    await asyncio.sleep(0.6)
    await subscribe(opened, "still", "{ __typename }")
    assert [(await hear(opened))["type"] for _ in range(2)] == ["next", "complete"]


async def by_logging_out(here: Open, email: str, token: str) -> None:
    del email
    await here.shop.data("mutation { tokensRevokeAll { sessionsEnded } }", token=token)


async def by_another_password(here: Open, email: str, token: str) -> None:
    del token
    other = (await logs_in(here.shop, email))["accessToken"]
    said: dict[str, Any] = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    assert (await deed(here.shop, "passwordChange", "changedAt", token=other, **said))["userErrors"] == []


async def by_letter(here: Open, email: str, token: str) -> None:
    del token
    await here.post.works()
    await deed(here.shop, "passwordResetRequest", "email", email=email)
    assert await resets(here.shop, await here.post.secret(email)) == []


async def by_closing_the_account(here: Open, email: str, token: str) -> None:
    del token
    await here.shop.rows.execute("UPDATE account SET is_active = false WHERE email = $1", email)


async def by_a_refresh_token_that_came_twice(here: Open, email: str, token: str) -> None:
    del token
    session = await here.shop.rows.fetchval(
        "SELECT s.id FROM session s JOIN account a ON a.id = s.account_id WHERE a.email = $1", email
    )
    await here.shop.rows.execute(
        "UPDATE session SET revoked_at = now(), revoked_because = 'TOKEN_REUSED' WHERE id = $1", session
    )


@pytest.mark.parametrize(
    "ending",
    [by_logging_out, by_another_password, by_letter, by_closing_the_account, by_a_refresh_token_that_came_twice],
)
async def test_an_idle_socket_ends_with_its_session(open_to_sockets: Open, ending: Callable[[Open, str, str], Any]) -> None:
    here = open_to_sockets
    email, bystander = await here.post.newcomer(), await here.post.newcomer()
    token = (await logs_in(here.shop, email))["accessToken"]
    other = (await logs_in(here.shop, bystander))["accessToken"]
    async with here.socket(token) as mine, here.socket(other) as theirs, here.socket() as guest:
        await stays(mine)
        await ending(here, email, token)
        await ends(mine)
        await stays(theirs)
        await subscribe(guest, "g", "{ __typename }")
        assert (await hear(guest))["type"] == "next"


async def test_a_cookie_opens_a_socket_for_an_allowed_origin_and_for_no_other(open_to_sockets: Open) -> None:
    here = open_to_sockets
    email = await here.post.newcomer()
    cookie = f"vitrine-access={(await logs_in(here.shop, email))['accessToken']}"

    async def known(**headers: str) -> object:
        async with here.socket(Cookie=cookie, **headers) as opened:
            await subscribe(opened, "1", "{ me { email } }")
            told = await hear(opened)
            return told["payload"]["data"]["me"]

    assert await known(Origin=STOREFRONT) == {"email": email}
    assert await known() is None, "who names no origin is no browser: its cookies prove nothing"
    for origin in ("https://evil.example", "null", "https://shop.example.evil.example"):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await known(Origin=origin)
        assert refused.value.response.status_code == 403


async def test_a_database_that_is_away_closes_nobody(open_to_sockets: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    here = open_to_sockets
    token = (await logs_in(here.shop, await here.post.newcomer()))["accessToken"]

    async def away(_sessions: object) -> object:
        raise OSError("away")

    watch = here.shop.api.graphql.websockets._watch
    assert watch is not None
    async with here.socket(token) as mine:
        monkeypatch.setattr(watch, "_living", away)
        await stays(mine)
        monkeypatch.undo()
        await stays(mine)
