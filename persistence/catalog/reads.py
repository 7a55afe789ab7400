"""Reading products and variants, many at once: by id, slug and SKU, and what belongs to them.

Every function answers in the keys' order, with None (or nothing) for what is not there for this shelf's viewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, any_, select

from persistence.ahead import Read
from persistence.catalog.tables import ProductImageRow, ProductRow, VariantRow
from persistence.catalog.views import (
    LISTED,
    PRICED,
    ImageView,
    ProductView,
    Shelf,
    VariantView,
    image_columns,
    no_parent,
    product_columns,
    product_is_visible,
    variant_columns,
    variant_is_sold,
)
from persistence.prices.tables import ListingRow, PriceRow
from persistence.reader import Reader
from persistence.statement import Question, ids, many

THUMBNAIL_POSITION = 1
_PRODUCT = {"product": "id"}
_VARIANT = {"product": "product_id", "variant": "id"}
_IMAGE = {"product": "product_id"}


def _products(where: ColumnElement[bool], *, sees_all: bool) -> Select[Any]:
    statement = select(*product_columns(), no_parent()).outerjoin(ListingRow, LISTED).where(where)
    return statement if sees_all else statement.where(product_is_visible())


def _variants(where: ColumnElement[bool], *, sees_all: bool) -> Select[Any]:
    statement = select(*variant_columns()).outerjoin(PriceRow, PRICED).where(where)
    if sees_all:
        return statement
    return (
        statement.join(ProductRow, ProductRow.id == VariantRow.product_id)
        .join(ListingRow, LISTED)
        .where(product_is_visible(), variant_is_sold())
    )


@lru_cache(maxsize=4)
def _products_by_id(*, sees_all: bool) -> Question[ProductView]:
    return Question(ProductView, _products(ProductRow.id == any_(ids()), sees_all=sees_all), about=_PRODUCT)


@lru_cache(maxsize=4)
def _products_by_slug(*, sees_all: bool) -> Question[ProductView]:
    wanted = ProductRow.slug == any_(many("ids", Text()))
    return Question(ProductView, _products(wanted, sees_all=sees_all), by="slug", about=_PRODUCT)


@lru_cache(maxsize=4)
def _variants_by_id(*, sees_all: bool) -> Question[VariantView]:
    return Question(VariantView, _variants(VariantRow.id == any_(ids()), sees_all=sees_all), about=_VARIANT)


@lru_cache(maxsize=4)
def _variants_by_sku(*, sees_all: bool) -> Question[VariantView]:
    wanted = VariantRow.sku == any_(many("ids", Text()))
    return Question(VariantView, _variants(wanted, sees_all=sees_all), by="sku", about=_VARIANT)


@lru_cache(maxsize=4)
def _variants_of_products(*, sees_all: bool) -> Question[VariantView]:
    """Whoever asks has seen the products already; only what is not sold here is left out for buyers."""
    statement = select(*variant_columns()).outerjoin(PriceRow, PRICED).where(VariantRow.product_id == any_(ids()))
    if not sees_all:
        statement = statement.where(variant_is_sold())
    statement = statement.order_by(VariantRow.product_id, VariantRow.position, VariantRow.id)
    return Question(VariantView, statement, by="product_id", about=_VARIANT)


_IMAGES = select(*image_columns()).where(ProductImageRow.product_id == any_(ids()))
IMAGES_OF_PRODUCTS = Read(
    Question(ImageView, _IMAGES.order_by(ProductImageRow.product_id, ProductImageRow.position), by="product_id", about=_IMAGE),
    has_many=True,
)
THUMBNAILS = Read(
    Question(ImageView, _IMAGES.where(ProductImageRow.position == THUMBNAIL_POSITION), by="product_id", about=_IMAGE)
)
IMAGES = Read(Question(ImageView, select(*image_columns()).where(ProductImageRow.id == any_(ids())), about=_IMAGE))


async def products_by_slug(reader: Reader, slugs: Sequence[str], *, shelf: Shelf) -> list[ProductView | None]:
    return await reader.one_each(
        _products_by_slug(sees_all=shelf.sees_all), slugs, **_parameters(shelf, dated=not shelf.sees_all)
    )


async def variants_by_sku(reader: Reader, skus: Sequence[str], *, shelf: Shelf) -> list[VariantView | None]:
    return await reader.one_each(
        _variants_by_sku(sees_all=shelf.sees_all), skus, **_parameters(shelf, dated=not shelf.sees_all)
    )


def variants_of_products(shelf: Shelf) -> Read[VariantView]:
    """The variants of products that the shelf's viewer has seen."""
    return Read(_variants_of_products(sees_all=shelf.sees_all), has_many=True, values=_parameters(shelf, dated=False))


def products(shelf: Shelf) -> Read[ProductView]:
    """Products by their ids."""
    return Read(_products_by_id(sees_all=shelf.sees_all), values=_parameters(shelf, dated=not shelf.sees_all))


def variants(shelf: Shelf) -> Read[VariantView]:
    """Variants by their ids."""
    return Read(_variants_by_id(sees_all=shelf.sees_all), values=_parameters(shelf, dated=not shelf.sees_all))


def _parameters(shelf: Shelf, *, dated: bool) -> dict[str, Any]:
    parameters: dict[str, Any] = {"channel_id": shelf.channel_id, "currency": shelf.currency}
    return parameters | {"now": shelf.now} if dated else parameters
