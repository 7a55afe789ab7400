"""The two sides of a consent: an app with its secrets, and a person in a browser who reads the page and answers."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from domain.viewer import Permission
from tests.makers.people import PASSWORD
from tests.shop import Shop
from tests.staff.people import Manager, an_administrator

REDIRECT = "https://client.example/cb"
_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
CREATE = """mutation($input: AppCreateInput!) { appCreate(input: $input) {
  app { id clientId name scopes channels hasSecret } clientSecret userErrors { code path message } } }"""


@dataclass(frozen=True)
class Client:
    """A registered app."""

    shop: Shop
    id: str
    client_id: str
    secret: str | None = field(repr=False)

    async def posts(self, path: str, **said: str) -> httpx2.Response:
        """A form to an OAuth endpoint, with the client's own credentials in it."""
        own = {"client_id": self.client_id, **({"client_secret": self.secret} if self.secret else {})}
        return await self.shop.client.post(path, data={**own, **said})

    async def posts_as_basic(self, path: str, **said: str) -> httpx2.Response:
        """The same with the credentials in a header (RFC 7617)."""
        packed = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        return await self.shop.client.post(path, data=said, headers={"Authorization": f"Basic {packed}"})

    async def own_token(self, scope: str = "") -> str:
        """An access token by client credentials."""
        said = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
        answer = await self.posts("/oauth/token", **said)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token


async def a_client(shop: Shop, boss: Manager | None = None, **said: Any) -> Client:
    """An app that an administrator has registered."""
    by = boss or await an_administrator(shop)
    words = {"name": f"App {secrets.token_hex(6)}", "scopes": ["write", "openid", "profile", "email", "offline_access"]}
    payload = (await shop.data(CREATE, {"input": {**words, "redirectUris": [REDIRECT], **said}}, token=by.token))["appCreate"]
    assert payload["userErrors"] == [], payload
    return Client(shop, payload["app"]["id"], payload["app"]["clientId"], payload["clientSecret"])


@dataclass
class Asking:
    """One request for consent: the parameters, and the verifier behind the challenge."""

    client: Client
    scope: str = "openid profile email offline_access"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    said: dict[str, str | None] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, str]:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": REDIRECT,
            "scope": self.scope,
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **self.said,
        }
        return {name: value for name, value in asked.items() if value is not None}

    async def opened(self) -> httpx2.Response:
        """The page, or where the browser is sent instead."""
        return await self.client.shop.client.get(f"/oauth/authorize?{urlencode(self.parameters)}")

    async def answered(self, page: httpx2.Response, **said: str) -> httpx2.Response:
        """What comes of a person's answer to the page."""
        form = {name: unescape(value) for name, value in _FIELD.findall(page.text)}
        cookies = {each.split("=", 1)[0]: each.split("=", 1)[1] for each in _cookies(page)}
        headers = {"Origin": "http://shop", "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        return await self.client.shop.client.post("/oauth/authorize", data={**form, **said}, headers=headers)

    async def code(self, email: str) -> str:
        """The code after a person has logged in and allowed it."""
        done = await self.answered(await self.opened(), answer="allow", email=email, password=PASSWORD)
        assert done.status_code == 303, done.text
        told = query_of(done)
        assert told["state"] == "the-state"
        return told["code"]

    async def tokens(self, email: str) -> dict[str, Any]:
        """The token endpoint's answer for that code."""
        answer = await self.redeems(await self.code(email))
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def redeems(self, code: str, **said: str) -> httpx2.Response:
        """Exchanges a code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": self.verifier}
        return await self.client.posts("/oauth/token", **{**form, **said})


def _cookies(answer: httpx2.Response) -> list[str]:
    return [each.split(";")[0] for each in answer.headers.get_list("set-cookie")]


def query_of(answer: httpx2.Response) -> dict[str, str]:
    """The parameters of the address that an answer sends the browser to."""
    parts = urlsplit(answer.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == REDIRECT
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


async def a_member(shop: Shop, *permissions: Permission, boss: Manager | None = None, **role: Any) -> dict[str, Any]:
    """A member of staff, who may log in."""
    by = boss or await an_administrator(shop)
    return await by.a_member(await by.a_role(*permissions, **role))
