"""Recovery codes: shown once, kept as hashes, each good once; new ones replace all old ones."""

from __future__ import annotations

import asyncio

import pytest

from tests.factors.people import DISABLE, MINE, PASSWORD, REGENERATE, codes_of, done, enrolled
from tests.makers.access import Api, a_customer

REFUSED = [("SECOND_FACTOR_REFUSED", ["input", "recoveryCode"])]


async def test_ten_codes_are_shown_with_the_first_factor_and_kept_as_hashes_only(api: Api) -> None:
    ada = await enrolled(api)
    assert len(set(ada.recovery_codes)) == 10
    assert {len(each) for each in ada.recovery_codes} == {19}
    async with api.database.writing() as connection:
        rows = await connection.fetch("SELECT t::text FROM recovery_code t WHERE account_id = $1", ada.person.id)
    assert len(rows) == 10
    assert not any(code.replace("-", "") in row[0] or code in row[0] for row in rows for code in ada.recovery_codes)


async def test_a_code_stands_in_for_the_app_once(api: Api) -> None:
    ada = await enrolled(api)
    code = ada.recovery_codes[3]
    assert (await ada.logs_in(recoveryCode=code))["userErrors"] == []
    assert codes_of(await ada.logs_in(recoveryCode=code)) == REFUSED
    token = (await ada.logs_in())["accessToken"]
    assert (await api.ask(MINE, token=token))["me"]["secondFactors"]["recoveryCodesLeft"] == 9


async def test_of_parallel_uses_of_one_code_one_goes_on(api: Api) -> None:
    ada = await enrolled(api)
    challenges = [await ada.begins() for _ in range(4)]
    payloads = await asyncio.gather(*(ada.answers(each, recoveryCode=ada.recovery_codes[0]) for each in challenges))
    assert sorted(each["accessToken"] is not None for each in payloads) == [False, False, False, True]


async def test_a_code_may_be_typed_in_any_case_and_spacing_and_with_the_usual_misreadings(api: Api) -> None:
    ada = await enrolled(api)
    first, second = ada.recovery_codes[:2]
    assert (await ada.logs_in(recoveryCode=f" {first.lower().replace('-', ' ')} "))["userErrors"] == []
    misread = second.replace("0", "O").replace("1", "l")
    assert (await ada.logs_in(recoveryCode=misread))["userErrors"] == []


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000", "x" * 100_000, "U" * 16, "\x00" * 16, "0" * 17])
async def test_what_is_no_code_is_refused(api: Api, code: str) -> None:
    assert codes_of(await (await enrolled(api)).logs_in(recoveryCode=code)) == REFUSED


async def test_somebody_elses_code_is_refused(api: Api) -> None:
    ada, eve = await enrolled(api), await enrolled(api)
    assert codes_of(await ada.logs_in(recoveryCode=eve.recovery_codes[0])) == REFUSED
    assert (await eve.logs_in(recoveryCode=eve.recovery_codes[0]))["userErrors"] == []


async def test_new_codes_replace_all_old_ones_and_need_password_and_factor(api: Api) -> None:
    ada = await enrolled(api)
    assert codes_of(await done(api, REGENERATE, ada.token, **PASSWORD)) == [("SECOND_FACTOR_NEEDED", ["input"])]
    made = await done(api, REGENERATE, ada.token, **PASSWORD, code=ada.code())
    assert len(set(made["recoveryCodes"])) == 10
    assert codes_of(await ada.logs_in(recoveryCode=ada.recovery_codes[0])) == REFUSED
    assert (await ada.logs_in(recoveryCode=made["recoveryCodes"][0]))["userErrors"] == []


async def test_who_has_no_factor_has_nothing_to_recover(api: Api) -> None:
    ada = await a_customer(api)
    token = (await ada.logs_in())["accessToken"]
    assert codes_of(await done(api, REGENERATE, token, **PASSWORD)) == [("NOT_ENROLLED", ["input"])]
    assert codes_of(await done(api, DISABLE, token, **PASSWORD)) == [("NOT_ENROLLED", ["input"])]


async def test_codes_of_a_factor_that_is_turned_off_are_gone_with_it(api: Api) -> None:
    ada = await enrolled(api)
    off = await done(api, DISABLE, ada.token, **PASSWORD, recoveryCode=ada.recovery_codes[0])
    assert off["userErrors"] == []
    async with api.database.writing() as connection:
        left = await connection.fetchval("SELECT count(*) FROM recovery_code WHERE account_id = $1", ada.person.id)
    assert left == 0


async def test_every_change_is_a_fact_for_the_owner(api: Api) -> None:
    ada = await enrolled(api)
    await ada.logs_in(recoveryCode=ada.recovery_codes[0])
    await done(api, REGENERATE, ada.token, **PASSWORD, code=ada.code())
    await done(api, DISABLE, ada.token, **PASSWORD, code=ada.code(steps=1))
    asked = "SELECT kind, payload::text FROM outbox_event WHERE aggregate_id = $1 AND kind NOT LIKE 'Customer%' ORDER BY number"
    async with api.database.writing() as connection:
        facts = await connection.fetch(asked, ada.person.id)
        events = await connection.fetch("SELECT kind, detail FROM security_event WHERE account_id = $1", ada.person.id)
    mine = [each["kind"] for each in facts if each["kind"].startswith(("Factor", "Recovery"))]
    assert mine == ["FactorAdded", "RecoveryCodeUsed", "RecoveryCodesReplaced", "FactorRemoved"]
    assert not any(code in each["payload"] for each in facts for code in ada.recovery_codes)
    kinds = {(each["kind"], each["detail"]) for each in events if each["kind"].startswith(("FACTOR", "RECOVERY"))}
    assert kinds == {
        ("FACTOR_ADDED", "TOTP"),
        ("RECOVERY_CODE_USED", ""),
        ("RECOVERY_CODES_MADE", ""),
        ("FACTOR_REMOVED", "TOTP"),
    }
