"""Opaque global ids: the name of the type and the UUID in URL-safe base64, and the sealed ids of carts."""

from __future__ import annotations

import base64
import binascii
from binascii import b2a_base64
from functools import lru_cache
from uuid import UUID

ID_LENGTH_MAX = 200
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@lru_cache(maxsize=20_000)
def global_id(kind: str, identity: UUID) -> str:
    """The public id of a thing of a type. Remembered, since the same things are shown again and again."""
    text = b2a_base64(_prefix(kind) + identity.bytes, newline=False)
    return text.translate(_URL_SAFE, b"=").decode()


@lru_cache(maxsize=500)
def _prefix(kind: str) -> bytes:
    return kind.encode() + b":"


def parse_id(text: str) -> tuple[str, UUID] | None:
    """The type's name and the UUID behind a public id; None for whatever we did not make."""
    if len(text) > ID_LENGTH_MAX or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    kind, colon, identity = raw.partition(b":")
    if not colon or len(identity) != 16 or not kind.isascii():
        return None
    return kind.decode(), UUID(bytes=identity)


def id_of(kind: str, text: str) -> UUID | None:
    """The UUID behind a public id of that type; None for any other type's, for nonsense, and so for "not found"."""
    found = parse_id(text)
    return found[1] if found is not None and found[0] == kind else None
