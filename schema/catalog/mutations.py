"""What staff do to products; every deed needs MANAGE_CATALOG."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.catalog import actions
from domain.catalog.actions import ImageWish, ProductChanges, VariantWish
from domain.catalog.model import Attribute
from domain.catalog.rules import canonical_attribute, tidy_tags
from domain.error import Invalid, NotFound, UserError
from domain.ids import CategoryId, ProductId
from domain.viewer import Permission
from schema.catalog.edits import (
    AttributeInput,
    ProductArchiveInput,
    ProductCategoriesSetInput,
    ProductCreateInput,
    ProductImagesSetInput,
    ProductPublishInput,
    ProductUpdateInput,
    ProductVariantsSetInput,
)
from schema.catalog.loads import load_products
from schema.catalog.types import Product
from schema.context import Context
from schema.mutations import Answer, answered, deed
from schema.permissions import may

STAFF = may(Permission.MANAGE_CATALOG)
_PRODUCT = (Product, "The product, as it is now.")
_NO_PRODUCT = NotFound(path=("input", "id"), what="product")


async def _shown(context: Context, outcome: ProductId | UserError) -> Answer | UserError:
    if isinstance(outcome, UserError):
        return outcome
    return answered(product=(await load_products(context, [outcome]))[0])


def _product_id(context: Context, text: str) -> ProductId | None:
    product_id = context.id_of("Product", text)
    return ProductId(product_id) if product_id is not None else None


def _changes(context: Context, said: ProductCreateInput | ProductUpdateInput) -> ProductChanges | NotFound | Invalid:
    attributes = _attributes(said.attributes)
    if isinstance(attributes, Invalid):
        return attributes
    category_id = context.id_of("Category", said.category_id) if said.category_id is not None else None
    if category_id is None and said.category_id is not None:
        return NotFound(path=("input", "category_id"), what="category")
    return ProductChanges(
        name=said.name.strip() if said.name is not None else None,
        slug=said.slug,
        description=said.description,
        vendor=said.vendor,
        product_type=said.product_type,
        tags=tidy_tags(said.tags) if said.tags is not None else None,
        seo_title=said.seo.title if said.seo is not None else None,
        seo_description=said.seo.description if said.seo is not None else None,
        attributes=attributes,
        category_id=CategoryId(category_id) if category_id is not None else None,
    )


def _attributes(said: list[AttributeInput] | None) -> tuple[Attribute, ...] | Invalid | None:
    if said is None:
        return None
    made: list[Attribute] = []
    for place, each in enumerate(said):
        attribute = canonical_attribute(each.name, each.kind, each.value)
        if attribute is None:
            path = ("input", "attributes", str(place), "value")
            return Invalid(path=path, reason=f"This is no value of the kind {each.kind.value}.")
        made.append(attribute)
    return tuple(sorted(made, key=lambda attribute: attribute.name))


@deed("Makes a product, as a draft without variants.", allow=STAFF, product=_PRODUCT)
async def product_create(
    context: Context,
    *,
    input: Annotated[ProductCreateInput, strawberry.argument(description="The product.")],
) -> Answer | UserError:
    changes = _changes(context, input)
    if isinstance(changes, UserError):
        return changes
    return await _shown(context, await context.act(actions.create_product, changes=changes))


@deed("Changes what is said of a product.", allow=STAFF, product=_PRODUCT)
async def product_update(
    context: Context,
    *,
    input: Annotated[ProductUpdateInput, strawberry.argument(description="The changes.")],
) -> Answer | UserError:
    changes = _changes(context, input)
    product_id = _product_id(context, input.id)
    if isinstance(changes, UserError) or product_id is None:
        return changes if isinstance(changes, UserError) else _NO_PRODUCT
    outcome = await context.act(actions.update_product, product_id=product_id, changes=changes, if_version=input.if_version)
    return await _shown(context, outcome)


@deed("Lets buyers see a product from a moment on.", allow=STAFF, product=_PRODUCT)
async def product_publish(
    context: Context,
    *,
    input: Annotated[ProductPublishInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    product_id = _product_id(context, input.id)
    if product_id is None:
        return _NO_PRODUCT
    published_at = input.published_at or context.now
    if published_at.tzinfo is None:
        return Invalid(path=("input", "published_at"), reason="A time needs its zone, such as Z for UTC.")
    outcome = await context.act(
        actions.publish_product, product_id=product_id, published_at=published_at, if_version=input.if_version
    )
    return await _shown(context, outcome)


@deed("Takes a product off the shelves; what was ordered stays as it was.", allow=STAFF, product=_PRODUCT)
async def product_archive(
    context: Context,
    *,
    input: Annotated[ProductArchiveInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    product_id = _product_id(context, input.id)
    if product_id is None:
        return _NO_PRODUCT
    return await _shown(context, await context.act(actions.archive_product, product_id=product_id, if_version=input.if_version))


@deed("Sets the categories of a product.", allow=STAFF, product=_PRODUCT)
async def product_categories_set(
    context: Context,
    *,
    input: Annotated[ProductCategoriesSetInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    product_id = _product_id(context, input.id)
    if product_id is None:
        return _NO_PRODUCT
    category_ids = [context.id_of("Category", each) for each in input.category_ids]
    known = [CategoryId(each) for each in category_ids if each is not None]
    if len(known) < len(category_ids):
        return NotFound(path=("input", "category_ids", str(category_ids.index(None))), what="category")
    outcome = await context.act(actions.set_categories, product_id=product_id, category_ids=known, if_version=input.if_version)
    return await _shown(context, outcome)


@deed("Sets the pictures of a product.", allow=STAFF, product=_PRODUCT)
async def product_images_set(
    context: Context,
    *,
    input: Annotated[ProductImagesSetInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    product_id = _product_id(context, input.id)
    if product_id is None:
        return _NO_PRODUCT
    outcome = await context.act(
        actions.set_images,
        product_id=product_id,
        images=[ImageWish(url=each.url, alt=each.alt) for each in input.images],
        if_version=input.if_version,
    )
    return await _shown(context, outcome)


@deed("Sets the options and variants of a product.", allow=STAFF, product=_PRODUCT)
async def product_variants_set(
    context: Context,
    *,
    input: Annotated[ProductVariantsSetInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    product_id = _product_id(context, input.id)
    if product_id is None:
        return _NO_PRODUCT
    wishes = [
        VariantWish(
            sku=each.sku.strip(),
            options=tuple(value.strip() for value in each.options),
            barcode=each.barcode,
            weight_grams=each.weight_grams,
            requires_shipping=each.requires_shipping,
            is_taxable=each.is_taxable,
            tracks_stock=each.tracks_stock,
            image_url=each.image_url,
        )
        for each in input.variants
    ]
    outcome = await context.act(
        actions.set_variants,
        product_id=product_id,
        options=tuple(name.strip() for name in input.options),
        variants=wishes,
        if_version=input.if_version,
    )
    return await _shown(context, outcome)
