"""The sandbox's webhooks over real HTTP: signed, tried again until taken, logged, and sent anew on request."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest

from domain.payments.provider import BadSignature
from gateways.payments.sandbox import SandboxProvider
from gateways.payments.strict_json import Fields, decode, moment_of
from tests.gateways.receiver import Receiver
from tests.gateways.requests import an_attempt, paid, until
from tests.gateways.sandbox_process import API_KEY, SECRET, SandboxProcess, free_port

OLD_SECRET = "whsec_dGhlLXNlY3JldC1vZi1sYXN0LXllYXItMzJieXRlcyE="
KEY = {"authorization": f"Bearer {API_KEY}"}


async def _log(sandbox: SandboxProcess, client: httpx2.AsyncClient, attempt_key: str) -> list[Fields]:
    answer = await client.get(f"{sandbox.url}/v1/events", params={"merchant_reference": attempt_key}, headers=KEY)
    return Fields(decode(answer.content)).many("data", most=100)


async def test_a_webhook_that_is_not_taken_comes_again_with_the_same_id_and_body_until_it_is(
    provider: SandboxProvider, receiver: Receiver, sandbox: SandboxProcess, client: httpx2.AsyncClient
) -> None:
    box = receiver.box(500, 301, 404)
    request = an_attempt("tok_decline", webhook_url=box)
    await provider.create(request)
    came = await receiver.wait(box, 4)
    assert len({(one.body, one.headers["webhook-id"]) for one in came}) == 1

    async def delivered() -> bool:
        return [event.text("state") for event in await _log(sandbox, client, request.attempt_key)] == ["delivered"]

    await until(delivered)
    [event] = await _log(sandbox, client, request.attempt_key)
    tries = event.many("deliveries", most=10)
    assert [one.whole("status", low=100, high=599) for one in tries] == [500, 301, 404, 200]
    pauses = [(later.moment("at") - sooner.moment("at")).total_seconds() for sooner, later in pairwise(tries)]
    # At least the announced pauses, each twice the last; how much longer is the machine's business.
    assert all(pause >= least for pause, least in zip(pauses, (0.09, 0.19, 0.39), strict=True))
    assert len(await receiver.wait(box, 4)) == 4


@pytest.mark.parametrize("address", ["http://127.0.0.1:0/", "http://a..b/"])
async def test_an_address_that_leads_nowhere_stops_nobody_elses_webhooks(
    provider: SandboxProvider, receiver: Receiver, address: str
) -> None:
    await provider.create(an_attempt("tok_decline", webhook_url=address))
    box = receiver.box()
    await provider.create(an_attempt("tok_decline", webhook_url=box))
    assert len(await receiver.wait(box, 1)) == 1


async def test_nobody_listening_is_noted_and_tried_again(
    provider: SandboxProvider, sandbox: SandboxProcess, client: httpx2.AsyncClient
) -> None:
    request = an_attempt("tok_decline", webhook_url=f"http://127.0.0.1:{free_port()}/")
    await provider.create(request)

    async def tried_twice() -> bool:
        [event] = await _log(sandbox, client, request.attempt_key)
        return len(event.many("deliveries", most=20)) >= 2

    await until(tried_twice)
    [event] = await _log(sandbox, client, request.attempt_key)
    assert event.text("state") == "due"
    assert {one.text("error") for one in event.many("deliveries", most=20)} == {"ConnectError"}


async def test_a_receiver_that_does_not_answer_holds_up_nobody_else(
    provider: SandboxProvider, receiver: Receiver, sandbox: SandboxProcess, client: httpx2.AsyncClient
) -> None:
    slow, quick = receiver.box(0), receiver.box(500)
    stuck = an_attempt("tok_decline", webhook_url=slow)
    await provider.create(stuck)
    await receiver.wait(slow, 1)
    await provider.create(an_attempt("tok_decline", webhook_url=quick))
    await receiver.wait(quick, 2)
    [event] = await _log(sandbox, client, stuck.attempt_key)
    assert (event.text("state"), event.many("deliveries", most=1)) == ("due", [])
    receiver.released.set()


async def test_an_event_can_be_asked_for_again_and_is_the_same_event(
    provider: SandboxProvider, receiver: Receiver, sandbox: SandboxProcess, client: httpx2.AsyncClient
) -> None:
    box = receiver.box()
    request = an_attempt("tok_decline", webhook_url=box)
    await provider.create(request)
    [first] = await receiver.wait(box, 1)
    event_id = first.headers["webhook-id"]
    answer = await client.post(f"{sandbox.url}/v1/events/{event_id}/redeliver", headers=KEY)
    assert answer.status_code == 202
    came = await receiver.wait(box, 2)
    assert came[1].body == first.body
    assert came[1].headers["webhook-id"] == event_id
    unknown = await client.post(f"{sandbox.url}/v1/events/evt_none/redeliver", headers=KEY)
    assert unknown.status_code == 404


async def test_while_a_secret_is_changed_both_old_and_new_holders_can_read(
    receiver: Receiver, client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    changing = SandboxProcess(tmp_path, free_port())
    await changing.start(previous_secret=OLD_SECRET)
    try:
        box = receiver.box()
        await SandboxProvider(client, changing.values()).create(an_attempt("tok_decline", webhook_url=box))
        [came] = await receiver.wait(box, 1)
    finally:
        await changing.kill()
    now = datetime.now(UTC)
    for secrets in [(SECRET,), (OLD_SECRET,), ("another", OLD_SECRET)]:
        reader = SandboxProvider(client, changing.values(*secrets))
        assert await reader.read_notification(came.body, came.headers, now) is not None
    with pytest.raises(BadSignature):
        await SandboxProvider(client, changing.values("another")).read_notification(came.body, came.headers, now)


async def test_the_api_answers_nobody_without_the_key(sandbox: SandboxProcess, client: httpx2.AsyncClient) -> None:
    for headers in ({}, {"authorization": "Bearer"}, {"authorization": "Bearer \xe9"}, {"authorization": f"Basic {API_KEY}"}):
        sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        for path in ("payments?since=2026-01-01T00:00:00Z", "ledger", "events"):
            assert (await client.get(f"{sandbox.url}/v1/{path}", headers=sent)).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        b"null",
        b"[]",
        b"{",
        b"[" * 60_000,
        b'{"amount": NaN}',
        b"\xff",
        b'{"amount": 1e2}',
        b'{"amount": true}',
        b'{"amount": "100"}',
        b'{"amount": 0}',
        b'{"amount": -5}',
        b'{"amount": 10000000000000}',
        b'{"currency": "eur"}',
        b'{"return_url": "javascript:alert(1)"}',
        b'{"return_url": "https://shop.example; script-src *"}',
        b'{"webhook_url": "file:///etc/passwd"}',
        b'{"webhook_url": "http://127.0.0.1:99999/"}',
        b'{"webhook_url": "http://[::1::]/"}',
        b'{"capture": "later"}',
    ],
)
async def test_a_malformed_request_is_refused_and_keeps_nothing(
    provider: SandboxProvider, sandbox: SandboxProcess, client: httpx2.AsyncClient, wrong: bytes
) -> None:
    request = an_attempt()
    valid = (
        f'"merchant_reference": "{request.attempt_key}", "order_number": "1", "amount": 100, "currency": "EUR",'
        '"method": "tok_success", "capture": "automatic", "return_url": "https://s.example/", "webhook_url": "https://s.example/"'
    )
    # A later member wins in JSON, so a wrong field given as an object is put behind the valid ones.
    body = b"{" + valid.encode() + b", " + wrong[1:] if wrong.startswith(b"{") and wrong.endswith(b"}") else wrong
    headers = {**KEY, "idempotency-key": request.attempt_key}
    answer = await client.post(f"{sandbox.url}/v1/payments", content=body, headers=headers)
    assert answer.status_code == 400
    assert Fields(decode(answer.content)).inner("error").text("code") == "bad_request"
    assert await provider.find(request.attempt_key) is None


async def test_a_request_without_its_key_or_over_the_ceiling_is_refused(
    sandbox: SandboxProcess, client: httpx2.AsyncClient
) -> None:
    assert (await client.post(f"{sandbox.url}/v1/payments", content=b"{}", headers=KEY)).status_code == 400
    large = await client.post(f"{sandbox.url}/v1/payments", content=b" " * 70_000, headers={**KEY, "idempotency-key": "k"})
    assert large.status_code == 413


async def test_a_webhook_says_when_it_happened_and_a_payment_when_it_was_made(
    provider: SandboxProvider, receiver: Receiver
) -> None:
    box = receiver.box()
    payment = paid(await provider.create(an_attempt(webhook_url=box)))
    came = await receiver.wait(box, 2)
    read = await provider.read_notification(came[1].body, came[1].headers, datetime.now(UTC))
    assert read is not None
    assert read.occurred_at == moment_of(Fields(decode(came[1].body)).text("occurred_at"))
    assert paid(read.payment).created_at == payment.created_at
