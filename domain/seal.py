"""Sealed ids: an id with a message authentication code, so that whoever shows it must have been given it.

Carts and guest orders are reached by such secrets. Nothing is stored: the seal is made again from the key whenever the
secret must be shown, and checked with every key that is still accepted (HMAC-SHA-256, RFC 2104, cut to 128 bits).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from uuid import UUID

SEAL_BYTES = 16


@dataclass(frozen=True, slots=True)
class Seal:
    """`keys`: the first seals, all are accepted. Each at least 32 bytes."""

    keys: tuple[bytes, ...]

    def secret(self, purpose: str, identity: UUID) -> str:
        """The secret text of an id for one purpose: URL-safe base64 of the id and its code, 43 characters."""
        code = self._code(self.keys[0], purpose, identity)
        return base64.urlsafe_b64encode(identity.bytes + code).decode().rstrip("=")

    def open(self, purpose: str, secret: str) -> UUID | None:
        """The id behind a secret, or None when nobody with a key made it for this purpose."""
        try:
            raw = base64.b64decode(secret + "=" * (-len(secret) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(raw) != 16 + SEAL_BYTES:
            return None
        identity = UUID(bytes=raw[:16])
        if any(hmac.compare_digest(raw[16:], self._code(key, purpose, identity)) for key in self.keys):
            return identity
        return None

    def digest(self, purpose: str, text: str) -> str:
        """A code of a text that nobody makes without the key: to tell whether two texts are one without keeping either."""
        return hmac.digest(self.keys[0], purpose.encode() + b"\x00" + text.encode(), "sha256").hex()

    @staticmethod
    def _code(key: bytes, purpose: str, identity: UUID) -> bytes:
        return hmac.digest(key, purpose.encode() + b"\x00" + identity.bytes, "sha256")[:SEAL_BYTES]
