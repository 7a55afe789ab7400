"""Passkeys: added, asked for after a password, logged in with alone; every forgery of an answer is refused alike."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factors.authenticator import Authenticator, bytes_of, text_of
from tests.factors.people import BEGIN, COMPLETE, DISABLE, FAILURES, MINE, PASSWORD, TOKENS, codes_of, done, enrolled
from tests.makers.access import Api, Person, a_customer

CEREMONY = f"ceremony {{ secret options expiresAt }} {FAILURES}"
START = f"mutation ($input: PasskeyRegistrationStartInput!) {{ passkeyRegistrationStart(input: $input) {{ {CEREMONY} }} }}"
REGISTER = (
    "mutation ($input: PasskeyRegisterInput!) "
    f"{{ passkeyRegister(input: $input) {{ passkey {{ id name isBackedUp }} recoveryCodes {FAILURES} }} }}"
)
RENAME = f"mutation ($input: PasskeyRenameInput!) {{ passkeyRename(input: $input) {{ passkey {{ name }} {FAILURES} }} }}"
REMOVE = f"mutation ($input: PasskeyRemoveInput!) {{ passkeyRemove(input: $input) {{ passkeyId {FAILURES} }} }}"
PROVE = f"mutation ($input: MfaPasskeyStartInput!) {{ mfaPasskeyStart(input: $input) {{ {CEREMONY} }} }}"
LOG_IN_START = f"mutation {{ passkeyLogInStart {{ {CEREMONY} }} }}"
LOG_IN = f"mutation ($input: PasskeyLogInInput!) {{ passkeyLogIn(input: $input) {{ {TOKENS} {FAILURES} }} }}"
NODE = "query ($id: ID!) { node(id: $id) { ... on Passkey { name } } }"
REFUSED = [("PASSKEY_REFUSED", ["input", "passkey"])]


class Holder:
    """Somebody with a passkey."""

    def __init__(self, person: Person, key: Authenticator, token: str, payload: dict[str, Any]) -> None:
        self.api, self.person, self.key, self.token = person.api, person, key, token
        self.id = payload["passkey"]["id"]
        self.recovery_codes: list[str] = payload["recoveryCodes"]

    async def logs_in(self, key: Authenticator | None = None, **wrong: str) -> dict[str, Any]:
        """A log-in by the passkey alone."""
        ceremony = (await self.api.ask(LOG_IN_START))["passkeyLogInStart"]["ceremony"]
        return await self.shows(ceremony, (key or self.key).signs(ceremony["options"], **wrong))

    async def shows(self, ceremony: dict[str, Any], credential: Any) -> dict[str, Any]:
        return await done(self.api, LOG_IN, passkey={"ceremony": ceremony["secret"], "credential": credential})

    async def proves(self, token: str | None = None, **challenge: str) -> dict[str, Any]:
        """A second factor: the answer to a challenge for this account's passkeys."""
        ceremony = (await done(self.api, PROVE, token, **challenge))["ceremony"]
        return {"ceremony": ceremony["secret"], "credential": self.key.signs(ceremony["options"])}


async def added(api: Api, key: Authenticator, *, person: Person | None = None, **said: Any) -> Holder:
    """A customer who has just added a passkey."""
    somebody = person or await a_customer(api)
    token: str = said.pop("token", None) or (await somebody.logs_in())["accessToken"]
    ceremony = (await done(api, START, token, **PASSWORD, **said))["ceremony"]
    answer = {"ceremony": ceremony["secret"], "credential": key.creates(ceremony["options"])}
    payload = await done(api, REGISTER, token, passkey=answer, name=" My  phone ")
    assert payload["userErrors"] == []
    return Holder(somebody, key, token, payload)


async def test_a_passkey_is_added_after_the_password_was_shown_again(api: Api) -> None:
    ada = await added(api, Authenticator())
    [mine] = (await api.ask(MINE, token=ada.token))["me"]["secondFactors"]["passkeys"]
    assert (mine["id"], mine["name"], mine["isBackedUp"], mine["lastUsedAt"]) == (ada.id, "My phone", False, None)
    assert len(set(ada.recovery_codes)) == 10
    assert codes_of(await done(api, START, ada.token)) == [("PASSWORD_WRONG", ["input", "currentPassword"])]


async def test_the_options_say_whose_and_where_and_which_are_known(api: Api) -> None:
    ada = await added(api, Authenticator())
    proof = await ada.proves(ada.token)
    options = (await done(api, START, ada.token, **PASSWORD, passkey=proof))["ceremony"]["options"]
    assert options["rp"] == {"id": "shop.example", "name": "Shop"}
    assert (options["user"]["name"], bytes_of(options["user"]["id"])) == (ada.person.email, ada.person.id.bytes)
    assert [each["id"] for each in options["excludeCredentials"]] == [text_of(ada.key.credential_id)]
    assert len(bytes_of(options["challenge"])) == 32


@pytest.mark.parametrize("counter", [0, None])
async def test_a_passkey_logs_in_by_itself(api: Api, counter: int | None) -> None:
    ada = await added(api, Authenticator(counter=counter))
    for _ in range(2):
        payload = await ada.logs_in()
        assert payload["userErrors"] == []
        assert (await api.ask("{ me { email } }", token=payload["accessToken"]))["me"]["email"] == ada.person.email


async def test_a_passkey_that_does_not_verify_its_user_is_no_log_in_but_a_second_factor(api: Api) -> None:
    ada = await added(api, Authenticator(verifies=False))
    assert codes_of(await ada.logs_in()) == REFUSED
    challenge = (await done(api, BEGIN, email=ada.person.email, password=ada.person.password))["challenge"]
    assert challenge["methods"] == ["PASSKEY", "RECOVERY_CODE"]
    proof = await ada.proves(challenge=challenge["secret"])
    assert (await done(api, COMPLETE, challenge=challenge["secret"], passkey=proof))["userErrors"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://shop.example.evil.example"},
        {"origin": "http://shop.example"},
        {"origin": "null"},
        {"challenge": text_of(b"x" * 32)},
        {"type": "webauthn.create"},
    ],
)
async def test_an_answer_for_another_page_challenge_or_deed_is_refused(api: Api, wrong: dict[str, str]) -> None:
    ada = await added(api, Authenticator())
    assert codes_of(await ada.logs_in(None, **wrong)) == REFUSED
    assert (await ada.logs_in())["userErrors"] == []


async def test_a_passkey_made_for_another_page_or_challenge_is_not_kept(api: Api) -> None:
    ada = await a_customer(api)
    token = (await ada.logs_in())["accessToken"]
    for wrong in ({"origin": "https://evil.example"}, {"challenge": text_of(b"x" * 32)}, {"type": "webauthn.get"}):
        ceremony = (await done(api, START, token, **PASSWORD))["ceremony"]
        answer = {"ceremony": ceremony["secret"], "credential": Authenticator().creates(ceremony["options"], **wrong)}
        payload = await done(api, REGISTER, token, passkey=answer, name="x")
        assert [each["code"] for each in payload["userErrors"]] == ["PASSKEY_REFUSED"]
    assert (await api.ask(MINE, token=token))["me"]["secondFactors"]["passkeys"] == []


async def test_an_answer_is_taken_once_in_time_and_for_its_own_purpose(api: Api) -> None:
    ada = await added(api, Authenticator())
    ceremony = (await api.ask(LOG_IN_START))["passkeyLogInStart"]["ceremony"]
    answer = ada.key.signs(ceremony["options"])
    assert (await ada.shows(ceremony, answer))["userErrors"] == []
    assert codes_of(await ada.shows(ceremony, answer)) == REFUSED
    other = (await done(api, PROVE, ada.token))["ceremony"]
    assert codes_of(await ada.shows(other, ada.key.signs(other["options"]))) == REFUSED, "made as a second factor"
    late = (await api.ask(LOG_IN_START))["passkeyLogInStart"]["ceremony"]
    api.clock.advance(minutes=5)
    assert codes_of(await ada.shows(late, ada.key.signs(late["options"]))) == REFUSED


async def test_a_copied_passkey_is_noticed_by_its_counter_and_the_owner_is_told(api: Api) -> None:
    ada = await added(api, Authenticator(counter=7))
    thief = ada.key.copied()
    assert (await ada.logs_in())["userErrors"] == []
    assert codes_of(await ada.logs_in(thief)) == REFUSED
    async with api.database.writing() as connection:
        asked = "SELECT count(*) FROM outbox_event WHERE kind = 'PasskeyCloned' AND aggregate_id = $1"
        assert await connection.fetchval(asked, ada.person.id) == 1
        kept = await connection.fetchval("SELECT sign_count FROM passkey WHERE account_id = $1", ada.person.id)
    assert kept == 8, "the refused counter is not taken over"
    assert (await ada.logs_in())["userErrors"] == []


async def test_the_signature_is_looked_at(api: Api) -> None:
    ada, eve = await added(api, Authenticator()), await added(api, Authenticator())
    ceremony = (await api.ask(LOG_IN_START))["passkeyLogInStart"]["ceremony"]
    forged = eve.key.signs(ceremony["options"])
    forged["id"] = forged["rawId"] = text_of(ada.key.credential_id)
    assert codes_of(await ada.shows(ceremony, forged)) == REFUSED
    ceremony = (await api.ask(LOG_IN_START))["passkeyLogInStart"]["ceremony"]
    anothers = eve.key.signs(ceremony["options"])
    anothers["response"]["userHandle"] = text_of(ada.person.id.bytes)
    assert codes_of(await ada.shows(ceremony, anothers)) == REFUSED


@pytest.mark.parametrize("credential", [None, [], "x", 5, {}, {"id": 5}, {"id": "A", "rawId": "A", "type": "public-key"}])
async def test_what_no_browser_answers_is_refused(api: Api, credential: Any) -> None:
    ada = await added(api, Authenticator())
    ceremony = (await api.ask(LOG_IN_START))["passkeyLogInStart"]["ceremony"]
    if credential is None:
        answer = ada.key.signs(ceremony["options"])
        answer["response"] = dict.fromkeys(answer["response"], "!!!")
        credential = answer
    assert codes_of(await ada.shows(ceremony, credential)) == REFUSED


async def test_a_second_factor_of_somebody_else_does_not_do(api: Api) -> None:
    ada, eve = await added(api, Authenticator()), await added(api, Authenticator())
    challenge = (await done(api, BEGIN, email=ada.person.email, password=ada.person.password))["challenge"]
    payload = await done(api, COMPLETE, challenge=challenge["secret"], passkey=await eve.proves(eve.token))
    assert codes_of(payload) == [("SECOND_FACTOR_REFUSED", ["input", "passkey"])]


async def test_a_passkey_shows_that_it_is_you_who_changes_how_you_log_in(api: Api) -> None:
    ada = await enrolled(api)
    token = ada.token
    key = await added(api, Authenticator(), person=ada.person, token=token, code=ada.code())
    assert key.recovery_codes == [], "the first factor had given them"
    off = await done(api, DISABLE, token, **PASSWORD, passkey=await key.proves(token))
    assert off["userErrors"] == []
    mine = (await api.ask(MINE, token=token))["me"]["secondFactors"]
    assert (mine["appConfirmedAt"], mine["recoveryCodesLeft"], len(mine["passkeys"])) == (None, 10, 1)


async def test_a_passkey_is_renamed_and_removed_by_its_owner_alone(api: Api) -> None:
    ada, eve = await added(api, Authenticator()), await added(api, Authenticator())
    assert (await done(api, RENAME, ada.token, id=ada.id, name="Key"))["passkey"] == {"name": "Key"}
    not_found = [("NOT_FOUND", ["input", "id"])]
    assert codes_of(await done(api, RENAME, eve.token, id=ada.id, name="Mine")) == not_found
    assert codes_of(await done(api, RENAME, ada.token, id=ada.id, name=" \n")) == [("INVALID", ["input", "name"])]
    eves = {**PASSWORD, "passkey": await eve.proves(eve.token)}
    assert codes_of(await done(api, REMOVE, eve.token, **eves, id=ada.id)) == not_found
    assert (await api.ask(NODE, token=eve.token, id=ada.id))["node"] is None
    assert (await api.ask(NODE, token=ada.token, id=ada.id))["node"] == {"name": "Key"}
    gone = await done(api, REMOVE, ada.token, **PASSWORD, passkey=await ada.proves(ada.token), id=ada.id)
    assert (gone["passkeyId"], gone["userErrors"]) == (ada.id, [])
    assert codes_of(await ada.logs_in()) == REFUSED
    payload = await done(api, BEGIN, email=ada.person.email, password=ada.person.password)
    assert payload["challenge"] is None
    assert (await api.ask(MINE, token=ada.token))["me"]["secondFactors"]["recoveryCodesLeft"] == 0


async def test_a_closed_accounts_passkey_opens_nothing(api: Api) -> None:
    ada = await added(api, Authenticator())
    async with api.database.writing() as connection:
        await connection.execute("UPDATE account SET is_active = false WHERE id = $1", ada.person.id)
    assert codes_of(await ada.logs_in()) == REFUSED
