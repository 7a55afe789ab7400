"""Keys of idempotency on what sends letters: twins are one letter, and a key tells strangers nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

import pytest

from domain.idempotency import fingerprint
from domain.ids import new_id
from domain.seal import Seal
from domain.viewer import Permission
from schema.customers.inputs import CustomerRegisterInput
from schema.ids import global_id
from tests.makers.people import PASSWORD, a_customer_token, a_staff_token
from tests.shop import Shop

OTHER_PASSWORD = "eleven blue herons whistle"
CHANGED = {"code": "IDEMPOTENCY_CONFLICT", "path": []}


@dataclass(frozen=True)
class Case:
    """A mutation with what it is said and what it answers; the same with other words, if it has any; the fact of its letter."""

    name: str
    said: dict[str, Any] | None
    asked: str
    others: dict[str, Any] | None
    fact: str
    token: str | None = None


def _address(name: str) -> str:
    return f"{name}-{new_id()}@example.com"


async def _letters(shop: Shop, email: str, fact: str) -> int:
    """How many letters of a kind were asked for, for the owner of an address."""
    count: int = await shop.rows.fetchval(
        "SELECT count(*) FROM outbox_event JOIN account ON account.id = aggregate_id WHERE email = $1 AND kind = $2",
        email,
        fact,
    )
    return count


async def _customer(shop: Shop) -> tuple[str, str]:
    token = await a_customer_token(shop)
    return token, (await shop.data("{ me { email } }", token=token))["me"]["email"]


async def _registering(shop: Shop) -> tuple[Case, str]:
    said: dict[str, Any] = {"email": _address("new"), "password": OTHER_PASSWORD, "firstName": "Ada"}
    return Case("customerRegister", said, "email", {**said, "firstName": "Eve"}, "CustomerRegistered"), said["email"]


async def _verifying(shop: Shop) -> tuple[Case, str]:
    _, email = await _customer(shop)
    return Case("emailVerificationResend", {"email": email}, "email", None, "EmailVerificationRequested"), email


async def _resetting(shop: Shop) -> tuple[Case, str]:
    _, email = await _customer(shop)
    return Case("passwordResetRequest", {"email": email}, "email", None, "PasswordResetRequested"), email


async def _changing(shop: Shop) -> tuple[Case, str]:
    token, email = await _customer(shop)
    said = {"email": _address("next"), "password": PASSWORD}
    others = {**said, "email": _address("another")}
    return Case("emailChangeRequest", said, "email", others, "EmailChangeRequested", token), email


async def _copying(shop: Shop) -> tuple[Case, str]:
    token, email = await _customer(shop)
    return Case("dataExportRequest", None, "dataExport { id }", None, "DataExportRequested", token), email


async def _inviting(shop: Shop) -> tuple[Case, str]:
    role_id = new_id()
    await shop.rows.execute("INSERT INTO role (id, name, permissions) VALUES ($1, $2, '{}')", role_id, f"Role {role_id}")
    said: dict[str, Any] = {
        "email": _address("staff"),
        "name": "Grace",
        "roleId": global_id("Role", role_id),
        "everyChannel": True,
    }
    token = await a_staff_token(shop, *Permission)
    return Case("staffCreate", said, "staff { id }", {**said, "name": "Eve"}, "PasswordResetRequested", token), said["email"]


CASES: tuple[Callable[[Shop], Awaitable[tuple[Case, str]]], ...] = (
    _registering,
    _verifying,
    _resetting,
    _changing,
    _copying,
    _inviting,
)


async def _does(shop: Shop, case: Case, said: dict[str, Any] | None, key: str | None) -> dict[str, Any]:
    title = f"{case.name[0].upper()}{case.name[1:]}Input"
    head, given = ("", "") if said is None else (f"($input: {title}!)", "(input: $input)")
    document = f"mutation{head} {{ {case.name}{given} {{ {case.asked} userErrors {{ code path }} }} }}"
    variables = {} if said is None else {"input": said}
    payload: dict[str, Any] = (await shop.data(document, variables, token=case.token, key=key))[case.name]
    return payload


@pytest.mark.parametrize("made", CASES)
async def test_twins_under_one_key_are_one_letter_answered_alike(
    shop: Shop, made: Callable[[Shop], Awaitable[tuple[Case, str]]]
) -> None:
    case, email = await made(shop)
    twins = await asyncio.gather(*(_does(shop, case, case.said, "twins") for _ in range(3)))
    assert [each["userErrors"] for each in twins] == [[]] * 3
    assert twins[1:] == twins[:1] * 2
    assert await _letters(shop, email, case.fact) == 1
    if case.name == "dataExportRequest":
        # Once it is made, the same words without the key ask for another.
        await shop.rows.execute("UPDATE data_export SET state = 'READY', ready_at = now(), content = '{}'")
    assert await _does(shop, case, case.said, "twins") == twins[0]
    if case.others is not None:
        assert (await _does(shop, case, case.others, "twins"))["userErrors"] == [CHANGED]
    assert await _letters(shop, email, case.fact) == 1
    assert await _letters(shop, email, "RegistrationRepeated") == 0


async def test_a_key_of_a_registration_tells_nobody_who_does_not_know_its_password_that_there_was_one(shop: Shop) -> None:
    case, email = await _registering(shop)
    assert case.said is not None
    done = await _does(shop, case, case.said, "mine")
    for known in (email, _address("unknown")):
        guess = {**case.said, "email": known, "password": "nine quiet otters drum", "firstName": "Mallory"}
        answer = await _does(shop, case, guess, "mine")
        assert answer == {"email": known, "userErrors": []}
        assert await _does(shop, case, guess, "mine") == answer
    assert (await _letters(shop, email, "CustomerRegistered"), await _letters(shop, email, "RegistrationRepeated")) == (1, 1)
    assert await _does(shop, case, case.said, "mine") == done


async def test_a_password_is_kept_under_a_key_only_as_a_code_that_nobody_makes_without_the_shops_key(shop: Shop) -> None:
    email = _address("coded")
    said = asdict(CustomerRegisterInput(email=email, password=OTHER_PASSWORD, first_name="Ada"))
    case = Case("customerRegister", {"email": email, "password": OTHER_PASSWORD, "firstName": "Ada"}, "email", None, "")
    await _does(shop, case, case.said, "coded")
    [row] = await shop.rows.fetch("SELECT actor, fingerprint FROM idempotency WHERE key = 'coded'")
    keys = tuple(key.encode() for key in shop.api.supplies.settings.secret_keys)
    code = Seal(keys).digest("idempotency", OTHER_PASSWORD)
    assert row["fingerprint"] == fingerprint({"input": {**said, "password": code}})
    assert row["actor"] == f"guest:{fingerprint({'email': email, 'password': code}).hex()}"
