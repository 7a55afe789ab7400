"""Stripe's notifications: the signature by Stripe's own library, the body by our strict reader.

The library's event parser is not used: it answers some signed bodies (a list, deep nesting) with exceptions of every kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from domain.payments.model import Notification
from domain.payments.provider import BadNotification, BadSignature
from gateways.payments.strict_json import Fields, decode
from gateways.payments.stripe_words import EPOCH_MAX, NAME, REFERENCE

TOLERANCE_SECONDS = 5 * 60
BODY_MAX = 256 * 1024
_HEADER_MAX = 4 * 1024
_HEADER = re.compile(r"t=([0-9]{1,12})(?:,v[0-9]=[0-9A-Za-z]{1,256}){1,30}\Z")
_ABOUT_PAYMENTS = frozenset({"payment_intent", "charge", "refund", "dispute"})


class StripeWebhooks:
    """Reads what is signed with one of the secrets; without any, nothing is."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        # Stripe's library is 340 modules and a third of a second, which a shop without Stripe never needs.
        from stripe import SignatureVerificationError, WebhookSignature  # noqa: PLC0415 -- see above

        self._secrets = tuple(secret for secret in secrets if secret.strip())
        self._library = WebhookSignature
        self._forged = SignatureVerificationError

    def read(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notification | None:
        """The message; None when it is genuine and names no payment. Raises NotificationRefused."""
        self._check(body, headers.get("stripe-signature", ""), now)
        try:
            fields = Fields(decode(body))
            event_id, kind = fields.text("id"), fields.text("type")
            about = fields.inner("data").inner("object")
            told = about.text_or_none("object")
            created = fields.whole("created", low=0, high=EPOCH_MAX)
            if told not in _ABOUT_PAYMENTS:
                return None
            reference = about.text("id") if told == "payment_intent" else about.text_or_none("payment_intent")
        except ValueError as error:
            raise BadNotification(str(error)) from error
        if reference is None or not REFERENCE.match(reference):
            return None
        return Notification(
            provider=NAME,
            notification_id=event_id,
            kind=kind,
            payment=None,
            reference=reference,
            occurred_at=datetime.fromtimestamp(created, UTC),
        )

    def _check(self, body: bytes, header: str, now: datetime) -> None:
        if len(body) > BODY_MAX:
            raise BadNotification("the message is over 256 KB")
        if not self._secrets:
            raise BadSignature("no secret is set")
        # Strictly as Stripe writes it: the library takes the first of several times, in more spellings than one.
        found = _HEADER.match(header) if len(header) <= _HEADER_MAX else None
        if found is None:
            raise BadSignature("stripe-signature is missing or misshapen")
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise BadSignature("the body is no text") from error
        matches = [self._is_signed(text, header, secret) for secret in self._secrets]
        if not any(matches):
            raise BadSignature("no signature fits")
        if abs(now.timestamp() - int(found[1])) > TOLERANCE_SECONDS:
            raise BadSignature("signed more than five minutes from now")

    def _is_signed(self, text: str, header: str, secret: str) -> bool:
        try:
            return bool(self._library.verify_header(text, header, secret))
        except self._forged:
            return False
