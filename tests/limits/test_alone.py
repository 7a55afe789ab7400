"""Mutations that try a secret or change who may sign in are the only ones of their document, however they are written."""

from __future__ import annotations

import pytest
from graphql import GraphQLError, parse

from schema.cost.pricing import Prices
from schema.limits import Ceilings, weigh
from schema.root import build, executable
from tests.limits.callers import Apis, CallerAt

SCHEMA = build()
PRICES = Prices(executable(SCHEMA))
MUTATION = executable(SCHEMA).mutation_type
assert MUTATION is not None
ALONE = [name for name in MUTATION.fields if (priced := PRICES.of(MUTATION, name)) is not None and priced.price.is_alone]
LOG_IN = 'tokenCreate(input: { email: "nobody@example.com", password: "%s" }) { userErrors { code } }'


def code(text: str) -> str:
    try:
        weigh(parse(text), Ceilings(), PRICES)
    except GraphQLError as error:
        return str((error.extensions or {})["code"])
    return "OK"


@pytest.mark.parametrize("name", ALONE)
def test_it_stands_alone_and_nothing_stands_beside_it(name: str) -> None:
    assert code(f"mutation {{ {name} }}") == "OK"
    assert code(f"mutation {{ {name} again: {name} }}") == "MUTATION_NOT_ALONE"
    assert code(f"mutation {{ cartClear {name} }}") == "MUTATION_NOT_ALONE"
    assert code(f"mutation {{ ... {{ a: {name} }} ... on Mutation {{ cartClear }} }}") == "MUTATION_NOT_ALONE"
    assert code(f"mutation {{ ...A ...A }} fragment A on Mutation {{ {name} }}") == "MUTATION_NOT_ALONE"
    assert code(f"mutation A {{ {name} }} mutation B {{ {name} }}") == "OK", "only one of them runs"


def test_those_that_log_in_or_change_a_password_are_among_them_and_the_schema_says_so() -> None:
    assert {"tokenCreate", "passwordChange", "passwordReset", "mfaChallengeComplete", "customerRegister"} <= set(ALONE)
    assert SCHEMA.as_str().count("@alone") == len(ALONE) + 1


async def test_a_document_of_several_log_ins_is_refused_by_name_and_tries_none(apis: Apis, address: str) -> None:
    caller = CallerAt(address)
    several = "mutation { " + " ".join(f"a{number}: {LOG_IN % number}" for number in range(4)) + " }"
    answer = await caller.posts(apis.first, several)
    [error] = answer.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["mutation"]) == ("MUTATION_NOT_ALONE", "tokenCreate")
    assert error["message"] == "tokenCreate must be the only mutation of its document."
    assert "data" not in answer.json()
    one = await caller.posts(apis.first, f"mutation {{ {LOG_IN % 0} }}")
    assert one.json()["data"]["tokenCreate"]["userErrors"] == [{"code": "INVALID_CREDENTIALS"}]
