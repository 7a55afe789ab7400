"""Log-ins at another provider: the first opens an account, the next finds it; an address alone opens nothing."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factors.people import BEGIN, codes_of, done, enrolled
from tests.gateways.fake_issuer import BACK, FakeIssuer
from tests.identities.travellers import COMPLETE, MINE, START, goes, journey, links, logs_in, somebody
from tests.makers.access import Api, a_customer


async def test_the_providers_are_listed_for_everybody(api: Api) -> None:
    listed = (await api.ask("{ authProviders { name label } }"))["authProviders"]
    assert listed[0] == {"name": "acme", "label": "Acme"}
    assert [each["name"] for each in listed] == ["acme", "github", "facebook", "trusted"]


async def test_the_browser_is_sent_with_state_nonce_and_a_code_challenge_and_keeps_a_secret(
    api: Api, issuer: FakeIssuer
) -> None:
    first, second = await journey(api), await journey(api)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(first["url"]).query).items()}
    assert first["url"].startswith(f"{issuer.url}/authorize?")
    assert (asked["response_type"], asked["scope"]) == ("code", "openid email profile")
    assert (asked["redirect_uri"], asked["code_challenge_method"]) == (BACK, "S256")
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert first["browserSecret"] not in first["url"]
    assert first["browserSecret"] != second["browserSecret"]
    assert first["expiresAt"] == "2026-03-01T12:10:00+00:00"


async def test_the_first_log_in_opens_an_account_and_the_second_finds_it(api: Api, issuer: FakeIssuer) -> None:
    person = somebody()
    first = await logs_in(api, issuer, person)
    assert first["userErrors"] == []
    mine = (await api.ask(MINE, token=first["accessToken"]))["me"]
    assert (mine["email"], mine["emailVerified"]) == (person["email"], True)
    assert (mine["firstName"], mine["lastName"]) == ("Ada", "Byron")
    assert mine["secondFactors"] == {"hasPassword": False}
    assert [(each["provider"], each["email"]) for each in mine["identities"]] == [("acme", person["email"])]
    again = await logs_in(api, issuer, {**person, "email": "moved@mail.example", "email_verified": False})
    assert again["userErrors"] == []
    mine = (await api.ask(MINE, token=again["accessToken"]))["me"]
    assert mine["email"] == person["email"], "the subject counts, and the account keeps its own address"
    assert mine["identities"][0]["email"] == "moved@mail.example"


async def test_the_address_may_be_told_by_userinfo_alone(api: Api, issuer: FakeIssuer) -> None:
    issuer.tells_email_in_token = False
    person = somebody()
    tokens = await logs_in(api, issuer, person)
    assert (await api.ask(MINE, token=tokens["accessToken"]))["me"]["email"] == person["email"]


async def test_nobody_comes_in_by_an_address(api: Api, issuer: FakeIssuer) -> None:
    ada = await a_customer(api)
    for is_verified in (True, False):
        async with api.database.writing() as connection:
            await connection.execute("UPDATE account SET email_verified_at = now() WHERE id = $1", ada.id)
        refused = await logs_in(api, issuer, somebody(email=ada.email.upper(), email_verified=is_verified))
        expected = "IDENTITY_NOT_LINKED" if is_verified else "PROVIDER_EMAIL_UNVERIFIED"
        assert (codes_of(refused), refused["accessToken"]) == ([(expected, ["input"])], None)
    async with api.database.writing() as connection:
        assert await connection.fetchval("SELECT count(*) FROM identity WHERE account_id = $1", ada.id) == 0


@pytest.mark.parametrize("about", [{"email_verified": False}, {"email": None}, {"email_verified": None}, {"email": "nonsense"}])
async def test_an_address_that_the_provider_does_not_vouch_for_opens_no_account(
    api: Api, issuer: FakeIssuer, about: dict[str, Any]
) -> None:
    person = {name: value for name, value in somebody(**about).items() if value is not None}
    refused = await logs_in(api, issuer, person)
    assert codes_of(refused) == [("PROVIDER_EMAIL_UNVERIFIED", ["input"])]


async def test_a_known_and_an_unknown_address_that_is_not_vouched_for_are_answered_alike(api: Api, issuer: FakeIssuer) -> None:
    ada = await a_customer(api)
    known = await logs_in(api, issuer, somebody(email=ada.email, email_verified=False))
    assert known == await logs_in(api, issuer, somebody(email_verified=False))


async def test_parallel_first_log_ins_open_one_account(api: Api, issuer: FakeIssuer) -> None:
    issuer.person = somebody()
    returns = [await goes(await journey(api)) for _ in range(3)]
    payloads = await asyncio.gather(*(done(api, COMPLETE, **each) for each in returns))
    assert [each["userErrors"] for each in payloads] == [[], [], []]
    emails = {(await api.ask(MINE, token=each["accessToken"]))["me"]["email"] for each in payloads}
    assert emails == {issuer.person["email"]}


async def test_a_second_factor_is_asked_for_behind_a_provider_too(api: Api, issuer: FakeIssuer) -> None:
    ada, person = await enrolled(api), somebody()
    linked = await links(api, issuer, ada.token, person, code=ada.code())
    assert linked["userErrors"] == []
    payload = await logs_in(api, issuer, person)
    assert (payload["accessToken"], payload["challenge"]["methods"]) == (None, ["TOTP", "RECOVERY_CODE"])
    assert (await ada.answers(payload["challenge"], code=ada.code(steps=1)))["accessToken"] is not None


async def test_an_account_without_a_password_is_opened_by_none(api: Api, issuer: FakeIssuer) -> None:
    person = somebody()
    await logs_in(api, issuer, person)
    for password in ("", "password", "x" * 43):
        payload = await done(api, BEGIN, email=person["email"], password=password)
        assert codes_of(payload) == [("INVALID_CREDENTIALS", ["input"])]


async def test_a_closed_account_stays_closed(api: Api, issuer: FakeIssuer) -> None:
    person = somebody()
    await logs_in(api, issuer, person)
    async with api.database.writing() as connection:
        await connection.execute("UPDATE account SET is_active = false WHERE email = $1", person["email"])
    assert codes_of(await logs_in(api, issuer, person)) == [("INVALID_CREDENTIALS", ["input"])]


@pytest.mark.parametrize(
    "url", ["", "https://evil.example", BACK + "/", BACK + "?x", BACK.upper(), "javascript:alert(1)", f"{BACK}@evil.example"]
)
async def test_nobody_is_sent_to_a_page_that_is_not_listed(api: Api, url: str) -> None:
    payload = await done(api, START, provider="acme", redirectUrl=url)
    assert (payload["journey"], codes_of(payload)) == (None, [("REDIRECT_NOT_ALLOWED", ["input", "redirectUrl"])])


async def test_a_provider_that_is_not_there_is_not_found(api: Api) -> None:
    payload = await done(api, START, provider="nobody", redirectUrl=BACK)
    assert codes_of(payload) == [("NOT_FOUND", ["input", "provider"])]


async def test_github_tells_whether_the_primary_address_is_verified(api: Api, issuer: FakeIssuer) -> None:
    refused = await logs_in(api, issuer, somebody(email_verified=False), "github")
    assert codes_of(refused) == [("PROVIDER_EMAIL_UNVERIFIED", ["input"])]
    person = somebody()
    tokens = await logs_in(api, issuer, person, "github")
    mine = (await api.ask(MINE, token=tokens["accessToken"]))["me"]
    assert (mine["email"], mine["firstName"], mine["lastName"]) == (person["email"], "Ada", "King Byron")


async def test_facebook_vouches_for_nothing_unless_the_shop_says_so(api: Api, issuer: FakeIssuer) -> None:
    person = somebody()
    refused = await logs_in(api, issuer, person, "facebook")
    assert codes_of(refused) == [("PROVIDER_EMAIL_UNVERIFIED", ["input"])]
    tokens = await logs_in(api, issuer, person, "trusted")
    assert (await api.ask(MINE, token=tokens["accessToken"]))["me"]["email"] == person["email"]
