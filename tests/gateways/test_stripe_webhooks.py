"""Whose messages from Stripe are let in: those that Stripe's own library signs, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from stripe import WebhookSignature

from domain.payments.provider import BadNotification, BadSignature, NotificationRefused
from gateways.payments.stripe_webhooks import StripeWebhooks

SECRET, NEXT = "whsec_one", "whsec_two"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
INTENT = "pi_000000000000000000000001"
READER = StripeWebhooks((SECRET, NEXT))


def event(**thing: object) -> bytes:
    told = thing or {"object": "payment_intent", "id": INTENT, "amount": 1}
    return json.dumps({"id": "evt_1", "object": "event", "type": "any", "created": AT, "data": {"object": told}}).encode()


def headers(body: bytes, *, secret: str = SECRET, at: int = AT) -> dict[str, str]:
    return {"stripe-signature": WebhookSignature.generate_signature_header(body.decode(), secret, at)}


@pytest.mark.parametrize("secret", [SECRET, NEXT])
def test_what_stripes_library_signs_is_let_in_and_names_its_payment(secret: str) -> None:
    told = READER.read(event(), headers(event(), secret=secret), NOW)
    assert told is not None
    assert (told.provider, told.notification_id, told.kind, told.payment, told.reference) == (
        "stripe",
        "evt_1",
        "any",
        None,
        INTENT,
    )


@pytest.mark.parametrize(
    ("thing", "reference"),
    [
        ({"object": "charge", "id": "ch_1", "payment_intent": INTENT}, INTENT),
        ({"object": "refund", "id": "re_1", "payment_intent": INTENT}, INTENT),
        ({"object": "dispute", "id": "du_1", "payment_intent": INTENT}, INTENT),
        ({"object": "charge", "id": "ch_1", "payment_intent": None}, None),
        ({"object": "payout", "id": "po_1"}, None),
        ({"object": "payment_intent", "id": "../ledger"}, None),
    ],
)
def test_only_what_is_about_a_payment_names_one(thing: dict[str, object], reference: str | None) -> None:
    told = READER.read(event(**thing), headers(event(**thing)), NOW)
    assert (told and told.reference) == reference


def _genuine() -> str:
    return headers(event())["stripe-signature"]


FORGED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "another secret": lambda: headers(event(), secret="whsec_other")["stripe-signature"],
    "another body": lambda: headers(event() + b" ")["stripe-signature"],
    "an older scheme": lambda: _genuine().replace("v1=", "v0="),
    "no time": lambda: _genuine().partition(",")[2],
    "a fresh time before the signed one": lambda: f"t={AT + 1}," + _genuine(),
    "a fresh time after the signed one": lambda: _genuine().replace(",", f",t={AT + 1},", 1),
    "the signed time spelt otherwise": lambda: _genuine().replace(f"t={AT}", f"t={str(AT)[:1]}_{str(AT)[1:]},t={AT}"),
    "cut short": lambda: _genuine()[:-1],
    "not ASCII": lambda: f"t={AT},v1=é",
    "too long": lambda: _genuine() + ",v1=0" * 2_000,
    "a time without end": lambda: "t=" + "9" * 5_000 + ",v1=00",
}


@pytest.mark.parametrize("header", FORGED.values(), ids=FORGED)
def test_what_is_forged_is_refused(header: Callable[[], str]) -> None:
    with pytest.raises(BadSignature):
        READER.read(event(), {"stripe-signature": header()}, NOW)


@pytest.mark.parametrize("seconds", [-301, 301, -31_536_000])
def test_what_was_signed_at_another_time_is_refused(seconds: int) -> None:
    with pytest.raises(BadSignature, match="five minutes"):
        READER.read(event(), headers(event(), at=AT + seconds), NOW)


@pytest.mark.parametrize("secrets", [(), ("",), ("   ",)])
def test_without_a_secret_nothing_is_let_in(secrets: tuple[str, ...]) -> None:
    with pytest.raises(BadSignature):
        StripeWebhooks(secrets).read(event(), headers(event(), secret=""), NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"5",
        b"[]",
        b'"x"',
        b"{}",
        b"[" * 100_000,
        b"NaN",
        event().replace(b'"evt_1"', b"7"),
        event().replace(b"{", b"", 1),
    ],
)
def test_what_is_signed_and_malformed_is_refused(body: bytes) -> None:
    with pytest.raises(BadNotification):
        READER.read(body, headers(body), NOW)


def test_what_is_no_text_or_too_large_is_refused() -> None:
    for body in (b"\xff\xfe", event(more="x" * 262_144)):
        with pytest.raises(NotificationRefused):
            READER.read(body, headers(event()), NOW)
