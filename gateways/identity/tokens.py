"""Access tokens: JSON Web Tokens (RFC 7519) with one pinned algorithm and a fixed table of keys, made and read by us alone.

The keys are derived from the installation's secrets, so that no secret signs two kinds of thing; nothing that a token
says about keys is followed but its `kid`, which is looked up in the table.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import jwt

from domain.access.model import AccessToken, Claims, TokenRefused
from domain.ids import AccountId, SessionId, new_id

ALGORITHM = "HS256"
LENGTH_MAX = 2_048
SKEW = timedelta(seconds=60)
"""How far ahead of ours another process's clock may be when it issued a token; an expiry has no such leeway."""
_JWS = jwt.PyJWS(algorithms=[ALGORITHM])
KNOWN_MAX = 10_000
"""So many good tokens are remembered: whoever is signed in comes with the same one again and again."""
_PURPOSE = "access"
_HEADER = frozenset({"alg", "kid", "typ"})
_CLAIMS = frozenset({"exp", "iat", "sub", "aud", "iss", "jti", "typ", "sid"})


class _Good(NamedTuple):
    """What a token of ours says; only its times remain to be looked at."""

    claims: Claims
    issued_at: int
    expires_at: int


class SignedTokens:
    """`domain.access.provider.AccessTokens`. The first secret signs, all verify; `issuer` is also the audience.

    Good tokens are known again by their hash, since verifying one costs more than answering many a question.
    """

    def __init__(self, secrets: Sequence[str], *, issuer: str, lifetime_seconds: int) -> None:
        if not secrets:
            raise ValueError("no secret to sign with")
        derived = [hmac.digest(secret.encode(), b"vitrine access token", "sha256") for secret in secrets]
        self._keys: Mapping[str, bytes] = {hashlib.sha256(key).hexdigest()[:16]: key for key in derived}
        self._kid = next(iter(self._keys))
        self._issuer = issuer
        self._lifetime = timedelta(seconds=lifetime_seconds)
        self._known: OrderedDict[bytes, _Good] = OrderedDict()

    def issued(self, account_id: AccountId, session_id: SessionId, *, now: datetime) -> AccessToken:
        """See the port."""
        issued_at = int(now.timestamp())
        expires_at = issued_at + int(self._lifetime.total_seconds())
        claims = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": str(account_id),
            "sid": str(session_id),
            "jti": str(new_id()),
            "typ": _PURPOSE,
            "iat": issued_at,
            "exp": expires_at,
        }
        text = jwt.encode(claims, self._keys[self._kid], algorithm=ALGORITHM, headers={"kid": self._kid})
        return AccessToken(text=text, expires_at=datetime.fromtimestamp(expires_at, UTC))

    def read(self, text: str, *, now: datetime) -> Claims | TokenRefused:
        """See the port."""
        if len(text) > LENGTH_MAX or not text.isascii():
            return TokenRefused.FORGED
        digest = hashlib.sha256(text.encode()).digest()
        good = self._known.get(digest)
        if good is None:
            good = self._good(text)
            if good is None:
                return TokenRefused.FORGED
            self._known[digest] = good
            if len(self._known) > KNOWN_MAX:
                self._known.popitem(last=False)
        if good.issued_at > (now + SKEW).timestamp():
            return TokenRefused.FORGED
        return TokenRefused.EXPIRED if now.timestamp() >= good.expires_at else good.claims

    def _good(self, text: str) -> _Good | None:
        """What a token says, whatever the time. One whose header or claims are not exactly those we write was not written by us."""
        claims = self._verified(text)
        if claims is None or claims.keys() != _CLAIMS:
            return None
        issued_at, expires_at = claims["iat"], claims["exp"]
        # Of type int exactly: True is an int to Python, and 1e400 is a float.
        if type(issued_at) is not int or type(expires_at) is not int or not issued_at < expires_at < 2**40:
            return None
        account_id, session_id = _uuid(claims["sub"]), _uuid(claims["sid"])
        if account_id is None or session_id is None or claims["typ"] != _PURPOSE:
            return None
        if claims["iss"] != self._issuer or claims["aud"] != self._issuer:
            return None
        told = Claims(
            account_id=AccountId(account_id),
            session_id=SessionId(session_id),
            expires_at=datetime.fromtimestamp(expires_at, UTC),
        )
        return _Good(told, issued_at, expires_at)

    def _verified(self, text: str) -> Mapping[str, Any] | None:
        """The claims under a good signature of ours. PyJWT's own checks of time are off: `now` is the caller's."""
        try:
            header = jwt.get_unverified_header(text)
            kid = header.get("kid")
            key = self._keys.get(kid) if isinstance(kid, str) else None
            if key is None or header.keys() != _HEADER or header["alg"] != ALGORITHM or header["typ"] != "JWT":
                return None
            payload: bytes = _JWS.decode(text, key, algorithms=[ALGORITHM])
            claims = json.loads(payload, object_pairs_hook=_once_each)
        except (jwt.PyJWTError, ValueError, RecursionError):
            return None
        return claims if isinstance(claims, dict) else None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different; ValueError for one that says two things under one name."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _uuid(value: Any) -> UUID | None:
    """The UUID in its canonical text only: other spellings of one session would be other sessions to a cache."""
    if not isinstance(value, str):
        return None
    try:
        found = UUID(value)
    except ValueError:
        return None
    return found if str(found) == value else None
