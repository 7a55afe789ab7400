"""What staff can say about the catalogue: the inputs of its mutations."""

from __future__ import annotations

from datetime import datetime

import strawberry

import schema.catalog.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.catalog.model import AttributeKind
from domain.catalog.rules import (
    ATTRIBUTES_MAX,
    CATEGORIES_OF_PRODUCT_MAX,
    DESCRIPTION_MAX,
    IMAGES_MAX,
    NAME_MAX,
    OPTIONS_MAX,
    SKU_MAX,
    SLUG_MAX,
    TAGS_MAX,
    VARIANTS_MAX,
)

_SLUG = f"Its name in addresses: a-z, 0-9 and single hyphens, {SLUG_MAX} characters at most"
_HTML = f"HTML, {DESCRIPTION_MAX} characters at most; what could run is taken out."
_IF_VERSION = "Only if the product still has this version; else VERSION_CONFLICT."


@strawberry.input(name="SeoInput", description="What search engines are told. What is not said stays; empty takes it away.")
class SeoInput:
    title: str | None = strawberry.field(default=None, description="Instead of the name, 255 characters at most.")
    description: str | None = strawberry.field(default=None, description="Instead of the description, 1000 characters at most.")


@strawberry.input(name="AttributeInput", description="A free property of a product.")
class AttributeInput:
    name: str = strawberry.field(description="What it is about; once per product.")
    kind: AttributeKind = strawberry.field(description="What the value's text means.")
    value: str = strawberry.field(description="The value as text of the kind.")


@strawberry.input(name="ProductCreateInput", description="A new product. It begins as a draft without variants.")
class ProductCreateInput:
    name: str = strawberry.field(description=f"What it is called, 1 to {NAME_MAX} characters.")
    slug: str | None = strawberry.field(default=None, description=f"{_SLUG}; by default made from the name.")
    description: str | None = strawberry.field(default=None, description=_HTML)
    vendor: str | None = strawberry.field(default=None, description="Who makes it.")
    product_type: str | None = strawberry.field(default=None, description="What kind of thing it is.")
    tags: list[str] | None = strawberry.field(default=None, description=f"Words to find it by, {TAGS_MAX} at most.")
    seo: SeoInput | None = strawberry.field(default=None, description="What search engines are told.")
    attributes: list[AttributeInput] | None = strawberry.field(
        default=None, description=f"Free properties, {ATTRIBUTES_MAX} at most."
    )
    category_id: strawberry.ID | None = strawberry.field(default=None, description="Its main category.")


@strawberry.input(name="ProductUpdateInput", description="Changes of a product; what is not said stays.")
class ProductUpdateInput:
    id: strawberry.ID = strawberry.field(description="The product.")
    if_version: int | None = strawberry.field(default=None, description=_IF_VERSION)
    name: str | None = strawberry.field(default=None, description=f"What it is called, 1 to {NAME_MAX} characters.")
    slug: str | None = strawberry.field(default=None, description=f"{_SLUG}.")
    description: str | None = strawberry.field(default=None, description=_HTML)
    vendor: str | None = strawberry.field(default=None, description="Who makes it.")
    product_type: str | None = strawberry.field(default=None, description="What kind of thing it is.")
    tags: list[str] | None = strawberry.field(default=None, description=f"All its words, {TAGS_MAX} at most.")
    seo: SeoInput | None = strawberry.field(default=None, description="What search engines are told.")
    attributes: list[AttributeInput] | None = strawberry.field(
        default=None, description=f"All its free properties, {ATTRIBUTES_MAX} at most."
    )
    category_id: strawberry.ID | None = strawberry.field(default=None, description="Its main category.")


@strawberry.input(name="ProductPublishInput", description="Which product buyers shall see.")
class ProductPublishInput:
    id: strawberry.ID = strawberry.field(description="The product.")
    if_version: int | None = strawberry.field(default=None, description=_IF_VERSION)
    published_at: datetime | None = strawberry.field(default=None, description="From when on; by default from now on.")


@strawberry.input(name="ProductArchiveInput", description="Which product to take off the shelves.")
class ProductArchiveInput:
    id: strawberry.ID = strawberry.field(description="The product.")
    if_version: int | None = strawberry.field(default=None, description=_IF_VERSION)


@strawberry.input(name="ProductCategoriesSetInput", description="All categories of a product.")
class ProductCategoriesSetInput:
    id: strawberry.ID = strawberry.field(description="The product.")
    if_version: int | None = strawberry.field(default=None, description=_IF_VERSION)
    category_ids: list[strawberry.ID] = strawberry.field(
        description=f"The categories, the main one first; {CATEGORIES_OF_PRODUCT_MAX} at most."
    )


@strawberry.input(name="ImageInput", description="A picture.")
class ImageInput:
    url: str = strawberry.field(description="Where it is, http or https; once per product.")
    alt: str = strawberry.field(default="", description="What it shows, for those who do not see it.")


@strawberry.input(name="ProductImagesSetInput", description="All pictures of a product, in order.")
class ProductImagesSetInput:
    id: strawberry.ID = strawberry.field(description="The product.")
    if_version: int | None = strawberry.field(default=None, description=_IF_VERSION)
    images: list[ImageInput] = strawberry.field(description=f"The pictures, {IMAGES_MAX} at most.")


@strawberry.input(name="VariantInput", description="A variant; its SKU says which one is meant.")
class VariantInput:
    sku: str = strawberry.field(description=f"The stock keeping unit, unique in the shop, 1 to {SKU_MAX} characters.")
    options: list[str] = strawberry.field(
        default_factory=list, description="One value for each of the product's options, in order."
    )
    barcode: str = strawberry.field(default="", description="A barcode such as an EAN.")
    weight_grams: int = strawberry.field(default=0, description="What one weighs, in grams.")
    requires_shipping: bool = strawberry.field(default=True, description="Whether it is sent to the buyer.")
    is_taxable: bool = strawberry.field(default=True, description="Whether tax applies.")
    tracks_stock: bool = strawberry.field(default=True, description="Whether stock decides if it can be bought.")
    image_url: str | None = strawberry.field(default=None, description="Which of the product's pictures shows it.")


@strawberry.input(
    name="ProductVariantsSetInput",
    description="All options and variants of a product, in order. A variant that is left out is not sold any more.",
)
class ProductVariantsSetInput:
    id: strawberry.ID = strawberry.field(description="The product.")
    if_version: int | None = strawberry.field(default=None, description=_IF_VERSION)
    options: list[str] = strawberry.field(
        default_factory=list, description=f"What a buyer chooses between, {OPTIONS_MAX} at most."
    )
    variants: list[VariantInput] = strawberry.field(description=f"The variants, {VARIANTS_MAX} at most.")


@strawberry.input(name="CategoryCreateInput", description="A new category.")
class CategoryCreateInput:
    name: str = strawberry.field(description=f"What it is called, 1 to {NAME_MAX} characters.")
    parent_id: strawberry.ID | None = strawberry.field(default=None, description="The category above it; none: a root.")
    slug: str | None = strawberry.field(default=None, description=f"{_SLUG}; by default made from the name.")
    description: str | None = strawberry.field(default=None, description=_HTML)
    position: int | None = strawberry.field(default=None, description="Its place among its siblings; by default 0.")
    seo: SeoInput | None = strawberry.field(default=None, description="What search engines are told.")


@strawberry.input(name="CategoryUpdateInput", description="Changes of a category; what is not said stays.")
class CategoryUpdateInput:
    id: strawberry.ID = strawberry.field(description="The category.")
    name: str | None = strawberry.field(default=None, description=f"What it is called, 1 to {NAME_MAX} characters.")
    slug: str | None = strawberry.field(default=None, description=f"{_SLUG}.")
    description: str | None = strawberry.field(default=None, description=_HTML)
    position: int | None = strawberry.field(default=None, description="Its place among its siblings.")
    seo: SeoInput | None = strawberry.field(default=None, description="What search engines are told.")


@strawberry.input(name="CategoryMoveInput", description="Where a category goes, with all that is below it.")
class CategoryMoveInput:
    id: strawberry.ID = strawberry.field(description="The category.")
    parent_id: strawberry.ID | None = strawberry.field(default=None, description="The category above it; none: a root.")
    position: int = strawberry.field(default=0, description="Its place among its new siblings.")


@strawberry.input(name="CategoryDeleteInput", description="Which empty category goes.")
class CategoryDeleteInput:
    id: strawberry.ID = strawberry.field(description="The category.")


@strawberry.input(name="CollectionCreateInput", description="A new, empty collection.")
class CollectionCreateInput:
    name: str = strawberry.field(description=f"What it is called, 1 to {NAME_MAX} characters.")
    slug: str | None = strawberry.field(default=None, description=f"{_SLUG}; by default made from the name.")
    description: str | None = strawberry.field(default=None, description=_HTML)
    is_published: bool | None = strawberry.field(default=None, description="Whether buyers see it; by default true.")
    seo: SeoInput | None = strawberry.field(default=None, description="What search engines are told.")


@strawberry.input(name="CollectionUpdateInput", description="Changes of a collection; what is not said stays.")
class CollectionUpdateInput:
    id: strawberry.ID = strawberry.field(description="The collection.")
    name: str | None = strawberry.field(default=None, description=f"What it is called, 1 to {NAME_MAX} characters.")
    slug: str | None = strawberry.field(default=None, description=f"{_SLUG}.")
    description: str | None = strawberry.field(default=None, description=_HTML)
    is_published: bool | None = strawberry.field(default=None, description="Whether buyers see it.")
    seo: SeoInput | None = strawberry.field(default=None, description="What search engines are told.")


@strawberry.input(name="CollectionProductsChangeInput", description="Products to put into a collection and to take out.")
class CollectionProductsChangeInput:
    id: strawberry.ID = strawberry.field(description="The collection.")
    add: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Products to put at its end, 250 at most; those already in it stay."
    )
    remove: list[strawberry.ID] = strawberry.field(default_factory=list, description="Products to take out, 250 at most.")
