"""The kept keys of clients' writes, in PostgreSQL: the primary key makes rivals wait for each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import LargeBinary, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from domain.idempotency import Answered, Claim, Fresh, KeyReused
from persistence.statement import Question, Statement
from persistence.tables import IdempotencyRow
from persistence.transaction import Transaction

KEPT = text("interval '72 hours'")


class _Kept(NamedTuple):
    fingerprint: bytes
    outcome: dict[str, Any] | None


_OF_KEY = (
    (IdempotencyRow.actor == bindparam("actor"))
    & (IdempotencyRow.mutation == bindparam("mutation"))
    & (IdempotencyRow.key == bindparam("key"))
)
CLAIM = Statement(
    insert(IdempotencyRow)
    .values(
        actor=bindparam("actor"),
        mutation=bindparam("mutation"),
        key=bindparam("key"),
        fingerprint=bindparam("fingerprint", type_=LargeBinary()),
        outcome=bindparam("outcome", type_=JSONB(none_as_null=True)),
    )
    .on_conflict_do_nothing()
)
KEPT_OUTCOME = Question(_Kept, select(IdempotencyRow.fingerprint, IdempotencyRow.outcome).where(_OF_KEY))
RECORD = Statement(update(IdempotencyRow).where(_OF_KEY).values(outcome=bindparam("outcome", type_=JSONB())))
FORGET_OLD = Statement(delete(IdempotencyRow).where(IdempotencyRow.created_at < func.now() - KEPT))


class KeptKeys:
    """`domain.idempotency.Idempotency` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def claim(self, claim: Claim, outcome: Mapping[str, Any] | None = None) -> Fresh | Answered | KeyReused:
        place = {"actor": claim.actor, "mutation": claim.mutation, "key": claim.key}
        known = dict(outcome) if outcome is not None else None
        if await self._transaction.run(CLAIM, **place, fingerprint=claim.fingerprint, outcome=known):
            return Fresh()
        kept = await self._transaction.row(KEPT_OUTCOME, **place)
        if kept is None or kept.outcome is None:
            return Fresh()
        if kept.fingerprint != claim.fingerprint:
            return KeyReused()
        return Answered(kept.outcome)

    async def record(self, claim: Claim, outcome: Mapping[str, Any]) -> None:
        await self._transaction.run(RECORD, actor=claim.actor, mutation=claim.mutation, key=claim.key, outcome=dict(outcome))

    async def forget_old(self) -> int:
        """Drops keys older than 72 hours; how many."""
        return await self._transaction.run(FORGET_OLD)
