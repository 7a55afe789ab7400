"""A cart with all that its totals depend on, in one statement: its coupon, delivery and tax, and an array of its lines.

Both sides use it: the store under the cart's lock, the reads without. Prices, stock and tax are those of now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    and_,
    any_,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from domain.carts.model import Cart, CartLine, CartState
from domain.customers.model import address_of
from domain.ids import CartId, CartLineId, ChannelId, CustomerId, VariantId
from domain.money import Currency, Money
from domain.promotions.model import Benefit, Coupon, FixedAmount, Percentage
from domain.shipping.model import ShippingMethod
from persistence.carts.tables import CartLineRow, CartRow
from persistence.catalog.tables import ProductImageRow, ProductRow, VariantRow
from persistence.channels.tables import ChannelRow
from persistence.prices.tables import PriceRow
from persistence.promotions.store import KeptCoupon, coupon_of
from persistence.promotions.tables import CouponRow
from persistence.shipping.rows import METHOD_COLUMNS, KeptMethod, method_of
from persistence.shipping.tables import ShippingMethodRow
from persistence.statement import Question, ids
from persistence.stock.tables import StockRow, WarehouseRow
from persistence.taxes.tables import TaxRateRow


class CartFacts(NamedTuple):
    """The cart's row with what hangs on it: coupon (cp_), shipping method (sm_), and its lines, each a record of `LineFacts`.

    `is_current`: all of it is of one moment. See `facts_of`.
    """

    id: UUID
    state: str
    channel_id: UUID
    currency: str
    country: str
    language: str
    customer_id: UUID | None
    email: str | None
    sms_phone: str | None
    shipping_address: dict[str, Any] | None
    billing_address: dict[str, Any] | None
    note: str
    reduction_basis_points: int | None
    reduction_amount: int | None
    version: int
    created_at: datetime
    updated_at: datetime
    prices_include_tax: bool
    tax_basis_points: int
    coupon_id: UUID | None
    cp_code: str
    cp_basis_points: int | None
    cp_amount: int | None
    cp_currency: str | None
    cp_minimum: int | None
    cp_starts_at: datetime | None
    cp_ends_at: datetime | None
    cp_usage_limit: int | None
    cp_customer_limit: int | None
    cp_uses: int
    cp_is_active: bool
    sm_id: UUID | None
    sm_slug: str
    sm_name: str
    sm_description: str
    sm_countries: list[str]
    sm_currency: str
    sm_price: int
    sm_free_from: int | None
    sm_days_min: int
    sm_days_max: int
    sm_is_active: bool
    lines: Sequence[Sequence[Any]]
    is_current: bool


class LineFacts(NamedTuple):
    """A line's row with its variant, price and free stock as they are now."""

    id: UUID
    variant_id: UUID
    quantity: int
    price_seen: int
    product_name: str
    variant_name: str
    sku: str
    image_url: str | None
    amount: int | None
    is_sold: bool
    is_taxable: bool
    requires_shipping: bool
    tracks_stock: bool
    free: int
    own_price: int | None


_COUPON = tuple(getattr(CouponRow, name).label(f"cp_{name}") for name in KeptCoupon._fields if name != "id")
_METHOD = tuple(column.label(f"sm_{column.key}") for column in METHOD_COLUMNS)


def free_of(variant_id: Any) -> ScalarSelect[int]:
    """Units of a variant that nobody has reserved, over all active warehouses."""
    return (
        select(func.coalesce(cast(func.sum(StockRow.on_hand - StockRow.reserved), Integer), 0))
        .join(WarehouseRow, and_(WarehouseRow.id == StockRow.warehouse_id, WarehouseRow.is_active))
        .where(StockRow.variant_id == variant_id)
        .scalar_subquery()
    )


_OwnImage = aliased(ProductImageRow)
_FIRST_IMAGE = (
    select(ProductImageRow.url)
    .where(ProductImageRow.product_id == ProductRow.id)
    .order_by(ProductImageRow.position)
    .limit(1)
    .scalar_subquery()
)
IS_SOLD = and_(
    VariantRow.is_active,
    ProductRow.status == literal_column("'ACTIVE'"),
    or_(ProductRow.published_at.is_(None), ProductRow.published_at <= func.now()),
)


def facts_of(cart: FromClause, is_current: ColumnElement[bool]) -> Select[Any]:
    """The facts of carts, whose own rows are those of `cart`: the table, or what has just been written there."""
    own = cart.c
    destination = func.coalesce(own.shipping_address["country"].astext, own.country)
    return (
        select(
            *(own[name] for name in CartFacts._fields[:17]),
            ChannelRow.prices_include_tax,
            func.coalesce(TaxRateRow.basis_points, 0).label("tax_basis_points"),
            own.coupon_id,
            *_COUPON,
            *_METHOD,
            func.array(_lines_of(cart)).label("lines"),
            is_current.label("is_current"),
        )
        .select_from(cart)
        .join(ChannelRow, ChannelRow.id == own.channel_id)
        .outerjoin(TaxRateRow, and_(TaxRateRow.channel_id == own.channel_id, TaxRateRow.country == destination))
        .outerjoin(CouponRow, CouponRow.id == own.coupon_id)
        .outerjoin(ShippingMethodRow, ShippingMethodRow.id == own.shipping_method_id)
    )


def _lines_of(cart: FromClause) -> ScalarSelect[Any]:
    """A record of `LineFacts` for each line, in their order."""
    return (
        select(
            func.row(
                CartLineRow.id,
                CartLineRow.variant_id,
                CartLineRow.quantity,
                CartLineRow.price_seen,
                ProductRow.name,
                VariantRow.name,
                VariantRow.sku,
                func.coalesce(_OwnImage.url, _FIRST_IMAGE),
                PriceRow.amount,
                IS_SOLD,
                VariantRow.is_taxable,
                VariantRow.requires_shipping,
                VariantRow.tracks_stock,
                free_of(CartLineRow.variant_id),
                CartLineRow.own_price,
            )
        )
        .join(VariantRow, VariantRow.id == CartLineRow.variant_id)
        .join(ProductRow, ProductRow.id == VariantRow.product_id)
        .outerjoin(_OwnImage, _OwnImage.id == VariantRow.image_id)
        .outerjoin(
            PriceRow,
            and_(
                PriceRow.variant_id == CartLineRow.variant_id,
                PriceRow.channel_id == cart.c.channel_id,
                PriceRow.currency == cart.c.currency,
            ),
        )
        .where(CartLineRow.cart_id == cart.c.id)
        .order_by(CartLineRow.created_at, CartLineRow.id)
        .correlate(cart)
        .scalar_subquery()
    )


_CART = CartRow.__table__
BY_ID = Question(CartFacts, facts_of(_CART, true()).where(_CART.c.id == any_(ids())))


def cart_of(row: CartFacts) -> Cart:
    """The cart, put together from its row."""
    currency = Currency(row.currency)
    return Cart(
        id=CartId(row.id),
        state=CartState(row.state),
        channel_id=ChannelId(row.channel_id),
        currency=currency,
        country=row.country,
        language=row.language,
        prices_include_tax=row.prices_include_tax,
        tax_basis_points=row.tax_basis_points,
        customer_id=CustomerId(row.customer_id) if row.customer_id is not None else None,
        email=row.email,
        sms_phone=row.sms_phone,
        shipping_address=address_of(row.shipping_address) if row.shipping_address is not None else None,
        billing_address=address_of(row.billing_address) if row.billing_address is not None else None,
        shipping_method=_method(row),
        coupon=_coupon(row),
        note=row.note,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        lines=tuple(_line(LineFacts(*each), currency) for each in row.lines),
        reduction=_reduction(row),
    )


def _reduction(row: CartFacts) -> Benefit | None:
    if row.reduction_basis_points is not None:
        return Percentage(row.reduction_basis_points)
    return FixedAmount(Money(row.reduction_amount, Currency(row.currency))) if row.reduction_amount is not None else None


def _line(row: LineFacts, currency: Currency) -> CartLine:
    listed = Money(row.amount, currency) if row.is_sold and row.amount is not None else None
    own = Money(row.own_price, currency) if row.own_price is not None else None
    return CartLine(
        id=CartLineId(row.id),
        variant_id=VariantId(row.variant_id),
        quantity=row.quantity,
        price_seen=Money(row.price_seen, currency),
        product_name=row.product_name,
        variant_name=row.variant_name,
        sku=row.sku,
        image_url=row.image_url,
        unit_price=own if own is not None and listed is not None else listed,
        is_taxable=row.is_taxable,
        requires_shipping=row.requires_shipping,
        free=row.free if row.tracks_stock else None,
        own_price=own,
        list_price=listed,
    )


def _coupon(row: CartFacts) -> Coupon | None:
    if row.coupon_id is None:
        return None
    return coupon_of(KeptCoupon(row.coupon_id, *(getattr(row, f"cp_{name}") for name in KeptCoupon._fields if name != "id")))


def _method(row: CartFacts) -> ShippingMethod | None:
    """A method in another currency than the cart's counts as switched off."""
    if row.sm_id is None:
        return None
    kept = KeptMethod(*(getattr(row, f"sm_{name}") for name in KeptMethod._fields))
    return method_of(kept._replace(is_active=kept.is_active and kept.currency == row.currency))
