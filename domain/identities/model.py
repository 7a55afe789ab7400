"""The words of log-ins at other providers: who somebody is there, and the journey there and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from domain.ids import AccountId

JOURNEY_LIFETIME = timedelta(minutes=10)
"""How long somebody may take to log in at the provider."""
SUBJECT_LENGTH_MAX = 255
"""OpenID Connect Core section 2."""
TEXT_LENGTH_MAX = 4_096
"""Of what comes back with a browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who somebody is at a provider, as its signed word or its API says. `subject` never changes there, the rest may."""

    subject: str
    email: str | None
    is_email_verified: bool
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What goes with a browser to a provider and must come back as it went: state (RFC 6749), nonce (OpenID Connect), and the
    code verifier (RFC 7636), of which only the challenge goes. `redirect_url` is the page it comes back to.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Somebody was sent to a provider. `account_id` is who links what they bring back; None for who logs in."""

    id: UUID
    provider: str
    redirect_url: str
    account_id: AccountId | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Where to send the browser, and the secret by which it is known when it comes back."""

    url: str
    browser_secret: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What came back with a browser: the code and state of the provider's redirection, and the secret it was given."""

    state: str = field(repr=False)
    code: str = field(repr=False)
    browser_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider said no, or said something that does not verify. `reason` is for the log: no address, no token."""

    reason: str


@dataclass(frozen=True, slots=True)
class Silent:
    """The provider did not answer in time, or not like one."""

    reason: str
