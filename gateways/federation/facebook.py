"""Facebook, which speaks OAuth 2 and tells who somebody is by its Graph API, without a word on whether an address was verified."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
import structlog

from domain.identities.model import SUBJECT_LENGTH_MAX, Leg, Person, Refused, Silent
from gateways.federation.http import Client, Exchange, NoAnswer, SaidNo, in_time

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FacebookAddresses:
    """Where Facebook is, with the version of its API."""

    pages: str = "https://www.facebook.com/v23.0"
    graph: str = "https://graph.facebook.com/v23.0"


class Facebook:
    """`domain.identities.provider.IdentityProvider`. `trusts_emails`: see `OpenIdProvider`."""

    label = "Facebook"

    def __init__(
        self,
        client: Client,
        transport: httpx2.AsyncBaseTransport,
        addresses: FacebookAddresses = FacebookAddresses(),
        *,
        trusts_emails: bool = False,
    ) -> None:
        self._exchange = Exchange(client, transport, post_secret=True)
        self._secret = client.client_secret
        self._addresses = addresses
        self._trusts_emails = trusts_emails

    async def authorization_url(self, leg: Leg) -> str | Silent:
        """See the port."""
        return self._exchange.authorization_url(
            f"{self._addresses.pages}/dialog/oauth",
            state=leg.state,
            verifier=leg.verifier,
            redirect_url=leg.redirect_url,
        )

    async def person(self, leg: Leg, *, code: str, now: datetime) -> Person | Refused | Silent:
        """See the port. The API is shown a proof that who asks knows the app's secret, not only the token."""
        del now
        try:
            async with in_time():
                tokens = await self._exchange.tokens(
                    f"{self._addresses.graph}/oauth/access_token",
                    code=code,
                    verifier=leg.verifier,
                    redirect_url=leg.redirect_url,
                )
                token = tokens["access_token"]
                proof = hmac.new(self._secret.encode(), token.encode(), "sha256").hexdigest()
                told = await self._exchange.json(
                    f"{self._addresses.graph}/me",
                    access_token=token,
                    params={"fields": "id,first_name,last_name,email", "appsecret_proof": proof},
                )
                return self._person(told)
        except SaidNo as no:
            log.warning("identity.refused", issuer="facebook", reason=str(no))
            return Refused(str(no))
        except NoAnswer as trouble:
            log.warning("identity.silent", issuer="facebook", reason=str(trouble))
            return Silent(str(trouble))

    def _person(self, told: Any) -> Person:
        subject = told.get("id") if isinstance(told, dict) else None
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH_MAX:
            raise SaidNo("no user")
        email, first, last = told.get("email"), told.get("first_name"), told.get("last_name")
        return Person(
            subject=subject,
            email=email if isinstance(email, str) else None,
            is_email_verified=self._trusts_emails,
            first_name=first if isinstance(first, str) else "",
            last_name=last if isinstance(last, str) else "",
        )
