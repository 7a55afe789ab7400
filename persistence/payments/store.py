"""The port of payments made true on PostgreSQL: explicit statements, explicit locks, rows turned into snapshots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, bindparam, cast, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB

from domain.ids import OrderId, PaymentId, ReconciliationRunId, new_id
from domain.money import Currency, Money
from domain.payments.model import (
    ACCOUNTS,
    Finding,
    KeptNotification,
    Notification,
    NotificationState,
    Payment,
    ProviderPayment,
    Refund,
    RefundState,
    Transfer,
)
from persistence.payments import inbox, runs
from persistence.payments.rows import (
    PAYMENT_COLUMNS,
    REFUND_COLUMNS,
    KeptPayment,
    KeptRefund,
    payment_of,
    refund_of,
)
from persistence.payments.snapshots import kept_action, kept_method
from persistence.payments.tables import LedgerEntryRow, PaymentRow, RefundRow
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class _Promised(NamedTuple):
    payment_id: UUID
    currency: str
    amount: int


_NOW = bindparam("now", type_=DateTime(timezone=True))
ADD = Statement(
    insert(PaymentRow).values(
        id=bindparam("id"),
        order_id=bindparam("order_id"),
        provider=bindparam("provider"),
        state=bindparam("state"),
        currency=bindparam("currency"),
        amount=bindparam("amount"),
        created_at=bindparam("created_at"),
        updated_at=bindparam("created_at"),
    )
)
FIND = Question(KeptPayment, select(*PAYMENT_COLUMNS).where(PaymentRow.id == bindparam("payment_id")))
LOCK_ALL = Question(
    KeptPayment,
    select(*PAYMENT_COLUMNS).where(PaymentRow.order_id == bindparam("order_id")).order_by(PaymentRow.id).with_for_update(),
)
SAVE = Statement(
    update(PaymentRow)
    .where(PaymentRow.id == bindparam("payment_id"))
    .values(
        reference=bindparam("its_reference"),
        state=bindparam("its_state"),
        authorized=bindparam("its_authorized", type_=BigInteger()),
        captured=bindparam("its_captured", type_=BigInteger()),
        refunded=bindparam("its_refunded", type_=BigInteger()),
        version=bindparam("its_version", type_=BigInteger()),
        next_action=bindparam("its_next_action", type_=JSONB()),
        failure_code=bindparam("its_failure_code"),
        failure_message=bindparam("its_failure_message"),
        method=bindparam("its_method", type_=JSONB()),
        updated_at=_NOW,
    )
)
WRITE = Statement(
    insert(LedgerEntryRow).values(
        transfer=bindparam("transfer"),
        order_id=bindparam("order_id"),
        payment_id=bindparam("payment_id"),
        kind=bindparam("kind"),
        account=bindparam("account"),
        currency=bindparam("currency"),
        amount=bindparam("amount"),
    )
)
PROMISED = Question(
    _Promised,
    select(
        RefundRow.payment_id,
        RefundRow.currency,
        cast(func.sum(RefundRow.amount), BigInteger()).label("amount"),
    )
    .where(RefundRow.order_id == bindparam("order_id"), RefundRow.state != RefundState.FAILED.value)
    .group_by(RefundRow.payment_id, RefundRow.currency),
)
ADD_REFUND = Statement(
    insert(RefundRow).values(
        id=bindparam("id"),
        payment_id=bindparam("payment_id"),
        order_id=bindparam("order_id"),
        currency=bindparam("currency"),
        amount=bindparam("amount"),
        reason=bindparam("reason"),
        state=bindparam("state"),
        created_at=_NOW,
        settled_at=bindparam("settled_at"),
    )
)
REFUND = Question(KeptRefund, select(*REFUND_COLUMNS).where(RefundRow.id == bindparam("refund_id")))
SETTLE_REFUND = Statement(
    update(RefundRow)
    .where(RefundRow.id == bindparam("refund_id"), RefundRow.state == RefundState.PENDING.value)
    .values(state=bindparam("end"), failure=bindparam("why"), settled_at=_NOW)
)


class PaymentsRows:
    """`domain.payments.store.PaymentsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, payment: Payment) -> None:
        await self._transaction.run(
            ADD,
            id=payment.id,
            order_id=payment.order_id,
            provider=payment.provider,
            state=payment.state.value,
            currency=payment.amount.currency,
            amount=payment.amount.minor,
            created_at=payment.created_at,
        )

    async def find(self, payment_id: PaymentId) -> Payment | None:
        row = await self._transaction.row(FIND, payment_id=payment_id)
        return payment_of(row) if row is not None else None

    async def lock_all(self, order_id: OrderId) -> list[Payment]:
        return [payment_of(row) for row in await self._transaction.rows(LOCK_ALL, order_id=order_id)]

    async def save(self, payment: Payment, *, now: datetime) -> None:
        await self._transaction.run(
            SAVE,
            payment_id=payment.id,
            its_reference=payment.reference,
            its_state=payment.state.value,
            its_authorized=payment.authorized.minor,
            its_captured=payment.captured.minor,
            its_refunded=payment.refunded.minor,
            its_version=payment.version,
            its_next_action=kept_action(payment.next_action),
            its_failure_code=payment.failure_code,
            its_failure_message=payment.failure_message,
            its_method=kept_method(payment.method),
            now=now,
        )

    async def write(self, payment: Payment, transfers: Sequence[Transfer]) -> None:
        entries: list[dict[str, object]] = []
        for transfer in transfers:
            common = {
                "transfer": new_id(),
                "order_id": payment.order_id,
                "payment_id": payment.id,
                "kind": transfer.kind.value,
                "currency": transfer.amount.currency,
            }
            debited, credited = ACCOUNTS[transfer.kind]
            entries.append({**common, "account": debited, "amount": transfer.amount.minor})
            entries.append({**common, "account": credited, "amount": -transfer.amount.minor})
        await self._transaction.run_each(WRITE, entries)

    async def promised(self, order_id: OrderId) -> Mapping[PaymentId, Money]:
        rows = await self._transaction.rows(PROMISED, order_id=order_id)
        return {PaymentId(row.payment_id): Money(row.amount, Currency(row.currency)) for row in rows}

    async def add_refund(self, refund: Refund, *, now: datetime) -> None:
        await self._transaction.run(
            ADD_REFUND,
            id=refund.id,
            payment_id=refund.payment_id,
            order_id=refund.order_id,
            currency=refund.amount.currency,
            amount=refund.amount.minor,
            reason=refund.reason,
            state=refund.state.value,
            now=now,
            settled_at=None if refund.state is RefundState.PENDING else now,
        )

    async def refund(self, refund_id: UUID) -> Refund | None:
        row = await self._transaction.row(REFUND, refund_id=refund_id)
        return refund_of(row) if row is not None else None

    async def settle_refund(self, refund_id: UUID, state: RefundState, *, failure: str | None, now: datetime) -> bool:
        return await self._transaction.run(SETTLE_REFUND, refund_id=refund_id, end=state.value, why=failure, now=now) == 1

    async def overdue_refunds(self, provider: str, *, since: datetime, until: datetime, limit: int) -> list[UUID]:
        return await runs.overdue_refunds(self._transaction, provider, since=since, until=until, limit=limit)

    async def receive(self, notification: Notification) -> UUID | None:
        return await inbox.receive(self._transaction, notification)

    async def notification(self, notification_id: UUID) -> KeptNotification | None:
        return await inbox.notification(self._transaction, notification_id)

    async def learn_notification(self, notification_id: UUID, payment: ProviderPayment) -> None:
        await inbox.learn(self._transaction, notification_id, payment)

    async def end_notification(self, notification_id: UUID, state: NotificationState, *, outcome: str) -> bool:
        return await inbox.end(self._transaction, notification_id, state, outcome)

    async def put_off_notification(self, notification_id: UUID, *, seconds: int) -> None:
        await inbox.put_off(self._transaction, notification_id, seconds)

    async def due_notifications(self, *, limit: int) -> list[UUID]:
        return await inbox.due(self._transaction, limit)

    async def unfinished(self, provider: str, *, before: datetime, after: PaymentId | None, limit: int) -> list[Payment]:
        return await runs.unfinished(self._transaction, provider, before=before, after=after, limit=limit)

    async def known(self, payment_ids: Sequence[PaymentId]) -> Mapping[PaymentId, Payment]:
        return await runs.known(self._transaction, payment_ids)

    async def open_run(self, run_id: ReconciliationRunId, provider: str, *, now: datetime) -> None:
        await runs.open_run(self._transaction, run_id, provider, now)

    async def add_finding(self, run_id: ReconciliationRunId, finding: Finding) -> bool:
        return await runs.add_finding(self._transaction, run_id, finding)

    async def close_run(self, run_id: ReconciliationRunId, *, payments_checked: int, failure: str | None) -> None:
        await runs.close_run(self._transaction, run_id, payments_checked, failure)
