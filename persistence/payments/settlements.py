"""The port of statements made true on PostgreSQL: books locked by order, lines kept, fees booked, all in few statements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Integer, Text, any_, bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.types import Uuid

from domain.ids import PaymentId, SettlementId
from domain.money import Money
from domain.payments import figures
from domain.payments.model import Payment
from domain.payments.statements import Books, Found
from persistence.payments.ledger import write
from persistence.payments.rows import PAYMENT_COLUMNS, KeptPayment, payment_of
from persistence.payments.tables import PaymentRow, SettlementLineRow, SettlementRow
from persistence.statement import Question, Statement, ids, many
from persistence.transaction import Transaction


class _Id(NamedTuple):
    id: UUID


class _Key(NamedTuple):
    key: str


class _Amount(NamedTuple):
    payment_id: UUID
    kind: str
    amount: int


_MISSING_MAX = 1_000
OPEN = Statement(
    upsert(SettlementRow)
    .values(
        id=bindparam("id"),
        provider=bindparam("provider"),
        file_name=bindparam("file_name"),
        digest=bindparam("digest"),
        rows=0,
        unmatched=0,
        imported_by=bindparam("by"),
        imported_at=bindparam("now", type_=DateTime(timezone=True)),
    )
    .on_conflict_do_nothing()
)
CLOSE = Statement(
    update(SettlementRow)
    .where(SettlementRow.id == bindparam("settlement_id"))
    .values(rows=bindparam("count", type_=Integer()), unmatched=bindparam("open_count", type_=Integer()))
)
# The order's lock comes before the payment's, for all of them in the order of their ids.
LOCK_ORDERS = Question(
    _Id,
    text("""
    SELECT o.id FROM orders o WHERE o.id IN (
        SELECT p.order_id FROM payment p WHERE p.provider = :provider AND p.reference = ANY(CAST(:names AS text[])))
    ORDER BY o.id FOR UPDATE
    """),
)
LOCK_PAYMENTS = Question(
    KeptPayment,
    select(*PAYMENT_COLUMNS)
    .where(PaymentRow.provider == bindparam("provider"), PaymentRow.reference == any_(many("names", Text())))
    .order_by(PaymentRow.id)
    .with_for_update(),
)
# What our ledger has and what statements have told of it already, with a minus.
AMOUNTS = Question(
    _Amount,
    text("""
    SELECT payment_id, CASE kind WHEN 'CAPTURE' THEN 'CHARGE' ELSE kind END AS kind, CAST(abs(amount) AS bigint) AS amount
    FROM ledger_entry
    WHERE payment_id = ANY(CAST(:ids AS uuid[])) AND account = 'PROVIDER' AND kind IN ('CAPTURE', 'REFUND', 'DISPUTE')
    UNION ALL
    SELECT payment_id, kind, -amount FROM settlement_line
    WHERE payment_id = ANY(CAST(:ids AS uuid[])) AND outcome IN ('MATCHED', 'FEE_BOOKED') AND kind <> 'FEE'
    UNION ALL
    SELECT payment_id, 'SETTLED', CASE kind WHEN 'FEE' THEN amount ELSE fee END FROM settlement_line
    WHERE payment_id = ANY(CAST(:ids AS uuid[])) AND outcome IN ('MATCHED', 'FEE_BOOKED')
    """),
)
KNOWN_KEYS = Question(
    _Key,
    select(SettlementLineRow.key).where(
        SettlementLineRow.provider == bindparam("provider"), SettlementLineRow.key == any_(many("keys", Text()))
    ),
)
ADD_LINE = Statement(
    insert(SettlementLineRow).values(
        settlement_id=bindparam("settlement_id"),
        line=bindparam("line"),
        provider=bindparam("provider"),
        key=bindparam("key"),
        kind=bindparam("kind"),
        reference=bindparam("reference"),
        currency=bindparam("currency"),
        amount=bindparam("amount"),
        fee=bindparam("fee"),
        occurred_at=bindparam("occurred_at", type_=DateTime(timezone=True)),
        outcome=bindparam("outcome"),
        payment_id=bindparam("payment_id", type_=Uuid()),
        detail=bindparam("detail"),
    )
)
SET_FEE = Statement(
    update(PaymentRow)
    .where(PaymentRow.id == bindparam("payment_id"))
    .values(fee=bindparam("told", type_=BigInteger()), fee_currency=bindparam("in_currency"), is_settled=True)
)
UNTOLD = Question(
    KeptPayment,
    select(*PAYMENT_COLUMNS)
    .where(
        PaymentRow.provider == bindparam("provider"),
        PaymentRow.captured > 0,
        text("""EXISTS (SELECT FROM ledger_entry e WHERE e.payment_id = payment.id AND e.kind = 'CAPTURE'
                AND e.created_at > CAST(:since AS timestamptz) AND e.created_at < CAST(:until AS timestamptz))"""),
        text("NOT EXISTS (SELECT FROM settlement_line s WHERE s.payment_id = payment.id AND s.kind = 'CHARGE')"),
    )
    .order_by(PaymentRow.id)
    .limit(_MISSING_MAX),
)
BY_ID = Question(KeptPayment, select(*PAYMENT_COLUMNS).where(PaymentRow.id == any_(ids())).order_by(PaymentRow.id))


class SettlementRows:
    """`domain.payments.store.SettlementsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def open(
        self, settlement_id: SettlementId, provider: str, file_name: str, digest: str, *, by: str, now: datetime
    ) -> bool:
        values = {"id": settlement_id, "provider": provider, "file_name": file_name, "digest": digest}
        return await self._transaction.run(OPEN, **values, by=by, now=now) == 1

    async def lock_books(self, provider: str, references: Sequence[str]) -> Mapping[str, Books]:
        names = list(references)
        await self._transaction.rows(LOCK_ORDERS, provider=provider, names=names)
        payments = [payment_of(row) for row in await self._transaction.rows(LOCK_PAYMENTS, provider=provider, names=names)]
        told = await self._transaction.rows(AMOUNTS, ids=[each.id for each in payments])
        by_payment: dict[UUID, list[_Amount]] = {}
        for row in told:
            by_payment.setdefault(row.payment_id, []).append(row)
        return {each.reference or "": _books(each, by_payment.get(each.id, [])) for each in payments}

    async def known_keys(self, provider: str, keys: Sequence[str]) -> Collection[str]:
        return [row.key for row in await self._transaction.rows(KNOWN_KEYS, provider=provider, keys=list(keys))]

    async def book_fees(self, fees: Mapping[PaymentId, Money], *, now: datetime) -> None:
        del now
        if not fees:
            return
        payments = [payment_of(row) for row in await self._transaction.rows(BY_ID, ids=list(fees))]
        await write(
            self._transaction, [(each, move) for each in payments for move in figures.fee_transfers(each.fee, fees[each.id])]
        )
        await self._transaction.run_each(
            SET_FEE, [{"payment_id": key, "told": fee.minor, "in_currency": fee.currency} for key, fee in fees.items()]
        )

    async def untold(self, provider: str, *, since: datetime, until: datetime) -> list[Payment]:
        rows = await self._transaction.rows(UNTOLD, provider=provider, since=since, until=until)
        return [payment_of(row) for row in rows]

    async def close(self, settlement_id: SettlementId, provider: str, found: Sequence[Found], *, unmatched: int) -> None:
        await self._transaction.run_each(
            ADD_LINE,
            [
                {
                    "settlement_id": settlement_id,
                    "line": each.line.number,
                    "provider": provider,
                    "key": each.line.key,
                    "kind": each.line.kind.value,
                    "reference": each.line.reference,
                    "currency": each.line.amount.currency,
                    "amount": each.line.amount.minor,
                    "fee": each.line.fee.minor,
                    "occurred_at": each.line.at,
                    "outcome": each.outcome.value,
                    "payment_id": each.payment_id,
                    "detail": each.detail,
                }
                for each in found
            ],
        )
        await self._transaction.run(CLOSE, settlement_id=settlement_id, count=len(found), open_count=unmatched)


def _books(payment: Payment, told: Sequence[_Amount]) -> Books:
    return Books(
        payment=payment,
        captures=_left("CHARGE", told),
        refunds=_left("REFUND", told),
        disputes=_left("DISPUTE", told),
        settled_fee=sum(row.amount for row in told if row.kind == "SETTLED"),
    )


def _left(kind: str, told: Sequence[_Amount]) -> tuple[int, ...]:
    """Our amounts of a kind without those that were told before."""
    ours = [row.amount for row in told if row.kind == kind and row.amount > 0]
    for row in told:
        if row.kind == kind and -row.amount in ours:
            ours.remove(-row.amount)
    return tuple(ours)
