"""Payments as their buyers see them, with what staff sees of each: what is to be taken, given back, or disputed."""

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
from domain.payments.model import ActionKind, DisputeStatus, PaymentState, RefundState
from domain.payments.refunding import RequestState
from domain.viewer import Permission
from persistence.orders.reads import OrderView, orders_by_id, orders_of_holders
from persistence.payments.reads import (
    PaymentView,
    RefundView,
    payments_by_id,
    payments_of_orders,
    refunds_of_payments,
    refunds_of_requests,
)
from persistence.payments.staff_reads import (
    CaptureView,
    DisputeView,
    RequestLineView,
    RequestView,
    captures_of_payments,
    disputes_of_orders,
    lines_of_requests,
    requests_of_orders,
)
from schema.context import Context
from schema.execution.fields import batch, computed, plain, shows
from schema.ids import global_id
from schema.node import Node, identity, loads_nodes
from schema.permissions import may
from schema.scalars import Money

if TYPE_CHECKING:
    from schema.orders.types import Order

STAFF = may(Permission.READ_PAYMENTS)
OF_AN_ORDER = may(Permission.READ_PAYMENTS, by_channel=True)
"""For what hangs on an order that the caller was let see."""


def money_field(column: str, description: str) -> Any:
    """A field of minor units in the row's own currency, such as `amount` of a refund."""

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
    amount: Money = money_field("amount", "How much.")
    reason: str = plain("Why, in the words of who decided it.", allow=OF_AN_ORDER)
    failure: str | None = plain("Why the provider refused.", allow=OF_AN_ORDER)
    created_at: datetime = plain("When it was decided.")
    settled_at: datetime | None = plain("When the provider said what came of it.")


@strawberry.type(name="PaymentCapture", description="Money that staff asked to be taken of what was promised.")
@shows(CaptureView, allow=OF_AN_ORDER)
class PaymentCapture:
    """Shown from `persistence.payments.staff_reads.CaptureView`."""

    id: strawberry.ID = identity("PaymentCapture")
    state: RefundState = plain("Where it stands.")
    amount: Money = money_field("amount", "How much.")
    failure: str | None = plain("Why the provider refused.")
    requested_by: str = plain("Who asked: a kind and an id.")
    created_at: datetime = plain("When it was asked for.")
    settled_at: datetime | None = plain("When the provider said what came of it.")


@strawberry.type(name="PaymentDispute", description="A buyer's bank that asks money back.")
@shows(DisputeView, allow=OF_AN_ORDER)
class PaymentDispute:
    """Shown from `persistence.payments.staff_reads.DisputeView`."""

    id: strawberry.ID = identity("PaymentDispute")
    status: DisputeStatus = plain("Where it stands.")
    amount: Money = money_field("amount", "How much is asked back.")
    reason: str = plain("Why, in the provider's word.")
    reference: str = plain("The provider's own name for it.")
    respond_by: datetime = plain("Without an answer at the provider's by then the shop loses it.")
    opened_at: datetime = plain("When we heard of it.")
    closed_at: datetime | None = plain("When it was decided.")


def _order_line_id(line: RequestLineView) -> str:
    return global_id("OrderLine", line.order_line_id)


@strawberry.type(name="RefundLine", description="Goods that money goes back for.")
@shows(RequestLineView, allow=OF_AN_ORDER)
class RefundLine:
    """Shown from `persistence.payments.staff_reads.RequestLineView`."""

    order_line_id: strawberry.ID = computed(_order_line_id, "The line of the order.")
    quantity: int = plain("How many units.")
    restocks: bool = plain("Whether they went back on the shelf.")


async def _request_lines(requests: Sequence[RequestView], context: Context) -> list[list[RequestLineView]]:
    return await lines_of_requests(context.reader, [each.id for each in requests])


async def _request_refunds(requests: Sequence[RequestView], context: Context) -> list[list[RefundView]]:
    return await refunds_of_requests(context.reader, [each.id for each in requests])


@strawberry.type(
    name="RefundRequest", description="Staff's decision to give money back; a large one waits for a second person."
)
@shows(RequestView, allow=OF_AN_ORDER)
class RefundRequest:
    """Shown from `persistence.payments.staff_reads.RequestView`."""

    id: strawberry.ID = identity("RefundRequest")
    state: RequestState = plain("Where it stands.")
    amount: Money = money_field("amount", "How much.")
    shipping: Money = money_field("shipping", "The part of it that is for delivery.")
    reason: str = plain("Why.")
    takes_two: bool = plain("Whether a second person has to agree.")
    requested_by: str = plain("Who asked: a kind and an id.")
    decided_by: str | None = plain("Who agreed or refused.")
    lines: list[RefundLine] = batch(_request_lines, "The goods that it is for.", size=5)
    refunds: list[Refund] = batch(
        _request_refunds, "What was promised for it: a refund for each payment it is taken from.", size=2
    )
    created_at: datetime = plain("When it was asked for.")
    decided_at: datetime | None = plain("When it was decided.")


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


async def _captures(payments: Sequence[PaymentView], context: Context) -> list[list[CaptureView]]:
    return await captures_of_payments(context.reader, [each.id for each in payments])


def _fee(payment: PaymentView) -> Amount | None:
    if payment.fee is None or payment.fee_currency is None:
        return None
    return Amount(payment.fee, Currency(payment.fee_currency))


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
    amount: Money = money_field("amount", "What was asked for.")
    authorized: Money = money_field("authorized", "What was promised and not released.")
    captured: Money = money_field("captured", "What came in.")
    refunded: Money = money_field("refunded", "What went back.")
    next_action: PaymentAction | None = batch(_actions, "How the buyer has to go on; null when there is nothing to do.")
    failure: PaymentFailure | None = batch(_failures, "Why it came to nothing.")
    method: PaymentMethod | None = batch(_methods, "How it was paid, once that is known.")
    refunds: list[Refund] = batch(_refunds, "What was given back of it or is to be, oldest first.")
    order: Annotated[Order, strawberry.lazy("schema.orders.types")] | None = batch(_orders, "The order it pays.")
    captures: list[PaymentCapture] | None = batch(
        _captures, "What staff asked to be taken of it, oldest first.", allow=OF_AN_ORDER
    )
    fee: Money | None = computed(_fee, "What the provider charges for it, once that is known.", allow=OF_AN_ORDER)
    reference: str | None = plain("The provider's own name for it.", allow=OF_AN_ORDER)
    created_at: datetime = plain("When it was started.")
    updated_at: datetime = plain("When it last changed.")


async def order_payments(orders: Sequence[OrderView], context: Context) -> list[list[PaymentView]]:
    """The payments of orders that the caller was let see."""
    return await payments_of_orders(context.reader, [each.id for each in orders])


async def order_disputes(orders: Sequence[OrderView], context: Context) -> list[list[DisputeView]]:
    """The disputes of orders that the caller was let see."""
    return await disputes_of_orders(context.reader, [each.id for each in orders])


async def order_requests(orders: Sequence[OrderView], context: Context) -> list[list[RequestView]]:
    """Decisions to give back money of orders that the caller was let see."""
    return await requests_of_orders(context.reader, [each.id for each in orders])


@loads_nodes("Payment")
async def load_payments(context: Context, ids: Sequence[UUID]) -> Sequence[PaymentView | None]:
    """Payments of orders that are the caller's to see by who they are."""
    payments = await payments_by_id(context.reader, ids)
    order_ids = [each.order_id for each in payments if each is not None]
    seen = {each.id for each in await orders_by_id(context.reader, order_ids, viewer=context.viewer) if each is not None}
    return [each if each is not None and each.order_id in seen else None for each in payments]
