"""Square's notifications: HMAC-SHA256 over the address that it was told, and the body."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta

from domain.payments.model import Notification
from domain.payments.provider import BadNotification, BadSignature
from gateways.payments.hmac_signature import check_digest
from gateways.payments.square_wire import SquareValues
from gateways.payments.square_words import NAME, reference_of
from gateways.payments.strict_json import Fields, decode

_HEADER_MAX = 128
_RETRIED = timedelta(hours=26)
"""Square sends a message again for a day. Its signature covers no time of sending, only that of the event."""
_AHEAD = timedelta(minutes=5)


class SquareWebhooks:
    """Reads what is signed with one of the secrets; without any, nothing is."""

    def __init__(self, values: SquareValues) -> None:
        self._address = values.notification_url.encode()
        self._secrets = values.webhook_secrets

    def read(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notification | None:
        """The message; None when it is genuine and names no payment. Raises NotificationRefused."""
        header = headers.get("x-square-hmacsha256-signature", "")
        if not header.isascii() or not 0 < len(header) <= _HEADER_MAX:
            raise BadSignature("x-square-hmacsha256-signature is missing or misshapen")
        try:
            given = base64.b64decode(header, validate=True)
        except binascii.Error as error:
            raise BadSignature("x-square-hmacsha256-signature is no base64") from error
        check_digest(self._address + body, given, secrets=self._secrets, body=body)
        try:
            fields = Fields(decode(body))
            event_id, kind, made = fields.text("event_id"), fields.text("type"), fields.moment("created_at")
            reference = _reference(fields.inner("data"))
        except ValueError as error:
            raise BadNotification(str(error)) from error
        if not -_AHEAD <= now - made <= _RETRIED:
            raise BadSignature("about something of another time")
        if reference is None:
            return None
        return Notification(
            provider=NAME, notification_id=event_id, kind=kind, payment=None, reference=reference, occurred_at=made
        )


def _reference(data: Fields) -> str | None:
    """How the payment is to be asked for. Raises ValueError."""
    thing = data.inner_or_none("object")
    if thing is None:
        return None
    if (payment := thing.inner_or_none("payment")) is not None:
        return reference_of(payment.text("id"))
    if (refund := thing.inner_or_none("refund")) is not None:
        return reference_of(refund.text("payment_id"))
    dispute = thing.inner_or_none("dispute")
    return None if dispute is None else f"dispute/{reference_of(dispute.text('id'))}"
