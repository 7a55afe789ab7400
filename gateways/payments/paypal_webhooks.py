"""PayPal's notifications: signed with a key whose certificate is fetched from PayPal's own host, checked, and kept.

The sender names the certificate's address, so nothing but the pinned host is ever asked; how often it is asked has a ceiling.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
import warnings
import zlib
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

import httpx2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import Certificate, DNSName, load_der_x509_certificate, load_pem_x509_certificates
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from domain.payments.model import Notification
from domain.payments.provider import BadNotification, BadSignature, ProviderUnavailable, Unknown
from gateways.payments.http import Line
from gateways.payments.paypal_wire import PayPalValues
from gateways.payments.paypal_words import NAME, ORDER
from gateways.payments.strict_json import Fields, decode, moment_of

TOLERANCE_SECONDS = 5 * 60
BODY_MAX = 256 * 1024
_PINNED = {
    "https://api-m.paypal.com": ("https://api.paypal.com", "messageverificationcerts.paypal.com"),
    "https://api-m.sandbox.paypal.com": ("https://api.sandbox.paypal.com", "messageverificationcerts.sandbox.paypal.com"),
}
"""By the API's address: where certificates are, and the name that they are issued to."""
_CERTIFICATE_MAX = 64 * 1024
_KEPT_MAX = 8
_FETCHES_A_MINUTE = 10
_HEADER_MAX = 1_024
_ABOUT_PAYMENTS = ("CHECKOUT.ORDER.", "PAYMENT.CAPTURE.", "PAYMENT.AUTHORIZATION.", "PAYMENT.REFUND.", "CUSTOMER.DISPUTE.")


class PayPalWebhooks:
    """Reads what PayPal signed for one of our webhooks; without any, nothing is."""

    def __init__(self, line: Line, values: PayPalValues) -> None:
        self._line = line
        self._webhook_ids = tuple(each for each in values.webhook_ids if each.strip())
        host, self._issued_to = _PINNED.get(values.url, (values.url, "messageverificationcerts.paypal.com"))
        self._pinned = re.compile(re.escape(host) + r"/v1/notifications/certs/[A-Za-z0-9_-]{1,128}\Z")
        self._roots = Store(_roots(values.certificate_roots)) if self._webhook_ids else None
        self._keys: dict[str, Certificate] = {}
        self._fetched: deque[datetime] = deque(maxlen=_FETCHES_A_MINUTE)

    async def read(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notification | None:
        """The message; None when it is genuine and names no payment.

        Raises NotificationRefused, and ProviderUnavailable while the certificate cannot be had.
        """
        if len(body) > BODY_MAX:
            raise BadNotification("the message is over 256 KB")
        if self._roots is None:
            raise BadSignature("no webhook is set")
        await self._check(body, headers, now, self._roots)
        try:
            fields = Fields(decode(body))
            event_id, kind, occurred_at = fields.text("id"), fields.text("event_type"), fields.moment("create_time")
            reference = _reference(kind, fields.inner("resource")) if kind.startswith(_ABOUT_PAYMENTS) else None
        except ValueError as error:
            raise BadNotification(str(error)) from error
        if reference is None:
            return None
        return Notification(
            provider=NAME, notification_id=event_id, kind=kind, payment=None, reference=reference, occurred_at=occurred_at
        )

    async def _check(self, body: bytes, headers: Mapping[str, str], now: datetime, roots: Store) -> None:
        sent_id, sent_at, url = (_header(headers, name) for name in ("transmission-id", "transmission-time", "cert-url"))
        if _header(headers, "auth-algo") != "SHA256withRSA":
            raise BadSignature("signed in a way that is not ours")
        try:
            moment, signature = moment_of(sent_at), base64.b64decode(_header(headers, "transmission-sig"), validate=True)
        except (ValueError, binascii.Error) as error:
            raise BadSignature("the headers are misshapen") from error
        # Before the certificate is fetched: what is old costs nobody a request.
        if abs((now - moment).total_seconds()) > TOLERANCE_SECONDS:
            raise BadSignature("sent more than five minutes from now")
        key = (await self._certificate(url, now, roots)).public_key()
        if not isinstance(key, RSAPublicKey):
            raise BadSignature("signed with a key of another kind")
        matches = [
            _is_signed(key, signature, f"{sent_id}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode())
            for webhook_id in self._webhook_ids
        ]
        if not any(matches):
            raise BadSignature("no signature fits")

    async def _certificate(self, url: str, now: datetime, roots: Store) -> Certificate:
        """The certificate at the pinned address, as issued to PayPal by somebody trusted and good at this time."""
        kept = self._keys.get(url)
        if kept is not None and kept.not_valid_before_utc <= now < kept.not_valid_after_utc:
            return kept
        if self._pinned.match(url) is None:
            raise BadSignature("the certificate is not at PayPal's")
        if len(self._fetched) == _FETCHES_A_MINUTE and abs((now - self._fetched[0]).total_seconds()) < 60:
            raise ProviderUnavailable("too many certificates were asked for")
        self._fetched.append(now)
        text = await self._line.text(url, most=_CERTIFICATE_MAX)
        if isinstance(text, Unknown):
            raise ProviderUnavailable(f"no certificate: {text.reason}")
        try:
            leaf, *between = load_pem_x509_certificates(text.encode())
            verifier = PolicyBuilder().store(roots).time(now).build_server_verifier(DNSName(self._issued_to))
            verifier.verify(leaf, between)
        except (ValueError, VerificationError) as error:
            raise BadSignature("the certificate is not one of PayPal's") from error
        if len(self._keys) >= _KEPT_MAX:
            self._keys.clear()
        self._keys[url] = leaf
        return leaf


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(f"paypal-{name}", "")
    if not value.isascii() or not value.isprintable() or not 0 < len(value) <= _HEADER_MAX:
        raise BadSignature(f"paypal-{name} is missing or misshapen")
    return value


def _is_signed(key: RSAPublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _reference(kind: str, resource: Fields) -> str | None:
    """How the payment is to be asked for: by its order, or by a capture of it. Raises ValueError."""
    if kind.startswith("CHECKOUT.ORDER."):
        return _named(resource.text("id"))
    if kind.startswith("CUSTOMER.DISPUTE."):
        disputed = resource.many_or_none("disputed_transactions", most=100)
        transaction = disputed[0].text_or_none("seller_transaction_id") if disputed else None
        return None if transaction is None else f"capture/{_named(transaction)}"
    supplement = resource.inner_or_none("supplementary_data")
    related = None if supplement is None else supplement.inner_or_none("related_ids")
    order = None if related is None else related.text_or_none("order_id")
    if order is not None:
        return _named(order)
    # A refund names the capture that it belongs to by a link only.
    for link in resource.many_or_none("links", most=100):
        if link.text_or_none("rel") == "up":
            path = urlsplit(link.text("href")).path
            capture = path.removeprefix("/v2/payments/captures/")
            return f"capture/{_named(capture)}" if capture != path else None
    return None


def _named(text: str) -> str:
    if not ORDER.match(text):
        raise ValueError(f"{text[:40]!r} is no id of PayPal's")
    return text


def _roots(pem: str) -> list[Certificate]:
    """Those given, else the authorities that our own client trusts, but for the few with a serial number that RFC 5280 forbids."""
    if pem:
        return load_pem_x509_certificates(pem.encode())
    found: list[Certificate] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        for each in httpx2.create_ssl_context().get_ca_certs(binary_form=True):
            with contextlib.suppress(CryptographyDeprecationWarning, ValueError):
                found.append(load_der_x509_certificate(each))
    return found
