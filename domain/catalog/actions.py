"""What staff do to products, variants, pictures and options: one transaction each.

The caller holds MANAGE_CATALOG. Paths in failures are those of the API's inputs. Prices are set by `domain.prices`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.catalog import checks
from domain.catalog.errors import OptionsTaken, SkuTaken, SlugTaken
from domain.catalog.model import Attribute, Image, Options, Product, ProductStatus, Seo, Variant
from domain.catalog.rules import variant_name
from domain.error import Invalid, NotFound, Path, Several, UserError, VersionConflict
from domain.ids import CategoryId, ProductId, VariantId, new_id
from domain.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanges:
    """What is to be said of a product; None leaves it as it is. An empty SEO text takes it away."""

    name: str | None = None
    slug: str | None = None
    description: str | None = None
    vendor: str | None = None
    product_type: str | None = None
    tags: tuple[str, ...] | None = None
    seo_title: str | None = None
    seo_description: str | None = None
    attributes: tuple[Attribute, ...] | None = None
    category_id: CategoryId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantWish:
    """A variant as it is to be, without its id: its SKU says which one is meant."""

    sku: str
    options: tuple[str, ...] = ()
    barcode: str = ""
    weight_grams: int = 0
    requires_shipping: bool = True
    is_taxable: bool = True
    tracks_stock: bool = True
    image_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageWish:
    """A picture as it is to be."""

    url: str
    alt: str = ""


Refused = Invalid | NotFound | Several | SlugTaken | VersionConflict


async def create_product(unit: Unit, *, changes: ProductChanges) -> ProductId | Refused:
    """Makes a draft. Without a slug it gets a free one made from its name."""
    if failure := checks.product(changes, is_new=True):
        return failure
    await unit.catalog.products.claim_names()
    name = changes.name or ""
    product = Product(id=ProductId(new_id()), slug="", name=name)
    changed = await _with(unit, product, changes)
    if isinstance(changed, UserError):
        return changed
    if not changed.slug:
        changed = replace(changed, slug=await unit.catalog.products.free_slug(name))
    await unit.catalog.products.save([changed])
    await _file(unit, changed)
    await unit.catalog.products.reindex([changed.id])
    return changed.id


async def update_product(
    unit: Unit, *, product_id: ProductId, changes: ProductChanges, if_version: int | None
) -> ProductId | Refused:
    """Changes what is said of a product."""
    if failure := checks.product(changes, is_new=False):
        return failure
    await unit.catalog.products.claim_names()
    product = await locked(unit, product_id, if_version=if_version)
    if isinstance(product, UserError):
        return product
    changed = await _with(unit, product, changes)
    if isinstance(changed, UserError):
        return changed
    if changed != product:
        await unit.catalog.products.save([replace(changed, version=product.version + 1)])
        await _file(unit, changed)
        await unit.catalog.products.reindex([changed.id])
    return changed.id


async def publish_product(
    unit: Unit, *, product_id: ProductId, published_at: datetime, if_version: int | None
) -> ProductId | NotFound | VersionConflict:
    """Lets buyers see a product from a moment on."""
    return await _with_status(unit, product_id, ProductStatus.ACTIVE, published_at, if_version=if_version)


async def archive_product(
    unit: Unit, *, product_id: ProductId, if_version: int | None
) -> ProductId | NotFound | VersionConflict:
    """Takes a product off the shelves for good; its orders keep what they say."""
    return await _with_status(unit, product_id, ProductStatus.ARCHIVED, None, if_version=if_version)


async def _with_status(
    unit: Unit, product_id: ProductId, status: ProductStatus, published_at: datetime | None, *, if_version: int | None
) -> ProductId | NotFound | VersionConflict:
    product = await locked(unit, product_id, if_version=if_version)
    if isinstance(product, UserError):
        return product
    changed = replace(product, status=status, published_at=published_at)
    if changed != product:
        await unit.catalog.products.save([replace(changed, version=product.version + 1)])
    return product_id


async def set_categories(
    unit: Unit, *, product_id: ProductId, category_ids: Sequence[CategoryId], if_version: int | None
) -> ProductId | NotFound | Invalid | VersionConflict:
    """Makes these the product's categories, the first its main one."""
    if failure := checks.categories(category_ids):
        return failure
    product = await locked(unit, product_id, if_version=if_version)
    if isinstance(product, UserError):
        return product
    found = await unit.catalog.categories.find(category_ids)
    for place, category_id in enumerate(category_ids):
        if category_id not in found:
            return NotFound(path=("input", "category_ids", str(place)), what="category")
    main = category_ids[0] if category_ids else None
    await unit.catalog.products.save([replace(product, category_id=main, version=product.version + 1)])
    await unit.catalog.products.set_categories(product_id, list(dict.fromkeys(category_ids)))
    return product_id


async def set_images(
    unit: Unit, *, product_id: ProductId, images: Sequence[ImageWish], if_version: int | None
) -> ProductId | NotFound | Invalid | Several | VersionConflict:
    """Makes these the product's pictures, in this order; one that stays is known by its URL."""
    if failure := checks.images(images):
        return failure
    product = await locked(unit, product_id, if_version=if_version)
    if isinstance(product, UserError):
        return product
    known = {image.url: image.id for image in (await unit.catalog.products.images_of([product_id])).get(product_id, ())}
    wanted = tuple(
        Image(id=known.get(wish.url) or new_id(), product_id=product_id, position=position, url=wish.url, alt=wish.alt)
        for position, wish in enumerate(images, start=1)
    )
    await unit.catalog.products.set_images({product_id: wanted})
    await unit.catalog.products.save([replace(product, version=product.version + 1)])
    return product_id


async def set_variants(
    unit: Unit,
    *,
    product_id: ProductId,
    options: tuple[str, ...],
    variants: Sequence[VariantWish],
    if_version: int | None,
) -> ProductId | NotFound | Invalid | Several | SkuTaken | OptionsTaken | VersionConflict:
    """Makes these the product's options and variants, in this order.

    A variant is known by its SKU; one that is left out is no longer sold, but stays for the orders and stock that name it.
    """
    if failure := checks.variants(options, variants):
        return failure
    await unit.catalog.products.claim_names()
    product = await locked(unit, product_id, if_version=if_version)
    if isinstance(product, UserError):
        return product
    known = {each.sku: each for each in (await unit.catalog.variants.of_products([product_id])).get(product_id, ())}
    holders = await unit.catalog.variants.holders_of_skus([wish.sku for wish in variants])
    for place, wish in enumerate(variants):
        if wish.sku not in known and wish.sku in holders:
            return SkuTaken(path=_variant_path(place, "sku"), sku=wish.sku)
    pictures = {image.url: image.id for image in (await unit.catalog.products.images_of([product_id])).get(product_id, ())}
    for place, wish in enumerate(variants):
        if wish.image_url is not None and wish.image_url not in pictures:
            return NotFound(path=_variant_path(place, "image_url"), what="image of the product")
    wanted = [
        _variant(product, known.get(wish.sku), wish, position=position, image_id=pictures.get(wish.image_url or ""))
        for position, wish in enumerate(variants, start=1)
    ]
    taken = {each.options: each.sku for each in known.values() if each.sku not in {wish.sku for wish in variants}}
    for place, each in enumerate(wanted):
        if each.options in taken:
            return OptionsTaken(path=_variant_path(place, "options"), options=tuple(filter(None, each.options)))
    retired = [
        replace(each, is_active=False, position=len(wanted) + each.position)
        for each in known.values()
        if each.sku not in {wish.sku for wish in variants}
    ]
    moved = [each.id for each in wanted if each.sku in known and known[each.sku].options != each.options]
    await unit.catalog.products.set_options({product_id: options})
    await unit.catalog.variants.save([*wanted, *retired], renamed=moved)
    await unit.catalog.products.save([replace(product, version=product.version + 1)])
    await unit.catalog.products.reindex([product_id])
    await unit.prices.relist([product_id])
    return product_id


def _variant(product: Product, known: Variant | None, wish: VariantWish, *, position: int, image_id: UUID | None) -> Variant:
    options: Options = ((*wish.options, "", "", "")[0], (*wish.options, "", "", "")[1], (*wish.options, "", "", "")[2])
    before = known or Variant(id=VariantId(new_id()), product_id=product.id, position=position, sku=wish.sku, name="")
    return replace(
        before,
        position=position,
        name=variant_name(options, product_name=product.name),
        options=options,
        barcode=wish.barcode,
        weight_grams=wish.weight_grams,
        requires_shipping=wish.requires_shipping,
        is_taxable=wish.is_taxable,
        tracks_stock=wish.tracks_stock,
        is_active=True,
        image_id=image_id,
    )


async def locked(unit: Unit, product_id: ProductId, *, if_version: int | None) -> Product | NotFound | VersionConflict:
    """A product under its lock, if it is there and still the one that the caller read."""
    product = (await unit.catalog.products.lock([product_id])).get(product_id)
    if product is None:
        return NotFound(path=("input", "id"), what="product")
    if if_version is not None and if_version != product.version:
        return VersionConflict(path=("input", "if_version"), current=product.version)
    return product


async def _with(unit: Unit, product: Product, changes: ProductChanges) -> Product | NotFound | SlugTaken:
    """The product as it will be."""
    if changes.slug is not None:
        holder = await unit.catalog.products.holder_of_slug(changes.slug)
        if holder is not None and holder != product.id:
            return SlugTaken(path=("input", "slug"), slug=changes.slug)
    if changes.category_id is not None and not await unit.catalog.categories.find([changes.category_id]):
        return NotFound(path=("input", "category_id"), what="category")
    told = {
        name: value
        for name in ("name", "slug", "vendor", "product_type", "tags", "attributes", "category_id")
        if (value := getattr(changes, name)) is not None
    }
    if changes.description is not None:
        told["description"] = unit.catalog.products.cleaned(changes.description)
    seo = Seo(
        title=product.seo.title if changes.seo_title is None else changes.seo_title or None,
        description=product.seo.description if changes.seo_description is None else changes.seo_description or None,
    )
    return replace(product, seo=seo, **told)


async def _file(unit: Unit, product: Product) -> None:
    """A main category is one of the product's categories too."""
    if product.category_id is not None:
        await unit.catalog.products.add_to_categories([(product.id, product.category_id)])


def _variant_path(place: int, field: str) -> Path:
    return ("input", "variants", str(place), field)
