"""Carts as buyers see them. All figures are of now: computed by one pure function from prices, stock, coupon and tax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.carts.actions import may_touch
from domain.carts.model import Cart as KeptCart
from domain.carts.model import CartLine as KeptLine
from domain.carts.model import CartState, QuotedLine
from domain.carts.rules import missing, price_changes, quote
from domain.error import UserError as Failure
from domain.money import Money as Amount
from domain.money import zero
from domain.promotions.rules import why_not
from domain.shipping.model import ShippingMethod
from persistence.carts.reads import carts_by_id, methods_of_channels
from persistence.orders.reads import OrderView, orders_of_carts
from schema.carts.costs import CartCost, CostView
from schema.context import Context
from schema.customers.addresses import PostalAddress
from schema.enums import described
from schema.errors import UserError
from schema.execution.fields import batch, plain, shows, via
from schema.ids import global_id
from schema.node import Node, identity, loads_nodes
from schema.payments.ways import PaymentProvider, payment_options
from schema.scalars import CountryCode, CurrencyCode, LanguageCode, Money
from schema.taxed import TaxedMoney, TaxedView, taxed

if TYPE_CHECKING:
    from schema.orders.types import Order

described(
    CartState,
    "CartState",
    "Where a cart stands.",
    OPEN="It can be changed and completed.",
    COMPLETED="It has become an order.",
    MERGED="It went into another cart when its buyer logged in.",
    DRAFT="It is a draft of staff's, which no buyer holds.",
)


@dataclass(frozen=True, slots=True)
class LineView:
    """A line with its money (None when it is not sold here any more) and the tax habit of its channel."""

    line: KeptLine
    quoted: QuotedLine | None
    prices_include_tax: bool

    @property
    def id(self) -> object:
        return self.line.id


def _available(lines: Sequence[LineView], context: Context) -> list[int | None]:
    del context
    return [max(each.line.free, 0) if each.line.free is not None else None for each in lines]


def _discounts(lines: Sequence[LineView], context: Context) -> list[Amount]:
    del context
    return [each.quoted.discount if each.quoted else zero(each.line.price_seen.currency) for each in lines]


def _line_totals(lines: Sequence[LineView], context: Context) -> list[TaxedView | None]:
    del context
    return [taxed(each.quoted.total, tax=each.quoted.tax_total, is_contained=True) if each.quoted else None for each in lines]


@strawberry.type(name="CartLine", description="A variant in a cart, as it is priced and stocked now.")
@shows(LineView)
class CartLine:
    """Shown from `LineView`."""

    id: strawberry.ID = identity("CartLine")
    quantity: int = via("line.quantity", "How many.")
    product_name: str = via("line.product_name", "The product's name.")
    variant_name: str = via("line.variant_name", "The variant's name.")
    sku: str = via("line.sku", "The variant's SKU.")
    image_url: str | None = via("line.image_url", "A picture of it.")
    unit_price: Money | None = via("line.unit_price", "The price of one, now; null when it is not sold here any more.")
    available: int | None = batch(_available, "Units that could be had now; null when its stock is not counted.")
    discount: Money = batch(_discounts, "The line's share of the coupon's discount.")
    total: TaxedMoney | None = batch(
        _line_totals, "What the line costs after discount; null when it is not sold here any more."
    )


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A way of delivery with what it costs for one cart."""

    method: ShippingMethod
    price: Amount


def _delivery_ids(options: Sequence[DeliveryView], context: Context) -> list[str]:
    del context
    return [global_id("DeliveryOption", each.method.id) for each in options]


@strawberry.type(name="DeliveryOption", description="A way in which a cart's goods can come.")
@shows(DeliveryView)
class DeliveryOption:
    """Shown from `DeliveryView`."""

    id: strawberry.ID = batch(_delivery_ids, "The opaque, globally unique id.")
    name: str = via("method.name", "Its name.")
    description: str = via("method.description", "What it is, in words for people.")
    price: Money = plain("What it costs for this cart.")
    list_price: Money = via("method.price", "What it costs when nothing makes it free.")
    free_from: Money | None = via("method.free_from", "From which value of goods, after discounts, it is free.")
    days_min: int = via("method.days_min", "Working days until the goods come, at least.")
    days_max: int = via("method.days_max", "Working days until the goods come, at most.")


@dataclass(frozen=True, slots=True)
class CouponView:
    """A coupon on a cart: what it takes off, or why it takes nothing."""

    code: str
    discount: Amount
    problem: Failure | None


@strawberry.type(name="CartCoupon", description="The coupon on a cart.")
@shows(CouponView)
class CartCoupon:
    """Shown from `CouponView`."""

    code: str = plain("Its code.")
    discount: Money = plain("What it takes off now.")
    problem: UserError | None = plain("Why it takes nothing off now; null when it does.")


@dataclass(frozen=True, slots=True)
class ReadinessView:
    """What keeps a cart from being an order."""

    missing: list[Failure]

    @property
    def is_ready(self) -> bool:
        return not self.missing


@strawberry.type(name="CartReadiness", description="Whether a cart can become an order, and what it still needs.")
@shows(ReadinessView)
class CartReadiness:
    """Shown from `ReadinessView`."""

    is_ready: bool = plain("Whether completing it would find everything it needs.")
    missing: list[UserError] = plain("Everything that is missing or in the way, each with its path in the cart.")


def _secret_ids(carts: Sequence[KeptCart], context: Context) -> list[str]:
    return [context.ports.seal.secret("cart", each.id) for each in carts]


def _lines(carts: Sequence[KeptCart], context: Context) -> list[list[LineView]]:
    quotes = [{each.line.id: each for each in quote(cart, now=context.now).lines} for cart in carts]
    return [
        [LineView(line, quoted.get(line.id), cart.prices_include_tax) for line in cart.lines]
        for cart, quoted in zip(carts, quotes, strict=True)
    ]


def _totals(carts: Sequence[KeptCart], context: Context) -> list[int]:
    del context
    return [sum(line.quantity for line in cart.lines) for cart in carts]


def costs(carts: Sequence[KeptCart], context: Context) -> list[CostView]:
    """What each cart, or draft, costs now."""
    return [CostView(quote(cart, now=context.now), cart.prices_include_tax) for cart in carts]


def _readiness(carts: Sequence[KeptCart], context: Context) -> list[ReadinessView]:
    return [ReadinessView([*missing(cart, now=context.now), *price_changes(cart)]) for cart in carts]


def coupons(carts: Sequence[KeptCart], context: Context) -> list[CouponView | None]:
    """The coupon on each cart, or draft."""
    return [_coupon(cart, context) for cart in carts]


def _coupon(cart: KeptCart, context: Context) -> CouponView | None:
    if cart.coupon is None:
        return None
    quoted = quote(cart, now=context.now)
    problem = why_not(cart.coupon, goods=quoted.subtotal, now=context.now, at=("cart", "coupon"))
    return CouponView(cart.coupon.code, quoted.discount - quoted.reduction, problem)


async def delivery_options(carts: Sequence[KeptCart], context: Context) -> list[list[DeliveryView]]:
    """The ways in which the goods of each cart, or draft, can come."""
    methods = await methods_of_channels(context.reader, [cart.channel_id for cart in carts])
    goods = [_goods(cart, context) for cart in carts]
    return [
        [
            DeliveryView(method, method.cost_for(worth))
            for method in of_channel
            if method.price.currency == cart.currency and method.reaches(cart.destination)
        ]
        for cart, of_channel, worth in zip(carts, methods, goods, strict=True)
    ]


def chosen_deliveries(carts: Sequence[KeptCart], context: Context) -> list[DeliveryView | None]:
    """The way that was chosen for each cart, or draft."""
    return [_chosen(cart, context) for cart in carts]


def _chosen(cart: KeptCart, context: Context) -> DeliveryView | None:
    method = cart.shipping_method
    return DeliveryView(method, method.cost_for(_goods(cart, context))) if method is not None else None


def _goods(cart: KeptCart, context: Context) -> Amount:
    """What the goods are worth after the discount: what decides whether a delivery is free."""
    quoted = quote(cart, now=context.now)
    return quoted.subtotal - quoted.discount


async def _orders(carts: Sequence[KeptCart], context: Context) -> list[OrderView | None]:
    return await orders_of_carts(context.reader, [cart.id for cart in carts])


@strawberry.type(name="Cart", description="What somebody is about to buy. Its id is a secret: whoever holds it holds the cart.")
@shows(KeptCart)
class Cart(Node):
    """Shown from `domain.carts.model.Cart`."""

    id: strawberry.ID = batch(_secret_ids, "The secret id. Keep it on the buyer's device.")
    state: CartState = via("state.value", "Where it stands.")
    lines: list[CartLine] = batch(_lines, "What is in it, in the order it came; at most 200 lines.", size=20)
    total_quantity: int = batch(_totals, "Units over all lines.")
    cost: CartCost = batch(costs, "What it costs now.")
    currency: CurrencyCode = plain("The currency of all its amounts.")
    country: CountryCode = plain("The buyer's country, as assumed until an address says otherwise.")
    language: LanguageCode = plain("The language the buyer is written to in.")
    email: str | None = plain("The buyer's e-mail address.")
    sms_phone: str | None = plain("The E.164 number that is sent text messages about the order; null for none.")
    note: str = plain("The buyer's note to the shop.")
    shipping_address: PostalAddress | None = plain("Where the goods go.")
    billing_address: PostalAddress | None = plain("Whom the bill is for; the shipping address when null.")
    delivery_options: list[DeliveryOption] = batch(delivery_options, "The ways in which the goods can come to the address.")
    delivery: DeliveryOption | None = batch(chosen_deliveries, "The chosen way.")
    coupon: CartCoupon | None = batch(coupons, "The coupon on it.")
    readiness: CartReadiness = batch(_readiness, "Whether it can become an order, and what it still needs.")
    payment_options: list[PaymentProvider] = batch(payment_options, "Through whom it can be paid, the default first.", size=3)
    order: Annotated[Order, strawberry.lazy("schema.orders.types")] | None = batch(_orders, "The order it has become.")
    version: int = plain("Counts its changes.")
    created_at: datetime = plain("When it was started.")
    updated_at: datetime = plain("When it was last changed.")


@loads_nodes("Cart")
async def _carts(context: Context, ids: Sequence[UUID]) -> Sequence[KeptCart | None]:
    carts = await carts_by_id(context.reader, ids)
    return [each if each is not None and may_touch(each, context.viewer) else None for each in carts]
