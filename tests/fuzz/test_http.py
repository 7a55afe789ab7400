"""Ten thousand requests that nobody would send, over HTTP and as event streams: none fails on our side, none learns anything.

`CASES=100000 SEED=7` in the environment sends more, or the same ones again.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from urllib.parse import quote

import httpx2
import pytest
import structlog

from tests.fuzz.grammar import DOCUMENTS, RAW_BODIES, Fuzz
from tests.fuzz.oracle import judged
from tests.shop import Shop

CASES = int(os.environ.get("CASES", "10000")) * 8 // 10
SEED = int(os.environ.get("SEED", str(time.time_ns() % 1_000_000)))
BATCH = 100


@pytest.fixture(scope="session")
def fuzz(shop: Shop) -> Fuzz:
    return Fuzz(shop.api.graphql.engine.schema, SEED)


async def send(client: httpx2.AsyncClient, fuzz: Fuzz) -> httpx2.Response:
    """One case: mostly a POST, now and then a GET, a stream, or another method."""
    headers = httpx2.Headers([("Accept", "application/graphql-response+json"), ("Content-Type", "application/json")])
    for name, value in fuzz.headers():
        headers[name] = value.encode("utf-8", "surrogatepass").decode("latin-1")
    if fuzz.often(0.1):
        headers["Accept"] = "text/event-stream"
    if fuzz.often(0.12):
        text, _ = fuzz.document()
        said = {"query": text, "variables": "{}", "extensions": fuzz.chance.choice(("{}", "null", "[", "[]", "x" * 50))}
        query = "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in said.items())
        return await client.get(f"/graphql?{query[:60_000]}", headers=headers)
    method = fuzz.chance.choice(("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE")) if fuzz.often(0.02) else "POST"
    return await client.request(method, "/graphql", content=fuzz.body(), headers=headers)


async def test_whatever_is_sent_is_answered_in_coded_words(shop: Shop, fuzz: Fuzz) -> None:
    print(f"SEED={SEED} CASES={CASES}")  # noqa: T201 - shown when it fails, to do it again
    statuses: Counter[int] = Counter()
    with structlog.testing.capture_logs() as logs:
        for number in range(CASES):
            before = fuzz.chance.getstate()
            answer = await send(shop.client, fuzz)
            try:
                judged(answer.status_code, answer.headers.get("content-type", ""), answer.content)
                assert [each for each in logs if each["log_level"] in {"error", "critical"}] == []
            except AssertionError as failure:
                fuzz.chance.setstate(before)
                raise AssertionError(f"case {number} of SEED={SEED}: {answer.request.content[:3_000]!r}\n{failure}") from None
            statuses[answer.status_code] += 1
            if number % BATCH == 0:
                logs.clear()
                alive = await shop.client.post("/graphql", json={"query": "{ __typename }"})
                assert alive.json() == {"data": {"__typename": "Query"}}
    print(statuses)  # noqa: T201 - as above
    assert statuses[200] > CASES / 20, "otherwise little gets through to the fields"
    assert statuses[400] > CASES / 20


@pytest.mark.parametrize("body", RAW_BODIES, ids=lambda body: repr(body[:24]))
async def test_bodies_that_are_no_requests_are_refused_by_code(shop: Shop, body: bytes) -> None:
    answer = await shop.client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    judged(answer.status_code, answer.headers["content-type"], answer.content)
    assert "errors" in answer.json()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda text: repr(text[:24]))
async def test_documents_that_are_bombs_or_nonsense_cost_little(shop: Shop, document: str) -> None:
    began = time.process_time()
    answer = await shop.client.post("/graphql", json={"query": document})
    assert time.process_time() - began < 10
    judged(answer.status_code, answer.headers["content-type"], answer.content)
