"""GraphQL over HTTP: media types, methods, statuses and parameters, as the specification and its audit suite want them."""

from __future__ import annotations

import json

import httpx2
import pytest

from schema.transport.documents import hash_of
from tests.transport.world import World, endpoint

RESPONSE = "application/graphql-response+json"
JSON = "application/json"


async def post(client: httpx2.AsyncClient, accept: str | None = JSON, **body: object) -> httpx2.Response:
    headers = {"accept": accept} if accept else {}
    return await client.post("/graphql", json=body, headers=headers)


def code_of(response: httpx2.Response) -> str:
    answer = response.json()
    assert set(answer) == {"errors"}
    assert all(error["extensions"]["requestId"] for error in answer["errors"])
    code: str = answer["errors"][0]["extensions"]["code"]
    return code


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (RESPONSE, RESPONSE),
        (JSON, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (f"{RESPONSE}, {JSON};q=0.9", RESPONSE),
        (f"{JSON}, {RESPONSE};q=0.5", JSON),
        (f"{RESPONSE}, application/graphql+json, {JSON}, text/event-stream, multipart/mixed", RESPONSE),
        (f"{JSON};q=0, */*", RESPONSE),
        ("APPLICATION/JSON", JSON),
        ("text/html;q=0.1, application/json", JSON),
    ],
)
async def test_the_answer_has_the_media_type_that_was_asked_for(client: httpx2.AsyncClient, accept: str, kind: str) -> None:
    response = await post(client, accept, query="{ hello }")
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{kind}; charset=utf-8"
    assert response.json() == {"data": {"hello": "hello world"}}
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("accept", ["image/png", "text/html", "application/json;q=0", "text/plain, image/*"])
async def test_who_takes_nothing_that_we_have_gets_406_in_json(client: httpx2.AsyncClient, accept: str) -> None:
    response = await post(client, accept, query="{ hello }")
    assert (response.status_code, code_of(response)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ a { } }"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nope }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query($n: Int!) { queries(count: $n) { hello } }"}, "BAD_USER_INPUT"),
        ({"query": "query($n: Int!) { queries(count: $n) { hello } }", "variables": {"n": "1"}}, "BAD_USER_INPUT"),
        ({"query": "query A { hello } query B { hello }"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query A { hello }", "operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "fragment F on Query { hello }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}, "PERSISTED_QUERY_NOT_FOUND"),
    ],
)
async def test_an_operation_that_does_not_run_has_no_data_and_400_or_for_plain_json_200(
    client: httpx2.AsyncClient, body: dict[str, object], code: str
) -> None:
    strict = await post(client, RESPONSE, **body)
    assert (strict.status_code, code_of(strict)) == (400, code)
    lenient = await post(client, JSON, **body)
    assert (lenient.status_code, code_of(lenient)) == (200, code)


@pytest.mark.parametrize("accept", [RESPONSE, JSON])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"notquery": "{ hello }"},
        *({"query": wrong} for wrong in ({"a": 1}, 0, False, ["{ hello }"])),
        *({"query": "{ hello }", "operationName": wrong} for wrong in ({"a": 1}, 0, False, ["x"])),
        *({"query": "{ hello }", "variables": wrong} for wrong in ("x", 0, False, ["x"])),
        *({"query": "{ hello }", "extensions": wrong} for wrong in ("x", 0, False, ["x"])),
        {"query": "{ hello }", "extensions": {"persistedQuery": {"version": 2, "sha256Hash": "0" * 64}}},
        {"query": "{ hello }", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "zz"}}},
        {"query": "{ hello }", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
    ],
)
async def test_parameters_of_the_wrong_kind_are_400_whatever_is_accepted(
    client: httpx2.AsyncClient, accept: str, body: dict[str, object], world: World
) -> None:
    response = await post(client, accept, **body)
    assert response.status_code == 400
    assert code_of(response) in {"BAD_REQUEST", "PERSISTED_QUERY_MISMATCH"}
    assert world.opened == []


@pytest.mark.parametrize("accept", [RESPONSE, JSON])
async def test_null_parameters_count_as_absent(client: httpx2.AsyncClient, accept: str) -> None:
    response = await post(client, accept, query="{ hello }", variables=None, operationName=None, extensions=None)
    assert (response.status_code, response.json()) == (200, {"data": {"hello": "hello world"}})


async def test_only_json_bodies_are_taken_so_no_foreign_form_can_act(client: httpx2.AsyncClient, world: World) -> None:
    body = json.dumps({"query": "mutation { count }"})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/jsonx"):
        response = await client.post("/graphql", content=body, headers={"content-type": kind})
        assert (response.status_code, code_of(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    latin = await client.post("/graphql", content=body, headers={"content-type": "application/json; charset=latin-1"})
    assert latin.status_code == 415
    assert world.counted == 0
    shouted = await client.post("/graphql", content=body, headers={"content-type": 'APPLICATION/JSON; Charset="UTF-8"'})
    assert shouted.json() == {"data": {"count": 1}}


async def test_queries_go_by_get_and_mutations_do_not(client: httpx2.AsyncClient, world: World) -> None:
    query = await client.get(
        "/graphql",
        params={"query": "query($n: String!) { hello(name: $n) }", "variables": '{"n": "Zoë"}', "operationName": ""},
    )
    assert query.json() == {"data": {"hello": "hello Zoë"}}
    mutation = await client.get("/graphql", params={"query": "mutation { count }"}, headers={"accept": RESPONSE})
    assert (mutation.status_code, mutation.headers["allow"], code_of(mutation)) == (405, "POST", "METHOD_NOT_ALLOWED")
    assert world.counted == 0
    for method in ("PUT", "DELETE", "PATCH", "HEAD", "TRACE"):
        refused = await client.request(method, "/graphql")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "query_string", ["query=%ff", "variables=[]&query={hello}", "variables={&query={hello}", "", "a=1&" * 30]
)
async def test_a_malformed_query_string_is_400(client: httpx2.AsyncClient, query_string: str) -> None:
    response = await client.get(f"/graphql?{query_string}")
    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")


async def test_mutations_run_one_after_the_other(client: httpx2.AsyncClient, world: World) -> None:
    response = await post(client, query="mutation { a: count b: count c: count }")
    assert response.json() == {"data": {"a": 1, "b": 2, "c": 3}}
    assert world.counted == 3


async def test_a_get_has_a_tag_and_the_same_tag_answers_304(client: httpx2.AsyncClient) -> None:
    first = await client.get("/graphql", params={"query": "{ hello }"})
    assert first.headers["cache-control"] == "private, no-cache"
    again = await client.get(
        "/graphql", params={"query": "{ hello }"}, headers={"if-none-match": f'"x", W/{first.headers["etag"]}'}
    )
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = await client.get(
        "/graphql", params={"query": '{ hello(name: "you") }'}, headers={"if-none-match": first.headers["etag"]}
    )
    assert other.status_code == 200
    failed = await client.get("/graphql", params={"query": "{ boom }"})
    assert "etag" not in failed.headers
    assert failed.headers["cache-control"] == "no-store"


async def test_a_document_is_remembered_by_its_hash(client: httpx2.AsyncClient) -> None:
    text = "{ hello }"
    right = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text).upper()}}
    assert code_of(await post(client, extensions=right)) == "PERSISTED_QUERY_NOT_FOUND"
    assert (await post(client, query=text, extensions=right)).json() == {"data": {"hello": "hello world"}}
    assert (await post(client, extensions=right)).json() == {"data": {"hello": "hello world"}}
    by_get = await client.get("/graphql", params={"extensions": json.dumps(right)})
    assert by_get.json() == {"data": {"hello": "hello world"}}


async def test_where_only_registered_documents_run_every_other_is_refused(world: World) -> None:
    trusting = endpoint(world, registered=("{ hello }",), only_registered=True)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(trusting), base_url="http://shop.test") as client:
        assert (await post(client, query="{ hello }")).json() == {"data": {"hello": "hello world"}}
        assert code_of(await post(client, query="{ viewer }")) == "PERSISTED_QUERY_ONLY"


async def test_a_subscription_by_plain_http_is_told_where_to_go(client: httpx2.AsyncClient, world: World) -> None:
    response = await post(client, query="subscription { forever }")
    assert (response.status_code, code_of(response)) == (400, "SUBSCRIPTION_NEEDS_STREAM")
    assert world.running == 0


async def test_every_operation_is_told_to_the_metrics(client: httpx2.AsyncClient, world: World) -> None:
    await post(client, query="query Greeting { hello }")
    await post(client, query="{ nope }")
    seen = [(one.transport, one.name, one.kind, one.code) for one in world.observed]
    assert seen == [("http", "Greeting", "query", None), ("http", None, None, "GRAPHQL_VALIDATION_FAILED")]
    assert all(0 <= one.seconds < 60 for one in world.observed)


@pytest.mark.parametrize("host", ["x/?", "x/#", "evil.test", "a b", "shop.test:99999"])
async def test_an_odd_host_changes_nothing(client: httpx2.AsyncClient, host: str) -> None:
    forwarded = {"host": host, "x-forwarded-host": "evil.test", "x-forwarded-prefix": "/admin"}
    response = await client.post("/graphql", json={"query": "{ hello }"}, headers=forwarded)
    assert (response.status_code, response.json()) == (200, {"data": {"hello": "hello world"}})
    assert "evil" not in str(response.headers)
