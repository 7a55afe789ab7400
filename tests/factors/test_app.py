"""Authenticator apps: enrolled, confirmed, asked for at log-in, each code good once, turned off again."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET

import pyotp
import pytest

from gateways.vault import KeyedVault
from tests.factors.people import (
    BEGIN,
    COMPLETE,
    CONFIRM,
    DISABLE,
    ENROLL,
    MINE,
    PASSWORD,
    codes_of,
    done,
    enrolled,
)
from tests.makers.access import SECRETS, Api, a_customer, an_administrator

REFUSED = [("SECOND_FACTOR_REFUSED", ["input", "code"])]


async def test_who_has_not_enrolled_logs_in_with_the_password_alone(api: Api) -> None:
    ada = await a_customer(api)
    payload = await done(api, BEGIN, email=ada.email, password=ada.password)
    assert payload["challenge"] is None
    assert payload["accessToken"] is not None
    mine = (await api.ask(MINE, token=payload["accessToken"]))["me"]["secondFactors"]
    assert mine == {"hasPassword": True, "appConfirmedAt": None, "recoveryCodesLeft": 0, "passkeys": []}


async def test_an_app_is_fed_with_a_secret_as_text_as_a_uri_and_as_a_picture(api: Api) -> None:
    ada = await a_customer(api)
    token = (await ada.logs_in())["accessToken"]
    enrollment = (await done(api, ENROLL, token, **PASSWORD))["enrollment"]
    uri = urlsplit(enrollment["uri"])
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", f"/Shop:{ada.email}")
    assert parse_qs(uri.query) == {"secret": [enrollment["secret"]], "issuer": ["Shop"]}
    assert len(enrollment["secret"]) == 32
    assert ET.fromstring(enrollment["qrSvg"]).tag.endswith("svg")


async def test_nothing_changes_until_a_first_code_was_right(api: Api) -> None:
    ada = await a_customer(api)
    token = (await ada.logs_in())["accessToken"]
    first = (await done(api, ENROLL, token, **PASSWORD))["enrollment"]["secret"]
    assert (await done(api, BEGIN, email=ada.email, password=ada.password))["challenge"] is None
    again = (await done(api, ENROLL, token, **PASSWORD))["enrollment"]["secret"]
    assert again != first
    late = await done(api, CONFIRM, token, code=pyotp.TOTP(first).at(api.clock.now))
    assert codes_of(late) == REFUSED, "the first secret was replaced"
    right = await done(api, CONFIRM, token, code=pyotp.TOTP(again).at(api.clock.now))
    assert right["confirmedAt"] == api.clock.now.isoformat()
    assert codes_of(await done(api, CONFIRM, token, code="000000")) == [("NOT_ENROLLED", ["input"])]


async def test_the_password_alone_is_answered_by_a_challenge_and_the_code_by_tokens(api: Api) -> None:
    ada = await enrolled(api)
    challenge = await ada.begins()
    assert challenge["methods"] == ["TOTP", "RECOVERY_CODE"]
    assert challenge["expiresAt"] == "2026-03-01T12:05:30+00:00"
    payload = await ada.answers(challenge, code=f" {ada.code()[:3]} {ada.code()[3:]}")
    assert payload["userErrors"] == []
    mine = (await api.ask(MINE, token=payload["accessToken"]))["me"]["secondFactors"]
    assert mine["appConfirmedAt"] == "2026-03-01T12:00:00+00:00"


async def test_staff_enrol_and_log_in_by_the_same_mutations(api: Api) -> None:
    grace = await enrolled(api, await an_administrator(api))
    assert (await grace.logs_in())["accessToken"] is not None


async def test_a_code_is_good_once(api: Api) -> None:
    ada = await enrolled(api)
    code = ada.code()
    assert (await ada.logs_in(code=code))["userErrors"] == []
    assert codes_of(await ada.logs_in(code=code)) == REFUSED
    assert codes_of(await ada.logs_in(code=ada.code(steps=-1))) == REFUSED, "nor is one that was passed over"
    assert (await ada.logs_in(code=ada.code(steps=1)))["userErrors"] == []


async def test_of_parallel_log_ins_with_one_code_one_goes_on(api: Api) -> None:
    ada = await enrolled(api)
    challenges = [await ada.begins() for _ in range(4)]
    code = ada.code()
    payloads = await asyncio.gather(*(ada.answers(each, code=code) for each in challenges))
    assert sorted(each["accessToken"] is not None for each in payloads) == [False, False, False, True]


@pytest.mark.parametrize(("steps", "is_good"), [(-2, False), (-1, True), (1, True), (2, False)])
async def test_an_apps_clock_may_be_half_a_minute_off(api: Api, *, steps: int, is_good: bool) -> None:
    ada = await enrolled(api)
    api.clock.advance(seconds=60)
    assert ((await ada.logs_in(code=ada.code(steps=steps)))["userErrors"] == []) is is_good


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "1" * 100_000, "\x00" * 6])
async def test_what_is_no_code_is_refused(api: Api, code: str) -> None:
    ada = await enrolled(api)
    assert codes_of(await ada.logs_in(code=code)) == REFUSED


async def test_a_challenge_is_good_once_in_time_and_for_nobody_else(api: Api) -> None:
    ada, eve = await enrolled(api), await enrolled(api)
    invalid = [("CHALLENGE_INVALID", ["input", "challenge"])]
    challenge = await ada.begins()
    assert codes_of(await eve.answers(challenge, code=eve.code())) == REFUSED
    assert (await ada.answers(challenge, code=ada.code()))["userErrors"] == []
    assert codes_of(await ada.answers(challenge, code=ada.code(steps=1))) == invalid
    late = await ada.begins()
    api.clock.advance(minutes=5)
    assert codes_of(await ada.answers(late, code=ada.code())) == invalid
    for nonsense in ("", "x", "A" * 43, "\x00"):
        assert codes_of(await done(api, COMPLETE, challenge=nonsense, code="123456")) == invalid


async def test_five_wrong_answers_end_a_challenge_and_then_codes_have_to_wait(api: Api) -> None:
    ada = await enrolled(api)
    challenge = await ada.begins()
    for _ in range(5):
        assert codes_of(await ada.answers(challenge, code="000000")) == REFUSED
    assert codes_of(await ada.answers(challenge, code=ada.code())) == [("CHALLENGE_INVALID", ["input", "challenge"])]
    again = await ada.begins()
    refused = await api.post(COMPLETE, input={"challenge": again["secret"], "code": ada.code()})
    assert [each["extensions"]["code"] for each in refused["errors"]] == ["RATE_LIMITED"]
    assert refused["errors"][0]["extensions"]["retryAfter"] == 30
    assert (await ada.answers(again, recoveryCode=ada.recovery_codes[0]))["userErrors"] == [], "the way out stays open"
    api.clock.advance(seconds=30)
    assert (await ada.logs_in())["userErrors"] == []


async def test_a_password_changed_meanwhile_ends_the_log_in_that_waits(api: Api) -> None:
    ada = await enrolled(api)
    challenge = await ada.begins()
    change = "mutation ($input: PasswordChangeInput!) { passwordChange(input: $input) { userErrors { code } } }"
    said = {"currentPassword": ada.person.password, "newPassword": "nine purple herons dance"}
    await api.ask(change, token=ada.token, input=said)
    assert codes_of(await ada.answers(challenge, code=ada.code())) == [("CHALLENGE_INVALID", ["input", "challenge"])]


async def test_a_closed_account_ends_the_log_in_that_waits(api: Api) -> None:
    ada = await enrolled(api)
    challenge = await ada.begins()
    async with api.database.writing() as connection:
        await connection.execute("UPDATE account SET is_active = false WHERE id = $1", ada.person.id)
    assert codes_of(await ada.answers(challenge, code=ada.code())) == [("CHALLENGE_INVALID", ["input", "challenge"])]


async def test_showing_nothing_or_two_things_is_refused(api: Api) -> None:
    ada = await enrolled(api)
    challenge = await ada.begins()
    assert codes_of(await ada.answers(challenge)) == [("SECOND_FACTOR_NEEDED", ["input"])]
    both = await ada.answers(challenge, code=ada.code(), recoveryCode=ada.recovery_codes[0])
    assert codes_of(both) == [("INVALID", ["input"])]
    assert (await ada.answers(challenge, code=ada.code()))["userErrors"] == [], "neither was used up"


async def test_turning_the_app_off_needs_password_and_code(api: Api) -> None:
    ada = await enrolled(api)
    token = (await ada.logs_in())["accessToken"]
    api.clock.advance(seconds=30)
    wrong = await done(api, DISABLE, token, currentPassword="wrong", code=ada.code())
    assert codes_of(wrong) == [("PASSWORD_WRONG", ["input", "currentPassword"])]
    assert codes_of(await done(api, DISABLE, token, code=ada.code())) == [("PASSWORD_WRONG", ["input", "currentPassword"])]
    assert codes_of(await done(api, DISABLE, token, **PASSWORD)) == [("SECOND_FACTOR_NEEDED", ["input"])]
    assert codes_of(await done(api, DISABLE, token, **PASSWORD, code="000000")) == REFUSED
    off = await done(api, DISABLE, token, **PASSWORD, code=ada.code())
    assert off["disabledAt"] == api.clock.now.isoformat()
    assert (await done(api, BEGIN, email=ada.person.email, password=ada.person.password))["challenge"] is None
    mine = (await api.ask(MINE, token=token))["me"]["secondFactors"]
    assert (mine["appConfirmedAt"], mine["recoveryCodesLeft"]) == (None, 0)


async def test_a_second_app_takes_the_place_of_none_unasked(api: Api) -> None:
    ada = await enrolled(api)
    payload = await done(api, ENROLL, ada.token, **PASSWORD, code=ada.code())
    assert codes_of(payload) == [("ALREADY_ENROLLED", ["input"])]
    assert (await ada.logs_in())["userErrors"] == [], "the code that was shown is not used up by what was not done"


async def test_the_secret_is_kept_sealed_and_stays_readable_while_keys_are_rotated(api: Api) -> None:
    ada = await enrolled(api)
    sealed_with = "SELECT secret FROM totp WHERE account_id = $1"
    async with api.database.writing() as connection:
        sealed = await connection.fetchval(sealed_with, ada.person.id)
        old = KeyedVault([SECRETS[1].encode()])
        plain = KeyedVault([SECRETS[0].encode()]).unlock(sealed, purpose="totp", owner=str(ada.person.id))
        assert plain not in sealed
        by_the_old_key = old.lock(plain, purpose="totp", owner=str(ada.person.id))
        await connection.execute("UPDATE totp SET secret = $2 WHERE account_id = $1", ada.person.id, by_the_old_key)
    assert (await ada.logs_in())["userErrors"] == []
    async with api.database.writing() as connection:
        sealed = await connection.fetchval(sealed_with, ada.person.id)
    with pytest.raises(ValueError, match="key that is gone"):
        old.unlock(sealed, purpose="totp", owner=str(ada.person.id))


async def test_attempts_are_counted_before_a_code_is_looked_at(throttled_api: Api) -> None:
    api = throttled_api
    ada = await enrolled(api)
    api.headers["x-nothing"] = ""
    challenge = await ada.begins()
    for _ in range(2):
        await ada.answers(challenge, code="000000")
    refused = await api.post(COMPLETE, input={"challenge": challenge["secret"], "code": ada.code()})
    assert [each["extensions"]["code"] for each in refused["errors"]] == ["RATE_LIMITED"], "confirming was the first of three"


async def test_two_uses_in_one_document_are_refused_before_anything_is_looked_at(api: Api) -> None:
    twice = 'mutation { a: mfaConfirm(input: {code: "1"}) { confirmedAt } b: mfaConfirm(input: {code: "2"}) { confirmedAt } }'
    assert await api.refused(twice) == "MUTATION_NOT_ALONE"
