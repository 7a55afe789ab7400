"""A browser's session in cookies: no script reads it, no other site uses it, and who does not ask for cookies gets none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from gateways.settings import Settings
from schema.transport.cookies import Cookies, is_own_origin
from tests.conftest import Clone
from tests.makers.people import PASSWORD, a_customer_token
from tests.shop import Shop, open_shop

LOG_IN = """mutation($input: TokenCreateInput!) { tokenCreate(input: $input) {
    accessToken refreshToken accessTokenExpiresAt refreshTokenExpiresAt userErrors { code } } }"""
REFRESH = """mutation { tokenRefresh(input: {}) { accessToken refreshToken refreshTokenExpiresAt userErrors { code path } } }"""
REVOKE = "mutation { tokenRevoke(input: {}) { revoked userErrors { code } } }"
ME = "{ me { email } }"
STOREFRONT = "https://shop.example"


class Browser:
    """Keeps cookies by their paths, and sends them as a browser does, wanted or not."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.kept: dict[str, tuple[str, str]] = {}
        self.attributes: dict[str, set[str]] = {}

    async def posts(
        self, document: str, *, path: str = "/graphql", headers: dict[str, str] | None = None, **variables: Any
    ) -> httpx2.Response:
        sent = {"x-session": "cookie", "origin": STOREFRONT} if headers is None else headers
        cookies = "; ".join(f"{name}={value}" for name, (value, place) in self.kept.items() if path.startswith(place))
        given = {**sent, **({"cookie": cookies} if cookies else {})}
        answer = await self.shop.client.post(path, json={"query": document, "variables": variables}, headers=given)
        for header in answer.headers.get_list("set-cookie"):
            pair, *attributes = header.split("; ")
            name, _, value = pair.partition("=")
            place = next(each.removeprefix("Path=") for each in attributes if each.startswith("Path="))
            self.attributes[name] = {each for each in attributes if not each.startswith("Max-Age")}
            if value:
                self.kept[name] = (value, place)
            else:
                self.kept.pop(name, None)
        return answer

    async def data(self, document: str, *, path: str = "/graphql", **variables: Any) -> Any:
        answer = (await self.posts(document, path=path, **variables)).json()
        assert "errors" not in answer, answer
        return answer["data"]


@pytest.fixture(scope="module")
async def cookie_shop(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Shop]:
    """A shop whose storefront keeps sessions in cookies."""
    settings = settings_on(await clone()).model_copy(update={"session_cookies": "lax", "cors_origins": (STOREFRONT,)})
    async with open_shop(settings) as opened:
        yield opened


@pytest.fixture
async def browser(cookie_shop: Shop) -> Browser:
    """A browser in which a customer has logged in."""
    await a_customer_token(cookie_shop)
    email = await cookie_shop.rows.fetchval("SELECT email FROM account ORDER BY created_at DESC, id DESC LIMIT 1")
    opened = Browser(cookie_shop)
    tokens = (await opened.data(LOG_IN, input={"email": email, "password": PASSWORD}))["tokenCreate"]
    assert tokens["userErrors"] == []
    assert (tokens["accessToken"], tokens["refreshToken"]) == (None, None), "what a script cannot read it cannot lose"
    assert tokens["refreshTokenExpiresAt"] is not None
    return opened


async def test_a_session_in_cookies_is_known_goes_on_and_ends(browser: Browser) -> None:
    assert (await browser.data(ME))["me"] is not None
    assert browser.attributes == {
        "vitrine-access": {"Path=/", "HttpOnly", "SameSite=Lax"},
        "vitrine-refresh": {"Path=/graphql/session", "HttpOnly", "SameSite=Lax"},
    }
    before = dict(browser.kept)
    went_on = (await browser.data(REFRESH, path="/graphql/session"))["tokenRefresh"]
    assert (went_on["accessToken"], went_on["refreshToken"], went_on["userErrors"]) == (None, None, [])
    assert browser.kept["vitrine-refresh"] != before["vitrine-refresh"]
    assert (await browser.data(ME))["me"] is not None
    assert (await browser.data(REVOKE, path="/graphql/session"))["tokenRevoke"] == {"revoked": True, "userErrors": []}
    assert browser.kept == {}
    browser.kept = before
    refused = (await browser.data(REFRESH, path="/graphql/session"))["tokenRefresh"]
    assert [each["code"] for each in refused["userErrors"]] == ["REFRESH_TOKEN_INVALID"]


@pytest.mark.parametrize("headers", [{}, {"origin": STOREFRONT}, {"x-session": "bearer"}, {"origin": "https://evil.example"}])
async def test_cookies_that_come_without_being_meant_are_nobodys(browser: Browser, headers: dict[str, str]) -> None:
    assert (await browser.posts(ME, headers=headers)).json() == {"data": {"me": None}}
    refused = (await browser.posts(REFRESH, path="/graphql/session", headers=headers)).json()
    assert [each["code"] for each in refused["data"]["tokenRefresh"]["userErrors"]] == ["REQUIRED"]
    assert (await browser.data(ME))["me"] is not None, "the session was not touched"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://shop.example", "https://shop.example.evil.example"])
async def test_another_sites_page_is_refused_even_with_the_header(browser: Browser, origin: str) -> None:
    for path in ("/graphql", "/graphql/session"):
        answer = await browser.posts(ME, path=path, headers={"x-session": "cookie", "origin": origin})
        assert answer.json()["errors"][0]["extensions"]["code"] == "ORIGIN_REFUSED"
        assert "set-cookie" not in answer.headers


async def test_cors_lets_the_storefront_send_cookies_and_nobody_else(browser: Browser) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "x-session,content-type"}
    ours = await browser.shop.client.options("/graphql", headers={**asked, "origin": STOREFRONT})
    assert ours.headers["access-control-allow-origin"] == STOREFRONT
    assert ours.headers["access-control-allow-credentials"] == "true"
    theirs = await browser.shop.client.options("/graphql", headers={**asked, "origin": "https://evil.example"})
    assert theirs.status_code == 400
    assert "access-control-allow-origin" not in theirs.headers


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_no_form_of_another_site_reaches_a_mutation(browser: Browser, kind: str) -> None:
    cookie = "; ".join(f"{name}={value}" for name, (value, _) in browser.kept.items())
    headers = {"cookie": cookie, "content-type": kind, "x-session": "cookie"}
    posted = await browser.shop.client.post("/graphql/session", content=f'{{"query": "{REVOKE}"}}', headers=headers)
    assert posted.status_code == 415
    gotten = await browser.shop.client.get("/graphql", params={"query": REVOKE}, headers={**headers, "content-type": ""})
    assert gotten.status_code == 405
    assert (await browser.data(ME))["me"] is not None


async def test_the_refresh_token_goes_nowhere_else_and_an_old_access_token_hinders_no_refresh(browser: Browser) -> None:
    token, _ = browser.kept["vitrine-refresh"]
    browser.kept["vitrine-refresh"] = (token, "/")
    elsewhere = (await browser.data(REFRESH))["tokenRefresh"]
    assert [each["code"] for each in elsewhere["userErrors"]] == ["REQUIRED"]
    browser.kept["vitrine-access"] = ("stale.stale.stale", "/")
    assert (await browser.data(REFRESH, path="/graphql/session"))["tokenRefresh"]["userErrors"] == []


async def test_a_cookie_that_comes_twice_is_nobodys(browser: Browser) -> None:
    mine, _ = browser.kept["vitrine-access"]
    headers = {"x-session": "cookie", "cookie": f"vitrine-access={mine}; vitrine-access={mine}"}
    answer = await browser.shop.client.post("/graphql", json={"query": ME}, headers=headers)
    assert answer.json() == {"data": {"me": None}}


async def test_who_asks_for_no_cookies_is_given_none_and_bearers_go_on_as_before(browser: Browser) -> None:
    token = await a_customer_token(browser.shop)
    answer = await browser.shop.client.post("/graphql", json={"query": ME}, headers={"authorization": f"Bearer {token}"})
    assert answer.json()["data"]["me"] is not None
    assert "set-cookie" not in answer.headers


async def test_where_they_are_not_switched_on_cookies_mean_nothing(shop: Shop) -> None:
    token = await a_customer_token(shop)
    headers = {"x-session": "cookie", "cookie": f"vitrine-access={token}"}
    answer = await shop.client.post("/graphql", json={"query": ME}, headers=headers)
    assert answer.json() == {"data": {"me": None}}


def test_over_https_cookies_are_tied_to_the_host() -> None:
    cookies = Cookies(same_site="Strict", is_secure=True)
    access, refresh = cookies.dropped()
    assert access == "__Host-vitrine-access=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"
    assert refresh == "__Secure-vitrine-refresh=; Path=/graphql/session; Max-Age=0; HttpOnly; SameSite=Strict; Secure"


@pytest.mark.parametrize(
    ("origin", "is_own"),
    [
        ("http://api.example", True),
        ("https://API.example", True),
        ("https://shop.example", True),
        ("https://shop.example:444", False),
        ("null", False),
        ("", False),
        ("api.example", False),
        ("file://api.example", False),
        ("https://api.example.evil.example", False),
    ],
)
def test_whose_pages_may_use_a_session(origin: str, *, is_own: bool) -> None:
    assert is_own_origin(origin, "api.example", frozenset({"https://shop.example"})) is is_own
