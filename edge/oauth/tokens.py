"""What is told of people: claims by scope, and id tokens signed with the current key (OpenID Connect Core 1.0, section 2)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from domain.apps.flows import SigningKey
from domain.apps.model import ID_TOKEN_SECONDS, Owner

ALGORITHM = "RS256"


def claims_of(owner: Owner, scopes: Collection[str]) -> dict[str, Any]:
    """What the scopes let an app learn (OpenID Connect Core 1.0 section 5.4); what is not known is left out."""
    claims: dict[str, Any] = {"sub": str(owner.subject)}
    if "profile" in scopes:
        claims |= {name: value for name, value in (("name", owner.name), ("locale", owner.language)) if value}
    if "email" in scopes:
        claims |= {"email": owner.email, "email_verified": owner.email_verified}
    return claims


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs id tokens as an issuer; without a key it is not asked to."""

    issuer: str
    key: SigningKey | None

    def id_token(self, claims: Mapping[str, Any], *, access_token: str, now: datetime) -> str:
        """The token; `at_hash` binds the access token that comes with it (section 3.1.3.6)."""
        if self.key is None:
            raise ValueError("no key to sign with")
        issued_at = int(now.timestamp())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        told = {
            **claims,
            "iss": self.issuer,
            "iat": issued_at,
            "exp": issued_at + ID_TOKEN_SECONDS,
            "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="),
        }
        header = {"alg": ALGORITHM, "kid": str(self.key.id)}
        return jwt.encode(header, told, RSAKey.import_key(self.key.private.decode()), [ALGORITHM])
