"""What payments need kept: the port that persistence makes true, with what each call locks.

The order's lock comes first: whatever changes a payment, a refund or the ledger is called under it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.ids import (
    CustomerId,
    OrderId,
    OrderLineId,
    PaymentId,
    PaymentMethodId,
    ReconciliationRunId,
    RefundRequestId,
    SettlementId,
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
from domain.payments.statements import Books, Found


class SettlementsStore(Protocol):
    """Providers' statements, inside one transaction."""

    async def open(
        self, settlement_id: SettlementId, provider: str, file_name: str, digest: str, *, by: str, now: datetime
    ) -> bool:
        """Begins a statement's record; False when the same file was taken before."""

    async def lock_books(self, provider: str, references: Sequence[str]) -> Mapping[str, Books]:
        """A provider's payments by the references that a statement names. Locks their orders, then them, by id."""

    async def known_keys(self, provider: str, keys: Sequence[str]) -> Collection[str]:
        """Which of these lines a statement told before."""

    async def book_fees(self, fees: Mapping[PaymentId, Money], *, now: datetime) -> None:
        """Sets payments' fees to what statements say and adds the difference to the ledger. Under the orders' locks."""

    async def untold(self, provider: str, *, since: datetime, until: datetime) -> list[Payment]:
        """Payments taken within a time whose charge no statement has told; 1,000 at most. Locks nothing."""

    async def close(self, settlement_id: SettlementId, provider: str, found: Sequence[Found], *, unmatched: int) -> None:
        """Keeps the lines, with what each was found to be."""


class PaymentsStore(Protocol):
    """Payments, inside one transaction."""

    async def add(self, payment: Payment) -> None:
        """Keeps a new attempt."""

    async def find(self, payment_id: PaymentId) -> Payment | None:
        """An attempt as it was last committed. Locks nothing."""

    async def lock_all(self, order_id: OrderId) -> list[Payment]:
        """The order's attempts, oldest first. Locks them."""

    async def save(self, payment: Payment, transfers: Sequence[Transfer], *, now: datetime) -> None:
        """Keeps how an attempt stands, and adds the double entries of what moved to the ledger."""

    async def promised(self, order_id: OrderId) -> Mapping[PaymentId, Money]:
        """Of each attempt of the order with refunds: the sum of those that are pending or done."""

    async def add_refund(self, refund: Refund, *, now: datetime) -> None:
        """Keeps a refund; one that is not PENDING counts as settled now."""

    async def refund(self, refund_id: UUID) -> Refund | None:
        """A refund. Locks nothing of its own."""

    async def settle_refund(self, refund_id: UUID, state: RefundState, *, failure: str | None, now: datetime) -> bool:
        """Ends a PENDING refund; False when it was not."""

    async def overdue_refunds(self, provider: str, *, before: datetime, limit: int) -> list[UUID]:
        """Refunds of a provider that were promised before a time and are still PENDING, oldest first. Locks nothing."""

    async def done_refunds(self, payment_id: PaymentId) -> list[Refund]:
        """A payment's refunds that are DONE, newest first; 100 at most. Under its order's lock."""

    async def fail_done(self, refund_ids: Sequence[UUID], *, failure: str, now: datetime) -> None:
        """Makes refunds that were DONE failed ones."""

    async def given_back(self, payment_id: PaymentId) -> int:
        """The sum of a payment's refunds that are DONE, in minor units."""

    async def sold(self, order_id: OrderId) -> Sold:
        """What money can go back for, less what was given back for or waits to be. Under the order's lock."""

    async def add_request(self, request: RefundRequest, amounts: Mapping[OrderLineId, Money], *, now: datetime) -> None:
        """Keeps a decision with its lines and what each comes to; one that is not WAITING counts as made by who asked."""

    async def request(self, request_id: RefundRequestId) -> RefundRequest | None:
        """A decision. Locks nothing: it is changed under its order's lock."""

    async def waiting(self, order_id: OrderId) -> int:
        """The sum of the order's decisions that wait for a second person, in minor units. Under the order's lock."""

    async def decide_request(self, request_id: RefundRequestId, state: RequestState, *, by: str, now: datetime) -> None:
        """Ends a WAITING decision."""

    async def add_capture(self, capture: Capture, *, by: str, now: datetime) -> None:
        """Keeps money to take."""

    async def capture(self, capture_id: UUID) -> Capture | None:
        """Money to take. Locks nothing of its own."""

    async def asked_of(self, payment_id: PaymentId) -> int:
        """The sum of a payment's captures that are PENDING, in minor units."""

    async def settle_capture(self, capture_id: UUID, state: RefundState, *, failure: str | None, now: datetime) -> bool:
        """Ends a PENDING capture; False when it was not."""

    async def overdue_captures(self, provider: str, *, before: datetime, limit: int) -> list[UUID]:
        """Captures of a provider that were asked for before a time and are still PENDING, oldest first. Locks nothing."""

    async def dispute(self, payment_id: PaymentId, reference: str) -> Dispute | None:
        """A dispute as it is known. Under its order's lock."""

    async def save_dispute(self, payment: Payment, dispute: Dispute, *, now: datetime) -> None:
        """Keeps a dispute as it is told."""

    async def keep_method(self, customer_id: CustomerId, provider: str, kept: KeptMethod, *, now: datetime) -> None:
        """Keeps a method for a customer; nothing when it is kept already."""

    async def method(self, method_id: PaymentMethodId) -> SavedMethod | None:
        """A kept method that was not forgotten. Locks it."""

    async def forget_method(self, method_id: PaymentMethodId, *, now: datetime) -> None:
        """Offers a method no more."""

    async def forgotten_method(self, method_id: PaymentMethodId) -> SavedMethod | None:
        """A method that is to go at its provider's. Locks nothing."""

    async def drop_method(self, method_id: PaymentMethodId) -> None:
        """Removes a forgotten method."""

    async def receive(self, notification: Notification) -> UUID | None:
        """Puts a message into the inbox; its id there, or None for a repeat of one that has ended. Waits for a rival's insert."""

    async def notification(self, notification_id: UUID) -> KeptNotification | None:
        """A message of the inbox. Locks nothing."""

    async def learn_notification(self, notification_id: UUID, payment: ProviderPayment) -> None:
        """Keeps what the provider said about the payment that a PENDING message only named."""

    async def end_notification(self, notification_id: UUID, state: NotificationState, *, outcome: str) -> bool:
        """Ends a PENDING message; False when it has ended already."""

    async def put_off_notification(self, notification_id: UUID, *, seconds: int) -> None:
        """Counts a try of a PENDING message and says when the next is due, by the database's clock."""

    async def due_notifications(self, *, limit: int) -> list[UUID]:
        """PENDING messages whose next try is due, the longest due first. Locks nothing."""

    async def unfinished(self, provider: str, *, before: datetime, unasked_since: datetime, limit: int) -> list[Payment]:
        """A provider's attempts made before a time that have not ended, whom nobody was asked about since a time.

        Those that wait for a question the longest come first. Locks nothing.
        """

    async def note_asked(self, payment_id: PaymentId, *, now: datetime) -> None:
        """Notes that the provider is asked about an attempt now."""

    async def known(self, payment_ids: Sequence[PaymentId]) -> Mapping[PaymentId, Payment]:
        """The attempts of these ids that there are. Locks nothing."""

    async def open_run(self, run_id: ReconciliationRunId, provider: str, *, now: datetime) -> None:
        """Begins a run's record; runs of the provider that were cut short are closed as such."""

    async def add_finding(self, run_id: ReconciliationRunId, finding: Finding) -> bool:
        """Adds a finding; False, and nothing added, when the same was left to a person by an earlier run."""

    async def close_run(self, run_id: ReconciliationRunId, *, payments_checked: int, failure: str | None) -> None:
        """Ends a run's record, at the database's time."""
