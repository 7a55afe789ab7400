"""A provider that answers nonsense: the outcome is unknown, and nothing is followed, swallowed whole or believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2
import pytest

from domain.payments.provider import Declined, ProviderUnavailable, Unknown
from gateways.payments.sandbox import SandboxProvider, SandboxValues
from tests.gateways.requests import an_attempt, eur
from tests.gateways.test_webhook_signature import PAYMENT

REFERENCE = "sp_0123456789abcdef01234567"
REQUEST = an_attempt(key="attempt-1", amount=eur(4_990))


def _asking(answer: Callable[[httpx2.Request], httpx2.Response]) -> SandboxProvider:
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return SandboxProvider(client, SandboxValues(url="http://provider.test", api_key="sk", webhook_secrets=()))


def _payment(**changes: object) -> bytes:
    return json.dumps({**PAYMENT, **changes}).encode()


LIES: dict[str, tuple[int, bytes]] = {
    "another amount": (201, _payment(amount=4_991)),
    "another currency": (201, _payment(currency="USD")),
    "another attempt": (201, _payment(merchant_reference="attempt-2")),
    "another account": (201, _payment(account="acct_other")),
    "figures that cannot be": (201, _payment(refunded=5_000)),
    "a state that is none": (201, _payment(status="ok")),
    "an empty answer": (201, b""),
    "a page": (200, b"<html>"),
    "a list": (200, b"[]"),
    "deep nesting": (200, b"[" * 100_000),
    "more than anyone reads": (200, b'"' + b"x" * 5_000_000 + b'"'),
    "a redirect": (302, _payment()),
    "a refusal without a reason": (402, b"{}"),
    "a decline of another amount": (
        402,
        json.dumps({"error": {"code": "card_declined", "message": "No."}, "payment": {**PAYMENT, "amount": 1}}).encode(),
    ),
    "our key is refused": (401, b'{"error": {"code": "unauthorized", "message": "No."}}'),
    "our key was used otherwise": (409, b'{"error": {"code": "key_reused", "message": "No."}}'),
    "too many requests": (429, b'{"error": {"code": "slow_down", "message": "No."}}'),
    "a bad gateway": (502, b"<html>"),
}


@pytest.mark.parametrize(("status", "body"), LIES.values(), ids=LIES)
async def test_an_answer_that_cannot_be_believed_is_unknown(status: int, body: bytes) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(status, content=body, headers={"location": "http://169.254.169.254/"})

    assert isinstance(await _asking(answer).create(REQUEST), Unknown)
    assert asked == ["http://provider.test/v1/payments"]


async def test_the_same_answer_told_truly_is_believed() -> None:
    answer = await _asking(lambda _: httpx2.Response(201, content=_payment())).create(REQUEST)
    assert not isinstance(answer, Unknown | Declined)
    assert answer.captured == eur(4_990)


async def test_a_capture_or_refund_or_cancel_that_did_not_happen_is_not_believed() -> None:
    liar = _asking(lambda _: httpx2.Response(200, content=_payment(captured=100)))
    assert isinstance(await liar.capture(REFERENCE, eur(200), "key"), Unknown)
    assert isinstance(await liar.refund(REFERENCE, eur(1), "key"), Unknown)
    assert isinstance(await liar.cancel(REFERENCE, "key"), Unknown)
    stranger = _asking(lambda _: httpx2.Response(200, content=_payment(id="sp_" + "f" * 24)))
    assert isinstance(await stranger.capture(REFERENCE, eur(200), "key"), Unknown)
    assert isinstance(await stranger.fetch(REFERENCE), Unknown)


async def test_two_payments_under_one_attempt_are_unknown_rather_than_one_of_them() -> None:
    both = json.dumps({"data": [PAYMENT, {**PAYMENT, "id": "sp_" + "f" * 24}], "next_cursor": None})
    found = await _asking(lambda _: httpx2.Response(200, text=both)).find("attempt-1")
    assert found == Unknown(reason="2 payments stand under one attempt")


async def test_another_attempts_payment_is_not_found_for_ours() -> None:
    one = json.dumps({"data": [PAYMENT], "next_cursor": None})
    assert isinstance(await _asking(lambda _: httpx2.Response(200, text=one)).find("attempt-2"), Unknown)


@pytest.mark.parametrize("body", [b"{}", b'{"data": [{}]}', b'{"data": {}}', b"nothing"])
async def test_a_listing_that_cannot_be_read_breaks_off(body: bytes) -> None:
    with pytest.raises(ProviderUnavailable):
        await anext(_asking(lambda _: httpx2.Response(200, content=body)).list_since(datetime.now(UTC)))
