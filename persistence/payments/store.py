"""The port of payments made true on PostgreSQL: explicit statements, explicit locks, rows turned into snapshots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB

from domain.ids import (
    CustomerId,
    OrderId,
    OrderLineId,
    PaymentId,
    PaymentMethodId,
    ReconciliationRunId,
    RefundRequestId,
)
from domain.money import Money
from domain.payments.model import (
    Capture,
    Dispute,
    Finding,
    KeptMethod,
    KeptNotification,
    Notification,
    NotificationState,
    Payment,
    ProviderPayment,
    Refund,
    RefundState,
    SavedMethod,
    Transfer,
)
from domain.payments.refunding import RefundRequest, RequestState, Sold
from persistence.payments import captures, decisions, disputes, inbox, ledger, methods, refunds, runs
from persistence.payments.rows import PAYMENT_COLUMNS, KeptPayment, payment_of
from persistence.payments.snapshots import kept_action, kept_method
from persistence.payments.tables import PaymentRow
from persistence.statement import Question, Statement
from persistence.transaction import Transaction

_NOW = bindparam("now", type_=DateTime(timezone=True))
ADD = Statement(
    insert(PaymentRow).values(
        id=bindparam("id"),
        order_id=bindparam("order_id"),
        provider=bindparam("provider"),
        state=bindparam("state"),
        currency=bindparam("currency"),
        amount=bindparam("amount"),
        keeps_method=bindparam("keeps_method"),
        created_at=bindparam("created_at"),
        updated_at=bindparam("created_at"),
    )
)
FIND = Question(KeptPayment, select(*PAYMENT_COLUMNS).where(PaymentRow.id == bindparam("payment_id")))
LOCK_ALL = Question(
    KeptPayment,
    select(*PAYMENT_COLUMNS).where(PaymentRow.order_id == bindparam("order_id")).order_by(PaymentRow.id).with_for_update(),
)
_SAVED = (
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
        fee=bindparam("its_fee", type_=BigInteger()),
        fee_currency=bindparam("its_fee_currency"),
        is_settled=bindparam("its_is_settled"),
        updated_at=_NOW,
    )
)
SAVE = Statement(ledger.ENTRIES.add_cte(_SAVED.cte("saved")))


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
            keeps_method=payment.keeps_method,
            created_at=payment.created_at,
        )

    async def find(self, payment_id: PaymentId) -> Payment | None:
        row = await self._transaction.row(FIND, payment_id=payment_id)
        return payment_of(row) if row is not None else None

    async def lock_all(self, order_id: OrderId) -> list[Payment]:
        return [payment_of(row) for row in await self._transaction.rows(LOCK_ALL, order_id=order_id)]

    async def save(self, payment: Payment, transfers: Sequence[Transfer], *, now: datetime) -> None:
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
            its_fee=payment.fee.minor if payment.fee is not None else None,
            its_fee_currency=payment.fee.currency if payment.fee is not None else None,
            its_is_settled=payment.is_settled,
            now=now,
            **ledger.values_of((payment, each) for each in transfers),
        )

    async def promised(self, order_id: OrderId) -> Mapping[PaymentId, Money]:
        return await refunds.promised(self._transaction, order_id)

    async def add_refund(self, refund: Refund, *, now: datetime) -> None:
        await refunds.add(self._transaction, refund, now)

    async def refund(self, refund_id: UUID) -> Refund | None:
        return await refunds.find(self._transaction, refund_id)

    async def settle_refund(self, refund_id: UUID, state: RefundState, *, failure: str | None, now: datetime) -> bool:
        return await refunds.settle(self._transaction, refund_id, state, failure, now)

    async def overdue_refunds(self, provider: str, *, before: datetime, limit: int) -> list[UUID]:
        return await runs.overdue_refunds(self._transaction, provider, before=before, limit=limit)

    async def done_refunds(self, payment_id: PaymentId) -> list[Refund]:
        return await refunds.done(self._transaction, payment_id)

    async def fail_done(self, refund_ids: Sequence[UUID], *, failure: str, now: datetime) -> None:
        await refunds.fail_done(self._transaction, refund_ids, failure, now)

    async def given_back(self, payment_id: PaymentId) -> int:
        return await refunds.given_back(self._transaction, payment_id)

    async def sold(self, order_id: OrderId) -> Sold:
        return await refunds.sold(self._transaction, order_id)

    async def add_request(self, request: RefundRequest, amounts: Mapping[OrderLineId, Money], *, now: datetime) -> None:
        await decisions.add_request(self._transaction, request, amounts, now)

    async def request(self, request_id: RefundRequestId) -> RefundRequest | None:
        return await decisions.request(self._transaction, request_id)

    async def waiting(self, order_id: OrderId) -> int:
        return await decisions.waiting(self._transaction, order_id)

    async def decide_request(self, request_id: RefundRequestId, state: RequestState, *, by: str, now: datetime) -> None:
        await decisions.decide(self._transaction, request_id, state, by, now)

    async def add_capture(self, capture: Capture, *, by: str, now: datetime) -> None:
        await captures.add(self._transaction, capture, by, now)

    async def capture(self, capture_id: UUID) -> Capture | None:
        return await captures.find(self._transaction, capture_id)

    async def asked_of(self, payment_id: PaymentId) -> int:
        return await captures.asked(self._transaction, payment_id)

    async def settle_capture(self, capture_id: UUID, state: RefundState, *, failure: str | None, now: datetime) -> bool:
        return await captures.settle(self._transaction, capture_id, state, failure, now)

    async def overdue_captures(self, provider: str, *, before: datetime, limit: int) -> list[UUID]:
        return await captures.overdue(self._transaction, provider, before, limit)

    async def dispute(self, payment_id: PaymentId, reference: str) -> Dispute | None:
        return await disputes.find(self._transaction, payment_id, reference)

    async def save_dispute(self, payment: Payment, dispute: Dispute, *, now: datetime) -> None:
        await disputes.save(self._transaction, payment, dispute, now)

    async def keep_method(self, customer_id: CustomerId, provider: str, kept: KeptMethod, *, now: datetime) -> None:
        await methods.keep(self._transaction, customer_id, provider, kept, now)

    async def method(self, method_id: PaymentMethodId) -> SavedMethod | None:
        return await methods.offered(self._transaction, method_id)

    async def forget_method(self, method_id: PaymentMethodId, *, now: datetime) -> None:
        await methods.forget(self._transaction, method_id, now)

    async def forgotten_method(self, method_id: PaymentMethodId) -> SavedMethod | None:
        return await methods.forgotten(self._transaction, method_id)

    async def drop_method(self, method_id: PaymentMethodId) -> None:
        await methods.drop(self._transaction, method_id)

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

    async def unfinished(self, provider: str, *, before: datetime, unasked_since: datetime, limit: int) -> list[Payment]:
        return await runs.unfinished(self._transaction, provider, before=before, unasked_since=unasked_since, limit=limit)

    async def note_asked(self, payment_id: PaymentId, *, now: datetime) -> None:
        await runs.note_asked(self._transaction, payment_id, now)

    async def known(self, payment_ids: Sequence[PaymentId]) -> Mapping[PaymentId, Payment]:
        return await runs.known(self._transaction, payment_ids)

    async def open_run(self, run_id: ReconciliationRunId, provider: str, *, now: datetime) -> None:
        await runs.open_run(self._transaction, run_id, provider, now)

    async def add_finding(self, run_id: ReconciliationRunId, finding: Finding) -> bool:
        return await runs.add_finding(self._transaction, run_id, finding)

    async def close_run(self, run_id: ReconciliationRunId, *, payments_checked: int, failure: str | None) -> None:
        await runs.close_run(self._transaction, run_id, payments_checked, failure)
