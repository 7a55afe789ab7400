"""Products and their variants as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import orjson
import strawberry

from domain.catalog.model import Attribute, AttributeKind, ProductStatus
from domain.catalog.rules import OPTIONS_MAX
from domain.money import Money as Amount
from domain.viewer import Permission
from persistence.ahead import Read
from persistence.catalog import groups, reads
from persistence.catalog.groups import CollectionView
from persistence.catalog.views import ProductView, VariantView
from schema.catalog import parts
from schema.catalog.parts import (
    Availability,
    Image,
    PriceRange,
    PriceRangeView,
    ProductAttribute,
    ProductOption,
    SearchEngineText,
    SelectedOption,
)
from schema.catalog.shelves import sees_all, shelf_of
from schema.context import Context
from schema.execution.fields import Link, batch, computed, linked, plain, shows
from schema.node import Node, identity
from schema.paging import connection
from schema.permissions import may
from schema.scalars import Money

if TYPE_CHECKING:
    from schema.catalog.groups import Category, Collection

STAFF_ONLY = may(Permission.READ_CATALOG)


@strawberry.input(name="SelectedOptionInput", description="What is chosen for an option.")
class SelectedOptionInput:
    name: str = strawberry.field(description="The option.")
    value: str = strawberry.field(description="What is chosen.")


def _price(variant: VariantView) -> Amount | None:
    return parts.price(variant.amount, variant.currency)


def _compared(variant: VariantView) -> Amount | None:
    return parts.price(variant.compare_at, variant.currency)


async def _products(context: Context) -> Read[ProductView]:
    return reads.products(await shelf_of(context))


@strawberry.type(name="Variant", description="What is bought: one combination of a product's options.")
@shows(VariantView)
class Variant(Node):
    """Shown from `VariantView`."""

    id: strawberry.ID = identity("Variant")
    sku: str = plain("The stock keeping unit, unique in the shop.")
    name: str = plain("Its options' values, or the product's name when there are none.")
    options: list[SelectedOption] = computed(
        parts.selected_options, "What it has for each option of the product.", size=OPTIONS_MAX
    )
    price: Money | None = computed(_price, "What one costs on the channel, in the operation's currency; null: not sold here.")
    compare_at_price: Money | None = computed(_compared, "The price it is shown struck through against; null: none.")
    availability: Availability = computed(parts.availability, "Whether it is to be had now.")
    image: Image | None = linked("image_id", reads.IMAGES, "The picture of just this variant, if it has one.")
    product: Annotated[Product, strawberry.lazy("schema.catalog.types")] | None = linked(
        "product_id", _products, "The product it belongs to."
    )
    position: int = plain("Its place among the product's variants, counted from 1.")
    weight_grams: int = plain("What one weighs, in grams.")
    requires_shipping: bool = plain("Whether it is sent to the buyer.")
    barcode: str = plain("A barcode such as an EAN; may be empty.")
    is_active: bool = plain("Whether it is on sale at all; others are for staff.", allow=STAFF_ONLY)
    tracks_stock: bool = plain("Whether stock decides if it can be bought.", allow=STAFF_ONLY)


def _range(product: ProductView) -> PriceRangeView | None:
    least, most = parts.price(product.price_min, product.currency), parts.price(product.price_max, product.currency)
    return PriceRangeView(least, most) if least is not None and most is not None else None


def _attributes(product: ProductView) -> list[Attribute]:
    return [
        Attribute(name=name, kind=AttributeKind(kept["kind"]), value=kept["value"])
        for name, kept in sorted(orjson.loads(product.attributes).items())
    ]


async def _variants(context: Context) -> Read[VariantView]:
    return reads.variants_of_products(await shelf_of(context))


async def _selected(
    products: Sequence[ProductView],
    context: Context,
    *,
    selected: Annotated[
        list[SelectedOptionInput], strawberry.argument(description="One value for each of the product's options.")
    ],
) -> list[VariantView | None]:
    wanted = {each.name: each.value for each in selected}

    def meant(variant: VariantView) -> bool:
        values = (variant.option1, variant.option2, variant.option3)
        return dict(zip(variant.option_names, values, strict=False)) == wanted

    found = await context.reader.each(await _variants(context), [each.id for each in products])
    return [next(filter(meant, variants), None) for variants in found]


def _is_available(variants: Sequence[VariantView]) -> bool:
    return any(each.is_active and each.amount is not None and (not each.tracks_stock or each.free > 0) for each in variants)


def _first_groups(collections: Sequence[CollectionView]) -> Sequence[CollectionView]:
    return collections[: groups.GROUPS_OF_PRODUCT_MAX]


async def _collections(context: Context) -> Read[CollectionView]:
    return groups.collections_of_products(sees_all=sees_all(context))


@strawberry.type(name="Product", description="Something the shop sells, in one or more variants.")
@shows(ProductView)
class Product(Node):
    """Shown from `ProductView`."""

    id: strawberry.ID = identity("Product")
    slug: str = plain("Its name in addresses, unique among products.")
    name: str = plain("What it is called.")
    description: str = plain("HTML that is safe to show: what could run is gone.")
    vendor: str = plain("Who makes it; may be empty.")
    product_type: str = plain("What kind of thing it is; may be empty.")
    tags: list[str] = plain("Words to find it by.")
    price_range: PriceRange | None = computed(_range, "What its variants cost here; null: it has no price here.")
    variants: list[Variant] = linked("id", _variants, "What can be bought, in order; 250 at most.", size=20)
    options: list[ProductOption] = linked(
        "id", _variants, "What a buyer chooses between; 3 at most.", then=parts.options, size=OPTIONS_MAX
    )
    variant_by_selected_options: Variant | None = batch(
        _selected, "The variant of these options; null when there is none.", link=Link("id", _variants)
    )
    is_available: bool = linked("id", _variants, "Whether some variant is to be had now.", then=_is_available)
    images: list[Image] = linked("id", reads.IMAGES_OF_PRODUCTS, "Its pictures, in order; 250 at most.")
    thumbnail: Image | None = linked("id", reads.THUMBNAILS, "Its first picture.")
    category: Annotated[Category, strawberry.lazy("schema.catalog.groups")] | None = linked(
        "category_id", groups.CATEGORIES, "Its main category."
    )
    categories: list[Annotated[Category, strawberry.lazy("schema.catalog.groups")]] = linked(
        "id", groups.CATEGORIES_OF_PRODUCTS, "All its categories, by name; 50 at most."
    )
    collections: list[Annotated[Collection, strawberry.lazy("schema.catalog.groups")]] = linked(
        "id", _collections, "The collections it is in, by name; 50 at most.", then=_first_groups
    )
    attributes: list[ProductAttribute] = computed(_attributes, "Its free properties, by name.")
    seo: SearchEngineText = computed(parts.seo, "What search engines are told.")
    published_at: datetime | None = plain("Since when, or from when on, buyers see it.")
    created_at: datetime = plain("When it came into the shop.")
    updated_at: datetime = plain("When it was last changed.")
    status: ProductStatus = plain("Whether it may be sold.", allow=STAFF_ONLY)
    version: int = plain("Counts its changes, for `ifVersion`.", allow=STAFF_ONLY)


if TYPE_CHECKING:

    class ProductConnection:
        """What the other branch makes, for the type checker."""

else:
    ProductConnection = connection(Product, "Product")
