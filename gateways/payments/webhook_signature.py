"""Who sent a webhook: Standard Webhooks signatures (HMAC-SHA256 over `id.timestamp.body`), checked over raw bytes.

Written out rather than taken from the `standardwebhooks` package, which answers some malformed headers with exceptions of
every kind, reads its own clock and knows one secret; the sandbox service signs with that package, so the two check each other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.payments.provider import BadNotification, BadSignature

BODY_MAX = 256 * 1024
HEADER_MAX = 4 * 1024
TOLERANCE_SECONDS = 5 * 60
_ID = re.compile(r"[A-Za-z0-9_\-]{1,128}\Z")
_SECONDS = re.compile(r"[0-9]{1,12}\Z")
_PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The bytes that sign: base64 after `whsec_`, as the specification writes secrets, else the text itself.

    Raises ValueError when what follows the prefix is no base64.
    """
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a whsec_ secret is written in base64") from error


def signed_id(body: bytes, headers: Mapping[str, str], *, secrets: Sequence[str], now: datetime) -> str:
    """The id of the message, once its signature holds under one of the secrets.

    Header names are in lower case. Raises BadSignature, for empty secrets too (the endpoint is off then), and BadNotification
    over 256 KB, before anything is hashed.
    """
    if len(body) > BODY_MAX:
        raise BadNotification("the message is over 256 KB")
    keys = [key for key in map(key_of, secrets) if key]
    if not keys:
        raise BadSignature("no secret is set")
    message_id = _header(headers, "webhook-id", _ID)
    seconds = _header(headers, "webhook-timestamp", _SECONDS)
    signatures = _signatures(headers)
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    # Every pair is compared, and each in constant time: how long it takes tells nothing about which was near.
    matches = [hmac.compare_digest(hmac.digest(key, signed, hashlib.sha256), given) for key in keys for given in signatures]
    if not any(matches):
        raise BadSignature("no signature fits")
    # Only now: the timestamp of an unsigned message proves nothing.
    if abs(now.timestamp() - int(seconds)) > TOLERANCE_SECONDS:
        raise BadSignature("signed more than five minutes from now")
    return message_id


def _header(headers: Mapping[str, str], name: str, shape: re.Pattern[str]) -> str:
    value = headers.get(name, "")
    if not shape.match(value):
        raise BadSignature(f"{name} is missing or misshapen")
    return value


def _signatures(headers: Mapping[str, str]) -> list[bytes]:
    """What `webhook-signature` offers under version v1: space-separated `v1,<base64>`; other versions are passed over."""
    value = headers.get("webhook-signature", "")
    if not value.isascii() or len(value) > HEADER_MAX:
        raise BadSignature("webhook-signature is not ASCII, or over 4 KB")
    found: list[bytes] = []
    for offer in value.split(" "):
        version, _, encoded = offer.partition(",")
        if version != "v1":
            continue
        try:
            found.append(base64.b64decode(encoded, validate=True))
        except binascii.Error:
            continue
    return found
