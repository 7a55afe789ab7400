"""The words of changing an order after it was placed: what staff wants, what was agreed, and what is agreed instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.carts.model import Term
from domain.customers.model import Address
from domain.ids import CartId, OrderId, OrderLineId, ShippingMethodId, VariantId
from domain.money import Currency, Money
from domain.orders.model import NewOrderLine

REASON_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True)
class Added:
    """Units of a variant that is new in the order; None stands for an id that nobody was given."""

    variant_id: VariantId | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Changed:
    """How many units a line shall have from now on; 0 takes it out."""

    line_id: OrderLineId | None
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What staff wants of an order to be otherwise. None, and no lines, leave a thing as it is."""

    order_id: OrderId
    added: tuple[Added, ...] = ()
    changed: tuple[Changed, ...] = ()
    address: Address | None = None
    method_id: ShippingMethodId | None = None
    drops_discounts: bool = False
    reason: str = ""
    expected_total: Money | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedLine:
    """A line as it was sold, and of its variant what an order does not keep. Amounts are minor units.

    `is_taxable` and `requires_shipping` are the variant's of now, None where it is gone. `was_refunded`: money goes back for
    it. `is_fixed`: a return, or a decision about money, names the line, or it stands in for goods of a return and costs nothing.
    """

    id: OrderLineId
    position: int
    variant_id: VariantId | None
    product_name: str
    variant_name: str
    sku: str
    image_url: str | None
    quantity: int
    unit_price: int
    tax_basis_points: int
    is_taxable: bool | None
    requires_shipping: bool | None
    was_refunded: bool
    is_fixed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """An order as it was agreed; amounts are minor units of `currency`."""

    cart_id: CartId
    currency: Currency
    country: str
    shipping_address: Address | None
    delivery: Mapping[str, Any] | None
    coupon_code: str | None
    discount: int
    shipping: int
    tax_added: int
    tax_total: int
    total: int
    explanation: Mapping[str, Any]
    lines: tuple[AgreedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """What an order is from now on, in minor units. `lines` are all of it, in their order; `gone` are in it no more."""

    order_id: OrderId
    country: str
    shipping_address: dict[str, Any] | None
    delivery: dict[str, Any] | None
    coupon_code: str | None
    subtotal: int
    discount: int
    shipping: int
    tax_added: int
    tax_total: int
    total: int
    explanation: dict[str, Any]
    edited_back: int
    lines: tuple[NewOrderLine, ...]
    gone: tuple[OrderLineId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What an edit came to, or would: `told` is what the history keeps of it, `explanation` the new total's tree.

    A repeat under the same key has no explanation of its own: it is the order's.
    """

    order_id: OrderId
    told: Mapping[str, Any]
    explanation: Term | None
