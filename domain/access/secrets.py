"""One-time secrets: made from the id of a row and a key, kept as their hash, and written into a letter only when it is handed over.

A letter is kept, and shown to staff, with a slot in the secret's place. Who fills slots has the key; nobody else can.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from uuid import UUID

_SLOT = re.compile(r"vitrine-secret\.([0-9a-f]{16})\.([0-9a-f]{32})")


class SlotUnknown(Exception):
    """A slot was made with a key that is no longer accepted: its secret is lost, and another has to be asked for."""


class OneTimeSecrets:
    """256 bits each, as 43 characters of URL-safe base64: HMAC-SHA-256 (RFC 2104) of a random id under a key of its own.

    `keys`: the first makes, all fill; at least 32 bytes each.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        derived = [hmac.digest(key, b"vitrine one-time secret", "sha256") for key in keys]
        self._keys: Mapping[str, bytes] = {hashlib.sha256(key).hexdigest()[:16]: key for key in derived}
        self._newest = next(iter(self._keys))

    def text(self, identity: UUID) -> str:
        """The secret of an id."""
        return _derived(self._keys[self._newest], identity)

    def slot(self, identity: UUID) -> str:
        """What stands in a letter for the secret of an id; made of characters that are safe in an address."""
        return f"vitrine-secret.{self._newest}.{identity.hex}"

    def filled(self, text: str) -> str:
        """The text with secrets in the place of slots. Raises `SlotUnknown`."""
        return _SLOT.sub(lambda found: self._of(found.group(1), UUID(found.group(2))), text)

    def _of(self, name: str, identity: UUID) -> str:
        key = self._keys.get(name)
        if key is None:
            raise SlotUnknown
        return _derived(key, identity)


def without_slots(text: str) -> str:
    """Text that others chose, with nothing in it that would be taken for a slot and filled with somebody's secret."""
    return _SLOT.sub("…", text)


def _derived(key: bytes, identity: UUID) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, identity.bytes, "sha256")).decode().rstrip("=")
