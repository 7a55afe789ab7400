"""Products and their variants as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.catalog.model import Attribute, AttributeKind, ProductStatus
from domain.catalog.rules import OPTIONS_MAX
from domain.money import Currency
from domain.money import Money as Amount
from domain.viewer import Permission
from persistence.catalog import groups, reads
from persistence.catalog.groups import CategoryView, CollectionView
from persistence.catalog.views import ImageView, ProductView, VariantView
from schema.catalog import parts
from schema.catalog.loads import load_categories, load_products
from schema.catalog.parts import (
    Availability,
    Image,
    OptionView,
    PriceRange,
    PriceRangeView,
    ProductAttribute,
    ProductOption,
    SearchEngineText,
    SelectedOption,
)
from schema.catalog.shelves import sees_all, shelf_of
from schema.context import Context
from schema.execution.fields import batch, computed, plain, shows
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


async def _products_of_variants(variants: Sequence[VariantView], context: Context) -> list[ProductView | None]:
    return await load_products(context, [each.product_id for each in variants])


async def _images_of_variants(variants: Sequence[VariantView], context: Context) -> list[ImageView | None]:
    wanted = {each.image_id for each in variants if each.image_id is not None}
    found = dict(zip(wanted, await reads.images_by_id(context.reader, list(wanted)), strict=True)) if wanted else {}
    return [found.get(each.image_id) if each.image_id is not None else None for each in variants]


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
    image: Image | None = batch(_images_of_variants, "The picture of just this variant, if it has one.")
    product: Annotated[Product, strawberry.lazy("schema.catalog.types")] | None = batch(
        _products_of_variants, "The product it belongs to."
    )
    position: int = plain("Its place among the product's variants, counted from 1.")
    weight_grams: int = plain("What one weighs, in grams.")
    requires_shipping: bool = plain("Whether it is sent to the buyer.")
    barcode: str = plain("A barcode such as an EAN; may be empty.")
    is_active: bool = plain("Whether it is on sale at all; others are for staff.", allow=STAFF_ONLY)
    tracks_stock: bool = plain("Whether stock decides if it can be bought.", allow=STAFF_ONLY)


def _range(product: ProductView) -> PriceRangeView | None:
    if product.price_min is None or product.price_max is None:
        return None
    currency = Currency(product.currency)
    return PriceRangeView(Amount(product.price_min, currency), Amount(product.price_max, currency))


def _attributes(product: ProductView) -> list[Attribute]:
    return [
        Attribute(name=name, kind=AttributeKind(kept["kind"]), value=kept["value"])
        for name, kept in sorted(product.attributes.items())
    ]


async def _variants(products: Sequence[ProductView], context: Context) -> list[list[VariantView]]:
    return await reads.variants_of_products(context.reader, [each.id for each in products], shelf=await shelf_of(context))


async def _options(products: Sequence[ProductView], context: Context) -> list[list[OptionView]]:
    return [parts.options(each) for each in await _variants(products, context)]


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

    return [next(filter(meant, variants), None) for variants in await _variants(products, context)]


async def _availability(products: Sequence[ProductView], context: Context) -> list[bool]:
    return [
        any(each.is_active and each.amount is not None and (not each.tracks_stock or each.free > 0) for each in variants)
        for variants in await _variants(products, context)
    ]


async def _images(products: Sequence[ProductView], context: Context) -> list[list[ImageView]]:
    return await reads.images_of_products(context.reader, [each.id for each in products])


async def _thumbnails(products: Sequence[ProductView], context: Context) -> list[ImageView | None]:
    return await reads.thumbnails_of_products(context.reader, [each.id for each in products])


async def _main_categories(products: Sequence[ProductView], context: Context) -> list[CategoryView | None]:
    wanted = list({each.category_id for each in products if each.category_id is not None})
    found = dict(zip(wanted, await load_categories(context, wanted), strict=True)) if wanted else {}
    return [found.get(each.category_id) if each.category_id is not None else None for each in products]


async def _categories(products: Sequence[ProductView], context: Context) -> list[list[CategoryView]]:
    return await groups.categories_of_products(context.reader, [each.id for each in products])


async def _collections(products: Sequence[ProductView], context: Context) -> list[list[CollectionView]]:
    return await groups.collections_of_products(context.reader, [each.id for each in products], sees_all=sees_all(context))


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
    variants: list[Variant] = batch(_variants, "What can be bought, in order; 250 at most.", size=20)
    options: list[ProductOption] = batch(_options, "What a buyer chooses between; 3 at most.", size=OPTIONS_MAX)
    variant_by_selected_options: Variant | None = batch(_selected, "The variant of these options; null when there is none.")
    is_available: bool = batch(_availability, "Whether some variant is to be had now.")
    images: list[Image] = batch(_images, "Its pictures, in order; 250 at most.")
    thumbnail: Image | None = batch(_thumbnails, "Its first picture.")
    category: Annotated[Category, strawberry.lazy("schema.catalog.groups")] | None = batch(
        _main_categories, "Its main category."
    )
    categories: list[Annotated[Category, strawberry.lazy("schema.catalog.groups")]] = batch(
        _categories, "All its categories, by name; 50 at most."
    )
    collections: list[Annotated[Collection, strawberry.lazy("schema.catalog.groups")]] = batch(
        _collections, "The collections it is in, by name; 50 at most."
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
