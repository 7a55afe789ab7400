"""The statements about messages that were handed over, or could not be: sending one again, and what carriers report."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Integer, Text, Uuid, and_, bindparam, case, func, or_, select, text, update

from persistence.notices.tables import NoticeRow
from persistence.statement import Question, Statement


class _Standing(NamedTuple):
    medium: str
    state: str
    receipt: str | None
    is_unsure: bool
    recipient: str


class Depth(NamedTuple):
    """How many messages wait, how many were given up, and by how many seconds the oldest that is due is overdue."""

    waiting: int
    parked: int
    oldest_seconds: float


DEPTH = Question(
    Depth,
    text(
        """
        WITH due AS (SELECT count(*) AS waiting, min(next_attempt_at) AS oldest FROM notice WHERE state IN ('QUEUED', 'SENDING'))
        SELECT due.waiting, (SELECT count(*) FROM notice WHERE state = 'DEAD') AS parked,
               coalesce(extract(epoch FROM greatest(now() - due.oldest, interval '0')), 0)::float8 AS oldest_seconds FROM due
        """
    ),
)
STANDING = Question(
    _Standing,
    select(NoticeRow.medium, NoticeRow.state, NoticeRow.receipt, NoticeRow.is_unsure, NoticeRow.recipient)
    .where(NoticeRow.id == bindparam("id"))
    .with_for_update(),
)
REQUEUE = Statement(
    update(NoticeRow)
    .where(NoticeRow.id == bindparam("id"))
    .values(
        state="QUEUED",
        # Tries go on being numbered, so that the outcome of an old one cannot be taken for a new one's.
        attempts_before=NoticeRow.attempts,
        is_unsure=False,
        next_attempt_at=func.now(),
        sent_at=None,
        reference=None,
        receipt=None,
        receipt_at=None,
    )
)
_REFERENCE = bindparam("reference", type_=Text())
_RECEIPT = bindparam("receipt", type_=Text())
# A report may come before the answer that it is about, or instead of it.
_AWAITED = and_(
    NoticeRow.reference.is_(None),
    NoticeRow.id == bindparam("notice_id", type_=Uuid()),
    NoticeRow.attempts_before < bindparam("fence", type_=Integer()),
    or_(NoticeRow.state == "SENDING", NoticeRow.is_unsure),
)
REPORTED = Statement(
    update(NoticeRow)
    .where(
        NoticeRow.medium == "SMS",
        NoticeRow.receipt.is_(None),
        or_(and_(NoticeRow.reference == _REFERENCE, NoticeRow.state == "SENT"), _AWAITED),
    )
    .values(
        state="SENT",
        sent_at=func.coalesce(NoticeRow.sent_at, func.now()),
        is_unsure=False,
        reference=_REFERENCE,
        receipt=_RECEIPT,
        receipt_at=case((_RECEIPT.is_not(None), func.now())),
        failure=bindparam("reason", type_=Text()),
    )
)
