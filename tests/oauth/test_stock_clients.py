"""Clients that we did not write complete their flows against us over a real port: Authlib's OAuth 2.0 and OpenID Connect ones."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from urllib.parse import urlsplit

import httpx2
import pytest
import uvicorn
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.integrations.starlette_client import OAuth
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.viewer import Permission
from gateways.settings import load_settings
from tests.conftest import Clone
from tests.gateways.receiver import QuietServer
from tests.makers.people import PASSWORD
from tests.oauth.people import Client, a_client, a_member
from tests.shop import Shop, open_shop

CALLBACK = "http://127.0.0.1/back"


@asynccontextmanager
async def _served(shop: Shop, listening: socket.socket) -> AsyncIterator[None]:
    """The API behind uvicorn, in this very loop; who connects before it serves waits in the socket's queue."""
    config = uvicorn.Config(shop.api, log_level="critical", lifespan="off", ws="none")
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@pytest.fixture(scope="module")
async def served(clone: Clone, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    listening = socket.create_server(("127.0.0.1", 0))
    settings = load_settings(
        env_file=None,
        data_dir=tmp_path_factory.mktemp("oauth"),
        database_url=await clone(),
        redis_url=redis_url,
        port=listening.getsockname()[1],
        logins_per_minute=1_000,
    )
    async with open_shop(settings) as shop, _served(shop, listening):
        yield shop


async def _consents(address: str, email: str) -> str:
    """What a browser does with the address it is sent to: the page, the log-in, and where that leads."""
    async with httpx2.AsyncClient() as browser:
        page = await browser.get(address)
        assert page.status_code == 200, page.text
        form = {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text)}
        parts = urlsplit(address)
        answer = await browser.post(
            f"{parts.scheme}://{parts.netloc}{parts.path}",
            data={**form, "answer": "allow", "email": email, "password": PASSWORD},
            headers={"Origin": f"{parts.scheme}://{parts.netloc}"},
        )
    assert answer.status_code == 303, answer.text
    location: str = answer.headers["location"]
    return location


def _relying_party(client: Client, issuer: str) -> Starlette:
    """A web application that lets people log in with us, as its library's manual has it."""
    oauth = OAuth()
    oauth.register(
        "vitrine",
        client_id=client.client_id,
        client_secret=client.secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
    )

    async def login(request: Request) -> Response:
        response: Response = await oauth.vitrine.authorize_redirect(request, CALLBACK)
        return response

    async def back(request: Request) -> Response:
        token = await oauth.vitrine.authorize_access_token(request)
        return JSONResponse({"claims": token["userinfo"], "info": await oauth.vitrine.userinfo(token=token)})

    return Starlette(
        routes=[Route("/login", login), Route("/back", back)],
        middleware=[Middleware(SessionMiddleware, secret_key="of the relying party")],
    )


async def test_a_stock_openid_client_logs_somebody_in(served: Shop) -> None:
    client = await a_client(served, redirectUris=[CALLBACK])
    member = await a_member(served, Permission.READ_ORDERS)
    party = httpx2.ASGITransport(app=_relying_party(client, served.api.settings.own_url))
    async with httpx2.AsyncClient(transport=party, base_url="http://127.0.0.1") as site:
        sent = await site.get("/login")
        logged_in = await site.get(await _consents(sent.headers["location"], member["email"]))
    told = logged_in.json()
    assert told["claims"]["email"] == told["info"]["email"] == member["email"]
    assert told["claims"]["sub"] == told["info"]["sub"]
    assert told["claims"]["iss"] == served.api.settings.own_url


async def test_a_stock_oauth_client_goes_through_its_whole_life(served: Shop) -> None:
    client = await a_client(served, redirectUris=[CALLBACK])
    member = await a_member(served, Permission.READ_ORDERS)
    at = served.api.settings.own_url
    async with AsyncOAuth2Client(
        client.client_id,
        client.secret,
        scope="orders:read offline_access",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    ) as stock:
        verifier = "a-verifier-of-more-than-43-characters-for-this-test"
        address, state = stock.create_authorization_url(f"{at}/oauth/authorize", code_verifier=verifier)
        location = await _consents(address, member["email"])
        token = await stock.fetch_token(
            f"{at}/oauth/token", authorization_response=location, state=state, code_verifier=verifier
        )
        asked = await stock.post(f"{at}/graphql", json={"query": "{ viewer { kind permissions } }"})
        assert asked.json()["data"]["viewer"] == {"kind": "APP", "permissions": ["READ_ORDERS"]}
        fresh = await stock.refresh_token(f"{at}/oauth/token")
        assert fresh["refresh_token"] != token["refresh_token"]
        told = await stock.introspect_token(f"{at}/oauth/introspect", token=fresh["access_token"])
        assert told.json()["active"] is True
        assert (await stock.revoke_token(f"{at}/oauth/revoke", token=fresh["refresh_token"])).status_code == 200
        told = await stock.introspect_token(f"{at}/oauth/introspect", token=fresh["access_token"])
        assert told.json() == {"active": False}


async def test_a_stock_client_gets_a_token_of_its_own(served: Shop) -> None:
    client = await a_client(served)
    at = served.api.settings.own_url
    async with AsyncOAuth2Client(client.client_id, client.secret) as stock:
        token = await stock.fetch_token(f"{at}/oauth/token", grant_type="client_credentials", scope="orders:read")
        assert token["scope"] == "orders:read"
        asked = await stock.post(f"{at}/graphql", json={"query": "{ orders { totalCount } }"})
        assert asked.json()["data"]["orders"]["totalCount"] == 0
