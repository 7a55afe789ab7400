"""What log-ins elsewhere need from outside, in our words: the providers, and the secrets of a journey to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.identities.model import Journey, Leg, Person, Refused, Returned, Silent
from domain.seal import Seal


class IdentityProvider(Protocol):
    """A provider that people log in at. Both calls may ask it over the network, within a deadline; neither raises."""

    label: str
    """What people call it."""

    async def authorization_url(self, leg: Leg) -> str | Silent:
        """Where the browser is sent (RFC 6749 section 4.1.1), with a code challenge of S256."""

    async def person(self, leg: Leg, *, code: str, now: datetime) -> Person | Refused | Silent:
        """Who came back with this code: exchanged (section 4.1.3) and verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPorts:
    """What log-ins elsewhere are made of. `providers` by the name that settings give them."""

    seal: Seal
    providers: Mapping[str, IdentityProvider]
    redirect_urls: frozenset[str]

    def leg(self, journey: Journey) -> Leg:
        """The secrets of a journey, drawn from its id and our key: nothing is kept that could be copied from the database."""
        return Leg(
            state=self.seal.secret("identity state", journey.id),
            nonce=self.seal.secret("identity nonce", journey.id),
            verifier=self.seal.secret("identity code verifier", journey.id),
            redirect_url=journey.redirect_url,
        )

    def browser_secret(self, journey_id: UUID) -> str:
        """What the browser that begins a journey is given, and nobody else sees."""
        return self.seal.secret("identity browser", journey_id)

    def journey_id(self, returned: Returned) -> UUID | None:
        """The journey that comes back, when it does so in the browser that began it (RFC 6749 section 10.12)."""
        journey_id = self.seal.open("identity state", returned.state)
        known = self.seal.open("identity browser", returned.browser_secret)
        return journey_id if journey_id is not None and journey_id == known else None
