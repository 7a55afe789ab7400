"""What comes back wrong is refused: another browser's, late, twice, for somebody else, or with a word that does not verify."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.factors.people import codes_of, done
from tests.gateways.fake_issuer import CLIENT_ID, FakeIssuer
from tests.identities.travellers import COMPLETE, INVALID, MINE, START, goes, journey, logs_in, somebody
from tests.makers.access import Api

SILENT = [("PROVIDER_UNAVAILABLE", ["input"])]


async def _accounts(api: Api, person: dict[str, Any]) -> int:
    async with api.database.writing() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM account WHERE email = $1", person["email"])
    return count


@pytest.mark.parametrize(
    "lies",
    [
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": None},
        {"iss": "https://another.example"},
        {"iss": None},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"exp": None},
        {"exp": 1},
        {"exp": "soon"},
        {"iat": None},
        {"azp": "another-client"},
        {"at_hash": "nonsense"},
        {"nbf": 99_999_999_999},
    ],
    ids=str,
)
async def test_a_word_about_somebody_else_or_another_time_is_not_believed(
    api: Api, issuer: FakeIssuer, lies: dict[str, Any]
) -> None:
    issuer.lies, person = lies, somebody()
    assert codes_of(await logs_in(api, issuer, person)) == INVALID
    assert await _accounts(api, person) == 0


@pytest.mark.parametrize("signs", ["none", "HS256", "another key", "an unknown kid"])
async def test_a_word_that_is_not_signed_by_the_providers_key_is_not_believed(api: Api, issuer: FakeIssuer, signs: str) -> None:
    issuer.signs, person = signs, somebody()
    assert codes_of(await logs_in(api, issuer, person)) == INVALID
    assert await _accounts(api, person) == 0


async def test_an_expired_word_is_not_believed(api: Api, issuer: FakeIssuer) -> None:
    issuer.clock = lambda: api.clock.now - timedelta(minutes=7)
    assert codes_of(await logs_in(api, issuer, somebody())) == INVALID


async def test_a_return_is_taken_once(api: Api, issuer: FakeIssuer) -> None:
    issuer.person = somebody()
    back = await goes(await journey(api))
    payloads = await asyncio.gather(*(done(api, COMPLETE, **back) for _ in range(3)))
    assert sorted(each["accessToken"] is not None for each in payloads) == [False, False, True]
    assert codes_of(await done(api, COMPLETE, **back)) == INVALID
    assert issuer.asked.count("/token") == 1, "the provider is asked for nothing twice"


async def test_a_code_that_was_used_elsewhere_is_refused(api: Api, issuer: FakeIssuer) -> None:
    issuer.person = somebody()
    first, second = await goes(await journey(api)), await goes(await journey(api))
    assert (await done(api, COMPLETE, **first))["userErrors"] == []
    assert codes_of(await done(api, COMPLETE, **{**second, "code": first["code"]})) == INVALID


async def test_a_code_of_another_journey_fails_by_its_challenge(api: Api, issuer: FakeIssuer) -> None:
    """A stolen code is worth nothing without the verifier, which never left us (RFC 7636)."""
    issuer.person = somebody()
    stolen = await goes(await journey(api))
    mine = await goes(await journey(api))
    assert codes_of(await done(api, COMPLETE, **{**mine, "code": stolen["code"]})) == INVALID
    assert await _accounts(api, issuer.person) == 0


async def test_a_return_in_another_browser_is_refused_and_leaves_the_journey_to_its_own(api: Api, issuer: FakeIssuer) -> None:
    issuer.person = somebody()
    attackers, victims = await journey(api), await journey(api)
    back = await goes(attackers)
    for secret in (victims["browserSecret"], "", "x" * 43, back["state"]):
        assert codes_of(await done(api, COMPLETE, **{**back, "browserSecret": secret})) == INVALID
    assert (await done(api, COMPLETE, **back))["userErrors"] == []


@pytest.mark.parametrize("state", ["", "x", "A" * 43, "\x00", "x" * 100_000])
async def test_a_state_that_we_never_made_is_refused(api: Api, issuer: FakeIssuer, state: str) -> None:
    back = await goes(await journey(api))
    assert codes_of(await done(api, COMPLETE, **{**back, "state": state})) == INVALID
    assert codes_of(await done(api, COMPLETE, **{**back, "state": back["browserSecret"]})) == INVALID
    assert "/token" not in issuer.asked


async def test_who_comes_back_late_begins_again(api: Api) -> None:
    back = await goes(await journey(api))
    api.clock.advance(minutes=10)
    assert codes_of(await done(api, COMPLETE, **back)) == INVALID


async def test_keys_that_rotate_are_asked_for_again_but_not_for_every_unknown_name(api: Api, issuer: FakeIssuer) -> None:
    provider: Any = api.ports.identities.providers["acme"]
    seconds = [1_000.0]
    provider._monotonic = lambda: seconds[0]
    assert (await logs_in(api, issuer, somebody()))["userErrors"] == []
    seconds[0] += 120
    issuer.rotate()
    assert (await logs_in(api, issuer, somebody()))["userErrors"] == []
    issuer.signs = "an unknown kid"
    for _ in range(3):
        assert codes_of(await logs_in(api, issuer, somebody())) == INVALID
    issuer.signs = "RS256"
    assert (await logs_in(api, issuer, somebody()))["userErrors"] == [], "the good key is still known"
    assert issuer.asked.count("/jwks") == 2
    assert issuer.asked.count("/.well-known/openid-configuration") == 1


async def test_a_provider_that_is_down_is_told_so_and_nothing_is_opened(api: Api, issuer: FakeIssuer) -> None:
    back = await goes(await journey(api))
    issuer.status = 503
    assert codes_of(await done(api, COMPLETE, **back)) == SILENT
    for provider in ("github", "facebook"):
        issuer.status = 200
        back = await goes(await journey(api, provider))
        issuer.status = 500
        assert codes_of(await done(api, COMPLETE, **back)) == SILENT


async def test_a_provider_that_cannot_be_found_is_told_before_anybody_is_sent(api: Api, issuer: FakeIssuer) -> None:
    issuer.status = 404
    payload = await done(api, START, provider="acme", redirectUrl="https://shop.example/back")
    assert codes_of(payload) == [("PROVIDER_UNAVAILABLE", ["input", "provider"])]


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://another.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"padding": "x" * 600_000},
    ],
    ids=["another issuer", "a script", "no endpoint", "too long"],
)
async def test_a_discovery_document_that_is_not_the_providers_sends_nobody_anywhere(
    api: Api, issuer: FakeIssuer, document: dict[str, Any]
) -> None:
    issuer.document = document
    payload = await done(api, START, provider="acme", redirectUrl="https://shop.example/back")
    assert codes_of(payload) == [("PROVIDER_UNAVAILABLE", ["input", "provider"])]


async def test_an_answer_that_would_unpack_to_anything_is_not_read(api: Api, issuer: FakeIssuer) -> None:
    issuer.packs = True
    payload = await done(api, START, provider="acme", redirectUrl="https://shop.example/back")
    assert codes_of(payload) == [("PROVIDER_UNAVAILABLE", ["input", "provider"])]


async def test_a_provider_that_stalls_is_given_up_in_time_with_no_transaction_open(
    api: Api, issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateways.federation.http.TOTAL_SECONDS", 0.3)
    back = await goes(await journey(api))
    issuer.stalls = asyncio.Event()
    returning = asyncio.create_task(done(api, COMPLETE, **back))
    await issuer.stalled.wait()
    async with api.database.writing() as connection:
        idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname = current_database()"
        assert await connection.fetchval(idle) == 0
    assert codes_of(await returning) == SILENT


async def test_a_word_of_github_for_a_code_that_is_none_is_refused(api: Api, issuer: FakeIssuer) -> None:
    back = await goes(await journey(api, "github"))
    assert codes_of(await done(api, COMPLETE, **{**back, "code": "nonsense"})) == INVALID
    back = await goes(await journey(api, "facebook"))
    assert codes_of(await done(api, COMPLETE, **{**back, "code": "nonsense"})) == INVALID
    issuer.emails = [{"email": None, "primary": True, "verified": True}]
    refused = await logs_in(api, issuer, somebody(), "github")
    assert codes_of(refused) == [("PROVIDER_EMAIL_UNVERIFIED", ["input"])]


async def test_a_code_may_be_of_any_length_up_to_a_bound(api: Api, issuer: FakeIssuer) -> None:
    for code in ("", "x" * 4_097):
        back = await goes(await journey(api))
        assert codes_of(await done(api, COMPLETE, **{**back, "code": code})) == INVALID
    assert "/token" not in issuer.asked


async def test_nothing_of_a_journey_is_kept_that_could_be_copied(api: Api) -> None:
    started = await journey(api)
    back = await goes(started)
    async with api.database.writing() as connection:
        rows = await connection.fetch("SELECT t::text FROM identity_journey t")
    secrets = (back["state"], back["browserSecret"], back["code"])
    assert not any(secret in row[0] for row in rows for secret in secrets)
    assert (await api.ask(MINE))["me"] is None
