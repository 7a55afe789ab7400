"""RSA keys for id tokens: RS256 is the one algorithm that every OpenID Connect client must know (Core 1.0 section 15.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from joserfc.jwk import RSAKey

ALGORITHM = "RS256"
_BITS = 2_048


class RsaKeys:
    """`domain.apps.provider.KeyMaker`."""

    async def made(self, key_id: UUID) -> tuple[bytes, Mapping[str, Any]]:
        """See the port. In a thread: finding primes takes a good part of a second."""
        return await asyncio.to_thread(_made, key_id)


def _made(key_id: UUID) -> tuple[bytes, Mapping[str, Any]]:
    key = RSAKey.generate_key(_BITS, {"kid": str(key_id), "use": "sig", "alg": ALGORITHM}, private=True)
    return key.as_pem(private=True), key.as_dict(private=False)
