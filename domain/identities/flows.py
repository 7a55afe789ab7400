"""Use cases of identities around the provider: a journey is written down, the provider asked with no transaction open, its word kept."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from domain.access.model import Device, LoggedIn, Throttled
from domain.access.provider import AccessPorts
from domain.customers import rules as customers
from domain.customers.model import Profile
from domain.error import NotFound, UserError
from domain.factors import flows as factors
from domain.factors.flows import Admit
from domain.factors.model import Again, Challenged, Unproved
from domain.factors.provider import FactorPorts
from domain.identities import actions
from domain.identities.errors import (
    JourneyInvalid,
    ProviderEmailUnverified,
    ProviderUnavailable,
    RedirectNotAllowed,
)
from domain.identities.model import (
    JOURNEY_LIFETIME,
    TEXT_LENGTH_MAX,
    Journey,
    Person,
    Refused,
    Returned,
    Silent,
    Started,
)
from domain.identities.provider import IdentityPorts
from domain.ids import AccountId, new_id
from domain.unit import Transact

_INPUT = ("input",)
_PROVIDER = ("input", "provider")
_REDIRECT = ("input", "redirect_url")


async def start(
    transact: Transact, ports: IdentityPorts, *, provider: str, redirect_url: str, now: datetime
) -> Started | UserError:
    """Sends somebody to a provider to log in."""
    begun = await _begun(ports, provider, redirect_url, account_id=None, now=now)
    if isinstance(begun, UserError):
        return begun
    journey, started = begun
    await transact(actions.depart, journey=journey)
    return started


async def start_link(
    transact: Transact,
    ports: IdentityPorts,
    factor_ports: FactorPorts,
    *,
    again: Again,
    provider: str,
    redirect_url: str,
    now: datetime,
) -> Started | UserError | Unproved:
    """Sends somebody who is logged in, and has proved themselves again, to a provider to link it."""
    begun = await _begun(ports, provider, redirect_url, account_id=again.account.id, now=now)
    if isinstance(begun, UserError):
        return begun
    journey, started = begun
    kept = await transact(actions.depart_to_link, factors=factor_ports, again=again, journey=journey, now=now)
    return kept if isinstance(kept, Unproved) else started


async def log_in(
    transact: Transact,
    access: AccessPorts,
    factor_ports: FactorPorts,
    ports: IdentityPorts,
    *,
    returned: Returned,
    admit: Admit,
    device: Device,
    now: datetime,
) -> LoggedIn | Challenged | UserError | Throttled:
    """Logs in who comes back from a provider: into the account that the identity opens, else into a new one. Raises `Busy`."""
    if (throttled := await access.throttle.attempt("identity", account=None, address=device.address)) is not None:
        return throttled
    arrived = await _arrived(transact, ports, returned, account_id=None, now=now)
    if isinstance(arrived, UserError):
        return arrived
    journey, person = arrived
    proved = await transact(actions.find, provider=journey.provider, person=person, now=now)
    if proved is None:
        email = access.emails.normalised(person.email) if person.email is not None else None
        if email is None or not person.is_email_verified:
            return ProviderEmailUnverified(path=_INPUT)
        opened = await transact(
            actions.open_account,
            provider=journey.provider,
            person=person,
            email=email,
            profile=_profile(person),
            password_hash=await access.hasher.hashed(secrets.token_urlsafe(32)),
            now=now,
        )
        if isinstance(opened, UserError):
            return opened
        proved = opened
    refused = await admit(proved)
    return refused or await factors.enter(transact, access, factor_ports, proved, device=device, now=now)


async def link(
    transact: Transact, ports: IdentityPorts, *, account_id: AccountId, returned: Returned, now: datetime
) -> UUID | UserError:
    """Links what somebody who is logged in brings back from a provider."""
    arrived = await _arrived(transact, ports, returned, account_id=account_id, now=now)
    if isinstance(arrived, UserError):
        return arrived
    journey, person = arrived
    return await transact(actions.link, account_id=account_id, provider=journey.provider, person=person, now=now)


async def _begun(
    ports: IdentityPorts, name: str, redirect_url: str, *, account_id: AccountId | None, now: datetime
) -> tuple[Journey, Started] | UserError:
    provider = ports.providers.get(name)
    if provider is None:
        return NotFound(path=_PROVIDER, what="provider")
    if redirect_url not in ports.redirect_urls:
        return RedirectNotAllowed(path=_REDIRECT)
    journey = Journey(
        id=new_id(), provider=name, redirect_url=redirect_url, account_id=account_id, expires_at=now + JOURNEY_LIFETIME
    )
    url = await provider.authorization_url(ports.leg(journey))
    if isinstance(url, Silent):
        return ProviderUnavailable(path=_PROVIDER)
    secret = ports.browser_secret(journey.id)
    return journey, Started(url=url, browser_secret=secret, expires_at=journey.expires_at)


async def _arrived(
    transact: Transact, ports: IdentityPorts, returned: Returned, *, account_id: AccountId | None, now: datetime
) -> tuple[Journey, Person] | UserError:
    """Who came back, and from where; only as who they went, in the browser they went with, and once."""
    journey_id = ports.journey_id(returned)
    if journey_id is None or not 0 < len(returned.code) <= TEXT_LENGTH_MAX:
        return JourneyInvalid(path=_INPUT)
    journey = await transact(actions.take, journey_id=journey_id, now=now)
    provider = ports.providers.get(journey.provider) if journey is not None else None
    if journey is None or provider is None or journey.account_id != account_id:
        return JourneyInvalid(path=_INPUT)
    match await provider.person(ports.leg(journey), code=returned.code, now=now):
        case Person() as person:
            return journey, person
        case Silent():
            return ProviderUnavailable(path=_INPUT)
        case Refused():
            return JourneyInvalid(path=_INPUT)


def _profile(person: Person) -> Profile:
    """What a provider tells of a name; whatever does not fit is left for its owner to say."""
    first = customers.name(person.first_name, at=_INPUT)
    last = customers.name(person.last_name, at=_INPUT)
    return Profile(first_name=first if isinstance(first, str) else "", last_name=last if isinstance(last, str) else "")
