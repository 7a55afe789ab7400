"""GitHub, which speaks OAuth 2 without OpenID Connect: who somebody is, is asked of its API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
import structlog

from domain.identities.model import Leg, Person, Refused, Silent
from gateways.federation.http import Client, Exchange, NoAnswer, SaidNo, in_time

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubAddresses:
    """Where GitHub is; an Enterprise server is elsewhere."""

    pages: str = "https://github.com"
    api: str = "https://api.github.com"


class GitHub:
    """`domain.identities.provider.IdentityProvider`."""

    label = "GitHub"

    def __init__(
        self, client: Client, transport: httpx2.AsyncBaseTransport, addresses: GitHubAddresses = GitHubAddresses()
    ) -> None:
        self._exchange = Exchange(client, transport, post_secret=True)
        self._addresses = addresses

    async def authorization_url(self, leg: Leg) -> str | Silent:
        """See the port."""
        return self._exchange.authorization_url(
            f"{self._addresses.pages}/login/oauth/authorize",
            state=leg.state,
            verifier=leg.verifier,
            redirect_url=leg.redirect_url,
        )

    async def person(self, leg: Leg, *, code: str, now: datetime) -> Person | Refused | Silent:
        """See the port. The address is the primary one, with GitHub's word whether it was verified."""
        del now
        try:
            async with in_time():
                tokens = await self._exchange.tokens(
                    f"{self._addresses.pages}/login/oauth/access_token",
                    code=code,
                    verifier=leg.verifier,
                    redirect_url=leg.redirect_url,
                )
                user = await self._exchange.json(f"{self._addresses.api}/user", access_token=tokens["access_token"])
                emails = await self._exchange.json(f"{self._addresses.api}/user/emails", access_token=tokens["access_token"])
                return _person(user, emails)
        except SaidNo as no:
            log.warning("identity.refused", issuer="github", reason=str(no))
            return Refused(str(no))
        except NoAnswer as trouble:
            log.warning("identity.silent", issuer="github", reason=str(trouble))
            return Silent(str(trouble))


def _person(user: Any, emails: Any) -> Person:
    number = user.get("id") if isinstance(user, dict) else None
    if type(number) is not int:
        raise SaidNo("no user")
    listed = emails if isinstance(emails, list) else []
    primary = next((each for each in listed if isinstance(each, dict) and each.get("primary") is True), {})
    email, name = primary.get("email"), user.get("name")
    first, _, last = (name if isinstance(name, str) else "").strip().partition(" ")
    return Person(
        subject=str(number),
        email=email if isinstance(email, str) else None,
        is_email_verified=primary.get("verified") is True,
        first_name=first,
        last_name=last,
    )
