"""Everything a worker does, in one place: which fact leads to which tasks, what each task is, and what the clock runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.access import actions as access
from domain.access.model import Purpose
from domain.apps import actions as apps
from domain.drafts import actions as drafts
from domain.factors.actions import waiting
from domain.identities import actions as identities
from domain.notices.model import NoticeKind
from domain.notifications import actions as notifications
from domain.webhooks import actions as outgoing
from persistence.unit import UnitOfWork
from workers import accounts, audit, catalog, invoices, money, notices, orders, payments, returns, stock, webhooks
from workers.fulfillments import about_shipment
from workers.notices import about_account, about_order
from workers.schedule import Entry
from workers.staff import tell_staff_of
from workers.tasks import LONG, Outside, Task, Tools, Within


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """What a worker does. A fact whose kind is no route of this version waits for one of whose it is."""

    routes: Mapping[str, Sequence[str]]
    tasks: Mapping[str, Task]
    entries: Mapping[str, Entry]


ROUTES: Mapping[str, Sequence[str]] = {
    "OrderPlaced": ("confirm_order", "tell_staff"),
    "DraftCreated": (),
    "DraftUpdated": (),
    "DraftCompleted": ("tell_of_draft",),
    "DraftDeleted": (),
    "OrderStatusChanged": ("tell_status",),
    "OrderCancelled": ("tell_cancellation", "settle_cancelled_order"),
    "OrderEdited": ("tell_edit", "issue_invoice"),
    "FulfillmentCreated": ("tell_shipment",),
    "FulfillmentTracked": ("tell_tracking",),
    "FulfillmentDelivered": ("tell_delivery",),
    "FulfillmentCancelled": ("tell_called_back",),
    "ReturnRequested": ("tell_staff_return_requested",),
    "ReturnApproved": ("tell_approved_return",),
    "ReturnDeclined": ("tell_declined_return",),
    "ReturnCancelled": (),
    "ReturnReceived": ("tell_received_return",),
    "ReturnExchanged": (),
    "ReturnCompleted": (),
    "PaymentCaptured": ("tell_payment", "issue_invoice"),
    "PaymentFailed": ("tell_failed_payment",),
    "RefundDue": ("give_money_back",),
    "RefundSettled": ("tell_refund", "credit_refund"),
    "RefundFailed": ("tell_staff_refund_failed",),
    "RefundRequested": ("tell_staff_refund_requested",),
    "CaptureDue": ("take_money",),
    "PaymentDisputed": ("tell_staff_dispute",),
    "DisputeClosed": ("tell_staff_dispute_closed",),
    "PaymentMethodForgotten": ("forget_method",),
    "BooksDiffered": ("tell_staff_books_differ",),
    "PaymentAbandoned": ("drop_attempt",),
    "NotificationReceived": ("apply_notification",),
    "PaymentNamed": ("look_up_payment",),
    "ProductImportQueued": ("import_products",),
    "CustomerRegistered": ("welcome",),
    "RegistrationRepeated": ("tell_registered",),
    "PasswordChanged": ("tell_password_change",),
    "RefreshTokenReused": ("tell_ended_session",),
    "EmailVerificationRequested": ("mail_verification",),
    "PasswordResetRequested": ("mail_reset",),
    "EmailChangeRequested": ("ask_old_mailbox", "ask_new_mailbox"),
    "EmailChanged": ("tell_old_mailbox",),
    "DeviceSeen": ("tell_new_device",),
    "LogInsFailed": ("tell_failed_log_ins",),
    "ErasureRequested": ("tell_erasure",),
    "ErasureCancelled": ("tell_erasure_cancelled",),
    "DataExportRequested": ("make_export",),
    "DataExportReady": ("tell_export",),
    "FactorAdded": ("tell_added_factor",),
    "FactorRemoved": ("tell_removed_factor",),
    "RecoveryCodesReplaced": ("tell_replaced_codes",),
    "RecoveryCodeUsed": ("tell_used_code",),
    "PasskeyCloned": ("tell_cloned_passkey",),
    "IdentityLinked": ("tell_linked_identity",),
    "IdentityUnlinked": ("tell_unlinked_identity",),
    "InvoiceIssued": ("print_invoice",),
    "GoodsReturned": ("tell_of_return",),
    "StockRanLow": (),
    "NoticeQueued": ("send_notice",),
    "WebhooksDue": ("send_webhooks",),
    "WebhookEndpointDisabled": ("tell_staff_of_webhook",),
}
TASKS: Mapping[str, Task] = {
    "confirm_order": Within(notices.confirm_order),
    "tell_of_draft": Within(notices.tell_of_draft),
    "tell_staff": Within(notices.tell_staff),
    "tell_status": Within(notices.tell_status),
    "tell_cancellation": Within(about_order(NoticeKind.ORDER_CANCELLED)),
    "tell_edit": Within(about_order(NoticeKind.ORDER_EDITED)),
    "tell_shipment": Within(about_shipment(NoticeKind.FULFILLMENT_SENT)),
    "tell_tracking": Within(about_shipment(NoticeKind.FULFILLMENT_TRACKED)),
    "tell_delivery": Within(about_shipment(NoticeKind.FULFILLMENT_DELIVERED)),
    "tell_called_back": Within(about_shipment(NoticeKind.FULFILLMENT_CANCELLED)),
    "tell_staff_return_requested": Within(tell_staff_of(NoticeKind.STAFF_RETURN_REQUESTED, returns.asked_for)),
    "tell_approved_return": Within(returns.about_return(NoticeKind.RETURN_APPROVED)),
    "tell_declined_return": Within(returns.about_return(NoticeKind.RETURN_DECLINED)),
    "tell_received_return": Within(returns.about_return(NoticeKind.RETURN_RECEIVED)),
    "tell_payment": Within(about_order(NoticeKind.PAYMENT_RECEIVED)),
    "tell_failed_payment": Within(about_order(NoticeKind.PAYMENT_FAILED)),
    "settle_cancelled_order": Within(payments.settle_cancelled_order),
    "give_money_back": Outside(payments.give_money_back),
    "take_money": Outside(payments.take_money),
    "forget_method": Outside(payments.forget_method),
    "tell_staff_refund_failed": Within(tell_staff_of(NoticeKind.STAFF_REFUND_FAILED, money.failed_refund)),
    "tell_staff_refund_requested": Within(tell_staff_of(NoticeKind.STAFF_REFUND_REQUESTED, money.refund_request)),
    "tell_staff_dispute": Within(tell_staff_of(NoticeKind.STAFF_DISPUTE_OPENED, money.dispute)),
    "tell_staff_dispute_closed": Within(tell_staff_of(NoticeKind.STAFF_DISPUTE_CLOSED, money.dispute)),
    "tell_staff_books_differ": Within(tell_staff_of(NoticeKind.STAFF_BOOKS_DIFFER, money.differing_books)),
    "drop_attempt": Outside(payments.drop_attempt),
    "apply_notification": Within(payments.apply_received),
    "look_up_payment": Outside(payments.look_up),
    "tell_refund": Within(returns.tell_refund),
    "import_products": Outside(catalog.import_products, queue=LONG, seconds_max=3600.0),
    "welcome": Within(accounts.welcome),
    "tell_registered": Within(about_account(NoticeKind.ALREADY_REGISTERED)),
    "tell_password_change": Within(about_account(NoticeKind.PASSWORD_CHANGED)),
    "tell_ended_session": Within(about_account(NoticeKind.SESSION_ENDED)),
    "mail_verification": Within(accounts.mail_secret(NoticeKind.EMAIL_VERIFICATION, Purpose.VERIFY_EMAIL)),
    "mail_reset": Within(accounts.mail_secret(NoticeKind.PASSWORD_RESET, Purpose.RESET_PASSWORD)),
    "ask_old_mailbox": Within(accounts.ask_old_mailbox),
    "ask_new_mailbox": Within(accounts.ask_new_mailbox),
    "tell_old_mailbox": Within(accounts.tell_old_mailbox),
    "tell_new_device": Within(about_account(NoticeKind.NEW_DEVICE)),
    "tell_failed_log_ins": Within(about_account(NoticeKind.LOG_INS_FAILED)),
    "tell_erasure": Within(accounts.tell_erasure),
    "tell_erasure_cancelled": Within(about_account(NoticeKind.ERASURE_CANCELLED)),
    "make_export": Within(accounts.make_export, seconds_max=30.0),
    "tell_export": Within(about_account(NoticeKind.DATA_EXPORT_READY)),
    "tell_added_factor": Within(about_account(NoticeKind.FACTOR_ADDED)),
    "tell_removed_factor": Within(about_account(NoticeKind.FACTOR_REMOVED)),
    "tell_replaced_codes": Within(about_account(NoticeKind.RECOVERY_CODES_REPLACED)),
    "tell_used_code": Within(about_account(NoticeKind.RECOVERY_CODE_USED)),
    "tell_cloned_passkey": Within(about_account(NoticeKind.PASSKEY_CLONED)),
    "tell_linked_identity": Within(about_account(NoticeKind.IDENTITY_LINKED)),
    "tell_unlinked_identity": Within(about_account(NoticeKind.IDENTITY_UNLINKED)),
    "issue_invoice": Within(invoices.issue),
    "credit_refund": Within(invoices.credit),
    "print_invoice": Outside(invoices.print_paper, queue=LONG, seconds_max=60.0),
    "tell_of_return": Within(stock.tell_of_return),
    "send_notice": Outside(notices.send),
    "send_webhooks": Outside(webhooks.send_now),
    "tell_staff_of_webhook": Within(tell_staff_of(NoticeKind.STAFF_WEBHOOK_DISABLED, webhooks.switched_off)),
}


async def _forget_old(tools: Tools) -> None:
    """Drops what nobody will ask for again: idempotency keys after three days, done facts, refresh tokens and deleted drafts
    after a month.
    """
    await tools.transact.work(_forget_keys)
    while await tools.transact.work(_forget_facts):
        pass
    while await tools.transact(access.forget_old, now=datetime.now(UTC)):
        pass
    while await tools.transact(apps.forget_old, now=datetime.now(UTC)):
        pass
    while await tools.transact(waiting.forget_expired, now=datetime.now(UTC)):
        pass
    while await tools.transact(identities.forget_expired, now=datetime.now(UTC)):
        pass
    while await tools.transact(drafts.forget_deleted, now=datetime.now(UTC)):
        pass
    while await tools.transact(outgoing.forget_old):
        pass
    while await tools.transact(notifications.forget_old):
        pass


async def _forget_keys(unit: UnitOfWork) -> int:
    return await unit.idempotency.forget_old()


async def _forget_facts(unit: UnitOfWork) -> int:
    return await unit.outbox.forget_old()


ENTRIES: Mapping[str, Entry] = {
    "seal_record": Entry(5, audit.seal_record),
    "erase_accounts": Entry(900, accounts.erase_due, seconds_max=120),
    "send_due_notices": Entry(5, notices.send_due),
    "send_due_texts": Entry(5, notices.send_due_texts),
    "send_due_webhooks": Entry(5, webhooks.send_waiting, seconds_max=60),
    "find_goods": Entry(30, stock.find_goods),
    "note_low_stock": Entry(60, stock.note_low),
    "expire_unpaid_orders": Entry(15, orders.expire_unpaid),
    "apply_waiting_notifications": Entry(5, payments.apply_waiting),
    "ask_unfinished_payments": Entry(20, payments.ask_unfinished, seconds_max=120),
    "compare_payments": Entry(600, payments.compare_books, seconds_max=300),
    "forget_old": Entry(3600, _forget_old, seconds_max=300),
}
ROSTER = Roster(routes=ROUTES, tasks=TASKS, entries=ENTRIES)
