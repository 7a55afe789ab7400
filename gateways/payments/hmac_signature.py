"""Plain HMAC-SHA256 signatures of webhooks, as providers send them that follow no standard."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from domain.payments.provider import BadNotification, BadSignature

BODY_MAX = 256 * 1024


def check_digest(signed: bytes, given: bytes, *, secrets: Sequence[str], body: bytes) -> None:
    """Nothing, when the digest is of `signed` under one of the secrets.

    Raises BadSignature, for empty secrets too (the endpoint is off then), and BadNotification for a body over 256 KB.
    """
    if len(body) > BODY_MAX:
        raise BadNotification("the message is over 256 KB")
    keys = [secret.encode() for secret in secrets if secret.strip()]
    if not keys:
        raise BadSignature("no secret is set")
    # Every key is tried, and compared in constant time: how long it takes tells nothing.
    matches = [hmac.compare_digest(hmac.digest(key, signed, hashlib.sha256), given) for key in keys]
    if not any(matches):
        raise BadSignature("no signature fits")
