"""Reading where else somebody can log in to their account from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, select

from persistence.identities.tables import IdentityRow
from persistence.reader import Reader
from persistence.statement import Question, ids


class IdentityView(NamedTuple):
    """A log-in at a provider that opens an account; `email` is what the provider said last."""

    id: UUID
    account_id: UUID
    provider: str
    email: str | None
    created_at: datetime
    last_used_at: datetime


IDENTITIES = Question(
    IdentityView,
    select(
        IdentityRow.id,
        IdentityRow.account_id,
        IdentityRow.provider,
        IdentityRow.email,
        IdentityRow.created_at,
        IdentityRow.last_used_at,
    )
    .where(IdentityRow.account_id == any_(ids()))
    .order_by(IdentityRow.created_at, IdentityRow.id),
    by="account_id",
)


async def identities(reader: Reader, account_ids: Sequence[UUID]) -> list[list[IdentityView]]:
    """Each account's identities, the oldest first: one at each provider at most."""
    return await reader.many_each(IDENTITIES, account_ids)
