"""Strict bodies: what parsers choke on or disagree about is a clear 400 over HTTP and a clear close on a socket."""

from __future__ import annotations

import gzip

import httpx2
import pytest

from schema.transport.bodies import BadRequest, read_object
from tests.transport.conftest import Logs
from tests.transport.world import World

DEEP = 100_000

REFUSED = {
    "empty": b"",
    "null": b"null",
    "a number": b"5",
    "a string": b'"x"',
    "a list": b"[]",
    "a batch": b'[{"query":"{hello}"}]',
    "a thousand operations": b"[" + b",".join([b'{"query":"mutation{count}"}'] * 1_000) + b"]",
    "cut off": b'{"query": "{ hel',
    "a byte order mark": b'\xef\xbb\xbf{"query":"{hello}"}',
    "UTF-16": '{"query":"{hello}"}'.encode("utf-16"),
    "invalid UTF-8": b'{"query":"{hello}","operationName":"\xff\xfe"}',
    "an encoded surrogate": b'{"query":"{hello}","operationName":"\xed\xa0\x80"}',
    "a lone surrogate": b'{"query":"{hello}","operationName":"\\ud800"}',
    "NaN": b'{"query":"{hello}","variables":{"a":NaN}}',
    "Infinity": b'{"query":"{hello}","variables":{"a":-Infinity}}',
    "a number past all floats": b'{"query":"{hello}","variables":{"a":1e400}}',
    "an integer of 65 bits": b'{"query":"{hello}","variables":{"a":18446744073709551616}}',
    "an integer below 64 bits": b'{"query":"{hello}","variables":{"a":-9223372036854775809}}',
    "5,000 digits": b'{"query":"{hello}","variables":{"a":' + b"9" * 5_000 + b"}}",
    "deep lists": b"[" * DEEP,
    "deep lists in an object": b'{"variables":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep objects": b'{"a":' * (DEEP // 5),
    "65 levels": b'{"variables":' + b'{"a":' * 64 + b"1" + b"}" * 64 + b"}",
    "gzip": gzip.compress(b'{"query":"{hello}"}'),
    "a lone comma": b'{"query":"{hello}",}',
    "two objects": b'{"query":"{hello}"}{"query":"{hello}"}',
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
async def test_a_body_that_is_no_strict_json_object_is_400_and_nothing_runs(
    client: httpx2.AsyncClient, world: World, logs: Logs, body: bytes
) -> None:
    response = await client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert world.opened == []
    assert logs == []


async def test_a_body_past_its_bound_is_413_however_it_comes(client: httpx2.AsyncClient, world: World) -> None:
    body = b'{"query":"{hello}","variables":{"a":"' + b"x" * 300_000 + b'"}}'
    response = await client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"
    assert world.opened == []


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":9223372036854775807}', {"a": 9223372036854775807}),
        (b'{"a":-9223372036854775808}', {"a": -9223372036854775808}),
        (b'{"a":-0}', {"a": 0}),
        (b'{"a":"\\u0000"}', {"a": "\0"}),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'{"a":1.5e300}', {"a": 1.5e300}),
        (b'{"a":"12345678901234567890123"}', {"a": "12345678901234567890123"}),
        (b'{"a":0.12345678901234567890123}', {"a": 0.12345678901234568}),
        (b" { } ", {}),
    ],
)
def test_what_is_valid_is_read_as_it_stands(body: bytes, value: dict[str, object]) -> None:
    assert read_object(body) == value


def test_sixty_four_levels_are_read_and_one_more_is_not() -> None:
    read_object(b'{"a":' * 63 + b"[]" + b"}" * 63)
    with pytest.raises(BadRequest, match="64 levels"):
        read_object(b'{"a":' * 64 + b"[]" + b"}" * 64)


def test_many_brackets_side_by_side_are_no_depth() -> None:
    assert len(read_object(b'{"a":[' + b",".join([b"[]"] * 1_000) + b"]}")["a"]) == 1_000
