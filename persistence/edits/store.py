"""The port of editing orders made true on PostgreSQL. The order's lock stands before all of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, any_, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlalchemy.types import Uuid

from domain.carts.model import CartLine
from domain.customers.model import address_of
from domain.edits.model import Agreed, AgreedLine, Amended
from domain.ids import CartId, CartLineId, ChannelId, OrderId, OrderLineId, ShippingMethodId, VariantId, new_id
from domain.money import Currency, Money
from domain.shipping.model import ShippingMethod
from persistence.carts.facts import IS_SOLD, free_of
from persistence.catalog.tables import ProductImageRow, ProductRow, VariantRow
from persistence.orders.store import LINE_COLUMNS, SOLD
from persistence.orders.tables import OrderLineRow, OrderRow
from persistence.prices.tables import PriceRow
from persistence.shipping.rows import METHOD_COLUMNS, KeptMethod, method_of
from persistence.shipping.tables import ShippingMethodRow
from persistence.statement import Question, Statement, ids
from persistence.taxes.tables import TaxRateRow
from persistence.transaction import Transaction


class _Agreed(NamedTuple):
    cart_id: UUID
    currency: str
    country: str
    shipping_address: dict[str, Any] | None
    delivery: dict[str, Any] | None
    coupon_code: str | None
    discount: int
    shipping: int
    tax_added: int
    tax_total: int
    total: int
    explanation: dict[str, Any]


class _Line(NamedTuple):
    id: UUID
    position: int
    variant_id: UUID | None
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


class _Offer(NamedTuple):
    id: UUID
    product_name: str
    variant_name: str
    sku: str
    image_url: str | None
    amount: int
    is_taxable: bool
    requires_shipping: bool
    tracks_stock: bool
    free: int


class _Id(NamedTuple):
    id: UUID


class _Rate(NamedTuple):
    basis_points: int


AGREED = Question(
    _Agreed, select(*(getattr(OrderRow, name) for name in _Agreed._fields)).where(OrderRow.id == bindparam("order_id"))
)
LINES = Question(
    _Line,
    text("""
    SELECT l.id, l.position, l.variant_id, l.product_name, l.variant_name, l.sku, l.image_url, l.quantity, l.unit_price,
           l.tax_basis_points, v.is_taxable, v.requires_shipping,
           EXISTS (SELECT FROM refund_line b JOIN refund_request r ON r.id = b.request_id
                   WHERE b.order_line_id = l.id AND r.state <> 'REJECTED') AS was_refunded,
           EXISTS (SELECT FROM refund_line b WHERE b.order_line_id = l.id)
               OR EXISTS (SELECT FROM order_return_line t WHERE t.order_line_id = l.id)
               OR (l.unit_price = 0 AND EXISTS (
                   SELECT FROM order_return_exchange x WHERE x.replacement_id = l.order_id)) AS is_fixed
    FROM order_line l LEFT JOIN variant v ON v.id = l.variant_id
    WHERE l.order_id = CAST(:order_id AS uuid) ORDER BY l.position, l.id
    """),
)
_OwnImage = aliased(ProductImageRow)
_FIRST_IMAGE = (
    select(ProductImageRow.url)
    .where(ProductImageRow.product_id == ProductRow.id)
    .order_by(ProductImageRow.position)
    .limit(1)
    .scalar_subquery()
)
OFFERS = Question(
    _Offer,
    select(
        VariantRow.id,
        ProductRow.name.label("product_name"),
        VariantRow.name.label("variant_name"),
        VariantRow.sku,
        func.coalesce(_OwnImage.url, _FIRST_IMAGE).label("image_url"),
        PriceRow.amount,
        VariantRow.is_taxable,
        VariantRow.requires_shipping,
        VariantRow.tracks_stock,
        free_of(VariantRow.id).label("free"),
    )
    .join(ProductRow, ProductRow.id == VariantRow.product_id)
    .join(
        PriceRow,
        and_(
            PriceRow.variant_id == VariantRow.id,
            PriceRow.channel_id == bindparam("channel_id"),
            PriceRow.currency == bindparam("currency"),
        ),
    )
    .outerjoin(_OwnImage, _OwnImage.id == VariantRow.image_id)
    .where(VariantRow.id == any_(ids()), IS_SOLD),
)
COUNTED = Question(_Id, select(VariantRow.id).where(VariantRow.id == any_(ids()), VariantRow.tracks_stock))
TAX_RATE = Question(
    _Rate,
    select(TaxRateRow.basis_points).where(
        TaxRateRow.channel_id == bindparam("channel_id"), TaxRateRow.country == bindparam("country")
    ),
)
DELIVERIES = Question(
    KeptMethod,
    select(*METHOD_COLUMNS).where(
        ShippingMethodRow.channel_id == bindparam("channel_id"),
        ShippingMethodRow.currency == bindparam("currency"),
        ShippingMethodRow.is_active,
    ),
)
_MONEY = ("subtotal", "discount", "shipping", "tax_added", "tax_total", "total", "edited_back")
_PARTS = ("country", "shipping_address", "delivery", "coupon_code", "explanation", *_MONEY)
AMEND = Statement(
    update(OrderRow)
    .where(OrderRow.id == bindparam("order_id"))
    .values(**{name: bindparam(name, type_=OrderRow.__table__.c[name].type) for name in _PARTS})
)
# A shipment that was called back names lines no more that leave the order.
FORGET_LINES = Statement(
    text("""
    DELETE FROM fulfillment_line p USING fulfillment f
    WHERE f.id = p.fulfillment_id AND f.state = 'CANCELLED' AND p.order_line_id = ANY(CAST(:ids AS uuid[]))
    """)
)
TAKE_OUT = Statement(delete(OrderLineRow).where(OrderLineRow.id == any_(ids())))
_WRITTEN = insert(OrderLineRow).from_select(
    ["order_id", *(each.name for each in LINE_COLUMNS)], select(bindparam("order_id", type_=Uuid()), *SOLD.c)
)
_CHANGING = ("position", "quantity", "discount", "tax_basis_points", "tax_added", "tax_total", "total")
SET_LINES = Statement(
    _WRITTEN.on_conflict_do_update(index_elements=[OrderLineRow.id], set_={name: _WRITTEN.excluded[name] for name in _CHANGING})
)


class EditsRows:
    """`domain.edits.store.EditsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def agreed(self, order_id: OrderId) -> Agreed:
        row = await self._transaction.row(AGREED, order_id=order_id)
        if row is None:
            raise RuntimeError(f"order {order_id} is gone under its own lock")
        lines = await self._transaction.rows(LINES, order_id=order_id)
        address = row.shipping_address
        return Agreed(
            **{
                **row._asdict(),
                "cart_id": CartId(row.cart_id),
                "currency": Currency(row.currency),
                "shipping_address": address_of(address) if address is not None else None,
            },
            lines=tuple(_line(each) for each in lines),
        )

    async def offers(
        self, variant_ids: Collection[VariantId], *, channel_id: ChannelId, currency: Currency
    ) -> dict[VariantId, CartLine]:
        if not variant_ids:
            return {}
        rows = await self._transaction.rows(OFFERS, ids=list(variant_ids), channel_id=channel_id, currency=currency)
        return {VariantId(row.id): _offer(row, currency) for row in rows}

    async def counted(self, variant_ids: Collection[VariantId]) -> set[VariantId]:
        rows = await self._transaction.rows(COUNTED, ids=list(variant_ids)) if variant_ids else []
        return {VariantId(row.id) for row in rows}

    async def tax_rate(self, channel_id: ChannelId, country: str) -> int:
        row = await self._transaction.row(TAX_RATE, channel_id=channel_id, country=country)
        return row.basis_points if row is not None else 0

    async def deliveries(self, channel_id: ChannelId, currency: Currency) -> dict[ShippingMethodId, ShippingMethod]:
        rows = await self._transaction.rows(DELIVERIES, channel_id=channel_id, currency=currency)
        return {ShippingMethodId(row.id): method_of(row) for row in rows}

    async def amend(self, amended: Amended) -> None:
        await self._transaction.run(AMEND, order_id=amended.order_id, **{name: getattr(amended, name) for name in _PARTS})
        if amended.gone:
            await self._transaction.run(FORGET_LINES, ids=list(amended.gone))
            await self._transaction.run(TAKE_OUT, ids=list(amended.gone))
        await self._transaction.run(
            SET_LINES,
            order_id=amended.order_id,
            **{f"line_{each.name}": [getattr(line, each.name) for line in amended.lines] for each in LINE_COLUMNS},
        )


def _line(row: _Line) -> AgreedLine:
    variant_id = VariantId(row.variant_id) if row.variant_id is not None else None
    return AgreedLine(**{**row._asdict(), "id": OrderLineId(row.id), "variant_id": variant_id})


def _offer(row: _Offer, currency: Currency) -> CartLine:
    price = Money(row.amount, currency)
    return CartLine(
        id=CartLineId(new_id()),
        variant_id=VariantId(row.id),
        quantity=1,
        price_seen=price,
        product_name=row.product_name,
        variant_name=row.variant_name,
        sku=row.sku,
        image_url=row.image_url,
        unit_price=price,
        is_taxable=row.is_taxable,
        requires_shipping=row.requires_shipping,
        free=row.free if row.tracks_stock else None,
    )
