"""Payments as their buyers see them, and what staff see beside: the inbox, and what comparisons with providers found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

import schema.payments.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.money import Currency
from domain.money import Money as Amount
from domain.payments.model import ActionKind, FindingKind, NotificationState, PaymentState, RefundState
from domain.payments.provider import SampleMethod
from domain.viewer import Permission
from persistence.orders.reads import OrderView, orders_by_id, orders_of_holders
from persistence.payments.reads import (
    FindingView,
    NotificationView,
    PaymentView,
    RefundView,
    RunView,
    findings_of_runs,
    payments_by_id,
    payments_of_orders,
    refunds_of_payments,
)
from schema.context import Context
from schema.execution.fields import batch, plain, shows
from schema.node import Node, identity, loads_nodes
from schema.paging import connection
from schema.permissions import may
from schema.scalars import Json, Money

if TYPE_CHECKING:
    from schema.orders.types import Order

STAFF = may(Permission.READ_PAYMENTS)
OF_AN_ORDER = may(Permission.READ_PAYMENTS, by_channel=True)
"""For what hangs on an order that the caller was let see."""


def _money(column: str, description: str) -> Any:
    """A field of minor units in the row's own currency."""

    def amounts(rows: Sequence[Any], context: Context) -> list[Amount]:
        del context
        return [Amount(getattr(row, column), Currency(row.currency)) for row in rows]

    return batch(amounts, description)


@dataclass(frozen=True, slots=True)
class FailureView:
    """Why an attempt came to nothing."""

    code: str
    message: str


@strawberry.type(name="PaymentFailure", description="Why an attempt to pay came to nothing.")
@shows(FailureView)
class PaymentFailure:
    """Shown from `FailureView`."""

    code: str = plain("One word, such as card_declined or insufficient_funds; the provider's own words may come too.")
    message: str = plain("The same for people, in English.")


@dataclass(frozen=True, slots=True)
class MethodView:
    """How it was paid."""

    brand: str
    last4: str


@strawberry.type(name="PaymentMethod", description="How it was paid, as far as a receipt may say.")
@shows(MethodView)
class PaymentMethod:
    """Shown from `MethodView`."""

    brand: str = plain("The brand of the card, or the kind of the method.")
    last4: str = plain("The last digits of its number.")


@strawberry.type(name="Refund", description="Money to give back, or given back.")
@shows(RefundView)
class Refund:
    """Shown from `persistence.payments.reads.RefundView`."""

    id: strawberry.ID = identity("Refund")
    state: RefundState = plain("Where it stands.")
    amount: Money = _money("amount", "How much.")
    reason: str = plain("Why, in the words of who decided it.", allow=OF_AN_ORDER)
    failure: str | None = plain("Why the provider refused.", allow=OF_AN_ORDER)
    created_at: datetime = plain("When it was decided.")
    settled_at: datetime | None = plain("When the provider said what came of it.")


def _failures(payments: Sequence[PaymentView], context: Context) -> list[FailureView | None]:
    del context
    return [
        FailureView(each.failure_code, each.failure_message or each.failure_code) if each.failure_code is not None else None
        for each in payments
    ]


def _methods(payments: Sequence[PaymentView], context: Context) -> list[MethodView | None]:
    del context
    return [MethodView(each.method["brand"], each.method["last4"]) if each.method else None for each in payments]


@dataclass(frozen=True, slots=True)
class ActionView:
    """How the buyer goes on."""

    kind: str
    url: str | None
    client_secret: str | None
    text: str | None


@strawberry.type(name="PaymentAction", description="How the buyer goes on, as its `kind` says.")
@shows(ActionView)
class PaymentAction:
    """Shown from `ActionView`."""

    kind: ActionKind = plain("What is to be done.")
    url: str | None = plain("The page to go to.")
    client_secret: str | None = plain("What the provider's own script in the browser needs. Never log or keep it.")
    text: str | None = plain("What to do, for people.")


def _actions(payments: Sequence[PaymentView], context: Context) -> list[ActionView | None]:
    """How the buyer goes on; what has served its purpose leads nowhere."""
    del context
    return [
        ActionView(told["kind"], told.get("url"), told.get("client_secret"), told.get("text"))
        if (told := each.next_action) is not None and each.state == PaymentState.REQUIRES_ACTION.value
        else None
        for each in payments
    ]


async def _refunds(payments: Sequence[PaymentView], context: Context) -> list[list[RefundView]]:
    return await refunds_of_payments(context.reader, [each.id for each in payments])


async def _orders(payments: Sequence[PaymentView], context: Context) -> list[OrderView | None]:
    """Whoever was let see a payment may see its order."""
    return await orders_of_holders(context.reader, [each.order_id for each in payments])


@strawberry.type(name="Payment", description="One attempt to pay an order through a provider.")
@shows(PaymentView)
class Payment(Node):
    """Shown from `persistence.payments.reads.PaymentView`."""

    id: strawberry.ID = identity("Payment")
    state: PaymentState = plain("Where it stands.")
    provider: str = plain("The provider's name.")
    amount: Money = _money("amount", "What was asked for.")
    authorized: Money = _money("authorized", "What was promised and not released.")
    captured: Money = _money("captured", "What came in.")
    refunded: Money = _money("refunded", "What went back.")
    next_action: PaymentAction | None = batch(_actions, "How the buyer has to go on; null when there is nothing to do.")
    failure: PaymentFailure | None = batch(_failures, "Why it came to nothing.")
    method: PaymentMethod | None = batch(_methods, "How it was paid, once that is known.")
    refunds: list[Refund] = batch(_refunds, "What was given back of it or is to be, oldest first.")
    order: Annotated[Order, strawberry.lazy("schema.orders.types")] | None = batch(_orders, "The order it pays.")
    reference: str | None = plain("The provider's own name for it.", allow=OF_AN_ORDER)
    created_at: datetime = plain("When it was started.")
    updated_at: datetime = plain("When it last changed.")


async def order_payments(orders: Sequence[OrderView], context: Context) -> list[list[PaymentView]]:
    """The payments of orders that the caller was let see."""
    return await payments_of_orders(context.reader, [each.id for each in orders])


@loads_nodes("Payment")
async def load_payments(context: Context, ids: Sequence[UUID]) -> Sequence[PaymentView | None]:
    """Payments of orders that are the caller's to see by who they are."""
    payments = await payments_by_id(context.reader, ids)
    order_ids = [each.order_id for each in payments if each is not None]
    seen = {each.id for each in await orders_by_id(context.reader, order_ids, viewer=context.viewer) if each is not None}
    return [each if each is not None and each.order_id in seen else None for each in payments]


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A way to pay."""

    name: str
    is_default: bool
    samples: Sequence[SampleMethod]


@strawberry.type(name="SamplePaymentMethod", description="A method that moves no money, for trying things out.")
@shows(SampleMethod)
class SamplePaymentMethod:
    """Shown from `domain.payments.provider.SampleMethod`."""

    token: str = plain("What to give `paymentCreate` as `method`.")
    story: str = plain("What it makes the provider do.")


@strawberry.type(name="PaymentProvider", description="Somebody through whom orders can be paid.")
@shows(ProviderView)
class PaymentProvider:
    """Shown from `ProviderView`."""

    name: str = plain("What to give `paymentCreate` as `provider`.")
    is_default: bool = plain("Whether it is taken when `paymentCreate` names none.")
    samples: list[SamplePaymentMethod] = plain("Methods for trying things out; none where the shop is in earnest.")


@strawberry.type(name="PaymentNotification", description="What a provider told by webhook, and what became of it.")
@shows(NotificationView, allow=STAFF)
class PaymentNotification:
    """Shown from `persistence.payments.reads.NotificationView`."""

    id: strawberry.ID = identity("PaymentNotification")
    provider: str = plain("The provider's name.")
    notification_id: str = plain("The provider's own name for the message.")
    kind: str = plain("What it is about, in the provider's word.")
    state: NotificationState = plain("Where it stands.")
    outcome: str | None = plain("What became of it; null while it waits.")
    attempts: int = plain("How often it was tried.")
    payload: Json = plain("The payment as the provider told it, in our words; empty while it has only been named.")
    received_at: datetime = plain("When it first came.")


async def _found_payments(findings: Sequence[FindingView], context: Context) -> list[PaymentView | None]:
    """Staff who may read payments may read all of them."""
    known = [each.payment_id for each in findings if each.payment_id is not None]
    by_id = dict(zip(known, await payments_by_id(context.reader, known), strict=True))
    return [by_id.get(each.payment_id) if each.payment_id is not None else None for each in findings]


@strawberry.type(name="ReconciliationFinding", description="A difference between a provider's books and ours.")
@shows(FindingView, allow=STAFF)
class ReconciliationFinding:
    """Shown from `persistence.payments.reads.FindingView`."""

    kind: FindingKind = plain("What was found.")
    was_repaired: bool = plain("Whether our books were set right; what was not is for a person, and told by one run only.")
    payment: Payment | None = batch(_found_payments, "The payment, where it is one of ours.")
    reference: str | None = plain("The provider's own name for the payment.")
    detail: Json = plain("What differed.")


async def _findings(runs: Sequence[RunView], context: Context) -> list[list[FindingView]]:
    return await findings_of_runs(context.reader, [each.id for each in runs])


@strawberry.type(name="ReconciliationRun", description="A comparison with a provider's books.")
@shows(RunView, allow=STAFF)
class ReconciliationRun:
    """Shown from `persistence.payments.reads.RunView`."""

    id: strawberry.ID = identity("ReconciliationRun")
    provider: str = plain("The provider's name.")
    started_at: datetime = plain("When it began.")
    finished_at: datetime | None = plain("When it ended; null while it runs.")
    payments_checked: int = plain("How many payments were compared.")
    failure: str | None = plain("Why it ended before its end.")
    findings: list[ReconciliationFinding] = batch(_findings, "What it found.")


ReconciliationRunConnection = connection(ReconciliationRun, "ReconciliationRun", allow=STAFF)
PaymentNotificationConnection = connection(PaymentNotification, "PaymentNotification", allow=STAFF)
