"""The statements of disputes: one row each, as the provider last told of it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import DateTime, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from domain.ids import PaymentId, new_id
from domain.money import Currency, Money
from domain.payments.model import Dispute, DisputeStatus, Payment
from persistence.payments.tables import DisputeRow
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class _Dispute(NamedTuple):
    reference: str
    currency: str
    amount: int
    reason: str
    status: str
    respond_by: datetime


_CLOSED = bindparam("closed_at", type_=DateTime(timezone=True))
_ADD = insert(DisputeRow).values(
    id=bindparam("id"),
    payment_id=bindparam("payment_id"),
    order_id=bindparam("order_id"),
    provider=bindparam("provider"),
    reference=bindparam("reference"),
    currency=bindparam("currency"),
    amount=bindparam("amount"),
    reason=bindparam("reason"),
    status=bindparam("status"),
    respond_by=bindparam("respond_by", type_=DateTime(timezone=True)),
    opened_at=bindparam("opened_at", type_=DateTime(timezone=True)),
    closed_at=_CLOSED,
)
# The amount stays what the ledger was told when the dispute was opened.
SAVE = Statement(
    _ADD.on_conflict_do_update(
        index_elements=["payment_id", "reference"],
        set_={
            "status": _ADD.excluded.status,
            "reason": _ADD.excluded.reason,
            "respond_by": _ADD.excluded.respond_by,
            "closed_at": _ADD.excluded.closed_at,
        },
    )
)
FIND = Question(
    _Dispute,
    select(*(getattr(DisputeRow, name) for name in _Dispute._fields)).where(
        DisputeRow.payment_id == bindparam("payment_id"), DisputeRow.reference == bindparam("reference")
    ),
)


async def find(transaction: Transaction, payment_id: PaymentId, reference: str) -> Dispute | None:
    """A dispute as it is known."""
    row = await transaction.row(FIND, payment_id=payment_id, reference=reference)
    if row is None:
        return None
    return Dispute(
        reference=row.reference,
        amount=Money(row.amount, Currency(row.currency)),
        reason=row.reason,
        status=DisputeStatus(row.status),
        respond_by=row.respond_by,
    )


async def save(transaction: Transaction, payment: Payment, dispute: Dispute, now: datetime) -> None:
    """Keeps a dispute as it is told."""
    await transaction.run(
        SAVE,
        id=new_id(),
        payment_id=payment.id,
        order_id=payment.order_id,
        provider=payment.provider,
        reference=dispute.reference,
        currency=dispute.amount.currency,
        amount=dispute.amount.minor,
        reason=dispute.reason,
        status=dispute.status.value,
        respond_by=dispute.respond_by,
        opened_at=now,
        closed_at=None if dispute.status is DisputeStatus.OPEN else now,
    )
