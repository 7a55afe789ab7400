"""Reading what accounts have besides their password: for their owners, who see no secret of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, func, null, select

from persistence.access.tables import AccountRow
from persistence.factors.tables import PasskeyRow, RecoveryCodeRow, TotpRow
from persistence.reader import Reader
from persistence.statement import Question, ids


class FactorsView(NamedTuple):
    """What an account can be asked for besides its password."""

    account_id: UUID
    has_password: bool
    app_confirmed_at: datetime | None
    recovery_codes_left: int


class PasskeyView(NamedTuple):
    """A passkey as its owner knows it."""

    id: UUID
    account_id: UUID
    name: str
    is_backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


FACTORS = Question(
    FactorsView,
    select(
        AccountRow.id.label("account_id"),
        AccountRow.has_password,
        TotpRow.confirmed_at.label("app_confirmed_at"),
        select(func.count())
        .where(RecoveryCodeRow.account_id == AccountRow.id, RecoveryCodeRow.used_at.is_(null()))
        .scalar_subquery()
        .label("recovery_codes_left"),
    )
    .outerjoin(TotpRow, TotpRow.account_id == AccountRow.id)
    .where(AccountRow.id == any_(ids())),
)
PASSKEYS = Question(
    PasskeyView,
    select(
        PasskeyRow.id,
        PasskeyRow.account_id,
        PasskeyRow.name,
        PasskeyRow.is_backed_up,
        PasskeyRow.created_at,
        PasskeyRow.last_used_at,
    )
    .where(PasskeyRow.account_id == any_(ids()))
    .order_by(PasskeyRow.created_at, PasskeyRow.id),
    by="account_id",
)


async def factors(reader: Reader, account_ids: Sequence[UUID]) -> list[FactorsView | None]:
    """What each account has, in the ids' order."""
    return await reader.one_each(FACTORS, account_ids)


async def passkeys(reader: Reader, account_ids: Sequence[UUID]) -> list[list[PasskeyView]]:
    """Each account's passkeys, the oldest first."""
    return await reader.many_each(PASSKEYS, account_ids)
