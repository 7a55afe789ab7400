"""Tokens that apps have of their own, and what machines ask about tokens: scopes, revocation, introspection, discovery."""

from __future__ import annotations

from typing import Any

import pytest

from domain.viewer import Permission
from tests.makers.people import a_staff_token
from tests.oauth.people import CREATE, REDIRECT, Asking, Client, a_client, a_member
from tests.shop import Shop

VIEWER = "{ viewer { kind permissions scopes channels } }"
CART = "mutation { cartCreate(input: { lines: [] }) { cart { id } userErrors { code } } }"
KEY = """mutation($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) {
  secret apiKey { id hint name scopes expiresAt lastUsedAt } userErrors { code path } } }"""


@pytest.fixture
async def client(shop: Shop) -> Client:
    return await a_client(shop)


def _code(answer: dict[str, Any]) -> tuple[str, str | None]:
    extensions = answer["errors"][0]["extensions"]
    return extensions["code"], extensions.get("scope")


async def test_a_token_that_reads_runs_no_mutation_and_the_error_names_the_scope(shop: Shop, client: Client) -> None:
    token = await client.own_token("read")
    viewer = (await shop.data(VIEWER, token=token))["viewer"]
    assert viewer["kind"] == "APP"
    assert all(each.startswith("READ_") for each in viewer["permissions"])
    assert "errors" not in await shop.ask("{ orders { totalCount } }", token=token)
    assert _code(await shop.ask(CART, token=token)) == ("INSUFFICIENT_SCOPE", "storefront:write")
    move = 'mutation { orderTransition(input: { orderId: "x", status: CONFIRMED }) { userErrors { code } } }'
    assert _code(await shop.ask(move, token=token)) == ("INSUFFICIENT_SCOPE", "orders:write")
    assert _code(await shop.ask("mutation { tokensRevokeAll { sessionsEnded } }", token=token))[0] == "PERMISSION_DENIED"


async def test_a_token_does_what_its_scopes_say_and_nothing_else(shop: Shop, client: Client) -> None:
    token = await client.own_token("orders:read storefront:write")
    assert (await shop.data(VIEWER, token=token))["viewer"]["permissions"] == ["READ_ORDERS"]
    assert (await shop.data(CART, token=token))["cartCreate"]["userErrors"] == []
    assert _code(await shop.ask("{ warehouses { id } }", token=token)) == ("INSUFFICIENT_SCOPE", "stock:read")


async def test_without_a_scope_an_app_gets_all_it_may_have_on_its_own(shop: Shop) -> None:
    client = await a_client(shop, scopes=["orders:read", "stock:read", "openid"])
    answer = (await client.posts_as_basic("/oauth/token", grant_type="client_credentials")).json()
    assert answer["scope"] == "orders:read stock:read"
    assert "refresh_token" not in answer
    more = await client.posts("/oauth/token", grant_type="client_credentials", scope="orders:write")
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")


async def test_an_app_is_limited_to_its_channels(shop: Shop) -> None:
    order = await shop.shopper().orders((await shop.goods(stock=5), 1))
    everywhere, nowhere = await a_client(shop), await a_client(shop, everyChannel=False)
    here = await a_client(shop, channels=["web"])
    asked = "query($id: ID!) { order(id: $id) { id } }"
    for client, is_there in ((everywhere, True), (here, True), (nowhere, False)):
        found = (await shop.data(asked, {"id": order["id"]}, token=await client.own_token("read")))["order"]
        assert (found is not None) is is_there
    refused = await shop.ask("{ apps { totalCount } }", token=await here.own_token("write"))
    assert _code(refused)[0] == "PERMISSION_DENIED"


@pytest.mark.parametrize("wrong", ["secret", "client", "no secret", "header"])
async def test_who_is_not_the_client_gets_nothing(shop: Shop, client: Client, wrong: str) -> None:
    said = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": client.secret or ""}
    headers: dict[bytes, bytes] = {}
    if wrong == "secret":
        said["client_secret"] = "vts_" + "x" * 43
    elif wrong == "client":
        said["client_id"] = "01a1fd34-0000-7000-8000-000000000000"
    elif wrong == "no secret":
        del said["client_secret"]
    else:
        said, headers = {"grant_type": "client_credentials"}, {b"Authorization": b"Basic \xff\xff"}
    answer = await shop.client.post("/oauth/token", data=said, headers=headers)
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] == "invalid_client"
    assert answer.headers["cache-control"] == "no-store"


async def test_malformed_forms_are_refused_without_a_trace(shop: Shop, client: Client) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    bodies = [b"grant_type=a&grant_type=b", b"grant_type=%ff", b"a=%00", b"x" * 20_000, b"&".join([b"a=b"] * 40)]
    for body in bodies:
        answer = await shop.client.post("/oauth/token", content=body, headers=form)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), body[:30]
    assert (await shop.client.post("/oauth/token", json={"grant_type": "x"})).status_code == 400
    unknown = await client.posts("/oauth/token", grant_type="password", username="x", password="y")
    assert unknown.json()["error"] == "unsupported_grant_type"


async def test_a_revoked_token_is_worth_nothing_and_others_tokens_stay(shop: Shop, client: Client) -> None:
    token, other = await client.own_token("read"), await a_client(shop)
    foreign = await other.posts("/oauth/revoke", token=token)
    assert foreign.status_code == 400
    told = (await client.posts("/oauth/introspect", token=token)).json()
    assert (told["active"], told["scope"], told["client_id"]) == (True, "read", client.client_id)
    assert (await other.posts("/oauth/introspect", token=token)).json() == {"active": False}
    assert (await client.posts("/oauth/revoke", token="vta_" + "x" * 43)).status_code == 200
    assert (await client.posts("/oauth/revoke", token=token)).status_code == 200
    assert (await client.posts("/oauth/introspect", token=token)).json() == {"active": False}
    assert _code(await shop.ask(VIEWER, token=token))[0] == "UNAUTHENTICATED"


async def test_revoking_a_refresh_token_ends_all_that_came_of_the_consent(shop: Shop, client: Client) -> None:
    tokens = await Asking(client).tokens((await a_member(shop))["email"])
    assert (await client.posts("/oauth/introspect", token=tokens["refresh_token"])).json()["active"] is True
    assert (await client.posts("/oauth/revoke", token=tokens["refresh_token"])).status_code == 200
    for token in (tokens["refresh_token"], tokens["access_token"]):
        assert (await client.posts("/oauth/introspect", token=token)).json() == {"active": False}
    info = await shop.client.get("/oauth/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert info.status_code == 401
    assert info.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_an_app_on_its_own_is_nobody_to_be_told_about(shop: Shop, client: Client) -> None:
    info = await shop.client.get("/oauth/userinfo", headers={"Authorization": f"Bearer {await client.own_token('read')}"})
    assert info.status_code == 401


async def test_discovery_tells_where_everything_is(shop: Shop) -> None:
    told = (await shop.client.get("/.well-known/oauth-authorization-server")).json()
    assert told == (await shop.client.get("/.well-known/openid-configuration")).json()
    at = shop.api.settings.own_url
    assert told["issuer"] == at
    assert told["token_endpoint"] == f"{at}/oauth/token"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["id_token_signing_alg_values_supported"] == ["RS256"]
    assert "orders:write" in told["scopes_supported"]


async def test_a_key_is_shown_once_and_kept_as_a_hash_alone(shop: Shop, client: Client) -> None:
    boss = await a_staff_token(shop, *Permission)
    made = (await shop.data(KEY, {"input": {"appId": client.id, "name": "Till", "scopes": ["orders:read"]}}, token=boss))[
        "apiKeyCreate"
    ]
    secret = made["secret"]
    assert secret.startswith(made["apiKey"]["hint"])
    assert made["apiKey"]["lastUsedAt"] is None
    assert (await shop.data(VIEWER, token=secret))["viewer"]["permissions"] == ["READ_ORDERS"]
    asked = "query($id: ID!) { app(id: $id) { apiKeys { id name lastUsedAt revokedAt } } }"
    [key] = (await shop.data(asked, {"id": client.id}, token=boss))["app"]["apiKeys"]
    assert key["lastUsedAt"] is not None
    dump = await shop.rows.fetch("SELECT t::text FROM app_token t UNION ALL SELECT t::text FROM app t")
    assert not any(text in row[0] for row in dump for text in (secret, secret[15:], client.secret or "?"))
    revoke = "mutation($input: ApiKeyRevokeInput!) { apiKeyRevoke(input: $input) { apiKey { revokedAt } userErrors { code } } }"
    done = (await shop.data(revoke, {"input": {"id": key["id"]}}, token=boss))["apiKeyRevoke"]
    assert done["apiKey"]["revokedAt"] is not None
    assert (await shop.data(asked, {"id": client.id}, token=boss))["app"]["apiKeys"] == []


async def test_a_key_asks_for_no_more_than_its_app_may_and_ends_when_it_says(shop: Shop) -> None:
    client, boss = await a_client(shop, scopes=["orders:read"]), await a_staff_token(shop, *Permission)

    async def refused(**said: Any) -> list[dict[str, Any]]:
        words = {"appId": client.id, "name": "Key", "scopes": ["orders:read"], **said}
        payload = (await shop.data(KEY, {"input": words}, token=boss))["apiKeyCreate"]
        errors: list[dict[str, Any]] = payload["userErrors"]
        return errors

    assert await refused(scopes=["orders:write"]) == [{"code": "INVALID", "path": ["input", "scopes", "0"]}]
    assert await refused(scopes=["nonsense"]) == [{"code": "INVALID", "path": ["input", "scopes", "0"]}]
    assert await refused(expiresAt="2020-01-01T00:00:00Z") == [{"code": "INVALID", "path": ["input", "expiresAt"]}]
    assert await refused(name="") == [{"code": "INVALID", "path": ["input", "name"]}]
    words = {"appId": client.id, "name": "Key", "scopes": ["orders:read"], "expiresAt": "2199-01-01T00:00:00Z"}
    secret = (await shop.data(KEY, {"input": words}, token=boss))["apiKeyCreate"]["secret"]
    await shop.rows.execute("UPDATE app_token SET expires_at = now() - interval '1 second' WHERE app_id = $1", client.client_id)
    assert _code(await shop.ask(VIEWER, token=secret))[0] == "TOKEN_EXPIRED"


async def test_nobody_makes_an_app_that_may_more_than_they_do(shop: Shop, client: Client) -> None:
    token = await a_staff_token(shop, Permission.MANAGE_APPS, Permission.READ_ORDERS)
    words = {"name": "Mine", "scopes": ["orders:read", "stock:write"]}
    payload = (await shop.data(CREATE, {"input": words}, token=token))["appCreate"]
    assert payload["clientSecret"] is None
    assert [(each["code"], each["path"]) for each in payload["userErrors"]] == [("PERMISSIONS_NOT_HELD", ["input", "scopes"])]
    rotate = "mutation($input: AppSecretRotateInput!) { appSecretRotate(input: $input) { clientSecret userErrors { code } } }"
    taken = (await shop.data(rotate, {"input": {"id": client.id}}, token=token))["appSecretRotate"]
    assert taken == {"clientSecret": None, "userErrors": [{"code": "PERMISSIONS_NOT_HELD"}]}
    key = await shop.data(KEY, {"input": {"appId": client.id, "name": "k", "scopes": ["orders:read"]}}, token=token)
    assert [each["code"] for each in key["apiKeyCreate"]["userErrors"]] == ["PERMISSIONS_NOT_HELD"]


async def test_a_new_secret_replaces_the_old_one_and_an_app_that_is_off_gets_nothing(shop: Shop, client: Client) -> None:
    boss = await a_staff_token(shop, *Permission)
    rotate = "mutation($input: AppSecretRotateInput!) { appSecretRotate(input: $input) { clientSecret } }"
    fresh = (await shop.data(rotate, {"input": {"id": client.id}}, token=boss))["appSecretRotate"]["clientSecret"]
    said = {"grant_type": "client_credentials", "scope": "read"}
    assert (await client.posts("/oauth/token", **said)).json()["error"] == "invalid_client"
    renewed = Client(shop, client.id, client.client_id, fresh)
    token = (await renewed.posts("/oauth/token", **said)).json()["access_token"]
    off = "mutation($input: AppUpdateInput!) { appUpdate(input: $input) { app { isActive } userErrors { code } } }"
    assert (await shop.data(off, {"input": {"id": client.id, "isActive": False}}, token=boss))["appUpdate"]["app"] == {
        "isActive": False
    }
    assert _code(await shop.ask(VIEWER, token=token))[0] == "UNAUTHENTICATED"
    assert (await renewed.posts("/oauth/token", **said)).json()["error"] == "invalid_client"
    assert (await Asking(renewed).opened()).status_code == 400


@pytest.mark.parametrize(
    ("uri", "is_fine"),
    [
        ("https://a.example/cb?tenant=1", True),
        ("http://localhost:3000/cb", True),
        ("com.example.app:/cb", True),
        ("http://a.example/cb", False),
        ("https://a.example/cb#x", False),
        ("https://*.a.example/cb", False),
        ("https://u:p@a.example/", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://", False),
    ],
)
async def test_answers_go_to_places_that_only_the_app_can_be(shop: Shop, uri: str, is_fine: bool) -> None:
    boss = await a_staff_token(shop, *Permission)
    words = {"name": f"Redirects {uri}", "scopes": ["openid"], "redirectUris": [REDIRECT, uri]}
    payload = (await shop.data(CREATE, {"input": words}, token=boss))["appCreate"]
    assert [each["path"] for each in payload["userErrors"]] == ([] if is_fine else [["input", "redirectUris", "1"]])
