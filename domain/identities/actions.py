"""Use cases of identities that are one transaction each: journeys begun and ended, accounts found or opened, links made and cut.

Nobody comes in by an address alone. A provider's word for an address may be years old, or about a mailbox that has another
owner by now; so an account that exists is only reached by an identity that was linked from inside it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.access.model import Proved
from domain.access.rules import email_key
from domain.audit.actions import note
from domain.audit.model import SecurityKind
from domain.customers.events import CustomerRegistered
from domain.customers.model import Profile
from domain.error import NotFound
from domain.factors.actions.proving import proved_again
from domain.factors.errors import LastWayIn
from domain.factors.model import Again, Unproved
from domain.factors.provider import FactorPorts
from domain.identities.errors import IdentityNotLinked, IdentityTaken
from domain.identities.events import IdentityLinked, IdentityUnlinked
from domain.identities.model import Journey, Person
from domain.ids import AccountId, CustomerId, new_id
from domain.unit import Unit

_INPUT = ("input",)
_ID = ("input", "id")
_FORGOTTEN_AT_ONCE = 5_000


async def depart(unit: Unit, *, journey: Journey) -> Journey:
    """Keeps that somebody goes to a provider to log in."""
    await unit.identities.add_journey(journey)
    return journey


async def depart_to_link(
    unit: Unit, *, factors: FactorPorts, again: Again, journey: Journey, now: datetime
) -> Journey | Unproved:
    """Keeps that somebody goes to a provider to link it, after they have proved themselves again."""
    unproved = await proved_again(unit, ports=factors, again=again, now=now)
    if unproved is not None:
        return unproved
    await unit.identities.add_journey(journey)
    return journey


async def take(unit: Unit, *, journey_id: UUID, now: datetime) -> Journey | None:
    """Ends a journey, in a transaction of its own: whatever comes of it, nobody comes back a second time."""
    return await unit.identities.take_journey(journey_id, now=now)


async def find(unit: Unit, *, provider: str, person: Person, now: datetime) -> Proved | None:
    """The account that the identity opens, if it opens one."""
    account_id = await unit.identities.owner(provider, person.subject)
    account = await unit.access.lock_account(account_id) if account_id is not None else None
    if account is None:
        return None
    await unit.identities.use(provider, person, now=now)
    return Proved(account=account)


async def open_account(
    unit: Unit, *, provider: str, person: Person, email: str, profile: Profile, password_hash: str, now: datetime
) -> Proved | IdentityNotLinked:
    """Opens a customer's account for an identity whose address the provider vouches for and nobody here has.

    `password_hash` is of a password that nobody knows.
    """
    account_id = AccountId(new_id())
    key = email_key(email)
    if not await unit.access.add_account(account_id, email=email, email_key=key, password_hash=password_hash, now=now):
        # Perhaps the same person, a moment ago, in another window.
        return await find(unit, provider=provider, person=person, now=now) or IdentityNotLinked(path=_INPUT)
    await unit.customers.add(CustomerId(account_id), profile, now=now)
    await unit.identities.without_password(account_id, verified_at=now)
    if await unit.identities.add(account_id, provider, person, now=now) is None:
        return IdentityNotLinked(path=_INPUT)
    account = await unit.access.account(account_id)
    assert account is not None
    await note(unit, account_id=account_id, kind=SecurityKind.IDENTITY_LINKED, now=now, detail=provider)
    unit.announce(CustomerRegistered(account_id=account_id))
    return Proved(account=account)


async def link(
    unit: Unit, *, account_id: AccountId, provider: str, person: Person, now: datetime
) -> UUID | NotFound | IdentityTaken:
    """Has an identity open this account from now on."""
    account = await unit.access.lock_account(account_id)
    if account is None or not account.is_active:
        return NotFound(path=_INPUT, what="account")
    identity_id = await unit.identities.add(account_id, provider, person, now=now)
    if identity_id is None:
        return IdentityTaken(path=_INPUT)
    await note(unit, account_id=account_id, kind=SecurityKind.IDENTITY_LINKED, now=now, detail=provider)
    unit.announce(IdentityLinked(account_id=account_id, provider=provider))
    return identity_id


async def unlink(
    unit: Unit, *, factors: FactorPorts, again: Again, identity_id: UUID, now: datetime
) -> UUID | Unproved | NotFound | LastWayIn:
    """Has an identity open the account no more, as long as another way in is left."""
    unproved = await proved_again(unit, ports=factors, again=again, now=now)
    if unproved is not None:
        return unproved
    account_id = again.account.id
    provider = await unit.identities.remove(account_id, identity_id)
    if provider is None:
        return NotFound(path=_ID, what="identity")
    is_reachable = again.account.has_password or (await unit.factors.held(account_id)).passkeys > 0
    if not is_reachable and await unit.identities.count(account_id) == 0:
        return LastWayIn(path=_ID)
    await note(unit, account_id=account_id, kind=SecurityKind.IDENTITY_UNLINKED, now=now, detail=provider)
    unit.announce(IdentityUnlinked(account_id=account_id, provider=provider))
    return identity_id


async def forget_expired(unit: Unit, *, now: datetime) -> int:
    """Drops journeys that nobody comes back from in time; how many, 0 when it is done."""
    return await unit.identities.forget_expired(before=now, count_max=_FORGOTTEN_AT_ONCE)
