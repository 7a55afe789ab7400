"""A cart becomes an order: reserved, counted, numbered and announced in one transaction, exactly once.

The provider is not called here: the order exists, unpaid, before anybody is asked for money.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.access.rules import email_key
from domain.carts.actions import changed
from domain.carts.errors import CartCompleted, TotalChanged
from domain.carts.model import Cart, CartState, Quote, QuotedLine, kept_term
from domain.carts.rules import missing, price_changes, quote
from domain.customers.model import kept
from domain.error import Path, Several, UserError
from domain.idempotency import Answered, Claim, Fresh
from domain.ids import CartId, OrderId, OrderLineId, VariantId, new_id
from domain.live import order_topic
from domain.money import Money
from domain.orders.events import OrderPlaced
from domain.orders.model import FulfillmentStatus, NewOrder, NewOrderLine, OrderStatus, PaymentStatus, States
from domain.promotions.errors import CouponCustomerLimit, CouponUsedUp
from domain.stock.errors import InsufficientStock
from domain.stock.model import Shortage
from domain.unit import Unit
from domain.viewer import Viewer, actor_name

COUPON: Path = ("cart", "coupon")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the buyer agreed to: the total they saw (None: whatever it is), and whether changed prices are accepted."""

    expected_total: Money | None
    accept_changes: bool


async def complete_checkout(
    unit: Unit,
    *,
    cart_id: CartId,
    agreement: Agreement,
    reservation_seconds: int,
    claim: Claim | None,
    by: Viewer,
    now: datetime,
) -> OrderId | UserError:
    """Makes the order, or says everything that keeps it from being made. Completing again gives the same order."""
    if claim is not None:
        match await unit.idempotency.claim(claim):
            case Answered(outcome):
                return OrderId(UUID(outcome["order_id"]))
            case Fresh():
                pass
            case reused:
                return reused
    order_id = await _complete(
        unit, cart_id=cart_id, agreement=agreement, reservation_seconds=reservation_seconds, by=by, now=now
    )
    if claim is not None and not isinstance(order_id, UserError):
        await unit.idempotency.record(claim, {"order_id": str(order_id)})
    return order_id


async def _complete(
    unit: Unit, *, cart_id: CartId, agreement: Agreement, reservation_seconds: int, by: Viewer, now: datetime
) -> OrderId | UserError:
    cart = await _closed(unit, cart_id, by, now)
    if not isinstance(cart, Cart):
        return cart
    return await place_order(unit, cart, agreement=agreement, reservation_seconds=reservation_seconds, by=by, now=now)


async def place_order(
    unit: Unit,
    cart: Cart,
    *,
    agreement: Agreement,
    reservation_seconds: int,
    by: Viewer,
    now: datetime,
    cause: str = "",
) -> OrderId | UserError:
    """Makes an order of a cart that this transaction has completed. `cause` is what `OrderPlaced` tells of where it comes from."""
    problems = missing(cart, now=now)
    if not agreement.accept_changes:
        problems += price_changes(cart)
    quoted = quote(cart, now=now)
    if agreement.expected_total is not None and agreement.expected_total != quoted.total:
        problems.append(TotalChanged(path=("input", "expected_total"), expected=agreement.expected_total, current=quoted.total))
    if problems:
        return Several(errors=tuple(problems))
    order_id = OrderId(new_id())
    refused = await _use_coupon(unit, cart, order_id) or await _reserve(unit, cart, order_id, reservation_seconds)
    if refused is not None:
        return refused
    order = _order(order_id, cart, quoted, now)
    await unit.orders.place(order, actor=actor_name(by))
    if order.states.payment is PaymentStatus.PAID:
        await unit.stock.allocate(order_id)
    unit.announce(OrderPlaced(order_id=order_id, cause=cause))
    unit.hint(order_topic(order_id))
    return order_id


async def _closed(unit: Unit, cart_id: CartId, by: Viewer, now: datetime) -> Cart | OrderId | UserError:
    """The cart, completed in this transaction, which a failure rolls back; the order it has become where that was before."""
    done = {"state": CartState.COMPLETED.value}
    cart = await changed(unit, cart_id, lambda there: unit.carts.change(there, done, now=now), by)
    if isinstance(cart, CartCompleted):
        cart_id = await unit.carts.merged_into(cart_id) or cart_id
        return await unit.orders.of_cart(cart_id) or cart
    return cart


async def _use_coupon(unit: Unit, cart: Cart, order_id: OrderId) -> UserError | None:
    """Counts the coupon's use under its lock, so that the last use goes to one order."""
    coupon = cart.coupon
    if coupon is None or cart.email is None:
        return None
    if not await unit.promotions.take(coupon.id):
        return CouponUsedUp(path=COUPON)
    buyer = email_key(cart.email)
    if coupon.customer_limit is not None and await unit.promotions.uses_of_customer(coupon.id, buyer) >= coupon.customer_limit:
        return CouponCustomerLimit(path=COUPON, limit=coupon.customer_limit)
    await unit.promotions.record_use(coupon.id, order_id, buyer)
    return None


async def _reserve(unit: Unit, cart: Cart, order_id: OrderId, seconds: int) -> UserError | None:
    demand = {line.variant_id: line.quantity for line in cart.lines if line.free is not None}
    short = await unit.stock.reserve(order_id, demand, seconds=seconds)
    return Several(errors=tuple(_short(cart, each) for each in short)) if short else None


def _short(cart: Cart, shortage: Shortage) -> InsufficientStock:
    position, line = next((n, line) for n, line in enumerate(cart.lines) if line.variant_id == shortage.variant_id)
    return InsufficientStock(
        path=("cart", "lines", str(position), "quantity"), sku=line.sku, asked=shortage.asked, available=shortage.available
    )


def _order(order_id: OrderId, cart: Cart, quoted: Quote, now: datetime) -> NewOrder:
    """The agreement, frozen. An order that costs nothing is paid from the start."""
    is_free = quoted.total.minor == 0
    shipping_address = kept(cart.shipping_address) if cart.shipping_address is not None else None
    billing_address = kept(cart.billing_address) if cart.billing_address is not None else shipping_address
    return NewOrder(
        id=order_id,
        cart_id=cart.id,
        channel_id=cart.channel_id,
        customer_id=cart.customer_id,
        email=cart.email or "",
        currency=cart.currency,
        country=cart.destination,
        language=cart.language,
        shipping_address=shipping_address if cart.requires_shipping else None,
        billing_address=billing_address or {},
        delivery=agreed_delivery(cart, quoted),
        coupon_code=cart.coupon.code if cart.coupon is not None else None,
        note=cart.note,
        subtotal=quoted.subtotal.minor,
        discount=quoted.discount.minor,
        shipping=quoted.shipping.minor,
        tax_added=quoted.tax_added.minor,
        tax_total=quoted.tax_total.minor,
        total=quoted.total.minor,
        explanation=kept_term(quoted.explanation),
        states=States(
            OrderStatus.CONFIRMED if is_free else OrderStatus.PENDING,
            PaymentStatus.PAID if is_free else PaymentStatus.UNPAID,
            FulfillmentStatus.UNFULFILLED,
        ),
        lines=tuple(sold_line(position, each, quoted.tax_basis_points) for position, each in enumerate(quoted.lines)),
        placed_at=now,
    )


def agreed_delivery(cart: Cart, quoted: Quote) -> dict[str, Any] | None:
    """The delivery as an order keeps it; None when nothing is delivered."""
    method = cart.shipping_method
    if method is None or not cart.requires_shipping:
        return None
    return {
        "slug": method.slug,
        "name": method.name,
        "price": quoted.shipping.minor,
        "tax": quoted.shipping_tax.minor,
        "days_min": method.days_min,
        "days_max": method.days_max,
    }


def sold_line(position: int, each: QuotedLine, tax_basis_points: int) -> NewOrderLine:
    """A line as an order keeps it, new in it."""
    line = each.line
    return NewOrderLine(
        id=OrderLineId(new_id()),
        position=position,
        variant_id=VariantId(line.variant_id),
        product_name=line.product_name,
        variant_name=line.variant_name,
        sku=line.sku,
        image_url=line.image_url,
        quantity=line.quantity,
        unit_price=each.unit_price.minor,
        discount=each.discount.minor,
        tax_basis_points=tax_basis_points if line.is_taxable else 0,
        tax_added=each.tax_added.minor,
        tax_total=each.tax_total.minor,
        total=each.total.minor,
    )
