"""Use cases of the record: to note what touches an account's safety, and to seal what was recorded into the chain."""

from __future__ import annotations

from datetime import datetime

from domain.audit.model import DEVICE_LENGTH_MAX, SEALED_AT_ONCE, Head, SecurityEvent, SecurityKind
from domain.audit.rules import chained
from domain.ids import AccountId, SessionId, new_id
from domain.unit import Unit


async def note(
    unit: Unit,
    *,
    account_id: AccountId | None,
    kind: SecurityKind,
    now: datetime,
    session_id: SessionId | None = None,
    detail: str = "",
    count: int = 1,
) -> None:
    """Notes what touched an account's safety, in the transaction that did it, with where it was asked for."""
    origin = unit.origin
    await unit.audit.note(
        SecurityEvent(
            id=new_id(),
            account_id=account_id,
            kind=kind,
            session_id=session_id,
            address=origin.address,
            device="".join(letter for letter in origin.agent if letter.isprintable())[:DEVICE_LENGTH_MAX],
            detail=detail,
            count=count,
            at=now,
        )
    )


async def seal(unit: Unit) -> Head | None:
    """Puts what was recorded since into the chain; its new end, or None when there was nothing.

    Sealing is a step of its own, because a chain has one end: were it written by each deed, unrelated deeds would wait
    for one another. Until it is sealed, an entry is kept by the database's refusal to change it.
    """
    head = await unit.audit.lock_head()
    entries = await unit.audit.unsealed(SEALED_AT_ONCE)
    if not entries:
        return None
    chain = chained(entries, head)
    await unit.audit.seal(chain, head=chain[-1][1])
    return chain[-1][1]
