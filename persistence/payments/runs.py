"""The statements of reconciliation: what to ask about, and the record of each run with what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Integer, any_, bindparam, func, insert, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from domain.ids import PaymentId, ReconciliationRunId
from domain.payments.model import FINISHED, Finding, Payment
from persistence.payments.rows import PAYMENT_COLUMNS, KeptPayment, payment_of
from persistence.payments.tables import PaymentRow, ReconciliationRunRow, RefundRow
from persistence.statement import Question, Statement, ids
from persistence.transaction import Transaction

CUT_SHORT = "cut short"


class _Id(NamedTuple):
    id: UUID


_BEFORE = bindparam("before", type_=DateTime(timezone=True))
# States are literals, so that the planner sees that the partial indexes fit.
UNFINISHED = Question(
    KeptPayment,
    select(*PAYMENT_COLUMNS)
    .where(
        PaymentRow.state.not_in([literal_column(f"'{each.value}'") for each in FINISHED]),
        PaymentRow.provider == bindparam("provider"),
        PaymentRow.created_at < _BEFORE,
        PaymentRow.asked_at.is_(None) | (PaymentRow.asked_at < bindparam("unasked_since", type_=DateTime(timezone=True))),
    )
    .order_by(PaymentRow.asked_at.asc().nulls_first(), PaymentRow.id)
    .limit(bindparam("count", type_=Integer())),
)
NOTE_ASKED = Statement(
    update(PaymentRow)
    .where(PaymentRow.id == bindparam("payment_id"))
    .values(asked_at=bindparam("now", type_=DateTime(timezone=True)))
)
KNOWN = Question(KeptPayment, select(*PAYMENT_COLUMNS).where(PaymentRow.id == any_(ids())))
OVERDUE_REFUNDS = Question(
    _Id,
    select(RefundRow.id)
    .join(PaymentRow, PaymentRow.id == RefundRow.payment_id)
    .where(
        RefundRow.state == literal_column("'PENDING'"),
        PaymentRow.provider == bindparam("provider"),
        RefundRow.created_at < _BEFORE,
    )
    .order_by(RefundRow.id)
    .limit(bindparam("count", type_=Integer())),
)
# A run that was killed never ended its record; whoever begins the next one an hour later does.
CLOSE_CUT_SHORT = Statement(
    update(ReconciliationRunRow)
    .where(
        ReconciliationRunRow.provider == bindparam("of_provider"),
        ReconciliationRunRow.finished_at.is_(None),
        ReconciliationRunRow.started_at < bindparam("at", type_=DateTime(timezone=True)) - text("interval '1 hour'"),
    )
    .values(finished_at=func.now(), failure=bindparam("why"))
)
OPEN_RUN = Statement(
    insert(ReconciliationRunRow).values(
        id=bindparam("id"),
        provider=bindparam("provider"),
        started_at=bindparam("started_at", type_=DateTime(timezone=True)),
    )
)
CLOSE_RUN = Statement(
    update(ReconciliationRunRow)
    .where(ReconciliationRunRow.id == bindparam("run_id"))
    .values(finished_at=func.now(), payments_checked=bindparam("checked", type_=Integer()), failure=bindparam("why"))
)
# What waits for a person is told once, and not again by every run that still finds it.
ADD_FINDING = Statement(
    text("""
    INSERT INTO reconciliation_finding (run_id, position, payment_id, reference, kind, was_repaired, detail)
    SELECT CAST(:run_id AS uuid),
           1 + coalesce((SELECT max(position) FROM reconciliation_finding WHERE run_id = CAST(:run_id AS uuid)), 0),
           CAST(:payment_id AS uuid), CAST(:reference AS text), CAST(:kind AS text), CAST(:was_repaired AS boolean), :detail
    WHERE CAST(:was_repaired AS boolean) OR NOT EXISTS (
        SELECT FROM reconciliation_finding f
        WHERE f.kind = CAST(:kind AS text) AND f.reference IS NOT DISTINCT FROM CAST(:reference AS text)
          AND f.payment_id IS NOT DISTINCT FROM CAST(:payment_id AS uuid) AND NOT f.was_repaired
    )
    """).bindparams(bindparam("detail", type_=JSONB()))
)


async def unfinished(
    transaction: Transaction, provider: str, *, before: datetime, unasked_since: datetime, limit: int
) -> list[Payment]:
    """Attempts that have not ended, those that were not asked about for the longest first."""
    rows = await transaction.rows(UNFINISHED, provider=provider, before=before, unasked_since=unasked_since, count=limit)
    return [payment_of(row) for row in rows]


async def note_asked(transaction: Transaction, payment_id: PaymentId, now: datetime) -> None:
    """The provider is asked now."""
    await transaction.run(NOTE_ASKED, payment_id=payment_id, now=now)


async def known(transaction: Transaction, payment_ids: Sequence[PaymentId]) -> Mapping[PaymentId, Payment]:
    """The attempts of these ids."""
    rows = await transaction.rows(KNOWN, ids=list(payment_ids))
    return {PaymentId(row.id): payment_of(row) for row in rows}


async def overdue_refunds(transaction: Transaction, provider: str, *, before: datetime, limit: int) -> list[UUID]:
    """Refunds that wait for too long."""
    rows = await transaction.rows(OVERDUE_REFUNDS, provider=provider, before=before, count=limit)
    return [row.id for row in rows]


async def open_run(transaction: Transaction, run_id: ReconciliationRunId, provider: str, now: datetime) -> None:
    """Begins a record."""
    await transaction.run(CLOSE_CUT_SHORT, of_provider=provider, at=now, why=CUT_SHORT)
    await transaction.run(OPEN_RUN, id=run_id, provider=provider, started_at=now)


async def add_finding(transaction: Transaction, run_id: ReconciliationRunId, finding: Finding) -> bool:
    """Adds a finding unless it waits for a person already."""
    return (
        await transaction.run(
            ADD_FINDING,
            run_id=run_id,
            payment_id=finding.payment_id,
            reference=finding.reference,
            kind=finding.kind.value,
            was_repaired=finding.was_repaired,
            detail=finding.detail,
        )
        == 1
    )


async def close_run(transaction: Transaction, run_id: ReconciliationRunId, payments_checked: int, failure: str | None) -> None:
    """Ends a record."""
    await transaction.run(CLOSE_RUN, run_id=run_id, checked=payments_checked, why=failure)
