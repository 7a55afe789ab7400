"""Drafts of orders as staff sees them: priced as of now by what prices carts. They are reached by those who work in their channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import strawberry

import schema.drafts.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.carts.model import CartLine, QuotedLine
from domain.carts.rules import missing, quote
from domain.drafts.model import Draft, DraftState
from domain.drafts.rules import of_draft
from domain.money import Money as Amount
from domain.money import zero
from domain.promotions.model import FixedAmount, Percentage
from persistence.drafts.reads import drafts_by_id
from persistence.orders.reads import OrderView, orders_of_holders
from schema.carts.costs import CartCost, CostView
from schema.carts.types import (
    CartCoupon,
    CartReadiness,
    CouponView,
    DeliveryOption,
    DeliveryView,
    ReadinessView,
    chosen_deliveries,
    costs,
    coupons,
    delivery_options,
)
from schema.context import Context
from schema.customers.addresses import PostalAddress
from schema.execution.fields import batch, computed, plain, shows, via
from schema.ids import global_id
from schema.node import Node, identity, loads_nodes
from schema.orders.types import Order
from schema.paging import connection
from schema.scalars import CountryCode, CurrencyCode, Decimal, LanguageCode, Money
from schema.taxed import TaxedMoney, TaxedView, taxed


@dataclass(frozen=True, slots=True)
class LineView:
    """A draft's line with its money; None when it is not sold here any more."""

    line: CartLine
    quoted: QuotedLine | None

    @property
    def id(self) -> UUID:
        return self.line.id


def _available(view: LineView) -> int | None:
    return max(view.line.free, 0) if view.line.free is not None else None


def _line_discount(view: LineView) -> Amount:
    return view.quoted.discount if view.quoted is not None else zero(view.line.price_seen.currency)


def _line_total(view: LineView) -> TaxedView | None:
    quoted = view.quoted
    return taxed(quoted.total, tax=quoted.tax_total, is_contained=True) if quoted is not None else None


@strawberry.type(name="DraftOrderLine", description="A variant in a draft, as it is priced and stocked now.")
@shows(LineView)
class DraftOrderLine:
    """Shown from `LineView`."""

    id: strawberry.ID = identity("DraftOrderLine")
    variant_id: strawberry.ID = computed(lambda view: global_id("Variant", view.line.variant_id), "The variant.")
    quantity: int = via("line.quantity", "How many.")
    product_name: str = via("line.product_name", "The product's name.")
    variant_name: str = via("line.variant_name", "The variant's name.")
    sku: str = via("line.sku", "The variant's SKU.")
    image_url: str | None = via("line.image_url", "A picture of it.")
    unit_price: Money | None = via("line.unit_price", "The price of one in this draft; null when it is not sold here any more.")
    list_price: Money | None = via("line.list_price", "The catalogue's price of one, now.")
    has_own_price: bool = computed(
        lambda view: view.line.own_price is not None, "Whether staff gave it a price in place of the catalogue's."
    )
    available: int | None = computed(_available, "Units that could be had now; null when its stock is not counted.")
    discount: Money = computed(_line_discount, "The line's share of what is taken off the whole.")
    total: TaxedMoney | None = computed(
        _line_total, "What the line costs after discount; null when it is not sold here any more."
    )


@dataclass(frozen=True, slots=True)
class ReductionView:
    """What staff takes off the whole: a share of the goods or an amount, what that comes to, and why."""

    percentage: Decimal | None
    amount: Amount
    reason: str


@strawberry.type(name="DraftOrderDiscount", description="What staff takes off all goods of a draft, after the coupon.")
@shows(ReductionView)
class DraftOrderDiscount:
    """Shown from `ReductionView`."""

    percentage: Decimal | None = plain("The share of the goods that is taken off; null when it is an amount.")
    amount: Money = plain("What it takes off now.")
    reason: str = plain("Why, as staff said.")


def _lines(drafts: Sequence[Draft], context: Context) -> list[list[LineView]]:
    quotes = [{each.line.id: each for each in quote(draft.cart, now=context.now).lines} for draft in drafts]
    return [
        [LineView(line, quoted.get(line.id)) for line in draft.cart.lines] for draft, quoted in zip(drafts, quotes, strict=True)
    ]


def _costs(drafts: Sequence[Draft], context: Context) -> list[CostView]:
    return costs([each.cart for each in drafts], context)


def _coupons(drafts: Sequence[Draft], context: Context) -> list[CouponView | None]:
    return coupons([each.cart for each in drafts], context)


def _reductions(drafts: Sequence[Draft], context: Context) -> list[ReductionView | None]:
    return [_reduction(each, context) for each in drafts]


def _reduction(draft: Draft, context: Context) -> ReductionView | None:
    off = quote(draft.cart, now=context.now).reduction
    match draft.cart.reduction:
        case None:
            return None
        case Percentage(basis_points):
            whole, rest = divmod(basis_points, 100)
            return ReductionView(Decimal(f"{whole}.{rest:02d}"), off, draft.standing.reduction_reason)
        case FixedAmount():
            return ReductionView(None, off, draft.standing.reduction_reason)


async def _delivery_options(drafts: Sequence[Draft], context: Context) -> list[list[DeliveryView]]:
    return await delivery_options([each.cart for each in drafts], context)


def _deliveries(drafts: Sequence[Draft], context: Context) -> list[DeliveryView | None]:
    return chosen_deliveries([each.cart for each in drafts], context)


def _readiness(drafts: Sequence[Draft], context: Context) -> list[ReadinessView]:
    return [ReadinessView([of_draft(each) for each in missing(draft.cart, now=context.now)]) for draft in drafts]


async def _orders(drafts: Sequence[Draft], context: Context) -> list[OrderView | None]:
    made = [each.standing.order_id for each in drafts if each.standing.order_id is not None]
    orders = dict(zip(made, await orders_of_holders(context.reader, made), strict=True)) if made else {}
    return [orders.get(each.standing.order_id) if each.standing.order_id is not None else None for each in drafts]


def _customer_id(draft: Draft) -> str | None:
    return global_id("Customer", draft.cart.customer_id) if draft.cart.customer_id is not None else None


@strawberry.type(
    name="DraftOrder",
    description="An order that staff puts together for somebody. Until it is completed its prices, tax and stock are those of now.",
)
@shows(Draft)
class DraftOrder(Node):
    """Shown from `domain.drafts.model.Draft`."""

    id: strawberry.ID = identity("DraftOrder")
    state: DraftState = via("standing.state.value", "How far it is.")
    lines: list[DraftOrderLine] = batch(_lines, "What is in it, in the order it came; at most 200 lines.", size=20)
    cost: CartCost = batch(_costs, "What it costs now, as any cart would.")
    discount: DraftOrderDiscount | None = batch(_reductions, "What staff takes off the whole.")
    coupon: CartCoupon | None = batch(_coupons, "The coupon on it.")
    currency: CurrencyCode = via("cart.currency", "The currency of all its amounts.")
    country: CountryCode = via("cart.country", "The buyer's country, as assumed until an address says otherwise.")
    language: LanguageCode = via("cart.language", "The language the buyer is written to in.")
    customer_id: strawberry.ID | None = computed(_customer_id, "The customer it is for, where they have an account.")
    email: str | None = via("cart.email", "The buyer's e-mail address.")
    note: str = via("cart.note", "The note that the order will show.")
    shipping_address: PostalAddress | None = via("cart.shipping_address", "Where the goods go.")
    billing_address: PostalAddress | None = via("cart.billing_address", "Whom the bill is for; the shipping address when null.")
    delivery_options: list[DeliveryOption] = batch(_delivery_options, "The ways in which the goods can come to the address.")
    delivery: DeliveryOption | None = batch(_deliveries, "The chosen way.")
    readiness: CartReadiness = batch(_readiness, "Whether it can become an order, and what it still needs.")
    order: Order | None = batch(_orders, "The order it has become.")
    version: int = via("cart.version", "Counts its changes.")
    created_by: str = via("standing.created_by", "Who began it: kind and id.")
    created_at: datetime = via("standing.created_at", "When it was begun.")
    updated_at: datetime = via("cart.updated_at", "When it was last changed.")
    closed_at: datetime | None = via("standing.closed_at", "When it became an order or was thrown away.")


@loads_nodes("DraftOrder")
async def _drafts(context: Context, ids: Sequence[UUID]) -> Sequence[Draft | None]:
    return await drafts_by_id(context.reader, ids, viewer=context.viewer)


DraftOrderConnection = connection(DraftOrder, "DraftOrder")
