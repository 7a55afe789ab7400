"""Whose messages from PayPal are let in, and what is never asked on the way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from domain.payments.provider import BadNotification, BadSignature, NotificationRefused, ProviderUnavailable
from gateways.payments.paypal import PayPalProvider
from gateways.payments.paypal_wire import PayPalValues
from tests.gateways.fakes.authority import Authority
from tests.gateways.fakes.paypal import MERCHANT, WEBHOOK_ID, FakePayPal
from tests.gateways.fakes.paypal_tokens import CLIENT_ID, CLIENT_SECRET
from tests.gateways.fakes.serving import serving

ORDER = "ORDER000000000001"
OTHER_WEBHOOK = "WEBHOOK0000002"
HAPPENED_AT = datetime.now(UTC)


def now() -> datetime:
    """The present: a signature is good for five minutes, and a whole run of the tests takes longer."""
    return datetime.now(UTC)


def message(kind: str = "CHECKOUT.ORDER.APPROVED", **resource: Any) -> bytes:
    told = {"id": "WH-1", "event_type": kind, "create_time": HAPPENED_AT.isoformat(), "resource": resource or {"id": ORDER}}
    return json.dumps(told).encode()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
async def fake(authority: Authority) -> AsyncIterator[tuple[FakePayPal, str]]:
    fake = FakePayPal(authority)
    async with serving(fake.app) as url:
        yield fake, url


@pytest.fixture
def paypal(fake: tuple[FakePayPal, str], authority: Authority, client: httpx2.AsyncClient) -> PayPalProvider:
    return _paypal(client, fake[1], authority.roots, WEBHOOK_ID, OTHER_WEBHOOK)


def _paypal(client: httpx2.AsyncClient, url: str, roots: str, *webhook_ids: str) -> PayPalProvider:
    return PayPalProvider(
        client,
        PayPalValues(
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            account=MERCHANT,
            webhook_ids=webhook_ids,
            url=url,
            certificate_roots=roots,
        ),
    )


@pytest.mark.parametrize("webhook_id", [WEBHOOK_ID, OTHER_WEBHOOK])
async def test_what_is_signed_for_one_of_our_webhooks_names_its_payment_and_the_certificate_is_fetched_once(
    fake: tuple[FakePayPal, str], paypal: PayPalProvider, webhook_id: str
) -> None:
    for _ in range(3):
        told = await paypal.read_notification(message(), fake[0].signed(message(), webhook_id=webhook_id), now())
        assert told is not None
        assert (told.provider, told.notification_id, told.kind) == ("paypal", "WH-1", "CHECKOUT.ORDER.APPROVED")
        assert (told.payment, told.reference) == (None, ORDER)
    assert fake[0].certificates_asked == 1


@pytest.mark.parametrize(
    ("kind", "resource", "reference"),
    [
        ("PAYMENT.CAPTURE.COMPLETED", {"id": "C1", "supplementary_data": {"related_ids": {"order_id": ORDER}}}, ORDER),
        (
            "PAYMENT.CAPTURE.REFUNDED",
            {"links": [{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/CAPT0000000000001"}]},
            "capture/CAPT0000000000001",
        ),
        (
            "CUSTOMER.DISPUTE.CREATED",
            {"disputed_transactions": [{"seller_transaction_id": "CAPT0000000000001"}]},
            "capture/CAPT0000000000001",
        ),
        ("PAYMENT.CAPTURE.REFUNDED", {"links": [{"rel": "up", "href": "https://api.paypal.com/elsewhere"}]}, None),
        ("BILLING.SUBSCRIPTION.CREATED", {"id": "I-1"}, None),
    ],
)
async def test_each_kind_of_message_names_its_payment_in_its_own_way_or_none(
    fake: tuple[FakePayPal, str], paypal: PayPalProvider, kind: str, resource: dict[str, Any], reference: str | None
) -> None:
    body = message(kind, **resource)
    told = await paypal.read_notification(body, fake[0].signed(body), now())
    assert (told and told.reference) == reference


@pytest.mark.parametrize(
    "changed",
    [
        {"cert_url": "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1"},
        {"cert_url": "http://169.254.169.254/v1/notifications/certs/CERT-1"},
        {"cert_url": "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1"},
        {"auth_algo": "SHA1withRSA"},
        {"transmission_sig": "AAAA"},
        {"transmission_sig": "no base64"},
        {"transmission_time": "yesterday"},
        {"transmission_id": "another"},
        {"transmission_id": ""},
        {"transmission_id": "é"},
    ],
    ids=str,
)
async def test_a_forged_header_is_refused(
    fake: tuple[FakePayPal, str], paypal: PayPalProvider, changed: dict[str, str]
) -> None:
    with pytest.raises(BadSignature):
        await paypal.read_notification(message(), fake[0].signed(message(), changed=changed), now())


async def test_no_request_goes_to_an_address_that_the_sender_names(
    fake: tuple[FakePayPal, str], authority: Authority, client: httpx2.AsyncClient
) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(200, text=fake[0].chain)

    answering = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    paypal = _paypal(answering, "https://api-m.paypal.com", authority.roots, WEBHOOK_ID)
    with pytest.raises(BadSignature):  # the fake's own address is not PayPal's
        await paypal.read_notification(message(), fake[0].signed(message()), now())
    assert asked == []
    pinned = "https://api.paypal.com/v1/notifications/certs/CERT-1"
    assert await paypal.read_notification(message(), fake[0].signed(message(), changed={"cert_url": pinned}), now()) is not None
    assert asked == [pinned]


@pytest.mark.parametrize("body", [message(id="ORDER000000000002"), message() + b" ", message()[:-1]])
async def test_a_signature_of_another_body_is_refused(
    fake: tuple[FakePayPal, str], paypal: PayPalProvider, body: bytes
) -> None:
    with pytest.raises(BadSignature):
        await paypal.read_notification(body, fake[0].signed(message()), now())


@pytest.mark.parametrize("seconds", [-301, 302, -86_400])
async def test_what_was_sent_at_another_time_is_refused_and_costs_no_request(
    fake: tuple[FakePayPal, str], paypal: PayPalProvider, seconds: int
) -> None:
    headers = fake[0].signed(message(), at=now() + timedelta(seconds=seconds))
    with pytest.raises(BadSignature):
        await paypal.read_notification(message(), headers, now())
    assert fake[0].certificates_asked == 0


async def test_a_certificate_of_somebody_else_or_from_nobody_trusted_or_run_out_is_refused(
    fake: tuple[FakePayPal, str], authority: Authority, paypal: PayPalProvider, client: httpx2.AsyncClient
) -> None:
    fakery, url = fake
    chains = [authority.issued("evil.example"), authority.issued("messageverificationcerts.paypal.com", days=-1)]
    chains.append(Authority().issued("messageverificationcerts.paypal.com"))
    for number, (key, chain) in enumerate(chains):
        fakery.key, fakery.chain = key, chain
        headers = fakery.signed(message(), changed={"cert_url": f"{url}/v1/notifications/certs/CERT-{number}"})
        with pytest.raises(BadSignature, match="not one of PayPal's"):
            await paypal.read_notification(message(), headers, now())
    fakery.chain = "no certificate"
    with pytest.raises(BadSignature):
        await paypal.read_notification(message(), fakery.signed(message()), now())
    del client


async def test_unless_told_otherwise_whom_browsers_trust_certifies_and_nobody_else(
    fake: tuple[FakePayPal, str], client: httpx2.AsyncClient
) -> None:
    with pytest.raises(BadSignature, match="not one of PayPal's"):
        await _paypal(client, fake[1], "", WEBHOOK_ID).read_notification(message(), fake[0].signed(message()), now())


async def test_a_certificate_that_cannot_be_had_now_is_a_reason_to_send_it_again(
    fake: tuple[FakePayPal, str], authority: Authority, client: httpx2.AsyncClient
) -> None:
    nowhere = "http://127.0.0.1:9"
    paypal = _paypal(client, nowhere, authority.roots, WEBHOOK_ID)
    headers = fake[0].signed(message(), changed={"cert_url": f"{nowhere}/v1/notifications/certs/CERT-1"})
    for _ in range(11):
        with pytest.raises(ProviderUnavailable):
            await paypal.read_notification(message(), headers, now())
    with pytest.raises(ProviderUnavailable, match="too many"):
        await paypal.read_notification(message(), headers, now())


async def test_without_a_webhook_of_ours_nothing_is_let_in(
    fake: tuple[FakePayPal, str], authority: Authority, client: httpx2.AsyncClient
) -> None:
    for webhook_ids in ((), ("",), ("  ",)):
        paypal = _paypal(client, fake[1], authority.roots, *webhook_ids)
        with pytest.raises(BadSignature):
            await paypal.read_notification(message(), fake[0].signed(message(), webhook_id=""), now())


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'"x"', b"\xff", b"[" * 100_000, message(id="../x"), message(id=5)]
)
async def test_what_is_signed_and_malformed_is_refused(
    fake: tuple[FakePayPal, str], paypal: PayPalProvider, body: bytes
) -> None:
    with pytest.raises(NotificationRefused):
        await paypal.read_notification(body, fake[0].signed(body), now())


async def test_what_is_too_large_is_refused_before_anything_is_asked(
    fake: tuple[FakePayPal, str], paypal: PayPalProvider
) -> None:
    body = message(id=ORDER, more="x" * 262_144)
    with pytest.raises(BadNotification):
        await paypal.read_notification(body, fake[0].signed(body), now())
    assert fake[0].certificates_asked == 0
