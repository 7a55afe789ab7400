"""What failures say: a code and the request's id always, the inside of the shop never."""

from __future__ import annotations

import httpx2
import pytest

from tests.transport.conftest import Logs
from tests.transport.world import SECRET, World, endpoint

RESPONSE = {"accept": "application/graphql-response+json"}


async def ask(client: httpx2.AsyncClient, query: str, headers: dict[str, str] | None = None) -> httpx2.Response:
    return await client.post("/graphql", json={"query": query}, headers={**RESPONSE, **(headers or {})})


async def test_an_unexpected_exception_is_masked_and_logged_under_the_same_id(client: httpx2.AsyncClient, logs: Logs) -> None:
    response = await ask(client, "{ hello boom }")
    assert response.status_code == 200
    answer = response.json()
    assert answer["data"] == {"hello": "hello world", "boom": None}
    (error,) = answer["errors"]
    assert error["path"] == ["boom"]
    assert error["locations"] == [{"line": 1, "column": 9}]
    assert error["extensions"]["code"] == "INTERNAL"
    assert SECRET not in response.text
    (entry,) = logs
    assert entry["request_id"] == error["extensions"]["requestId"]
    assert str(entry["exc_info"]) == SECRET
    assert entry["log_level"] == "error"


async def test_an_error_meant_for_the_caller_keeps_its_words_and_code(client: httpx2.AsyncClient, logs: Logs) -> None:
    (error,) = (await ask(client, "{ forbidden }")).json()["errors"]
    assert (error["message"], error["extensions"]["code"]) == ("You may not see this.", "PERMISSION_DENIED")
    assert logs == []


@pytest.mark.parametrize("query", ["{ nothing }", "{ tooLarge }"])
async def test_what_a_resolver_got_wrong_is_our_bug_and_told_as_one(client: httpx2.AsyncClient, logs: Logs, query: str) -> None:
    response = await ask(client, query)
    assert response.status_code == 200
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "Something went wrong" in error["message"]
    assert len(logs) == 1


async def test_a_machine_that_is_down_is_told_as_such_and_may_be_tried_again(
    client: httpx2.AsyncClient, world: World, logs: Logs
) -> None:
    in_a_field = await ask(client, "{ hello database }")
    assert in_a_field.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert in_a_field.status_code == 200
    world.database_down = True
    at_all = await ask(client, "{ hello }")
    assert (at_all.status_code, at_all.headers["retry-after"]) == (503, "1")
    assert at_all.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    plain = await ask(client, "{ hello }", {"accept": "application/json"})
    assert plain.status_code == 503
    assert all(SECRET not in text for text in (in_a_field.text, at_all.text, plain.text, str(logs)))


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer old", "TOKEN_EXPIRED"),
        ("Bearer wrong", "UNAUTHENTICATED"),
        ("Basic Z29vZDpnb29k", "UNAUTHENTICATED"),
        ("Bearer", "UNAUTHENTICATED"),
        ("Bearer a b", "UNAUTHENTICATED"),
        ("Bearer " + "x" * 5_000, "UNAUTHENTICATED"),
        ("Bearer tökén", "UNAUTHENTICATED"),
    ],
)
async def test_a_bad_token_is_401_or_for_plain_json_200(client: httpx2.AsyncClient, authorization: str, code: str) -> None:
    headers = {"authorization": authorization.encode("latin-1").decode("latin-1")}
    strict = await client.post(
        "/graphql",
        json={"query": "{ hello }"},
        headers=[(b"authorization", authorization.encode("latin-1")), *_bytes(RESPONSE)],
    )
    assert (strict.status_code, strict.headers["www-authenticate"]) == (401, "Bearer")
    assert strict.json()["errors"][0]["extensions"]["code"] == code
    assert "data" not in strict.json()
    lenient = await client.post(
        "/graphql", json={"query": "{ hello }"}, headers=[(b"authorization", headers["authorization"].encode("latin-1"))]
    )
    assert lenient.status_code == 200
    assert lenient.json()["errors"][0]["extensions"]["code"] == code


def _bytes(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


async def test_the_caller_reaches_the_context_with_what_the_headers_say(client: httpx2.AsyncClient, world: World) -> None:
    headers = {
        "authorization": "bearer good",
        "idempotency-key": "key-1",
        "x-channel": "b2b",
        "x-currency": "EUR",
        "x-country": "DE",
        "accept-language": "de-DE, en;q=0.5",
        "user-agent": "test",
    }
    response = await ask(client, "{ viewer token }", headers)
    assert response.json()["data"] == {"viewer": "Customer", "token": "key-1"}
    (caller,) = world.opened
    assert (caller.token, caller.channel, caller.currency, caller.country) == ("good", "b2b", "EUR", "DE")
    assert (caller.language, caller.user_agent, caller.address) == ("de-DE, en;q=0.5", "test", "127.0.0.1")
    assert "good" not in repr(caller)
    assert world.contexts == 0


@pytest.mark.parametrize(
    "header", [("idempotency-key", "a b"), ("idempotency-key", "x" * 256), ("x-currency", "EU R"), ("x-channel", "../x")]
)
async def test_a_malformed_header_that_decides_something_is_refused(
    client: httpx2.AsyncClient, world: World, header: tuple[str, str]
) -> None:
    response = await ask(client, "mutation { count }", dict([header]))
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_HEADER"
    assert world.counted == 0


async def test_suggestions_and_introspection_go_together(world: World, client: httpx2.AsyncClient) -> None:
    told = await ask(client, "{ helo }")
    assert "Did you mean 'hello'" in told.json()["errors"][0]["message"]
    secretive = httpx2.ASGITransport(endpoint(world, open_about_itself=False))
    async with httpx2.AsyncClient(transport=secretive, base_url="http://shop.test") as discreet:
        untold = await ask(discreet, "{ helo }")
        assert untold.json()["errors"][0]["message"] == "Cannot query field 'helo' on type 'Query'."
        for query in ("{ __schema { queryType { name } } }", '{ __type(name: "Query") { name } }'):
            refused = await ask(discreet, query)
            assert refused.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert (await ask(discreet, "{ __typename }")).json() == {"data": {"__typename": "Query"}}


async def test_a_query_that_takes_too_long_is_given_up(world: World) -> None:
    hurried = httpx2.ASGITransport(endpoint(world, request_seconds_max=0.05))
    async with httpx2.AsyncClient(transport=hurried, base_url="http://shop.test") as client:
        response = await ask(client, "{ slow(seconds: 30) }")
    assert response.status_code == 503
    assert response.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert (world.running, world.contexts) == (0, 0)


async def test_errors_in_variables_name_the_variable(client: httpx2.AsyncClient) -> None:
    body = {"query": "query($n: Int!) { queries(count: $n) { hello } }", "variables": {"n": "three"}}
    response = await client.post("/graphql", json=body, headers=RESPONSE)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["message"].startswith("Variable '$n' has invalid value")
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
