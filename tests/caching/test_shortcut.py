"""The shortest way to a kept answer: the same bytes as by the ordinary way, counted alike, and only for who is nobody."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from gateways.settings import Settings
from schema.caching.kept import SENT_MAX, Kept, KeptAnswers, Sent
from schema.transport.documents import hash_of
from schema.transport.shortcut import Shortcut
from tests.caching.deeds import DEEDS
from tests.caching.world import Process, Street
from tests.conftest import Clone
from tests.shop import open_shop

LIST = "query Listing { products(first: 20) { totalCount nodes { slug name } } }"
WIDE = "query Wide { " + " ".join(f"{'long' * 15}{n}: localization {{ channel currencies }}" for n in range(15)) + " }"
SHOP_ORIGIN = "https://shop.example"
OPERATION = {"transport": "http", "kind": "query", "name": "other", "code": "OK"}
CHOICES: dict[str, tuple[str | None, ...]] = {
    "Accept": (
        None,
        "application/json",
        "application/graphql-response+json",
        "*/*",
        "application/graphql-response+json;q=0.5, */*",
    ),
    "Accept-Encoding": (None, "gzip", "br, gzip", "zstd", "identity", "gzip;q=0"),
    "Accept-Language": (None, "de", "fr;q=0.3, en"),
    "Origin": (None, SHOP_ORIGIN, "https://else.example", "null"),
    "X-Currency": (None, "USD"),
    "X-Country": (None, "DE"),
    "X-Request-Id": (None, "mine-1", "not well formed"),
    "If-None-Match": (None, "*", '"another"'),
    "User-Agent": (None, "a", "b"),
}


def _sample(process: Process, series: str, /, **labels: str) -> float:
    return process.api.metrics.registry.get_sample_value(series, labels) or 0.0


def _hits(process: Process) -> float:
    return _sample(process, "vitrine_response_lookups_total", outcome="hit")


def _told(answer: httpx2.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """All that was sent, the request's id left out where the shop made it."""
    own = answer.request.headers.get("x-request-id") == "mine-1"
    headers = [(name, value if name != b"x-request-id" or own else b"") for name, value in answer.headers.raw]
    return answer.status_code, headers, answer.content


def _request(process: Process, document: str, headers: dict[str, str], *, method: str, persisted: bool) -> httpx2.Request:
    said: dict[str, Any] = {"query": document}
    if persisted:
        said["extensions"] = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(document)}}
    client = process.client
    if method == "POST":
        made = client.build_request(
            "POST", "/graphql", content=orjson.dumps(said), headers={"Content-Type": "application/json"}
        )
    else:
        parameters = {name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in said.items()}
        made = client.build_request(method, "/graphql", params=parameters)
    for name in CHOICES:
        if name in made.headers:
            del made.headers[name]
    made.headers.update(headers)
    return made


@dataclass
class Layers:
    """Stands where the layers do, and counts what comes to them."""

    app: ASGIApp
    asked: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        await self.app(scope, receive, send)


def _layers(process: Process) -> Layers:
    shortcut = process.api._app
    assert isinstance(shortcut, Shortcut)
    shortcut._app = layers = Layers(shortcut._app)
    return layers


@pytest.fixture(scope="module")
async def here(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Process]:
    """A process that keeps answers, with one foreign origin let in."""
    settings = settings_on(await clone()).model_copy(
        update={"response_cache_bytes": 20_000_000, "cors_origins": [SHOP_ORIGIN], "cost_per_minute": 1_000_000_000}
    )
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(open_shop(settings))
        process = Process(shop.api, shop.client)
        await process.hears()
        yield process


async def test_the_second_answer_is_the_first_to_the_letter_whatever_was_asked(here: Process) -> None:
    chance, layers = random.Random(11), _layers(here)
    statuses: set[int] = set()
    packed = shortened = 0
    for _ in range(200):
        headers = {name: value for name, values in CHOICES.items() if (value := chance.choice(values)) is not None}
        document, method = chance.choice([LIST, WIDE]), chance.choice(["POST", "POST", "GET", "GET", "HEAD"])
        persisted = chance.random() < 0.3
        here.responses.kept.forget_sent()
        before = layers.asked
        requests = [_request(here, document, headers, method=method, persisted=persisted) for _ in range(3)]
        told = [_told(await here.client.send(each)) for each in requests]
        assert told == [told[0]] * 3, (document, headers, method)
        shortened += layers.asked == before + 1
        assert layers.asked == before + (3 if method == "HEAD" else 1), (document, headers, method)
        statuses.add(told[0][0])
        packed += any(name == b"content-encoding" for name, _ in told[0][1])
    assert statuses == {200, 304, 405}
    assert packed > 20
    assert shortened > 100


async def test_what_was_sent_before_is_sent_again_and_counted_as_ever(here: Process) -> None:
    await here.ask(LIST)
    layers, hits = _layers(here), _hits(here)
    operations = _sample(here, "vitrine_graphql_operations_total", **OPERATION)
    requests = _sample(here, "vitrine_http_requests_total", route="/graphql", method="POST", status="200")
    answers = [await here.client.post("/graphql", json={"query": LIST, "variables": {}}) for _ in range(3)]
    assert layers.asked == 0
    assert len({each.headers["x-request-id"] for each in answers}) == 3
    assert _hits(here) == hits + 3
    assert _sample(here, "vitrine_graphql_operations_total", **OPERATION) == operations + 3
    assert _sample(here, "vitrine_http_requests_total", route="/graphql", method="POST", status="200") == requests + 3


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer nobody.knows.it"},
        {"Authorization": "malformed"},
        {"Cookie": "a=b"},
        {"Idempotency-Key": "once"},
        {"X-Session": "cookie"},
        {"Content-Encoding": "gzip"},
        {"X-Channel": "not well formed"},
        {"Content-Type": "text/plain"},
        {"Accept": "text/html"},
    ],
    ids=str,
)
async def test_who_is_somebody_or_asks_otherwise_never_takes_it(here: Process, headers: dict[str, str]) -> None:
    content = orjson.dumps({"query": LIST})
    plain = {"Content-Type": "application/json"}
    await here.client.post("/graphql", content=content, headers=plain)
    layers = _layers(here)
    told = [_told(await here.client.post("/graphql", content=content, headers=plain | headers)) for _ in range(2)]
    assert [each[0] for each in told] == [told[0][0]] * 2
    assert layers.asked == 2


async def test_a_withdrawn_document_is_not_answered_by_what_was_sent(here: Process) -> None:
    await here.ask(LIST)
    layers = _layers(here)
    await here.ask(LIST)
    assert layers.asked == 0
    here.api._register([])
    await here.ask(LIST)
    assert layers.asked == 1


async def test_a_change_is_in_the_very_next_answer(street: Street) -> None:
    await DEEDS["product_create"](street, street.here, random.Random(5))
    layers = _layers(street.here)
    for _ in range(3):
        name = street.name("Renamed")
        assert name not in str(await street.here.ask(LIST))
        asked = layers.asked
        assert name not in str(await street.here.ask(LIST))
        assert layers.asked == asked
        await street.deed(street.here, "productUpdate", "product { id }", id=street.products[0]["id"], name=name)
        for _ in range(2):
            assert name in str(await street.here.ask(LIST))


async def test_the_allowance_is_used_up_by_kept_answers_too(clone: Clone, settings_on: Callable[[str], Settings]) -> None:
    settings = settings_on(await clone()).model_copy(
        update={"response_cache_bytes": 20_000_000, "cost_per_minute": 50_000, "requests_per_minute": 200}
    )
    async with open_shop(settings) as shop:
        process = Process(shop.api, shop.client)
        await process.hears()
        layers = _layers(process)
        headers = {"Accept": "application/graphql-response+json"}
        answers = [await shop.client.post("/graphql", json={"query": LIST}, headers=headers) for _ in range(230)]
    statuses = [each.status_code for each in answers]
    assert layers.asked < 130
    assert set(statuses) == {200, 429}
    assert statuses[-20:] == [429] * 20
    assert statuses.count(200) <= 200


def test_what_was_sent_counts_in_the_bound_and_leaves_with_its_answer() -> None:
    answers = KeptAnswers(bytes_max=200_000)
    one, other = (Kept(b"x" * 100, b'"t"', frozenset({tag}), 1e12, None) for tag in "ab")
    answers.put(b"1", one, since=0)
    answers.put(b"2", other, since=0)
    empty = answers.bytes
    for number in range(SENT_MAX + 5):
        assert answers.remember((b"%d" % number,), Sent(one, 200, (), 0, b"y" * 1_000), since=0)
    assert answers.remember((b"other",), Sent(other, 200, (), 0, other.body), since=0)
    assert answers.bytes > empty + SENT_MAX * 1_000
    assert answers.sent((b"0",), at=0) is None
    assert answers.sent((b"7",), at=0) is not None
    answers.touch(["a"])
    assert answers.sent((b"7",), at=0) is None
    assert answers.sent((b"other",), at=0) is not None
    assert not answers.remember((b"late",), Sent(one, 200, (), 0, b""), since=0)
    assert answers.sent((b"other",), at=1e12) is None
    assert (len(answers), answers.bytes) == (0, 0)


def test_nothing_is_remembered_of_a_question_that_was_asked_before_a_forgetting() -> None:
    answers = KeptAnswers(bytes_max=200_000)
    kept = Kept(b"x", b'"t"', frozenset({"a"}), 1e12, None)
    answers.put(b"1", kept, since=0)
    size, before = answers.bytes, answers.forgettings
    answers.remember((b"q",), Sent(kept, 200, (), 0, b"x"), since=before)
    answers.forget_sent()
    assert answers.bytes == size
    assert not answers.remember((b"q",), Sent(kept, 200, (), 0, b"x"), since=before)
    assert answers.get(b"1", at=0) is kept
