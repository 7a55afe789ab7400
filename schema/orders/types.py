"""Orders as they were agreed and as they stand. Nothing here is looked up in the catalogue: an order is frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

import schema.orders.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.carts.model import Term, term_of
from domain.customers.model import Address, address_of
from domain.ids import ChannelId
from domain.money import Currency
from domain.money import Money as Amount
from domain.orders import rules
from domain.orders.model import EventKind, FulfillmentStatus, OrderStatus, PaymentStatus, States
from domain.viewer import Permission, holds, holds_in
from persistence.orders.reads import (
    NOTES_MAX,
    OrderEventView,
    OrderLineView,
    OrderView,
    events_of_orders,
    lines_of_orders,
    orders_by_id,
    orders_of_holders,
)
from schema.carts.costs import TotalTerm
from schema.context import Context
from schema.customers.addresses import PostalAddress
from schema.edits.types import ChangeView, OrderChange
from schema.execution.fields import batch, computed, plain, shows
from schema.fulfillments.types import Fulfillment, open_quantities, order_fulfillments
from schema.invoices.types import Invoice, invoices
from schema.node import Node, identity, loads_nodes
from schema.orders.notes import OrderNote, order_notes
from schema.paging import connection
from schema.payments.types import (
    OF_AN_ORDER,
    Payment,
    PaymentDispute,
    RefundRequest,
    order_disputes,
    order_payments,
    order_requests,
)
from schema.payments.ways import PaymentProvider, payment_options
from schema.returns.types import Return, order_returns, returnable_quantities, returnable_until
from schema.scalars import CountryCode, CurrencyCode, LanguageCode, Money
from schema.taxed import TaxedMoney, TaxedView, taxed


def _money(column: str, description: str) -> Any:
    """A field of minor units in the row's own currency."""

    def amounts(rows: Sequence[Any], context: Context) -> list[Amount]:
        del context
        return [Amount(getattr(row, column), Currency(row.currency)) for row in rows]

    return batch(amounts, description)


def _line_totals(lines: Sequence[OrderLineView], context: Context) -> list[TaxedView]:
    del context
    return [
        taxed(
            Amount(line.total, Currency(line.currency)),
            tax=Amount(line.tax_total, Currency(line.currency)),
            is_contained=True,
        )
        for line in lines
    ]


@strawberry.type(name="OrderLine", description="A line as it was sold: names, SKU and prices never change any more.")
@shows(OrderLineView)
class OrderLine:
    """Shown from `persistence.orders.reads.OrderLineView`."""

    id: strawberry.ID = identity("OrderLine")
    product_name: str = plain("The product's name when it was sold.")
    variant_name: str = plain("The variant's name when it was sold.")
    sku: str = plain("The variant's SKU when it was sold.")
    image_url: str | None = plain("A picture of it.")
    quantity: int = plain("How many.")
    open_quantity: int = batch(open_quantities, "Units that are still to be sent.")
    returnable_quantity: int = batch(returnable_quantities, "Units that were sent and may be asked back (`returnRequest`).")
    returnable_until: datetime | None = batch(
        returnable_until, "Until when its buyer may ask for them back; null as long as nothing was sent."
    )
    unit_price: Money = _money("unit_price", "The price of one.")
    discount: Money = _money("discount", "The line's share of the coupon's discount.")
    tax_basis_points: int = plain("The tax rate in ten-thousandths: 1900 is 19 %.")
    total: TaxedMoney = batch(_line_totals, "What the line cost after discount.")


def _change(event: OrderEventView) -> ChangeView | None:
    return ChangeView(event.data) if event.kind == EventKind.EDITED.value else None


def _actors(events: Sequence[OrderEventView], context: Context) -> list[str]:
    by_staff = holds(context.viewer, Permission.READ_ORDERS)
    return [each.actor if by_staff else each.actor.partition(":")[0] for each in events]


async def _orders_of_events(events: Sequence[OrderEventView], context: Context) -> list[OrderView]:
    """Whoever was let see an entry may see its order."""
    return [each for each in await orders_of_holders(context.reader, [event.order_id for event in events]) if each is not None]


@strawberry.type(name="OrderEvent", description="An entry of an order's history: what happened, and the states after it.")
@shows(OrderEventView)
class OrderEvent:
    """Shown from `persistence.orders.reads.OrderEventView`."""

    seq: int = plain("Its number in the order's history: 1, 2, 3... without a gap.")
    kind: EventKind = plain("What happened.")
    status: OrderStatus = plain("The order's status after it.")
    payment_status: PaymentStatus = plain("The order's payment status after it.")
    fulfillment_status: FulfillmentStatus = plain("The order's fulfillment status after it.")
    created_at: datetime = plain("When it happened.")
    change: OrderChange | None = computed(_change, "What staff changed, if this is such an entry.")
    actor: str = batch(_actors, "Who did it: guest, customer, staff or machine. Staff with READ_ORDERS also see which one.")
    order: Order = batch(_orders_of_events, "The order as it stands now.")


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """The delivery as it was agreed."""

    name: str
    cost: TaxedView
    days_min: int
    days_max: int


@strawberry.type(name="OrderDelivery", description="The way of delivery as it was agreed.")
@shows(DeliveryView)
class OrderDelivery:
    """Shown from `DeliveryView`."""

    name: str = plain("Its name when it was chosen.")
    cost: TaxedMoney = plain("What it cost.")
    days_min: int = plain("Working days until the goods come, at least.")
    days_max: int = plain("Working days until the goods come, at most.")


@dataclass(frozen=True, slots=True)
class TransitionsView:
    """Where the caller may take the order next."""

    status: list[str]
    fulfillment_status: list[str]
    can_cancel: bool


@strawberry.type(name="OrderTransitions", description="Where the caller may take an order next.")
@shows(TransitionsView)
class OrderTransitions:
    """Shown from `TransitionsView`."""

    status: list[OrderStatus] = plain("Values that `orderTransition` takes for `status`.")
    fulfillment_status: list[FulfillmentStatus] = plain("Values that `orderTransition` takes for `fulfillmentStatus`.")
    can_cancel: bool = plain("Whether `orderCancel` would work.")


def states_of(order: OrderView) -> States:
    """The three states of a row."""
    return States(OrderStatus(order.status), PaymentStatus(order.payment_status), FulfillmentStatus(order.fulfillment_status))


def _tokens(orders: Sequence[OrderView], context: Context) -> list[str]:
    return [context.ports.seal.secret("order", each.id) for each in orders]


def _transitions(orders: Sequence[OrderView], context: Context) -> list[TransitionsView]:
    return [
        _transition(states_of(each), by_staff=holds_in(context.viewer, Permission.MANAGE_ORDERS, ChannelId(each.channel_id)))
        for each in orders
    ]


def _transition(states: States, *, by_staff: bool) -> TransitionsView:
    can_cancel = rules.cancellation_problem(states, by_staff=by_staff, at=()) is None
    if not by_staff:
        return TransitionsView([], [], can_cancel)
    return TransitionsView(
        [each.value for each in rules.allowed_status(states)],
        [each.value for each in rules.allowed_fulfillment(states)],
        can_cancel,
    )


def _totals(orders: Sequence[OrderView], context: Context) -> list[TaxedView]:
    del context
    return [
        taxed(
            Amount(each.total, Currency(each.currency)), tax=Amount(each.tax_total, Currency(each.currency)), is_contained=True
        )
        for each in orders
    ]


def _explanations(orders: Sequence[OrderView], context: Context) -> list[Term]:
    del context
    return [term_of(each.explanation, Currency(each.currency)) for each in orders]


def _shipping_addresses(orders: Sequence[OrderView], context: Context) -> list[Address | None]:
    del context
    return [address_of(each.shipping_address) if each.shipping_address is not None else None for each in orders]


def _billing_addresses(orders: Sequence[OrderView], context: Context) -> list[Address | None]:
    del context
    return [address_of(each.billing_address) if each.billing_address else None for each in orders]


def _deliveries(orders: Sequence[OrderView], context: Context) -> list[DeliveryView | None]:
    del context
    return [_delivery(each) for each in orders]


def _delivery(order: OrderView) -> DeliveryView | None:
    agreed = order.delivery
    if agreed is None:
        return None
    price, tax = (Amount(agreed[name], Currency(order.currency)) for name in ("price", "tax"))
    cost = taxed(price, tax=tax, is_contained=order.tax_added == 0)
    return DeliveryView(agreed["name"], cost, agreed["days_min"], agreed["days_max"])


async def _lines(orders: Sequence[OrderView], context: Context) -> list[list[OrderLineView]]:
    return await lines_of_orders(context.reader, [each.id for each in orders])


async def _events(
    orders: Sequence[OrderView],
    context: Context,
    *,
    after: Annotated[int, strawberry.argument(description="Only entries after this number.")] = 0,
) -> list[list[OrderEventView]]:
    histories = await events_of_orders(context.reader, [each.id for each in orders])
    return [[entry for entry in history if entry.seq > after] for history in histories]


@strawberry.type(name="Order", description="An agreement between a buyer and the shop, frozen, with the three states it is in.")
@shows(OrderView)
class Order(Node):
    """Shown from `persistence.orders.reads.OrderView`."""

    id: strawberry.ID = identity("Order")
    number: int = plain("Its number in its channel, for people.")
    token: str = batch(_tokens, "The secret that lets a guest read the order, for links. Whoever holds it may read it.")
    status: OrderStatus = plain("Where the agreement stands.")
    payment_status: PaymentStatus = plain("Where the money stands.")
    fulfillment_status: FulfillmentStatus = plain("Where the goods stand.")
    allowed_transitions: OrderTransitions = batch(_transitions, "Where the caller may take it next.")
    events: list[OrderEvent] = batch(_events, "Its history, oldest first; of a very long one the latest 200 entries.", size=20)
    lines: list[OrderLine] = batch(_lines, "What was sold.", size=20)
    fulfillments: list[Fulfillment] = batch(order_fulfillments, "What was sent of it, oldest first.", size=3)
    returns: list[Return] = batch(order_returns, "What came back of it, or is to, oldest first.", size=3)
    payments: list[Payment] = batch(order_payments, "The attempts to pay it, oldest first.")
    invoices: list[Invoice] = batch(
        invoices, "Its invoices, one after each change of it, and what was taken back of them, oldest first.", size=2
    )
    payment_options: list[PaymentProvider] = batch(payment_options, "Through whom it can be paid, the default first.", size=3)
    refund_requests: list[RefundRequest] | None = batch(
        order_requests, "Staff's decisions to give money back, oldest first.", allow=OF_AN_ORDER, size=3
    )
    disputes: list[PaymentDispute] | None = batch(
        order_disputes, "What the buyer's bank asks back, oldest first.", allow=OF_AN_ORDER, size=2
    )
    currency: CurrencyCode = plain("The currency of all its amounts.")
    country: CountryCode = plain("The country it goes to.")
    language: LanguageCode = plain("The language its buyer is written to in.")
    email: str = plain("The buyer's e-mail address.")
    note: str = plain("The buyer's note to the shop.")
    notes: list[OrderNote] = batch(
        order_notes,
        f"What staff wrote about it, oldest first, the latest {NOTES_MAX} internal and public ones each: to its buyer the latter.",
        size=3,
    )
    shipping_address: PostalAddress | None = batch(_shipping_addresses, "Where the goods go.")
    billing_address: PostalAddress | None = batch(_billing_addresses, "Whom the bill is for.")
    delivery: OrderDelivery | None = batch(_deliveries, "How the goods come.")
    coupon_code: str | None = plain("The coupon that was used.")
    subtotal: Money = _money("subtotal", "All goods at their prices, before discount and delivery.")
    discount: Money = _money("discount", "What was taken off the goods: by the coupon, and by staff who made the order.")
    total: TaxedMoney = batch(_totals, "What is to be paid.")
    explanation: TotalTerm = batch(_explanations, "The tree that the total is made of: its leaves sum to the total.")
    due: Money = _money("due", "What has still to come in; what is under way counts when it is here.")
    captured: Money = _money("captured", "Money that has come in, over all payments.")
    refunded: Money = _money("refunded", "Money that has gone back, over all payments.")
    cancel_reason: str | None = plain("Why it was called off.")
    version: int = plain("Counts its changes.")
    placed_at: datetime = plain("When it was placed.")
    updated_at: datetime = plain("When it last changed.")


@loads_nodes("Order")
async def _orders(context: Context, ids: Sequence[UUID]) -> Sequence[OrderView | None]:
    return await orders_by_id(context.reader, ids, viewer=context.viewer)


OrderConnection = connection(Order, "Order")
