"""Consent by page, codes and refresh tokens: who gets tokens, for what, and what happens to what is used twice."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from domain.viewer import Permission
from tests.makers.people import PASSWORD
from tests.oauth.people import REDIRECT, Asking, Client, a_client, a_member, query_of
from tests.shop import Shop
from tests.staff.people import log_in

VIEWER = "{ viewer { kind permissions scopes } }"


@pytest.fixture
async def client(shop: Shop) -> Client:
    return await a_client(shop)


async def _is_good(shop: Shop, token: str) -> bool:
    return "errors" not in await shop.ask(VIEWER, token=token)


async def test_a_person_logs_in_allows_and_the_app_learns_who_they_are(shop: Shop, client: Client) -> None:
    member = await a_member(shop, Permission.READ_ORDERS)
    asking = Asking(client)
    tokens = await asking.tokens(member["email"])
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3_600
    assert tokens["scope"] == "openid profile email offline_access"
    published = (await shop.client.get("/oauth/jwks")).json()
    claims = jwt.decode(tokens["id_token"], KeySet.import_key_set(published), ["RS256"]).claims
    info = (await shop.client.get("/oauth/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})).json()
    assert info == {"sub": claims["sub"], "name": "Lin", "email": member["email"], "email_verified": False}
    assert claims["iss"] == shop.api.settings.own_url
    assert claims["aud"] == client.client_id
    assert claims["nonce"] == "the-nonce"
    assert claims["exp"] - claims["iat"] == 600
    assert {"at_hash", "auth_time"} <= set(claims)


async def test_a_token_for_a_person_does_what_they_and_the_scopes_both_allow(shop: Shop, client: Client) -> None:
    member = await a_member(shop, Permission.READ_ORDERS, Permission.MANAGE_STOCK)
    tokens = await Asking(client, scope="orders:read payments:read").tokens(member["email"])
    assert "refresh_token" not in tokens
    assert "id_token" not in tokens
    viewer = (await shop.data(VIEWER, token=tokens["access_token"]))["viewer"]
    assert viewer == {"kind": "APP", "permissions": ["READ_ORDERS"], "scopes": ["orders:read", "payments:read"]}
    assert "errors" not in await shop.ask("{ orders { totalCount } }", token=tokens["access_token"])
    refused = await shop.ask("{ reconciliationRuns { totalCount } }", token=tokens["access_token"])
    assert refused["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    assert (await shop.data("{ me { id } staffMe { id } }", token=tokens["access_token"])) == {"me": None, "staffMe": None}


async def test_the_page_runs_nothing_and_stands_in_no_frame(client: Client) -> None:
    page = await Asking(client).opened()
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://client.example" in policy
    assert "script" not in policy
    assert "<script" not in page.text
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cache-control"] == "no-store"
    cookie = page.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert re.search(r"Learn their e-mail address\.", page.text)


async def test_who_denies_sends_the_app_away(client: Client) -> None:
    asking = Asking(client)
    told = query_of(await asking.answered(await asking.opened(), answer="deny"))
    assert told == {"error": "access_denied", "state": "the-state", "iss": client.shop.api.settings.own_url}


async def test_a_wrong_password_shows_the_page_again_and_gives_no_code(shop: Shop, client: Client) -> None:
    member = await a_member(shop)
    asking = Asking(client)
    again = await asking.answered(await asking.opened(), answer="allow", email=member["email"], password="wrong")
    assert again.status_code == 400
    assert "do not belong together" in again.text
    assert "location" not in again.headers
    assert (await asking.answered(again, answer="allow", email=member["email"], password=PASSWORD)).status_code == 303


async def test_an_answer_from_elsewhere_is_not_taken(shop: Shop, client: Client) -> None:
    member = await a_member(shop)
    asking = Asking(client)
    page = await asking.opened()
    yes = {"answer": "allow", "email": member["email"], "password": PASSWORD}
    assert (await asking.answered(page, **yes, token="0" * 64)).status_code == 403
    assert (await asking.answered(page, **yes, request="client_id=x")).status_code == 403
    shop.client.cookies.clear()
    other = await asking.opened()
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', other.text))
    assert (await asking.answered(page, **yes, token=form["token"])).status_code == 403
    without = await shop.client.post("/oauth/authorize", data=yes)
    assert without.status_code == 403


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": "openid nonsense"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_what_an_app_asks_wrongly_it_is_told_at_its_own_address(
    client: Client, said: dict[str, str | None], error: str
) -> None:
    answer = await Asking(client, said=said).opened()
    assert answer.status_code == 302, answer.text
    told = query_of(answer)
    assert told["error"] == error
    assert told["state"] == "the-state"
    assert told["iss"] == client.shop.api.settings.own_url


@pytest.mark.parametrize(
    "said",
    [
        {"redirect_uri": "https://client.example/cb/"},
        {"redirect_uri": "https://client.example.evil.example/cb"},
        {"redirect_uri": "https://client.example/cb?x=1"},
        {"redirect_uri": None},
        {"client_id": "nobody"},
        {"client_id": None},
    ],
)
async def test_nobody_is_sent_where_the_app_did_not_register(client: Client, said: dict[str, str | None]) -> None:
    answer = await Asking(client, said=said).opened()
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "<script" not in answer.text


async def test_a_code_is_good_once_and_a_second_use_ends_what_the_first_one_got(shop: Shop, client: Client) -> None:
    member = await a_member(shop)
    asking = Asking(client)
    code = await asking.code(member["email"])
    tokens = (await asking.redeems(code)).json()
    assert await _is_good(shop, tokens["access_token"])
    again = await asking.redeems(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    refreshed = await client.posts("/oauth/token", grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"
    ended = "SELECT ended_because FROM app_grant JOIN app ON app.id = app_id WHERE app.id = $1"
    assert await shop.rows.fetchval(ended, client.client_id) == "REUSED"


async def test_a_code_needs_its_verifier_its_address_and_its_client(shop: Shop, client: Client) -> None:
    member = await a_member(shop)
    asking = Asking(client)
    code = await asking.code(member["email"])
    wrong: list[dict[str, Any]] = [
        {"code_verifier": "x" * 43},
        {"redirect_uri": "https://client.example/other"},
        {"client_secret": "vts_" + "x" * 43},
        {"code_verifier": ""},
    ]
    for said in wrong:
        answer = await asking.redeems(code, **said)
        assert answer.status_code in {400, 401}, said
        assert "access_token" not in answer.json()
    other = await a_client(shop)
    stolen = await Asking(other, verifier=asking.verifier).redeems(code)
    assert stolen.json()["error"] == "invalid_grant"
    assert (await asking.redeems(code)).status_code == 200


async def test_a_code_that_waited_too_long_is_worth_nothing(shop: Shop, client: Client) -> None:
    asking = Asking(client)
    code = await asking.code((await a_member(shop))["email"])
    await shop.rows.execute("UPDATE app_code SET expires_at = now() - interval '1 second' WHERE used_at IS NULL")
    assert (await asking.redeems(code)).json()["error"] == "invalid_grant"


async def test_a_refresh_token_rotates_and_its_second_use_ends_the_consent(shop: Shop, client: Client) -> None:
    first = await Asking(client, scope="orders:read offline_access").tokens((await a_member(shop))["email"])
    said = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = (await client.posts("/oauth/token", **said)).json()
    assert second["scope"] == "orders:read offline_access"
    assert second["refresh_token"] != first["refresh_token"]
    third = (
        await client.posts("/oauth/token", **{**said, "refresh_token": second["refresh_token"], "scope": "orders:read"})
    ).json()
    assert third["scope"] == "orders:read"
    assert (await client.posts("/oauth/token", **said)).json() == {"error": "invalid_grant"}
    said["refresh_token"] = third["refresh_token"]
    assert (await client.posts("/oauth/token", **said)).json() == {"error": "invalid_grant"}


async def test_of_many_refreshes_at_once_one_gets_tokens(shop: Shop, client: Client) -> None:
    first = await Asking(client).tokens((await a_member(shop))["email"])
    said = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    answers = await asyncio.gather(*(client.posts("/oauth/token", **said) for _ in range(6)))
    assert sorted(each.status_code for each in answers) == [200, 400, 400, 400, 400, 400]


async def test_a_refresh_asks_for_no_more_than_was_agreed_to(shop: Shop, client: Client) -> None:
    first = await Asking(client, scope="orders:read offline_access").tokens((await a_member(shop))["email"])
    said = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], "scope": "orders:read orders:write"}
    assert (await client.posts("/oauth/token", **said)).json()["error"] == "invalid_scope"


async def test_a_public_client_needs_no_secret_but_its_verifier(shop: Shop) -> None:
    public = await a_client(shop, hasSecret=False, redirectUris=["http://127.0.0.1/cb", REDIRECT])
    assert public.secret is None
    tokens = await Asking(public).tokens((await a_member(shop))["email"])
    assert "id_token" in tokens
    own = await public.posts("/oauth/token", grant_type="client_credentials", scope="orders:read")
    assert own.status_code in {400, 401}
    local = Asking(public, said={"redirect_uri": "http://127.0.0.1:51234/cb"})
    assert (await local.opened()).status_code == 200


async def test_a_person_ends_what_an_app_may_do_and_others_cannot(shop: Shop, client: Client) -> None:
    member, other = await a_member(shop), await a_member(shop)
    tokens = await Asking(client, scope="orders:read offline_access").tokens(member["email"])
    mine, theirs = await log_in(shop, member["email"]), await log_in(shop, other["email"])
    asked = "{ connectedApps { id appName scopes } }"
    [connected] = (await shop.data(asked, token=mine))["connectedApps"]
    assert connected["scopes"] == ["orders:read", "offline_access"]
    assert (await shop.data(asked, token=theirs))["connectedApps"] == []
    end = "mutation($input: ConnectedAppEndInput!) { connectedAppEnd(input: $input) { endedId userErrors { code } } }"
    foreign = await shop.data(end, {"input": {"id": connected["id"]}}, token=theirs)
    assert foreign["connectedAppEnd"] == {"endedId": None, "userErrors": [{"code": "NOT_FOUND"}]}
    done = await shop.data(end, {"input": {"id": connected["id"]}}, token=mine)
    assert done["connectedAppEnd"]["endedId"] == connected["id"]
    assert (await shop.data(asked, token=mine))["connectedApps"] == []
    said = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await client.posts("/oauth/token", **said)).json() == {"error": "invalid_grant"}


async def test_a_closed_account_takes_its_consents_along(shop: Shop, client: Client) -> None:
    member = await a_member(shop)
    tokens = await Asking(client).tokens(member["email"])
    await shop.rows.execute("UPDATE account SET is_active = false WHERE email = $1", member["email"])
    assert not await _is_good(shop, tokens["access_token"])
    said = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await client.posts("/oauth/token", **said)).json()["error"] == "invalid_grant"


async def test_a_role_that_asks_for_a_second_factor_consents_to_nothing_without_one(shop: Shop, client: Client) -> None:
    member = await a_member(shop, requiresSecondFactor=True)
    asking = Asking(client)
    page = await asking.answered(await asking.opened(), answer="allow", email=member["email"], password=PASSWORD)
    assert page.status_code == 403
    assert "second factor" in page.text


async def test_a_new_password_ends_what_apps_may_do_and_a_log_out_does_not(shop: Shop, client: Client) -> None:
    member = await a_member(shop)
    tokens = await Asking(client).tokens(member["email"])
    await shop.data("mutation { tokensRevokeAll { sessionsEnded } }", token=await log_in(shop, member["email"]))
    said = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    tokens = (await client.posts("/oauth/token", **said)).json()
    change = "mutation($input: PasswordChangeInput!) { passwordChange(input: $input) { changedAt userErrors { code } } }"
    words = {"currentPassword": PASSWORD, "newPassword": "eleven blue herons whistle"}
    done = await shop.data(change, {"input": words}, token=await log_in(shop, member["email"]))
    assert done["passwordChange"]["userErrors"] == []
    assert not await _is_good(shop, tokens["access_token"])
    said["refresh_token"] = tokens["refresh_token"]
    assert (await client.posts("/oauth/token", **said)).json()["error"] == "invalid_grant"
