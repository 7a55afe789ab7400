"""What the read side of the catalogue answers with: one view per kind of thing, and the columns that make it.

A `Shelf` says where, when and for whom things are looked at; it goes into every read, so that what a buyer may not see is
not found rather than hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, DateTime, Text, Uuid, and_, bindparam, cast, exists, func, null, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from domain.catalog.model import ProductStatus
from persistence.catalog.tables import ProductImageRow, ProductOptionRow, ProductRow, VariantRow
from persistence.prices.tables import ListingRow, PriceRow
from persistence.stock.tables import StockRow, WarehouseRow

AVAILABLE_MAX = 1_000_000
"""What is told of a huge stock at most; keeps the sum within the API's 32-bit integers."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Prices are those of the channel in the currency. `sees_all`: drafts, unpriced and unpublished things too."""

    channel_id: UUID
    currency: str
    now: datetime
    sees_all: bool


class ProductView(NamedTuple):
    """A product. The price span covers its active variants; None where it has no price. `attributes` is JSON text, which
    few readers look into. The last two are for lists only.
    """

    id: UUID
    slug: str
    name: str
    description: str
    vendor: str
    product_type: str
    tags: list[str]
    status: str
    category_id: UUID | None
    published_at: datetime | None
    seo_title: str | None
    seo_description: str | None
    attributes: str
    version: int
    created_at: datetime
    updated_at: datetime
    currency: str
    price_min: int | None
    price_max: int | None
    sort_value: Any
    parent_id: UUID | None


class VariantView(NamedTuple):
    """A variant with its price (None: not sold here) and what is free of it over all active warehouses."""

    id: UUID
    product_id: UUID
    position: int
    sku: str
    name: str
    option1: str
    option2: str
    option3: str
    option_names: list[str]
    barcode: str
    weight_grams: int
    requires_shipping: bool
    is_taxable: bool
    tracks_stock: bool
    is_active: bool
    image_id: UUID | None
    currency: str
    amount: int | None
    compare_at: int | None
    free: int


class ImageView(NamedTuple):
    """A picture of a product."""

    id: UUID
    product_id: UUID
    position: int
    url: str
    alt: str


CHANNEL = bindparam("channel_id", type_=Uuid())
CURRENCY = bindparam("currency", type_=Text())
NOW = bindparam("now", type_=DateTime(timezone=True))

LISTED = and_(ListingRow.product_id == ProductRow.id, ListingRow.channel_id == CHANNEL, ListingRow.currency == CURRENCY)
PRICED = and_(PriceRow.variant_id == VariantRow.id, PriceRow.channel_id == CHANNEL, PriceRow.currency == CURRENCY)
FREE = (
    select(func.least(func.coalesce(func.sum(StockRow.on_hand - StockRow.reserved), 0), AVAILABLE_MAX))
    .join(WarehouseRow, and_(WarehouseRow.id == StockRow.warehouse_id, WarehouseRow.is_active))
    .where(StockRow.variant_id == VariantRow.id)
    .scalar_subquery()
)
OPTION_NAMES = func.array(
    select(ProductOptionRow.name)
    .where(ProductOptionRow.product_id == VariantRow.product_id)
    .order_by(ProductOptionRow.position)
    .scalar_subquery(),
    type_=ARRAY(Text()),
)
_PRODUCT_OWN = tuple(
    cast(ProductRow.attributes, Text).label("attributes") if name == "attributes" else getattr(ProductRow, name)
    for name in ProductView._fields[: ProductView._fields.index("currency")]
)


def product_columns(sort_value: ColumnElement[Any] | None = None) -> list[Any]:
    """The columns of a `ProductView`, but for its parent."""
    return [
        *_PRODUCT_OWN,
        cast(CURRENCY, Text).label("currency"),
        ListingRow.price_min,
        ListingRow.price_max,
        (sort_value if sort_value is not None else null()).label("sort_value"),
    ]


def no_parent() -> ColumnElement[Any]:
    """The parent's column where there is none."""
    return cast(null(), Uuid).label("parent_id")


def variant_columns() -> list[Any]:
    """The columns of a `VariantView`."""
    return [
        VariantRow.id,
        VariantRow.product_id,
        VariantRow.position,
        VariantRow.sku,
        VariantRow.name,
        VariantRow.option1,
        VariantRow.option2,
        VariantRow.option3,
        OPTION_NAMES.label("option_names"),
        VariantRow.barcode,
        VariantRow.weight_grams,
        VariantRow.requires_shipping,
        VariantRow.is_taxable,
        VariantRow.tracks_stock,
        VariantRow.is_active,
        VariantRow.image_id,
        cast(CURRENCY, Text).label("currency"),
        PriceRow.amount,
        PriceRow.compare_at,
        cast(FREE, BigInteger).label("free"),
    ]


def image_columns() -> list[Any]:
    """The columns of an `ImageView`."""
    return [getattr(ProductImageRow, name) for name in ImageView._fields]


def product_is_visible() -> ColumnElement[bool]:
    """Whether buyers see a product: active, published by now, and with a price here."""
    return and_(
        ProductRow.status == ProductStatus.ACTIVE.value,
        ProductRow.published_at <= NOW,
        ListingRow.product_id.is_not(None),
    )


def variant_is_sold() -> ColumnElement[bool]:
    """Whether a variant can be bought here at all, stock left aside."""
    return and_(VariantRow.is_active, PriceRow.amount.is_not(None))


def variant_is_available() -> ColumnElement[bool]:
    """Whether a unit of the variant is to be had now."""
    # No level is below what is reserved of it, so the sum is above nothing where one of them is: cheaper than adding up.
    on_some_shelf = (
        exists()
        .where(
            StockRow.variant_id == VariantRow.id,
            StockRow.on_hand > StockRow.reserved,
            WarehouseRow.id == StockRow.warehouse_id,
            WarehouseRow.is_active,
        )
        .correlate(VariantRow)
    )
    return or_(VariantRow.tracks_stock.is_(False), on_some_shelf)
