"""Decides what a cart costs, and why; and what is still missing before it can be an order. Pure functions of the cart.

Tax is computed per line on what is left after the discount (EU VAT Directive 2006/112/EC, articles 78 and 79), half to
even, either contained in prices or on top. A discount is shared over the lines by their worth, to the last minor unit.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from domain.carts.errors import CartEmpty, DeliveryUnavailable, Missing, PriceChanged, VariantUnavailable
from domain.carts.model import Cart, CartLine, Quote, QuotedLine, Term, TermKind, total_of
from domain.error import UserError
from domain.money import BASIS_POINTS, Money, rounded_ratio, share, split, sum_of, zero
from domain.promotions.rules import taken_off, why_not
from domain.stock.errors import InsufficientStock


class _Off(NamedTuple):
    """What is taken off a line, and the part of it that staff took off."""

    all: Money
    by_staff: Money


def quote(cart: Cart, *, now: datetime) -> Quote:
    """What the cart costs at `now`. Lines that are not sold here any more count nothing; a coupon that may not be used neither."""
    sold = [(line, line.unit_price) for line in cart.lines if line.unit_price is not None]
    worth = [price * line.quantity for line, price in sold]
    goods = sum_of(worth, cart.currency)
    off = reduction = zero(cart.currency)
    if cart.coupon is not None and why_not(cart.coupon, goods=goods, now=now, at=()) is None:
        off = taken_off(cart.coupon.benefit, goods)
    shares = [_Off(part, zero(cart.currency)) for part in split(off, [each.minor for each in worth])]
    if cart.reduction is not None:
        reduction = taken_off(cart.reduction, goods - off)
        left = [each.minor - part.all.minor for each, part in zip(worth, shares, strict=True)]
        shares = [_Off(part.all + more, more) for part, more in zip(shares, split(reduction, left), strict=True)]
        off = off + reduction
    lines = tuple(_quoted(line, price, each, part, cart) for (line, price), each, part in zip(sold, worth, shares, strict=True))
    shipping, shipping_tax, delivery = _delivery(cart, goods - off)
    shipping_tax_added = zero(cart.currency) if cart.prices_include_tax else shipping_tax
    tax_added = sum_of([*(each.tax_added for each in lines), shipping_tax_added], cart.currency)
    return Quote(
        lines=lines,
        subtotal=goods,
        discount=off,
        reduction=reduction,
        shipping=shipping,
        shipping_tax=shipping_tax,
        tax_basis_points=cart.tax_basis_points,
        tax_added=tax_added,
        tax_total=sum_of([*(each.tax_total for each in lines), shipping_tax], cart.currency),
        total=goods - off + shipping + tax_added,
        explanation=_explained(cart, lines, delivery, shipping_tax_added),
    )


def _quoted(line: CartLine, price: Money, worth: Money, off: _Off, cart: Cart) -> QuotedLine:
    tax = tax_in_or_on(worth - off.all, cart) if line.is_taxable else zero(cart.currency)
    added = zero(cart.currency) if cart.prices_include_tax else tax
    return QuotedLine(
        line=line,
        unit_price=price,
        subtotal=worth,
        discount=off.all,
        reduction=off.by_staff,
        tax_added=added,
        tax_total=tax,
        total=worth - off.all + added,
    )


def tax_in_or_on(amount: Money, cart: Cart) -> Money:
    """The tax contained in the amount where prices include it, else the tax on top of it."""
    if cart.prices_include_tax:
        contained = rounded_ratio(amount.minor * cart.tax_basis_points, BASIS_POINTS + cart.tax_basis_points)
        return Money(contained, amount.currency)
    return share(amount, basis_points=cart.tax_basis_points)


def _delivery(cart: Cart, goods: Money) -> tuple[Money, Money, Term | None]:
    """Price of delivery, the tax in or on it, and the term that explains it (None: nothing is delivered)."""
    method = cart.shipping_method
    if method is None or not cart.requires_shipping or not method.reaches(cart.destination):
        return zero(cart.currency), zero(cart.currency), None
    terms = [Term(kind=TermKind.DELIVERY_PRICE, label=method.name, amount=method.price)]
    if method.is_free_for(goods) and method.price.minor:
        terms.append(Term(kind=TermKind.DELIVERY_WAIVED, label="Free from this order value", amount=-method.price))
    cost = method.cost_for(goods)
    return cost, tax_in_or_on(cost, cart), total_of(TermKind.DELIVERY, method.name, terms, cart.currency)


def _explained(cart: Cart, lines: tuple[QuotedLine, ...], delivery: Term | None, shipping_tax_added: Money) -> Term:
    terms: list[Term] = []
    for each in lines:
        label = f"{each.line.quantity} x {each.line.sku}"
        parts = [Term(kind=TermKind.GOODS, label=label, amount=each.subtotal)]
        if cart.coupon is not None and each.discount != each.reduction:
            parts.append(Term(kind=TermKind.DISCOUNT, label=cart.coupon.code, amount=each.reduction - each.discount))
        if each.reduction.minor:
            parts.append(Term(kind=TermKind.REDUCTION, label="Discount by the shop", amount=-each.reduction))
        terms.append(total_of(TermKind.LINE, each.line.product_name, parts, cart.currency))
    if delivery is not None:
        terms.append(delivery)
    taxes = [Term(kind=TermKind.LINE_TAX, label=each.line.sku, amount=each.tax_added) for each in lines if each.tax_added.minor]
    if shipping_tax_added.minor and delivery is not None:
        taxes.append(Term(kind=TermKind.DELIVERY_TAX, label=delivery.label, amount=shipping_tax_added))
    if taxes:
        terms.append(total_of(TermKind.TAX, f"Tax {_percent(cart.tax_basis_points)}", taxes, cart.currency))
    return total_of(TermKind.TOTAL, "Total", terms, cart.currency)


def _percent(basis_points: int) -> str:
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d} %".replace(".00 %", " %")


def missing(cart: Cart, *, now: datetime) -> list[UserError]:
    """Everything that keeps the cart from being an order at `now`, each with its path; empty when it is ready."""
    found: list[UserError] = []
    if not cart.lines:
        found.append(CartEmpty(path=("cart", "lines")))
    found += [each for position, line in enumerate(cart.lines) for each in _line_problems(line, str(position))]
    if cart.email is None:
        found.append(Missing(path=("cart", "email"), what="the buyer's e-mail address"))
    if cart.requires_shipping:
        found += _delivery_problems(cart)
    elif cart.billing_address is None and cart.shipping_address is None:
        found.append(Missing(path=("cart", "billing_address"), what="a billing address"))
    if cart.coupon is not None:
        goods = quote(cart, now=now).subtotal
        if (problem := why_not(cart.coupon, goods=goods, now=now, at=("cart", "coupon"))) is not None:
            found.append(problem)
    return found


def _line_problems(line: CartLine, position: str) -> list[UserError]:
    at = ("cart", "lines", position)
    if line.unit_price is None:
        return [VariantUnavailable(path=at, sku=line.sku)]
    if line.free is not None and line.free < line.quantity:
        return [InsufficientStock(path=(*at, "quantity"), sku=line.sku, asked=line.quantity, available=max(line.free, 0))]
    return []


def _delivery_problems(cart: Cart) -> list[UserError]:
    found: list[UserError] = []
    if cart.shipping_address is None:
        found.append(Missing(path=("cart", "shipping_address"), what="a shipping address"))
    if cart.shipping_method is None:
        found.append(Missing(path=("cart", "delivery"), what="a way of delivery: choose one of `deliveryOptions`"))
    elif not cart.shipping_method.reaches(cart.destination):
        found.append(DeliveryUnavailable(path=("cart", "delivery"), country=cart.destination))
    return found


def price_changes(cart: Cart) -> list[PriceChanged]:
    """Lines whose price is another than the buyer last saw."""
    return [
        PriceChanged(
            path=("cart", "lines", str(position), "unit_price"), sku=line.sku, seen=line.price_seen, current=line.unit_price
        )
        for position, line in enumerate(cart.lines)
        if line.unit_price is not None and line.unit_price != line.price_seen
    ]
