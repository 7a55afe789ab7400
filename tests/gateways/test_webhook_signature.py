"""No webhook gets in that the provider did not sign for us, now, byte for byte; and what it signed wrongly does no harm."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from standardwebhooks.webhooks import Webhook

from domain.payments.provider import BadNotification, BadSignature, NotificationRefused
from gateways.payments.sandbox import SandboxProvider, SandboxValues
from tests.gateways.requests import paid

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
OTHER = "whsec_b3RoZXItdGVuYW50LXNlY3JldC0zMi1ieXRlcy1sb25nIQ=="
ID = "evt_0123456789abcdef01234567"
PAYMENT: dict[str, object] = {
    "id": "sp_0123456789abcdef01234567",
    "account": "acct_sandbox",
    "merchant_reference": "attempt-1",
    "order_number": "V-1",
    "amount": 4990,
    "currency": "EUR",
    "authorized": 4990,
    "captured": 4990,
    "refunded": 0,
    "status": "captured",
    "version": 2,
    "next_action": None,
    "failure": None,
    "method": {"brand": "Sandbox", "last4": "4242"},
    "dispute": None,
    "created_at": "2026-03-01T11:59:58.000+00:00",
}
EVENT: dict[str, object] = {
    "id": ID,
    "type": "payment.captured",
    "occurred_at": "2026-03-01T11:59:59.000+00:00",
    "payment": PAYMENT,
}
BODY = json.dumps(EVENT).encode()


def _reader(client: httpx2.AsyncClient, *secrets: str) -> SandboxProvider:
    values = SandboxValues(url="http://127.0.0.1:9", api_key="sk", webhook_secrets=secrets)
    return SandboxProvider(client, values)


def _signed(body: bytes, *, secret: str = SECRET, at: datetime = NOW, message_id: str = ID) -> dict[str, str]:
    """Headers as the reference implementation of Standard Webhooks makes them."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    seconds = str(int(at.timestamp()))
    digest = hmac.digest(key, b".".join((message_id.encode(), seconds.encode(), body)), hashlib.sha256)
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": message_id, "webhook-timestamp": seconds, "webhook-signature": signature}


def test_our_test_signatures_are_those_of_the_reference_implementation() -> None:
    assert _signed(BODY)["webhook-signature"] == Webhook(SECRET).sign(ID, NOW, BODY.decode())


async def test_a_genuine_webhook_is_read_to_the_field(client: httpx2.AsyncClient) -> None:
    read = await _reader(client, SECRET).read_notification(BODY, _signed(BODY), NOW)
    assert read is not None
    assert (read.provider, read.notification_id, read.kind) == ("sandbox", ID, "payment.captured")
    assert (paid(read.payment).attempt_key, paid(read.payment).amount.minor, paid(read.payment).amount.currency) == (
        "attempt-1",
        4990,
        "EUR",
    )
    assert read.occurred_at == NOW - timedelta(seconds=1)


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
async def test_within_five_minutes_either_way_it_is_let_in(client: httpx2.AsyncClient, seconds: int) -> None:
    headers = _signed(BODY, at=NOW + timedelta(seconds=seconds))
    assert await _reader(client, SECRET).read_notification(BODY, headers, NOW) is not None


@pytest.mark.parametrize("seconds", [-301, 301, 3_600, -31_536_000])
async def test_a_replay_beyond_five_minutes_is_refused(client: httpx2.AsyncClient, seconds: int) -> None:
    headers = _signed(BODY, at=NOW + timedelta(seconds=seconds))
    with pytest.raises(BadSignature):
        await _reader(client, SECRET).read_notification(BODY, headers, NOW)


FORGED: dict[str, dict[str, str]] = {
    "unsigned": {},
    "only an id": {"webhook-id": ID},
    "no signature": {**_signed(BODY), "webhook-signature": ""},
    "another tenant's secret": _signed(BODY, secret=OTHER),
    "the empty secret": _signed(BODY, secret=""),
    "the signature of another body": _signed(BODY.replace(b"4990", b"1")),
    "the signature of another id": {**_signed(BODY, message_id="evt_other"), "webhook-id": ID},
    "a newer timestamp on an old signature": {
        **_signed(BODY, at=NOW - timedelta(days=1)),
        "webhook-timestamp": str(int(NOW.timestamp())),
    },
    "a truncated signature": {**_signed(BODY), "webhook-signature": _signed(BODY)["webhook-signature"][:-4]},
    "an empty signature of the right version": {**_signed(BODY), "webhook-signature": "v1,"},
    "no version": {**_signed(BODY), "webhook-signature": _signed(BODY)["webhook-signature"].removeprefix("v1,")},
    "another version": {**_signed(BODY), "webhook-signature": _signed(BODY)["webhook-signature"].replace("v1,", "v1a,")},
    "no base64": {**_signed(BODY), "webhook-signature": "v1,%%%"},
    "non-ASCII": {**_signed(BODY), "webhook-signature": "v1,é"},
    "non-ASCII digits in the time": {**_signed(BODY), "webhook-timestamp": "١٢٣"},
    "over 4 KB": {**_signed(BODY), "webhook-signature": " ".join([_signed(BODY)["webhook-signature"]] * 100)},
    "a time that is no number": {**_signed(BODY), "webhook-timestamp": "now"},
    "an endless time": {**_signed(BODY), "webhook-timestamp": "9" * 400},
    "a fractional time": {**_signed(BODY), "webhook-timestamp": f"{int(NOW.timestamp())}.5"},
    "an id with a dot": _signed(BODY, message_id="evt.1"),
    "a line break in the id": {**_signed(BODY), "webhook-id": ID + "\n"},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
async def test_a_forgery_is_refused(client: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        await _reader(client, SECRET).read_notification(BODY, headers, NOW)


@pytest.mark.parametrize("body", [BODY + b" ", b" " + BODY, BODY.replace(b", ", b","), BODY[:-1], b"", BODY + b"\0", b"\xff"])
async def test_a_body_changed_by_one_byte_is_refused(client: httpx2.AsyncClient, body: bytes) -> None:
    with pytest.raises(BadSignature):
        await _reader(client, SECRET).read_notification(body, _signed(BODY), NOW)


@pytest.mark.parametrize("secrets", [(), ("",), ("whsec_",), ("", "")])
async def test_without_a_secret_the_endpoint_is_off_even_for_who_signs_with_nothing(
    client: httpx2.AsyncClient, secrets: tuple[str, ...]
) -> None:
    with pytest.raises(BadSignature):
        await _reader(client, *secrets).read_notification(BODY, _signed(BODY, secret=""), NOW)


async def test_either_of_two_secrets_opens_and_one_good_signature_among_others_is_enough(client: httpx2.AsyncClient) -> None:
    reader = _reader(client, SECRET, OTHER)
    for secret in (SECRET, OTHER):
        assert await reader.read_notification(BODY, _signed(BODY, secret=secret), NOW) is not None
    offers = " ".join(("v1a,AAAA", "v1,AAAA", "v1,%", _signed(BODY)["webhook-signature"]))
    headers = {**_signed(BODY), "webhook-signature": offers}
    assert await reader.read_notification(BODY, headers, NOW) is not None


def _changed(**changes: object) -> bytes:
    return json.dumps({**EVENT, "payment": {**PAYMENT, **changes}}).encode()


MALFORMED: dict[str, bytes] = {
    "null": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "deep": b"[" * 100_000,
    "an endless number": b'{"id": ' + b"9" * 5_000 + b"}",
    "NaN": b'{"id": NaN}',
    "UTF-16": BODY.decode().encode("utf-16"),
    "no id": json.dumps({**EVENT, "id": None}).encode(),
    "another id than was signed": json.dumps({**EVENT, "id": "evt_other"}).encode(),
    "a kind that is no text": json.dumps({**EVENT, "type": 5}).encode(),
    "a payment that is no object": json.dumps({**EVENT, "payment": []}).encode(),
    "a time without offset": json.dumps({**EVENT, "occurred_at": "2026-03-01T11:59:59"}).encode(),
    "a time before all times": json.dumps({**EVENT, "occurred_at": "0001-01-01T00:00:00+14:00"}).encode(),
    "a text for an amount": _changed(amount="4990"),
    "a fraction for an amount": _changed(amount=4990.0),
    "true for a version": _changed(version=True),
    "a negative amount": _changed(refunded=-1),
    "more refunded than captured": _changed(refunded=4991),
    "more captured than asked": _changed(captured=4991, authorized=4991),
    "an amount beyond all bounds": _changed(amount=10**16),
    "a currency in small letters": _changed(currency="eur"),
    "a state that is none": _changed(status="paid"),
    "a reference with a path": _changed(id="sp_../../v1/ledger"),
    "an action that is no web address": _changed(next_action={"url": "javascript:alert(1)"}),
    "too large": BODY + b" " * 256 * 1024,
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_a_signed_message_that_is_not_as_documented_is_refused_as_such(client: httpx2.AsyncClient, body: bytes) -> None:
    with pytest.raises(BadNotification):
        await _reader(client, SECRET).read_notification(body, _signed(body), NOW)


async def test_an_unsigned_body_over_the_ceiling_is_refused_too(client: httpx2.AsyncClient) -> None:
    with pytest.raises(NotificationRefused):
        await _reader(client, SECRET).read_notification(b"x" * (256 * 1024 + 1), {}, NOW)


async def test_a_genuine_message_about_something_else_says_nothing(client: httpx2.AsyncClient) -> None:
    body = json.dumps({"id": ID, "type": "payout.paid", "payout": {}}).encode()
    assert await _reader(client, SECRET).read_notification(body, _signed(body), NOW) is None


@pytest.mark.parametrize("changes", [{"amount": 4_991}, {"currency": "USD"}, {"account": "acct_other"}])
async def test_a_genuine_message_about_another_amount_or_account_is_told_as_it_is(
    client: httpx2.AsyncClient, changes: dict[str, object]
) -> None:
    """Comparing it with the order is the rules' business: it has to be recorded, so it must get in."""
    body = _changed(**changes)
    read = await _reader(client, SECRET).read_notification(body, _signed(body), NOW)
    assert read is not None
    told = {
        "amount": paid(read.payment).amount.minor,
        "currency": paid(read.payment).amount.currency,
        "account": paid(read.payment).account,
    }
    assert {name: told[name] for name in changes} == changes


def test_a_secret_that_cannot_be_one_stops_the_start(client: httpx2.AsyncClient) -> None:
    with pytest.raises(ValueError, match="base64"):
        _reader(client, "whsec_not base64")
