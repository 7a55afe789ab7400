"""Providers that speak OpenID Connect: found by discovery, believed by their signature (Core 1.0 section 3.1.3.7)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
import structlog
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from domain.identities.model import SUBJECT_LENGTH_MAX, Leg, Person, Refused, Silent
from gateways.federation.http import Client, Exchange, NoAnswer, SaidNo, in_time

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures that are believed: of public keys only, whatever a token or a discovery document says."""
KEPT_SECONDS = 3_600.0
"""How long a provider's document and keys are remembered."""
REFRESH_SECONDS = 60.0
"""The soonest that keys are asked for again because a token names one that is not known."""
SKEW_SECONDS = 60
log = structlog.stdlib.get_logger(__name__)


class OpenIdProvider:
    """`domain.identities.provider.IdentityProvider`. `issuer` is the provider's identifier, without a slash at the end.

    `trusts_emails`: its addresses count as verified although it does not say so.
    """

    def __init__(
        self,
        client: Client,
        transport: httpx2.AsyncBaseTransport,
        *,
        label: str,
        issuer: str,
        trusts_emails: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.label = label
        self._client = client
        self._issuer = issuer
        self._trusts_emails = trusts_emails
        self._exchange = Exchange(client, transport)
        self._posting = Exchange(client, transport, post_secret=True)
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._document: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def authorization_url(self, leg: Leg) -> str | Silent:
        """See the port."""
        try:
            async with in_time():
                document = await self._metadata()
                return self._exchange.authorization_url(
                    self._endpoint(document, "authorization_endpoint"),
                    state=leg.state,
                    verifier=leg.verifier,
                    redirect_url=leg.redirect_url,
                    nonce=leg.nonce,
                )
        except (NoAnswer, SaidNo) as trouble:
            log.warning("identity.silent", issuer=self._issuer, reason=str(trouble))
            return Silent(str(trouble))

    async def person(self, leg: Leg, *, code: str, now: datetime) -> Person | Refused | Silent:
        """See the port."""
        try:
            async with in_time():
                document = await self._metadata()
                tokens = await self._exchanger(document).tokens(
                    self._endpoint(document, "token_endpoint"),
                    code=code,
                    verifier=leg.verifier,
                    redirect_url=leg.redirect_url,
                )
                claims = await self._verified(document, tokens, nonce=leg.nonce, now=now)
                if "email" not in claims and "userinfo_endpoint" in document:
                    claims |= await self._told(document, tokens["access_token"], claims["sub"])
                return self._person(claims)
        except SaidNo as no:
            log.warning("identity.refused", issuer=self._issuer, reason=str(no))
            return Refused(str(no))
        except NoAnswer as trouble:
            log.warning("identity.silent", issuer=self._issuer, reason=str(trouble))
            return Silent(str(trouble))

    async def _verified(
        self, document: Mapping[str, Any], tokens: Mapping[str, Any], *, nonce: str, now: datetime
    ) -> dict[str, Any]:
        text = tokens.get("id_token")
        if not isinstance(text, str):
            raise SaidNo("no id_token")
        try:
            try:
                token = jwt.decode(text, await self._key_set(document), algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                token = jwt.decode(text, await self._key_set(document, refresh=True), algorithms=ALGORITHMS)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": self._issuer},
                    "aud": {"essential": True, "value": self._client.client_id},
                },
                {"nonce": nonce, "client_id": self._client.client_id, "access_token": tokens["access_token"]},
            )
            claims.validate(now=int(now.timestamp()), leeway=SKEW_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError) as wrong:
            raise SaidNo(f"id_token: {type(wrong).__name__} {str(wrong)[:100]}") from wrong
        return dict(claims)

    async def _told(self, document: Mapping[str, Any], access_token: str, subject: str) -> dict[str, Any]:
        """What userinfo tells besides, of the same person (Core section 5.3.2)."""
        told = await self._exchange.json(self._endpoint(document, "userinfo_endpoint"), access_token=access_token)
        if not isinstance(told, dict) or told.get("sub") != subject:
            raise SaidNo("userinfo is about somebody else")
        return told

    def _person(self, claims: Mapping[str, Any]) -> Person:
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH_MAX:
            raise SaidNo("no subject")
        email = claims.get("email")
        return Person(
            subject=subject,
            email=email if isinstance(email, str) else None,
            # Some say so in words.
            is_email_verified=self._trusts_emails or str(claims.get("email_verified")).lower() == "true",
            first_name=_text(claims.get("given_name")),
            last_name=_text(claims.get("family_name")),
        )

    async def _metadata(self) -> Mapping[str, Any]:
        async with self._lock:
            known = self._document
            if known is not None and self._monotonic() < known[0]:
                return known[1]
            found = await self._exchange.json(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if not isinstance(found, dict) or found.get("issuer") != self._issuer:
                raise NoAnswer("a discovery document of somebody else")
            self._document = (self._monotonic() + KEPT_SECONDS, found)
            return found

    async def _key_set(self, document: Mapping[str, Any], *, refresh: bool = False) -> KeySet:
        """The provider's keys. A token that names an unknown one has them asked for again, now and then: keys rotate, and tokens lie."""
        async with self._lock:
            known, now = self._keys, self._monotonic()
            fresh_since = known[0] if known is not None else 0.0
            if known is not None and now - fresh_since < (REFRESH_SECONDS if refresh else KEPT_SECONDS):
                return known[1]
            found = await self._exchange.json(self._endpoint(document, "jwks_uri"))
            try:
                keys = KeySet.import_key_set(found)
            except (JoseError, ValueError, TypeError, KeyError) as wrong:
                raise NoAnswer("keys that cannot be read") from wrong
            self._keys = (now, keys)
            return keys

    def _endpoint(self, document: Mapping[str, Any], name: str) -> str:
        """An address of the document: under TLS, unless the provider itself is on this machine."""
        url = document.get(name)
        if not isinstance(url, str) or urlsplit(url).scheme not in {"https", urlsplit(self._issuer).scheme}:
            raise NoAnswer(f"no {name}")
        return url

    def _exchanger(self, document: Mapping[str, Any]) -> Exchange:
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return self._exchange if "client_secret_basic" in methods else self._posting


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
