"""Registration: around the slow work of judging and hashing a password, with one answer for known and unknown addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from domain.access import flows as access
from domain.access.errors import EmailInvalid
from domain.access.model import Throttled
from domain.access.provider import AccessPorts
from domain.access.rules import email_key
from domain.customers import actions, privacy, rules
from domain.customers.model import LANGUAGE_DEFAULT, Profile
from domain.customers.provider import PlaceRules
from domain.error import Several, UserError
from domain.ids import AccountId, CustomerId
from domain.unit import Transact


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a newcomer tells, as typed."""

    email: str
    password: str = field(repr=False)
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    language: str = LANGUAGE_DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The registration was taken for this address. `customer_id` is None when it had an account: never show which."""

    email: str
    customer_id: CustomerId | None


async def register(
    transact: Transact,
    ports: AccessPorts,
    places: PlaceRules,
    registration: Registration,
    *,
    address: str | None,
    now: datetime,
) -> Registered | UserError | Throttled:
    """Registers, or lets the owner of a known address know; the caller cannot tell which. Raises `Busy`."""
    email = ports.emails.normalised(registration.email)
    profile = _profile(registration, places)
    about = (registration.email, registration.first_name, registration.last_name)
    account = email_key(email) if email else None
    if (throttled := await ports.throttle.attempt("register", account=account, address=address)) is not None:
        return throttled
    found: list[UserError | None] = [
        EmailInvalid(path=("input", "email")) if email is None else None,
        await access.password_failure(ports.judge, registration.password, about=about, at=access.PASSWORD),
        profile if isinstance(profile, Several) else None,
    ]
    failures = [each for each in found if each is not None]
    if failures or email is None or isinstance(profile, Several):
        return Several(errors=tuple(inner for each in failures for inner in _flat(each)))
    customer_id = await transact(
        actions.register,
        email=email,
        password_hash=await ports.hasher.hashed(registration.password),
        profile=profile,
        now=now,
    )
    return Registered(email=email, customer_id=customer_id)


async def request_erasure(
    transact: Transact, ports: AccessPorts, *, customer_id: CustomerId, password: str, address: str | None, now: datetime
) -> datetime | UserError | Throttled:
    """Plans the erasure of who proves their password; when it will be done. Raises `Busy`."""
    account_id = AccountId(customer_id)
    if (throttled := await ports.throttle.attempt("password", account=str(account_id), address=address)) is not None:
        return throttled
    account = await access.proved_again(transact, ports, account_id=account_id, password=password)
    if isinstance(account, UserError):
        return account
    return await transact(privacy.request_erasure, account=account, at=access.PASSWORD, now=now)


def _profile(registration: Registration, places: PlaceRules) -> Profile | Several:
    first = rules.name(registration.first_name, at=("input", "first_name"))
    last = rules.name(registration.last_name, at=("input", "last_name"))
    phone = places.phone(registration.phone, country=None, at=("input", "phone")) if registration.phone else None
    language = rules.language(registration.language, at=("input", "language"))
    if (
        isinstance(first, UserError)
        or isinstance(last, UserError)
        or isinstance(phone, UserError)
        or isinstance(language, UserError)
    ):
        return Several(errors=tuple(each for each in (first, last, phone, language) if isinstance(each, UserError)))
    return Profile(first_name=first, last_name=last, phone=phone, language=language)


def _flat(failure: UserError) -> tuple[UserError, ...]:
    return failure.errors if isinstance(failure, Several) else (failure,)
