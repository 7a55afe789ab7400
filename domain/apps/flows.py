"""Use cases of apps around slow work: a person says yes on a page, and keys are made when there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access import flows as access
from domain.access.model import Device, Proved, Throttled
from domain.access.provider import AccessPorts
from domain.apps import actions
from domain.apps.model import FactorMissing, SealedKey, Wish
from domain.apps.provider import AppPorts
from domain.error import UserError
from domain.factors import flows as factors
from domain.factors.actions import waiting
from domain.factors.model import Challenged, Given
from domain.factors.provider import FactorPorts
from domain.ids import new_id
from domain.unit import Transact

_PURPOSE = "id token"
KEPT_AFTER_ROTATION = timedelta(days=1)
"""So long a replaced key is published: longer than any id token that it signed is good."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs id tokens, opened; `public` is what is published of it."""

    id: UUID
    private: bytes = field(repr=False)
    public: Mapping[str, Any]


async def agree(
    transact: Transact,
    ports: AccessPorts,
    factor_ports: FactorPorts,
    *,
    wish: Wish,
    email: str,
    password: str,
    device: Device,
    now: datetime,
) -> str | Challenged | FactorMissing | UserError | Throttled:
    """A person who knows their password says yes: the code for the app, or what their account asks for besides. Raises `Busy`."""
    proved = await access.prove(transact, ports, email=email, password=password, device=device, now=now)
    if not isinstance(proved, Proved):
        return proved
    challenged = await transact(waiting.challenge, ports=factor_ports, proved=proved, now=now)
    if challenged is not None:
        return challenged
    return await transact(actions.consent, wish=wish, proved=proved, with_factor=False, now=now)


async def agree_with_code(
    transact: Transact,
    ports: AccessPorts,
    factor_ports: FactorPorts,
    *,
    wish: Wish,
    challenge: str,
    given: Given,
    device: Device,
    now: datetime,
) -> str | FactorMissing | UserError | Throttled:
    """The same person says yes with a one-time code, of their app or for recovery."""
    proved = await factors.proved_by(transact, ports, factor_ports, challenge=challenge, given=given, device=device, now=now)
    if not isinstance(proved, Proved):
        return proved
    return await transact(actions.consent, wish=wish, proved=proved, with_factor=True, now=now)


async def signing_keys(transact: Transact, ports: AppPorts, *, now: datetime) -> list[SigningKey]:
    """Every key that may have signed an id token, the current one first; made when there is none that can be opened."""
    kept = await transact(actions.signing_keys)
    if not (opened := _opened(kept, ports)):
        await _replace(transact, ports, kept, now)
        opened = _opened(await transact(actions.signing_keys), ports)
    return opened


async def rotate_signing_key(transact: Transact, ports: AppPorts, *, now: datetime) -> UUID | None:
    """Makes another key the current one; those before are published a day longer. None when a rival was first."""
    return await _replace(transact, ports, await transact(actions.signing_keys), now)


async def _replace(transact: Transact, ports: AppPorts, kept: Sequence[SealedKey], now: datetime) -> UUID | None:
    key_id = new_id()
    private, public = await ports.keys.made(key_id)
    sealed = SealedKey(id=key_id, sealed=ports.vault.lock(private, purpose=_PURPOSE, owner=str(key_id)), public=public)
    known = kept[0].id if kept else None
    return await transact(
        actions.add_signing_key, key=sealed, instead_of=known, forget_before=now - KEPT_AFTER_ROTATION, now=now
    )


def _opened(kept: Sequence[SealedKey], ports: AppPorts) -> list[SigningKey]:
    """Those that the vault still opens; one whose secret key is gone can neither sign nor be trusted to have."""
    found = []
    for each in kept:
        try:
            private = ports.vault.unlock(each.sealed, purpose=_PURPOSE, owner=str(each.id))
        except ValueError:
            continue
        found.append(SigningKey(each.id, private, each.public))
    return found
