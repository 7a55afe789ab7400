"""Linking another provider to one's account, and unlinking it, as long as another way in is left."""

from __future__ import annotations

from typing import Any

from tests.factors.authenticator import Authenticator
from tests.factors.people import codes_of, done
from tests.factors.test_passkeys import REGISTER, REMOVE
from tests.factors.test_passkeys import START as ADD_PASSKEY
from tests.gateways.fake_issuer import BACK, FakeIssuer
from tests.identities.travellers import (
    COMPLETE,
    INVALID,
    LINK_COMPLETE,
    LINK_START,
    MINE,
    UNLINK,
    goes,
    journey,
    links,
    logs_in,
    somebody,
)
from tests.makers.access import GOOD_PASSWORD, Api, a_customer, an_administrator

PASSWORD = {"currentPassword": GOOD_PASSWORD}
NODE = "query ($id: ID!) { node(id: $id) { ... on Identity { provider } } }"


async def _identity(api: Api, token: str) -> dict[str, Any]:
    [identity] = (await api.ask(MINE, token=token))["me"]["identities"]
    found: dict[str, Any] = identity
    return found


async def test_a_provider_is_linked_from_inside_and_opens_the_account_from_then_on(api: Api, issuer: FakeIssuer) -> None:
    ada, person = await a_customer(api), somebody(email_verified=False)
    token = (await ada.logs_in())["accessToken"]
    linked = await links(api, issuer, token, person)
    assert (linked["userErrors"], linked["identity"]["provider"]) == ([], "acme")
    tokens = await logs_in(api, issuer, person)
    mine = (await api.ask(MINE, token=tokens["accessToken"]))["me"]
    assert (mine["email"], mine["emailVerified"]) == (ada.email, False), "a link says nothing about the account's own address"
    async with api.database.writing() as connection:
        facts = await connection.fetch(
            "SELECT kind FROM outbox_event WHERE aggregate_id = $1 AND kind LIKE 'Identity%'", ada.id
        )
    assert [each["kind"] for each in facts] == ["IdentityLinked"]


async def test_staff_link_a_provider_too(api: Api, issuer: FakeIssuer) -> None:
    grace, person = await an_administrator(api), somebody()
    await links(api, issuer, (await grace.logs_in())["accessToken"], person)
    tokens = await logs_in(api, issuer, person)
    asked = "{ staffMe { email identities { provider } } }"
    told = (await api.ask(asked, token=tokens["accessToken"]))["staffMe"]
    assert told == {"email": grace.email, "identities": [{"provider": "acme"}]}


async def test_linking_needs_the_password(api: Api) -> None:
    token = (await (await a_customer(api)).logs_in())["accessToken"]
    for password in (None, "", "wrong"):
        payload = await done(api, LINK_START, token, provider="acme", redirectUrl=BACK, currentPassword=password)
        assert codes_of(payload) == [("PASSWORD_WRONG", ["input", "currentPassword"])]


async def test_what_opens_another_account_is_not_linked(api: Api, issuer: FakeIssuer) -> None:
    person, ada, eve = somebody(), await a_customer(api), await a_customer(api)
    adas, eves = (await ada.logs_in())["accessToken"], (await eve.logs_in())["accessToken"]
    assert (await links(api, issuer, adas, person))["userErrors"] == []
    assert codes_of(await links(api, issuer, eves, person)) == [("IDENTITY_TAKEN", ["input"])]
    assert codes_of(await links(api, issuer, adas, somebody())) == [("IDENTITY_TAKEN", ["input"])], "one at each provider"


async def test_a_journey_to_link_ends_with_who_began_it_and_a_log_in_is_no_link(api: Api, issuer: FakeIssuer) -> None:
    issuer.person = somebody()
    ada, eve = await a_customer(api), await a_customer(api)
    adas, eves = (await ada.logs_in())["accessToken"], (await eve.logs_in())["accessToken"]
    begun = await done(api, LINK_START, adas, provider="acme", redirectUrl=BACK, **PASSWORD)
    assert codes_of(await done(api, LINK_COMPLETE, eves, **await goes(begun["journey"]))) == INVALID
    begun = await done(api, LINK_START, adas, provider="acme", redirectUrl=BACK, **PASSWORD)
    assert codes_of(await done(api, COMPLETE, **await goes(begun["journey"]))) == INVALID
    assert codes_of(await done(api, LINK_COMPLETE, adas, **await goes(await journey(api)))) == INVALID
    assert (await api.ask(MINE, token=adas))["me"]["identities"] == []


async def test_a_link_is_cut_by_its_owner_alone(api: Api, issuer: FakeIssuer) -> None:
    person, ada, eve = somebody(), await a_customer(api), await a_customer(api)
    adas, eves = (await ada.logs_in())["accessToken"], (await eve.logs_in())["accessToken"]
    await links(api, issuer, adas, person)
    identity = await _identity(api, adas)
    not_found = [("NOT_FOUND", ["input", "id"])]
    assert codes_of(await done(api, UNLINK, eves, **PASSWORD, id=identity["id"])) == not_found
    assert (await api.ask(NODE, token=eves, id=identity["id"]))["node"] is None
    assert (await api.ask(NODE, token=adas, id=identity["id"]))["node"] == {"provider": "acme"}
    cut = await done(api, UNLINK, adas, **PASSWORD, id=identity["id"])
    assert (cut["identityId"], cut["userErrors"]) == (identity["id"], [])
    assert (await logs_in(api, issuer, person))["userErrors"] == [], "it opens an account of its own now"
    assert (await api.ask(MINE, token=adas))["me"]["identities"] == []


async def test_the_last_way_in_is_never_cut(api: Api, issuer: FakeIssuer) -> None:
    person = somebody()
    token = (await logs_in(api, issuer, person))["accessToken"]
    identity = await _identity(api, token)
    assert codes_of(await done(api, UNLINK, token, id=identity["id"])) == [("LAST_WAY_IN", ["input", "id"])]
    assert (await logs_in(api, issuer, person))["userErrors"] == []
    key = Authenticator()
    ceremony = (await done(api, ADD_PASSKEY, token))["ceremony"]
    answer = {"ceremony": ceremony["secret"], "credential": key.creates(ceremony["options"])}
    added = await done(api, REGISTER, token, passkey=answer, name="Key")
    recovery = added["recoveryCodes"]
    assert (await done(api, UNLINK, token, recoveryCode=recovery[0], id=identity["id"]))["userErrors"] == []
    removed = await done(api, REMOVE, token, recoveryCode=recovery[1], id=added["passkey"]["id"])
    assert codes_of(removed) == [("LAST_WAY_IN", ["input", "id"])]


async def test_who_has_no_password_changes_how_they_log_in_only_within_ten_minutes_of_a_log_in(
    api: Api, issuer: FakeIssuer
) -> None:
    person = somebody()
    token = (await logs_in(api, issuer, person))["accessToken"]
    api.clock.advance(minutes=9, seconds=59)
    assert (await done(api, ADD_PASSKEY, token))["userErrors"] == []
    api.clock.advance(seconds=2)
    fresh = (await logs_in(api, issuer, person))["accessToken"]
    assert (await done(api, ADD_PASSKEY, fresh))["userErrors"] == []
    refresh = "mutation ($input: TokenRefreshInput!) { tokenRefresh(input: $input) { accessToken } }"
    old = await logs_in(api, issuer, person)
    api.clock.advance(minutes=11)
    later = (await done(api, refresh, refreshToken=old["refreshToken"]))["accessToken"]
    assert codes_of(await done(api, ADD_PASSKEY, later)) == [("REAUTHENTICATION_REQUIRED", ["input"])]
