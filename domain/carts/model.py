"""The words of carts: the cart, its lines as they are priced now, and the quote with the tree that explains it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.customers.model import Address
from domain.ids import CartId, CartLineId, ChannelId, CustomerId, VariantId
from domain.money import Currency, Money
from domain.promotions.model import Benefit, Coupon
from domain.shipping.model import ShippingMethod

LINES_MAX = 200
QUANTITY_MAX = 9_999
NOTE_LENGTH_MAX = 1_000
EMAIL_LENGTH_MAX = 254


class CartState(enum.Enum):
    """OPEN until it becomes an order or goes into another cart. DRAFT is staff's draft of an order, which no buyer holds."""

    OPEN = "OPEN"
    COMPLETED = "COMPLETED"
    MERGED = "MERGED"
    DRAFT = "DRAFT"


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """A line with what is true of its variant now. `unit_price` None: not sold here any more. `free` None: stock is not counted.

    `list_price` is the catalogue's; the unit price is another where staff gave a draft's line a price of its own.
    """

    id: CartLineId
    variant_id: VariantId
    quantity: int
    price_seen: Money
    product_name: str
    variant_name: str
    sku: str
    image_url: str | None
    unit_price: Money | None
    is_taxable: bool
    requires_shipping: bool
    free: int | None
    own_price: Money | None = None
    list_price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """A cart with all that its totals depend on. `tax_basis_points` is the rate of the country it goes to.

    `reduction` is what staff takes off the goods of a draft, after the coupon. `sms_phone` is the E.164 number that the buyer
    wants text messages about the order at, None for none.
    """

    id: CartId
    state: CartState
    channel_id: ChannelId
    currency: Currency
    country: str
    language: str
    prices_include_tax: bool
    tax_basis_points: int
    customer_id: CustomerId | None
    email: str | None
    sms_phone: str | None = None
    shipping_address: Address | None
    billing_address: Address | None
    shipping_method: ShippingMethod | None
    coupon: Coupon | None
    note: str
    version: int
    created_at: datetime
    updated_at: datetime
    lines: tuple[CartLine, ...]
    reduction: Benefit | None = None

    @property
    def destination(self) -> str:
        """The country it goes to: the shipping address's, else the one assumed."""
        return self.shipping_address.country if self.shipping_address is not None else self.country

    @property
    def requires_shipping(self) -> bool:
        return any(line.requires_shipping for line in self.lines)


class TermKind(enum.Enum):
    """What a term of an explanation stands for."""

    TOTAL = "TOTAL"
    LINE = "LINE"
    GOODS = "GOODS"
    DISCOUNT = "DISCOUNT"
    REDUCTION = "REDUCTION"
    DELIVERY = "DELIVERY"
    DELIVERY_PRICE = "DELIVERY_PRICE"
    DELIVERY_WAIVED = "DELIVERY_WAIVED"
    TAX = "TAX"
    LINE_TAX = "LINE_TAX"
    DELIVERY_TAX = "DELIVERY_TAX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One amount and where it comes from: a leaf, or the sum of its `terms`."""

    kind: TermKind
    label: str
    amount: Money
    terms: tuple[Term, ...] = ()


def total_of(kind: TermKind, label: str, terms: Sequence[Term], currency: Currency) -> Term:
    """A term that is the sum of others."""
    return Term(kind=kind, label=label, amount=Money(sum(each.amount.minor for each in terms), currency), terms=tuple(terms))


def kept_term(term: Term) -> dict[str, Any]:
    """The explanation as the JSON object an order keeps; amounts in minor units of the order's currency."""
    return {
        "kind": term.kind.value,
        "label": term.label,
        "amount": term.amount.minor,
        "terms": [kept_term(each) for each in term.terms],
    }


def term_of(stored: dict[str, Any], currency: Currency) -> Term:
    """The explanation behind what `kept_term` made."""
    return Term(
        kind=TermKind(stored["kind"]),
        label=stored["label"],
        amount=Money(stored["amount"], currency),
        terms=tuple(term_of(each, currency) for each in stored["terms"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLine:
    """A line's money. `tax_added` is what comes on top, `tax_total` all tax in `total`, contained or on top.

    `discount` is all that is taken off, `reduction` the part of it that staff took off.
    """

    line: CartLine
    unit_price: Money
    subtotal: Money
    discount: Money
    reduction: Money
    tax_added: Money
    tax_total: Money
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A cart's money: total = subtotal - discount + shipping + tax_added, and the tree that says why.

    `shipping` is the price of delivery before tax on top; `shipping_tax` is the tax in or on it. `reduction` is the part of
    the discount that staff gave.
    """

    lines: tuple[QuotedLine, ...]
    subtotal: Money
    discount: Money
    reduction: Money
    shipping: Money
    shipping_tax: Money
    tax_basis_points: int
    tax_added: Money
    tax_total: Money
    total: Money
    explanation: Term
