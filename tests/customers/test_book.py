"""Profiles and address books through the public API: one's own alone, normalised, bounded, one default of a kind."""

from __future__ import annotations

import asyncio
import base64
import uuid
from typing import Any

import pytest

from tests.makers.access import Api, Person, a_customer, an_administrator

ENTRY = "id isDefaultShipping isDefaultBilling address { city postalCode country region phone street lastName }"
ERRORS = "userErrors { __typename code path message }"
CREATE = f"mutation ($input: AddressCreateInput!) {{ addressCreate(input: $input) {{ address {{ {ENTRY} }} {ERRORS} }} }}"
UPDATE = f"mutation ($input: AddressUpdateInput!) {{ addressUpdate(input: $input) {{ address {{ {ENTRY} }} {ERRORS} }} }}"
DEFAULT = (
    f"mutation ($input: AddressSetDefaultInput!) {{ addressSetDefault(input: $input) {{ address {{ {ENTRY} }} {ERRORS} }} }}"
)
DELETE = f"mutation ($input: AddressDeleteInput!) {{ addressDelete(input: $input) {{ deletedId {ERRORS} }} }}"
PROFILE = f"""mutation ($input: CustomerUpdateInput!) {{
  customerUpdate(input: $input) {{ customer {{ firstName lastName phone language }} {ERRORS} }}
}}"""
BOOK = (
    "{ me { addresses { id isDefaultShipping isDefaultBilling } defaultShippingAddress { id } defaultBillingAddress { id } } }"
)
BERLIN = {"lastName": "Byron", "street": ["Unter den Linden 6"], "city": "Berlin", "postalCode": "10117", "country": "DE"}
LONDON = {"lastName": "Byron", "street": ["12 St James's Sq"], "city": "London", "postalCode": "sw1y 4jh", "country": "GB"}


async def token_of(person: Person) -> str:
    token: str = (await person.logs_in())["accessToken"]
    return token


async def adding(api: Api, token: str, **said: Any) -> Any:
    data = await api.ask(CREATE, token=token, input={"address": BERLIN, **said})
    return data["addressCreate"]


async def book(api: Api, token: str) -> list[tuple[str, bool, bool]]:
    entries = (await api.ask(BOOK, token=token))["me"]["addresses"]
    return [(each["id"], each["isDefaultShipping"], each["isDefaultBilling"]) for each in entries]


async def test_a_profile_is_changed_in_what_is_said_and_left_in_the_rest(api: Api) -> None:
    token = await token_of(await a_customer(api))
    said = {"lastName": " King ", "phone": "+49 30 901820", "language": "de-at"}
    assert (await api.ask(PROFILE, token=token, input=said))["customerUpdate"] == {
        "customer": {"firstName": "Ada", "lastName": "King", "phone": "+4930901820", "language": "de-AT"},
        "userErrors": [],
    }
    answer = await api.ask(PROFILE, token=token, input={"phone": ""})
    assert answer["customerUpdate"]["customer"] == {"firstName": "Ada", "lastName": "King", "phone": None, "language": "de-AT"}


async def test_a_profile_is_not_changed_by_half(api: Api) -> None:
    token = await token_of(await a_customer(api))
    said = {"firstName": "x" * 101, "lastName": "King", "phone": "030 901820", "language": "de-abcdefgh"}
    answer = (await api.ask(PROFILE, token=token, input=said))["customerUpdate"]
    assert [(each["code"], each["path"]) for each in answer["userErrors"]] == [
        ("TOO_LONG", ["input", "firstName"]),
        ("PHONE_INVALID", ["input", "phone"]),
        ("LANGUAGE_UNKNOWN", ["input", "language"]),
    ]
    assert (await api.ask("{ me { lastName } }", token=token))["me"]["lastName"] == "Byron"


async def test_the_first_address_is_normalised_and_the_default_for_everything(api: Api) -> None:
    token = await token_of(await a_customer(api))
    added = await adding(api, token, address=LONDON)
    assert added["userErrors"] == []
    assert added["address"]["address"] == {
        "city": "London",
        "postalCode": "SW1Y 4JH",
        "country": "GB",
        "region": "",
        "phone": "",
        "street": ["12 St James's Sq"],
        "lastName": "Byron",
    }
    assert await book(api, token) == [(added["address"]["id"], True, True)]


async def test_a_new_default_takes_the_old_ones_place(api: Api) -> None:
    token = await token_of(await a_customer(api))
    first = (await adding(api, token))["address"]["id"]
    second = (await adding(api, token, defaultShipping=True))["address"]["id"]
    third = (await adding(api, token))["address"]["id"]
    assert await book(api, token) == [(first, False, True), (second, True, False), (third, False, False)]
    answer = await api.ask(DEFAULT, token=token, input={"id": third, "billing": True})
    assert answer["addressSetDefault"]["address"]["isDefaultBilling"] is True
    assert await book(api, token) == [(first, False, False), (second, True, False), (third, False, True)]
    data = (await api.ask(BOOK, token=token))["me"]
    assert (data["defaultShippingAddress"]["id"], data["defaultBillingAddress"]["id"]) == (second, third)


async def test_an_address_is_replaced_and_stays_what_it_is_the_default_for(api: Api) -> None:
    token = await token_of(await a_customer(api))
    entry = (await adding(api, token))["address"]["id"]
    changed = (await api.ask(UPDATE, token=token, input={"id": entry, "address": LONDON}))["addressUpdate"]
    assert (changed["address"]["id"], changed["address"]["address"]["city"]) == (entry, "London")
    assert await book(api, token) == [(entry, True, True)]


async def test_a_forgotten_default_leaves_none(api: Api) -> None:
    token = await token_of(await a_customer(api))
    first, second = (await adding(api, token))["address"]["id"], (await adding(api, token))["address"]["id"]
    assert (await api.ask(DELETE, token=token, input={"id": first}))["addressDelete"]["deletedId"] == first
    assert await book(api, token) == [(second, False, False)]
    assert (await api.ask(BOOK, token=token))["me"]["defaultShippingAddress"] is None


async def test_a_repeated_key_adds_an_address_once_and_no_other_one(api: Api) -> None:
    token, other = await token_of(await a_customer(api)), await token_of(await a_customer(api))
    api.headers["idempotency-key"] = "add-1"
    answers = await asyncio.gather(*(adding(api, token) for _ in range(5)))
    (entry,) = {each["address"]["id"] for each in answers}
    assert [each["code"] for each in (await adding(api, token, address=LONDON))["userErrors"]] == ["IDEMPOTENCY_CONFLICT"]
    assert (await adding(api, other))["address"]["id"] != entry, "a key is its user's alone"
    assert await book(api, token) == [(entry, True, True)]
    del api.headers["idempotency-key"]
    await api.ask(DELETE, token=token, input={"id": entry})
    api.headers["idempotency-key"] = "add-1"
    assert [each["code"] for each in (await adding(api, token))["userErrors"]] == ["NOT_FOUND"]


async def test_an_impossible_address_is_told_in_full_and_not_kept(api: Api) -> None:
    token = await token_of(await a_customer(api))
    said = {"country": "US", "street": [], "postalCode": "x", "phone": "12"}
    answer = await adding(api, token, address=said)
    assert answer["address"] is None
    assert {(each["code"], ".".join(each["path"])) for each in answer["userErrors"]} == {
        ("REQUIRED", "input.address.lastName"),
        ("REQUIRED", "input.address.street"),
        ("REQUIRED", "input.address.region"),
        ("REQUIRED", "input.address.city"),
        ("POSTAL_CODE_INVALID", "input.address.postalCode"),
        ("PHONE_INVALID", "input.address.phone"),
    }
    assert await book(api, token) == []


def ids_of_nobody(foreign: str) -> list[str]:
    """An address of somebody else, one that never was, the id of another type, and nonsense."""
    made_up = base64.urlsafe_b64encode(b"CustomerAddress:" + uuid.uuid4().bytes).decode().rstrip("=")
    wrong_type = base64.urlsafe_b64encode(b"Customer:" + uuid.uuid4().bytes).decode().rstrip("=")
    return [foreign, made_up, wrong_type, "", "nonsense", "\x00", "x" * 5_000, str(uuid.uuid4())]


async def test_a_foreign_address_is_answered_like_one_that_never_was(api: Api) -> None:
    ada, bob = await token_of(await a_customer(api)), await token_of(await a_customer(api))
    await adding(api, bob)
    foreign = (await adding(api, ada))["address"]["id"]
    missing = [{"__typename": "NotFound", "code": "NOT_FOUND", "path": ["input", "id"], "message": "There is no such address."}]
    for identity in ids_of_nobody(foreign):
        for document, said in ((UPDATE, {"address": LONDON}), (DEFAULT, {"shipping": True}), (DELETE, {})):
            (answer,) = (await api.ask(document, token=bob, input={"id": identity, **said})).values()
            assert answer["userErrors"] == missing, (identity, document)
    node = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert (await api.ask(node, token=bob, ids=ids_of_nobody(foreign)))["nodes"] == [None] * 8
    assert (await api.ask(node, ids=[foreign]))["nodes"] == [None]
    assert (await api.ask(node, token=ada, ids=[foreign]))["nodes"] == [{"id": foreign}]
    assert await book(api, ada) == [(foreign, True, True)]


async def test_nobody_reaches_another_customer_or_session_by_node(api: Api) -> None:
    ada, bob = await token_of(await a_customer(api)), await token_of(await a_customer(api))
    grace = await token_of(await an_administrator(api))
    mine = (await api.ask("{ me { id sessions { id } } }", token=ada))["me"]
    boss = (await api.ask("{ staffMe { id } }", token=grace))["staffMe"]["id"]
    wanted = [mine["id"], mine["sessions"][0]["id"], boss]
    node = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    for token in (bob, None):
        assert (await api.ask(node, token=token, ids=wanted))["nodes"] == [None, None, None]
    assert [each and each["__typename"] for each in (await api.ask(node, token=ada, ids=wanted))["nodes"]] == [
        "Customer",
        "Session",
        None,
    ]


async def test_a_book_holds_fifty_addresses_also_when_they_come_at_once(api: Api) -> None:
    ada = await a_customer(api)
    token = await token_of(ada)
    async with api.database.writing() as connection:
        await connection.execute(
            "INSERT INTO address (id, customer_id, address) SELECT gen_random_uuid(), $1, $2::jsonb FROM generate_series(1, 47)",
            ada.id,
            {"country": "DE", "street": ["x"]},
        )
    answers = await asyncio.gather(*(adding(api, token) for _ in range(6)))
    full = [each for each in answers if each["address"] is None]
    assert len(full) == 3
    assert full[0]["userErrors"][0] == {
        "__typename": "AddressBookFull",
        "code": "ADDRESS_BOOK_FULL",
        "path": ["input", "address"],
        "message": "An address book holds at most 50 addresses.",
    }
    assert len(await book(api, token)) == 50


async def test_parallel_changes_of_the_default_leave_one(api: Api) -> None:
    token = await token_of(await a_customer(api))
    entries = [(await adding(api, token))["address"]["id"] for _ in range(4)]
    said = [{"id": each, "shipping": True, "billing": True} for each in entries]
    answers = await asyncio.gather(*(api.ask(DEFAULT, token=token, input=each) for each in said * 3))
    assert all(each["addressSetDefault"]["userErrors"] == [] for each in answers)
    kept = await book(api, token)
    assert [sum(each[1] for each in kept), sum(each[2] for each in kept)] == [1, 1]


async def test_a_default_for_nothing_is_refused(api: Api) -> None:
    token = await token_of(await a_customer(api))
    entry = (await adding(api, token))["address"]["id"]
    answer = await api.ask(DEFAULT, token=token, input={"id": entry})
    assert answer["addressSetDefault"]["userErrors"][0]["code"] == "INVALID"


@pytest.mark.parametrize("document", ["addressCreate", "addressUpdate", "addressSetDefault", "addressDelete", "customerUpdate"])
async def test_guests_and_staff_have_no_profile_and_no_book(api: Api, document: str) -> None:
    texts = {
        "addressCreate": (CREATE, {"address": BERLIN}),
        "addressUpdate": (UPDATE, {"id": "x", "address": BERLIN}),
        "addressSetDefault": (DEFAULT, {"id": "x"}),
        "addressDelete": (DELETE, {"id": "x"}),
        "customerUpdate": (PROFILE, {}),
    }
    text, said = texts[document]
    assert await api.refused(text, input=said) == "UNAUTHENTICATED"
    assert await api.refused(text, token=await token_of(await an_administrator(api)), input=said) == "PERMISSION_DENIED"


async def test_reading_a_book_takes_as_many_statements_for_many_addresses_as_for_one(api: Api) -> None:
    token = await token_of(await a_customer(api))
    counts = []
    for _ in range(3):
        await adding(api, token)
        await api.ask(f"{{ me {{ addresses {{ {ENTRY} }} }} }}", token=token)
        counts.append(api.opened[-1].reader.statements)
    assert counts == [2, 2, 2]
