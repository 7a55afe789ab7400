"""Logging in, going on and logging out, through the public API."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from domain.viewer import Permission
from gateways.identity.tokens import SignedTokens
from gateways.settings import load_settings
from tests.makers.access import (
    GOOD_PASSWORD,
    ISSUER,
    LOG_IN,
    REFRESH,
    SECRETS,
    Api,
    a_customer,
    an_administrator,
    an_api,
    an_email,
)

ME = "{ me { email firstName sessions { id isCurrent device } } staffMe { email role { name } permissions } }"
REVOKE = "mutation ($input: TokenRevokeInput!) { tokenRevoke(input: $input) { revoked userErrors { code path } } }"
REVOKE_ALL = "mutation { tokensRevokeAll { sessionsEnded userErrors { code } } }"
END = "mutation ($input: SessionEndInput!) { sessionEnd(input: $input) { sessionId userErrors { code path message } } }"
CHANGE = "mutation ($input: PasswordChangeInput!) { passwordChange(input: $input) { changedAt userErrors { code path } } }"

PRODUCTION = {
    "secret_key": "k" * 32,
    "database_url": "postgresql://shop@localhost/shop",
    "redis_url": "redis://localhost",
    "public_url": ISSUER,
    "smtp_url": "smtp://mail.example",
}


async def logging_in(api: Api, email: str, password: str) -> Any:
    return (await api.ask(LOG_IN, input={"email": email, "password": password}))["tokenCreate"]


async def refreshing(api: Api, token: str) -> Any:
    return (await api.ask(REFRESH, input={"refreshToken": token}))["tokenRefresh"]


async def test_a_customer_logs_in_and_is_known_by_the_token(api: Api) -> None:
    ada = await a_customer(api)
    api.headers["user-agent"] = "Lovelace/1.0"
    tokens = await ada.logs_in()
    assert tokens["accessTokenExpiresAt"] == "2026-03-01T12:10:00+00:00"
    assert tokens["refreshTokenExpiresAt"] == "2026-03-08T12:00:00+00:00"
    data = await api.ask(ME, token=tokens["accessToken"])
    assert data["staffMe"] is None
    assert data["me"]["email"] == ada.email
    assert [(each["isCurrent"], each["device"]) for each in data["me"]["sessions"]] == [(True, "Lovelace/1.0")]


async def test_staff_log_in_by_the_same_mutation_and_hold_the_permissions_of_their_role(api: Api) -> None:
    grace = await an_administrator(api)
    data = await api.ask(ME, token=(await grace.logs_in())["accessToken"])
    assert data["me"] is None
    assert data["staffMe"]["role"] == {"name": "administrator"}
    assert len(data["staffMe"]["permissions"]) == len(Permission)


async def test_without_a_token_nobody_is_there(api: Api) -> None:
    assert await api.ask(ME) == {"me": None, "staffMe": None}


async def test_the_address_may_be_written_in_any_case_and_width(api: Api) -> None:
    ada = await a_customer(api)
    for spelling in (ada.email.upper(), f"  {ada.email} "):
        assert (await logging_in(api, spelling, GOOD_PASSWORD))["userErrors"] == []


@pytest.mark.parametrize("password", ["wrong", "", "x" * 129, "x" * 100_000, GOOD_PASSWORD + " ", "\x00", "pässwörd"])
async def test_unknown_wrong_and_impossible_log_ins_are_told_alike(api: Api, password: str) -> None:
    ada = await a_customer(api)
    known = await logging_in(api, ada.email, password)
    assert known == await logging_in(api, an_email(), password)
    assert known["accessToken"] is None
    assert known["userErrors"] == [
        {
            "__typename": "InvalidCredentials",
            "code": "INVALID_CREDENTIALS",
            "message": "The e-mail address and the password do not belong together.",
            "path": ["input"],
        }
    ]


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "x" * 300 + "@mail.example", "\x00@mail.example", "' OR 1=1 --"])
async def test_what_is_no_address_is_told_like_a_wrong_password(api: Api, email: str) -> None:
    assert [each["code"] for each in (await logging_in(api, email, GOOD_PASSWORD))["userErrors"]] == ["INVALID_CREDENTIALS"]


async def test_a_closed_account_is_told_like_a_wrong_password(api: Api) -> None:
    ada = await a_customer(api)
    async with api.database.writing() as connection:
        await connection.execute("UPDATE account SET is_active = false WHERE id = $1", ada.id)
    assert await logging_in(api, ada.email, GOOD_PASSWORD) == await logging_in(api, an_email(), GOOD_PASSWORD)


async def test_a_refresh_token_goes_on_once_and_its_answer_can_be_repeated_for_ten_seconds(api: Api) -> None:
    first = await (await a_customer(api)).logs_in()
    api.clock.advance(minutes=5)
    second = await refreshing(api, first["refreshToken"])
    assert second["refreshToken"] != first["refreshToken"]
    assert second["refreshTokenExpiresAt"] == "2026-03-08T12:05:00+00:00"
    api.clock.advance(seconds=10)
    again = await refreshing(api, first["refreshToken"])
    assert (again["refreshToken"], again["userErrors"]) == (second["refreshToken"], [])
    assert (await refreshing(api, second["refreshToken"]))["userErrors"] == []


@pytest.mark.parametrize("use_follower", [True, False])
async def test_a_refresh_token_used_again_ends_the_whole_session(api: Api, *, use_follower: bool) -> None:
    ada = await a_customer(api)
    other, first = await ada.logs_in(), await ada.logs_in()
    latest = await refreshing(api, first["refreshToken"])
    if use_follower:
        latest = await refreshing(api, latest["refreshToken"])
    else:
        api.clock.advance(seconds=11)
    stolen = await refreshing(api, first["refreshToken"])
    assert [(each["code"], each["path"]) for each in stolen["userErrors"]] == [
        ("REFRESH_TOKEN_INVALID", ["input", "refreshToken"])
    ]
    assert (await refreshing(api, latest["refreshToken"]))["accessToken"] is None
    api.clock.advance(seconds=16)
    assert await api.refused(ME, token=latest["accessToken"]) == "UNAUTHENTICATED"
    assert (await refreshing(api, other["refreshToken"]))["userErrors"] == [], "the other device goes on"


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 42 + "=", "é" * 43, "\x00" * 43, "x" * 100_000])
async def test_what_is_no_refresh_token_is_refused_and_changes_nothing(api: Api, token: str) -> None:
    assert [each["code"] for each in (await refreshing(api, token))["userErrors"]] == ["REFRESH_TOKEN_INVALID"]


async def test_access_and_refresh_tokens_do_not_stand_in_for_each_other(api: Api) -> None:
    tokens = await (await a_customer(api)).logs_in()
    assert (await refreshing(api, tokens["accessToken"]))["accessToken"] is None
    assert await api.refused(ME, token=tokens["refreshToken"]) == "UNAUTHENTICATED"


async def test_a_refresh_token_ends_with_its_time(api: Api) -> None:
    tokens = await (await a_customer(api)).logs_in()
    api.clock.advance(days=7)
    assert [each["code"] for each in (await refreshing(api, tokens["refreshToken"]))["userErrors"]] == ["REFRESH_TOKEN_INVALID"]


async def test_an_access_token_ends_with_its_time(api: Api) -> None:
    tokens = await (await a_customer(api)).logs_in()
    api.clock.advance(seconds=599)
    assert (await api.ask(ME, token=tokens["accessToken"]))["me"] is not None
    api.clock.advance(seconds=1)
    assert await api.refused(ME, token=tokens["accessToken"]) == "TOKEN_EXPIRED"


async def test_twenty_parallel_refreshes_of_one_token_leave_one_live_token(api: Api) -> None:
    ada = await a_customer(api)
    first = await ada.logs_in()
    answers = await asyncio.gather(*(refreshing(api, first["refreshToken"]) for _ in range(20)))
    assert {each["refreshToken"] for each in answers} == {answers[0]["refreshToken"]}
    assert answers[0]["refreshToken"] is not None
    async with api.database.writing() as connection:
        live = await connection.fetchval(
            "SELECT count(*) FROM refresh_token JOIN session ON session.id = session_id"
            " WHERE account_id = $1 AND used_at IS NULL AND refresh_token.revoked_at IS NULL",
            ada.id,
        )
    assert live == 1
    assert (await refreshing(api, answers[7]["refreshToken"]))["userErrors"] == []


async def test_after_logging_out_everywhere_no_refresh_that_ran_beside_it_goes_on(api: Api) -> None:
    ada = await a_customer(api)
    sessions = [await ada.logs_in() for _ in range(6)]
    beside = [refreshing(api, each["refreshToken"]) for each in sessions]
    *answers, _ = await asyncio.gather(*beside, api.ask(REVOKE_ALL, token=sessions[0]["accessToken"]))
    latest = [each["refreshToken"] or first["refreshToken"] for each, first in zip(answers, sessions, strict=True)]
    assert [(await refreshing(api, each))["accessToken"] for each in latest] == [None] * 6


async def test_of_two_parallel_changes_of_a_password_one_counts(api: Api) -> None:
    ada = await a_customer(api)
    token = (await ada.logs_in())["accessToken"]
    new = ["eleven blue herons whistle", "twelve grey badgers yodel"]
    said = [{"currentPassword": GOOD_PASSWORD, "newPassword": each} for each in new]
    answers = await asyncio.gather(*(api.ask(CHANGE, token=token, input=each) for each in said))
    changed = [each["passwordChange"]["changedAt"] is not None for each in answers]
    assert sorted(changed) == [False, True]
    assert [(await logging_in(api, ada.email, each))["userErrors"] == [] for each in new] == changed


async def test_logging_out_by_refresh_token_ends_the_session_at_once_in_this_process(api: Api) -> None:
    tokens = await (await a_customer(api)).logs_in()
    assert (await api.ask(ME, token=tokens["accessToken"]))["me"] is not None
    revoked = await api.ask(REVOKE, input={"refreshToken": tokens["refreshToken"]})
    assert revoked == {"tokenRevoke": {"revoked": True, "userErrors": []}}
    assert await api.refused(ME, token=tokens["accessToken"]) == "UNAUTHENTICATED"
    assert (await refreshing(api, tokens["refreshToken"]))["accessToken"] is None


async def test_logging_out_without_naming_a_token_ends_this_session(api: Api) -> None:
    tokens = await (await a_customer(api)).logs_in()
    assert (await api.ask(REVOKE, token=tokens["accessToken"], input={}))["tokenRevoke"]["revoked"] is True
    assert await api.refused(ME, token=tokens["accessToken"]) == "UNAUTHENTICATED"


async def test_logging_out_with_nothing_to_log_out_says_what_is_missing(api: Api) -> None:
    assert await api.ask(REVOKE, input={}) == {
        "tokenRevoke": {"revoked": None, "userErrors": [{"code": "REQUIRED", "path": ["input", "refreshToken"]}]}
    }
    assert (await api.ask(REVOKE, input={"refreshToken": "A" * 43}))["tokenRevoke"]["revoked"] is True


async def test_logging_out_everywhere_ends_every_device_and_nobody_elses(api: Api) -> None:
    ada, bob = await a_customer(api), await a_customer(api)
    phone, laptop, foreign = await ada.logs_in(), await ada.logs_in(), await bob.logs_in()
    ended = await api.ask(REVOKE_ALL, token=phone["accessToken"])
    assert ended == {"tokensRevokeAll": {"sessionsEnded": 2, "userErrors": []}}
    assert await api.refused(ME, token=phone["accessToken"]) == "UNAUTHENTICATED"
    assert (await refreshing(api, laptop["refreshToken"]))["accessToken"] is None
    assert (await api.ask(ME, token=foreign["accessToken"]))["me"]["email"] == bob.email


async def test_one_device_of_ones_own_can_be_ended_and_a_foreign_one_is_not_found(api: Api) -> None:
    ada, bob = await a_customer(api), await a_customer(api)
    phone, laptop, foreign = await ada.logs_in(), await ada.logs_in(), await bob.logs_in()
    mine = (await api.ask(ME, token=phone["accessToken"]))["me"]["sessions"]
    theirs = (await api.ask(ME, token=foreign["accessToken"]))["me"]["sessions"]
    other = next(each["id"] for each in mine if not each["isCurrent"])
    missing = [{"code": "NOT_FOUND", "path": ["input", "id"], "message": "There is no such session."}]
    for wrong in (theirs[0]["id"], "nonsense", ""):
        answer = await api.ask(END, token=phone["accessToken"], input={"id": wrong})
        assert answer["sessionEnd"] == {"sessionId": None, "userErrors": missing}
    assert (await api.ask(END, token=phone["accessToken"], input={"id": other}))["sessionEnd"]["sessionId"] == other
    assert await api.refused(ME, token=laptop["accessToken"]) == "UNAUTHENTICATED"
    assert (await api.ask(ME, token=foreign["accessToken"]))["me"] is not None


async def test_a_changed_password_ends_every_other_session_and_only_the_new_one_logs_in(api: Api) -> None:
    ada = await a_customer(api)
    here, elsewhere = await ada.logs_in(), await ada.logs_in()
    new = "eleven blue herons whistle"
    said = {"currentPassword": GOOD_PASSWORD, "newPassword": new}
    changed = await api.ask(CHANGE, token=here["accessToken"], input=said)
    assert changed == {"passwordChange": {"changedAt": "2026-03-01T12:00:00+00:00", "userErrors": []}}
    assert (await refreshing(api, elsewhere["refreshToken"]))["accessToken"] is None
    assert (await refreshing(api, here["refreshToken"]))["userErrors"] == []
    assert (await logging_in(api, ada.email, GOOD_PASSWORD))["accessToken"] is None
    assert (await logging_in(api, ada.email, new))["userErrors"] == []


async def test_a_password_is_not_changed_without_the_present_one_or_for_a_weak_one(api: Api) -> None:
    ada = await a_customer(api)
    token = (await ada.logs_in())["accessToken"]
    for current, new, code, path in (
        ("wrong", "eleven blue herons whistle", "PASSWORD_WRONG", "currentPassword"),
        (GOOD_PASSWORD, "short", "PASSWORD_TOO_SHORT", "newPassword"),
    ):
        said = {"currentPassword": current, "newPassword": new}
        answer = await api.ask(CHANGE, token=token, input=said)
        assert answer["passwordChange"] == {"changedAt": None, "userErrors": [{"code": code, "path": ["input", path]}]}
    assert (await logging_in(api, ada.email, GOOD_PASSWORD))["userErrors"] == []


@pytest.mark.parametrize("document", [REVOKE_ALL, 'mutation { sessionEnd(input: {id: "x"}) { sessionId } }'])
async def test_guests_are_asked_to_log_in_first(api: Api, document: str) -> None:
    assert await api.refused(document) == "UNAUTHENTICATED"


async def test_a_log_in_and_a_refresh_take_a_fixed_number_of_statements(api: Api) -> None:
    ada = await a_customer(api)
    tokens = await ada.logs_in()
    assert api.opened[-1].transact.statements == 6
    refreshed = await refreshing(api, tokens["refreshToken"])
    assert api.opened[-1].transact.statements == 6
    await api.ask("{ me { email addresses { id } defaultShippingAddress { id } } }", token=refreshed["accessToken"])
    assert api.opened[-1].reader.statements == 3, "the session, the customer, and the book once for both of its fields"
    await api.ask("{ me { email } }", token=refreshed["accessToken"])
    assert api.opened[-1].reader.statements == 1, "the session is remembered"


@pytest.mark.parametrize(("access", "refresh"), [(900, 604_800), (3_600, 86_400), (3_600, 2_592_000), (60, 3_600)])
async def test_lifetimes_are_the_settings(api: Api, *, access: int, refresh: int) -> None:
    settings = load_settings(
        env_file=None, mode="production", **PRODUCTION, access_token_seconds=access, refresh_token_seconds=refresh
    )
    ports = replace(
        api.ports.access,
        tokens=SignedTokens(SECRETS, issuer=ISSUER, lifetime_seconds=settings.access_token_seconds),
        refresh_seconds=settings.refresh_token_seconds,
    )
    ada = await a_customer(api)
    async with an_api(api.database, api.transact, ports) as made:
        tokens = await logging_in(made, ada.email, GOOD_PASSWORD)
        made.clock.advance(seconds=access - 1)
        assert (await made.ask(ME, token=tokens["accessToken"]))["me"] is not None
        made.clock.advance(seconds=1)
        assert await made.refused(ME, token=tokens["accessToken"]) == "TOKEN_EXPIRED"
        made.clock.advance(seconds=refresh - access - 1)
        went_on = await refreshing(made, tokens["refreshToken"])
        assert went_on["userErrors"] == []
        made.clock.advance(seconds=refresh)
        late = await refreshing(made, went_on["refreshToken"])
        assert [each["code"] for each in late["userErrors"]] == ["REFRESH_TOKEN_INVALID"]
