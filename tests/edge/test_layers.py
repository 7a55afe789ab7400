"""The outer layers: bounds on what comes in, headers on what goes out, and no answer without its request id."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import httpx2
import pytest
import structlog
from starlette.types import Message, Receive, Scope, Send

from edge.layers import layered
from edge.limits import InputLimits, LimitedInput
from edge.metrics import Metrics

LIMITS = InputLimits(body_bytes=1_000, bodies={"/large": 5_000})


class Echo:
    """Reads the whole body and says what it saw."""

    def __init__(self) -> None:
        self.reached = 0
        self.context: dict[str, Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.reached += 1
        self.context = structlog.contextvars.get_contextvars()
        if scope["path"] == "/broken":
            raise ValueError("postgres://secret")
        size = 0
        while True:
            message = await receive()
            size += len(message.get("body", b""))
            if not message.get("more_body", False):
                break
        text = f"{size} bytes for {scope['state']['request_id']}\n".encode()
        headers = [(b"content-type", b"application/graphql-response+json")]
        if scope["path"] == "/own":
            headers += [(b"content-security-policy", b"default-src 'self'"), (b"cache-control", b"max-age=5")]
        if scope["path"] == "/stream":
            headers = [(b"content-type", b"text/event-stream")]
        body = text * (200 if scope["path"] in {"/much", "/stream"} else 1)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def client(echo: Echo) -> AsyncIterator[httpx2.AsyncClient]:
    app = layered(
        echo,
        metrics=Metrics(operations=(), routes=()),
        limits=LIMITS,
        cors_origins=("https://storefront.test",),
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://shop.test") as http:
        yield http


def code_of(response: httpx2.Response) -> str:
    (error,) = response.json()["errors"]
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    code: str = error["extensions"]["code"]
    return code


async def test_a_well_formed_request_id_is_kept_and_goes_everywhere(client: httpx2.AsyncClient, echo: Echo) -> None:
    response = await client.post("/", content=b"abc", headers={"x-request-id": "Trace_1.a-b"})
    assert response.headers["x-request-id"] == "Trace_1.a-b"
    assert response.text == "3 bytes for Trace_1.a-b\n"
    assert echo.context == {"request_id": "Trace_1.a-b"}
    assert structlog.contextvars.get_contextvars() == {}


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "é", "a\tb", "<script>"])
async def test_any_other_is_replaced_by_a_new_one(client: httpx2.AsyncClient, sent: str) -> None:
    first = await client.get("/", headers=[(b"x-request-id", sent.encode("latin-1"))])
    second = await client.get("/", headers=[(b"x-request-id", sent.encode("latin-1"))])
    assert len(first.headers["x-request-id"]) == 32
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_every_answer_tells_browsers_to_be_careful(client: httpx2.AsyncClient) -> None:
    response = await client.post("/")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response.headers["cache-control"] == "no-store"
    assert "server" not in response.headers
    own = await client.post("/own")
    assert own.headers["content-security-policy"] == "default-src 'self'"
    assert own.headers["cache-control"] == "max-age=5"
    assert "cache-control" not in (await client.get("/")).headers


async def test_headers_past_their_bounds_are_431_before_anything_reads_them(client: httpx2.AsyncClient, echo: Echo) -> None:
    many = await client.get("/", headers={f"x-{number}": "1" for number in range(101)})
    assert (many.status_code, code_of(many)) == (431, "HEADERS_TOO_LARGE")
    large = await client.get("/", headers={"x-large": "x" * 33_000})
    assert (large.status_code, code_of(large)) == (431, "HEADERS_TOO_LARGE")
    assert large.headers["x-content-type-options"] == "nosniff"
    assert echo.reached == 0


async def test_a_declared_body_past_its_bound_is_413_unread(client: httpx2.AsyncClient, echo: Echo) -> None:
    for length in ("1001", "10000000000", "9" * 5_000):
        response = await client.post("/", content=b"x", headers={"content-length": length})
        assert (response.status_code, code_of(response)) == (413, "BODY_TOO_LARGE")
    assert echo.reached == 0
    assert (await client.post("/", content=b"x" * 1_000)).status_code == 200
    assert (await client.post("/large", content=b"x" * 5_000)).status_code == 200
    assert (await client.post("/large", content=b"x" * 5_001)).status_code == 413


async def test_an_undeclared_body_is_counted_as_it_comes(client: httpx2.AsyncClient) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 1_000_000:
            sent += 100
            yield b"x" * 100

    response = await client.post("/", content=chunks())
    assert (response.status_code, code_of(response)) == (413, "BODY_TOO_LARGE")
    assert sent <= 1_200


@pytest.mark.parametrize("lengths", [[b"1", b"2"], [b"-1"], [b"1e3"], [b"0x10"], [b""], [b"\xb2"]])
async def test_a_length_that_is_none_is_400(lengths: list[bytes], echo: Echo) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", value) for value in lengths]}
    await LimitedInput(echo, LIMITS)(scope, receive, send)
    assert sent[0]["status"] == 400
    assert echo.reached == 0


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "gzip, gzip", "x"])
async def test_packed_bodies_are_415(client: httpx2.AsyncClient, echo: Echo, encoding: str) -> None:
    response = await client.post("/", content=gzip.compress(b"{}"), headers={"content-encoding": encoding})
    assert (response.status_code, code_of(response)) == (415, "UNSUPPORTED_CONTENT_ENCODING")
    assert echo.reached == 0
    assert (await client.post("/", content=b"{}", headers={"content-encoding": "identity"})).status_code == 200


async def test_a_socket_with_too_many_headers_is_closed_before_its_handshake(echo: Echo) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"x", b"y")] * 101
    await LimitedInput(echo, LIMITS)({"type": "websocket", "path": "/graphql", "headers": headers}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
    assert echo.reached == 0


async def test_an_exception_that_nobody_answered_for_is_a_plain_500(
    client: httpx2.AsyncClient, logs: list[MutableMapping[str, Any]]
) -> None:
    response = await client.get("/broken")
    assert (response.status_code, code_of(response)) == (500, "INTERNAL")
    assert "secret" not in response.text
    (entry,) = logs
    assert (entry["event"], entry["path"], str(entry["exc_info"])) == ("http.unexpected", "/broken", "postgres://secret")


@pytest.mark.parametrize(("accepted", "used"), [("gzip, br, zstd", "zstd"), ("gzip, br", "br"), ("gzip", "gzip"), ("x", None)])
async def test_large_answers_are_packed_and_small_ones_and_streams_are_not(
    client: httpx2.AsyncClient, accepted: str, used: str | None
) -> None:
    for path, expected in (("/much", used), ("/", None), ("/stream", None)):
        async with client.stream("GET", path, headers={"accept-encoding": accepted}) as response:
            assert response.headers.get("content-encoding") == expected
            if expected:
                assert "accept-encoding" in response.headers["vary"].lower()


async def test_listed_origins_may_call_from_a_browser_without_cookies(client: httpx2.AsyncClient) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    allowed = await client.options("/graphql", headers={"origin": "https://storefront.test", **asked})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://storefront.test"
    assert "access-control-allow-credentials" not in allowed.headers
    refused = await client.options("/graphql", headers={"origin": "https://evil.test", **asked})
    assert "access-control-allow-origin" not in refused.headers
    simple = await client.post("/", headers={"origin": "https://storefront.test"})
    assert "X-Request-Id" in simple.headers["access-control-expose-headers"]
    too_large = await client.post("/", content=b"x" * 2_000, headers={"origin": "https://storefront.test"})
    assert (too_large.status_code, too_large.headers["access-control-allow-origin"]) == (413, "https://storefront.test")
