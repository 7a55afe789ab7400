"""Registering through the public API: one answer for all, one account for an address, every broken rule a code."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.makers.access import GOOD_PASSWORD, LOG_IN, Api, a_customer, an_administrator, an_email

REGISTER = """mutation ($input: CustomerRegisterInput!) {
  customerRegister(input: $input) { email userErrors { __typename code path message } }
}"""
ME = "{ me { email emailVerified firstName lastName language phone } }"


async def registering(api: Api, **said: Any) -> Any:
    said.setdefault("password", GOOD_PASSWORD)
    return (await api.ask(REGISTER, input=said))["customerRegister"]


async def accounts_of(api: Api, email: str) -> int:
    async with api.database.writing() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM account WHERE email_key = $1", email.casefold())
        return count


async def announced(api: Api, email: str) -> list[str]:
    """The facts about the address's account, the oldest first."""
    async with api.database.writing() as connection:
        rows = await connection.fetch(
            "SELECT kind FROM outbox_event JOIN account ON account.id = aggregate_id"
            " WHERE email_key = $1 ORDER BY outbox_event.id",
            email.casefold(),
        )
    return [row["kind"] for row in rows]


async def test_a_newcomer_registers_logs_in_and_is_welcomed(api: Api) -> None:
    email = an_email()
    answer = await registering(
        api, email=f" {email} ", firstName="  Ada ", lastName="Byron", phone="+49 (0)30 901820", language="PT-br"
    )
    assert answer == {"email": email, "userErrors": []}
    assert await announced(api, email) == ["CustomerRegistered"]
    tokens = (await api.ask(LOG_IN, input={"email": email, "password": GOOD_PASSWORD}))["tokenCreate"]
    assert (await api.ask(ME, token=tokens["accessToken"]))["me"] == {
        "email": email,
        "emailVerified": False,
        "firstName": "Ada",
        "lastName": "Byron",
        "language": "pt-BR",
        "phone": "+4930901820",
    }


async def test_a_number_that_cannot_exist_is_told_for_known_and_new_addresses_alike(api: Api) -> None:
    ada = await a_customer(api)
    for email in (ada.email, newcomer := an_email()):
        answer = await registering(api, email=email, phone="030 901820", password="password")
        assert {(each["code"], each["path"][-1]) for each in answer["userErrors"]} == {
            ("PHONE_INVALID", "phone"),
            ("PASSWORD_COMMON", "password"),
            ("PASSWORD_GUESSABLE", "password"),
        }
    assert await accounts_of(api, newcomer) == 0


async def test_a_known_address_is_answered_like_a_new_one_and_only_its_owner_is_told(api: Api) -> None:
    ada = await a_customer(api)
    known = await registering(
        api, email=ada.email.upper().replace("MAIL.EXAMPLE", "mail.example"), password="eleven blue herons"
    )
    known_statements = api.opened[-1].transact.statements
    newcomer = an_email()
    fresh = await registering(api, email=newcomer, password="eleven blue herons")
    assert {**known, "email": ""} == {**fresh, "email": ""}
    assert known_statements == api.opened[-1].transact.statements
    assert await announced(api, ada.email) == ["CustomerRegistered", "RegistrationRepeated"]
    login = {"email": ada.email, "password": "eleven blue herons"}
    assert (await api.ask(LOG_IN, input=login))["tokenCreate"]["accessToken"] is None, "the owner's password stands"


async def test_an_administrators_address_is_known_too(api: Api) -> None:
    grace = await an_administrator(api)
    assert (await registering(api, email=grace.email))["userErrors"] == []
    tokens = await grace.logs_in()
    assert (await api.ask("{ me { id } staffMe { email } }", token=tokens["accessToken"]))["me"] is None


async def test_parallel_registrations_of_one_address_make_one_account(api: Api) -> None:
    email = an_email()
    answers = await asyncio.gather(*(registering(api, email=email) for _ in range(6)))
    assert answers == [{"email": email, "userErrors": []}] * 6
    assert await accounts_of(api, email) == 1
    assert sorted(await announced(api, email)) == ["CustomerRegistered"] + ["RegistrationRepeated"] * 5


@pytest.mark.parametrize(
    "email",
    ["", " ", "ada", "ada@", "@mail.example", "ada@localhost", "ada@shop.test", "a b@mail.example", "x" * 255 + "@a.example"],
)
async def test_what_is_no_address_is_refused_at_its_place(api: Api, email: str) -> None:
    answer = await registering(api, email=email)
    assert [(each["__typename"], each["code"], each["path"]) for each in answer["userErrors"]] == [
        ("EmailInvalid", "EMAIL_INVALID", ["input", "email"])
    ]


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("", {"PASSWORD_TOO_SHORT"}),
        ("seven77", {"PASSWORD_TOO_SHORT"}),
        ("x" * 129, {"PASSWORD_TOO_LONG"}),
        ("x" * 100_000, {"PASSWORD_TOO_LONG"}),
        ("password123", {"PASSWORD_COMMON", "PASSWORD_GUESSABLE"}),
        ("abcdefgh", {"PASSWORD_PATTERN", "PASSWORD_GUESSABLE"}),
        ("lovelacex", {"PASSWORD_PERSONAL", "PASSWORD_GUESSABLE"}),
    ],
)
async def test_every_rule_that_a_password_breaks_is_a_code_and_nobody_is_registered(
    api: Api, password: str, codes: set[str]
) -> None:
    email = an_email()
    answer = await registering(api, email=email, password=password, lastName="Lovelace")
    assert {each["code"] for each in answer["userErrors"]} == codes
    assert {tuple(each["path"]) for each in answer["userErrors"]} == {("input", "password")}
    assert await accounts_of(api, email) == 0


async def test_everything_that_is_wrong_is_told_at_once(api: Api) -> None:
    answer = await registering(api, email="no", password="short", firstName="x" * 101, language="de-abcdefgh")
    assert [(each["code"], each["path"][-1]) for each in answer["userErrors"]] == [
        ("EMAIL_INVALID", "email"),
        ("PASSWORD_TOO_SHORT", "password"),
        ("TOO_LONG", "firstName"),
        ("LANGUAGE_UNKNOWN", "language"),
    ]


async def test_control_characters_in_names_become_spaces(api: Api) -> None:
    email = an_email()
    assert (await registering(api, email=email, firstName="A\u0000d\na"))["userErrors"] == []
    async with api.database.writing() as connection:
        name = await connection.fetchval("SELECT first_name FROM customer JOIN account USING (id) WHERE email_key = $1", email)
    assert name == "A d a"


async def test_neither_the_password_nor_any_token_is_kept_in_clear(api: Api) -> None:
    ada = await a_customer(api)
    tokens = await ada.logs_in()
    async with api.database.writing() as connection:
        account = await connection.fetchval("SELECT account::text FROM account WHERE id = $1", ada.id)
        kept = await connection.fetch(
            "SELECT refresh_token::text AS row FROM refresh_token JOIN session ON session.id = session_id WHERE account_id = $1",
            ada.id,
        )
    assert ada.password not in account
    assert "$argon2id$" in account
    assert all(tokens["refreshToken"] not in row["row"] for row in kept)


async def test_who_registers_too_often_is_told_to_wait(throttled_api: Api) -> None:
    email = an_email()
    throttled_api.headers["user-agent"] = "bot"
    for _ in range(3):
        assert (await registering(throttled_api, email=email))["userErrors"] == []
    assert await throttled_api.refused(REGISTER, input={"email": email, "password": GOOD_PASSWORD}) == "RATE_LIMITED"
    assert (await announced(throttled_api, email)).count("RegistrationRepeated") == 2, "the owner's mailbox is spared"
