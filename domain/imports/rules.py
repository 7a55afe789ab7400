"""Decides what a sheet changes in the shop: pure, from what the file says and what the shop has.

Products meet by handle, variants by SKU and else by options, pictures by URL. What the file does not mention stays; what
it repeats unchanged is not written again, so that a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from domain.catalog.model import Image, Product, ProductStatus, RowError, Seo, Variant
from domain.catalog.rules import variant_name
from domain.ids import ChannelId, ProductId, VariantId, new_id
from domain.imports.matching import Chosen, chosen, sku_of
from domain.imports.model import Sheet, SheetVariant
from domain.money import Currency
from domain.prices.model import Price

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the shop has of a product. `product` None: nothing."""

    product: Product | None = None
    options: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    variants: tuple[Variant, ...] = ()
    prices: Mapping[VariantId, Price] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Planned:
    """What is to be written for one sheet. `product` None: nothing of it. None in options and images: they stay."""

    product: Product | None = None
    is_new: bool = False
    is_changed: bool = False
    takes_category_of_type: bool = False
    options: tuple[str, ...] | None = None
    images: tuple[Image, ...] | None = None
    variants: list[Variant] = field(default_factory=list)
    renamed: list[VariantId] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)
    levels: list[tuple[VariantId, int]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def refuse(self, line: int, column: str, reason: str) -> None:
        self.errors.append(RowError(line=line, column=column, reason=reason))


def plan(
    sheet: Sheet,
    known: Known,
    *,
    description: str | None,
    holders: Mapping[str, str],
    channel_id: ChannelId,
    currency: Currency,
    now: datetime,
) -> Planned:
    """The changes of one sheet. `description` is the cleaned HTML; `holders` the handle that each taken SKU belongs to."""
    planned = Planned()
    product = _product(sheet, known.product, description=description, now=now)
    if product is None:
        planned.refuse(sheet.line, "Title", f"is missing, and there is no product {sheet.handle} yet")
        return planned
    names = sheet.options if sheet.options is not None else known.options
    rows = chosen(sheet, known.variants, names, holders, planned.errors)
    if known.product is None and not rows:
        if not sheet.had_bad_variants and not planned.errors:
            planned.refuse(sheet.line, "", "describes no variant")
        return planned
    images = _merged_images(sheet, known, product.id)
    variants = _variants(sheet, rows, product, {image.url: image.id for image in images})
    planned.levels = [(variants[row].id, row.quantity) for row, _ in rows if row.quantity is not None]
    planned.prices = _changed_prices(variants, known.prices, channel_id=channel_id, currency=currency)
    before = {variant.id: variant for variant in known.variants}
    ordered = _in_order(tuple(variants.values()), known.variants, are_added=sheet.text is None)
    planned.variants = [variant for variant in ordered if before.get(variant.id) != variant]
    planned.renamed = [
        each.id
        for each in planned.variants
        if each.id in before and (each.sku, each.options) != (before[each.id].sku, before[each.id].options)
    ]
    planned.options = names if names != known.options else None
    planned.images = images if images != known.images else None
    planned.is_new = known.product is None
    touched = product != known.product or planned.options is not None or planned.images is not None or bool(planned.variants)
    planned.is_changed = touched or bool(planned.prices)
    planned.takes_category_of_type = bool(product.product_type) and (
        known.product is None or known.product.product_type != product.product_type
    )
    planned.product = product if planned.is_new or not touched else replace(product, version=product.version + 1)
    return planned


def _product(sheet: Sheet, known: Product | None, *, description: str | None, now: datetime) -> Product | None:
    text = sheet.text
    if text is None:
        return known
    before = known or Product(id=ProductId(new_id()), slug=sheet.handle, name=text.name)
    is_published = text.is_published if text.is_published is not None or known is not None else True
    status = text.status
    if status is None:
        status = before.status if is_published is None else ProductStatus.ACTIVE if is_published else ProductStatus.DRAFT
    published_at = before.published_at
    if is_published is not None:
        published_at = (before.published_at or now) if is_published else None
    return replace(
        before,
        name=text.name,
        description=_said(description, before.description),
        vendor=_said(text.vendor, before.vendor),
        product_type=_said(text.product_type, before.product_type),
        tags=_said(text.tags, before.tags),
        status=status,
        published_at=published_at,
        seo=Seo(
            title=before.seo.title if text.seo_title is None else text.seo_title or None,
            description=before.seo.description if text.seo_description is None else text.seo_description or None,
        ),
    )


def _said(said: T | None, before: T) -> T:
    return before if said is None else said


def _merged_images(sheet: Sheet, known: Known, product_id: ProductId) -> tuple[Image, ...]:
    """The pictures of the file, then what else there is; where the rows only add to a product, the other way round."""
    told = {image.url: image.alt for image in sheet.images}
    for variant in sheet.variants:
        if variant.image_url is not None:
            told.setdefault(variant.image_url, None)
    before = {image.url: image for image in known.images}
    urls = (*told, *before) if sheet.text is not None else (*before, *told)
    return tuple(
        Image(
            id=before[url].id if url in before else new_id(),
            product_id=product_id,
            position=position,
            url=url,
            alt=_said(told.get(url), before[url].alt if url in before else ""),
        )
        for position, url in enumerate(dict.fromkeys(urls), start=1)
    )


def _variants(sheet: Sheet, rows: Chosen, product: Product, pictures: Mapping[str, UUID]) -> dict[SheetVariant, Variant]:
    """The variants as they will be, but for their positions."""
    made: dict[SheetVariant, Variant] = {}
    for row, variant in rows:
        before = variant or Variant(
            id=VariantId(new_id()), product_id=product.id, position=0, sku=sku_of(sheet.handle, row), name=""
        )
        made[row] = replace(
            before,
            sku=row.sku or before.sku,
            name=variant_name(row.options, product_name=product.name),
            options=row.options,
            barcode=_said(row.barcode, before.barcode),
            weight_grams=_said(row.weight_grams, before.weight_grams),
            requires_shipping=_said(row.requires_shipping, before.requires_shipping),
            is_taxable=_said(row.is_taxable, before.is_taxable),
            tracks_stock=_said(row.tracks_stock, before.tracks_stock),
            is_active=True,
            image_id=pictures[row.image_url] if row.image_url is not None else before.image_id,
        )
    return made


def _in_order(told: Sequence[Variant], known: Sequence[Variant], *, are_added: bool) -> list[Variant]:
    """All variants with their positions: those of the file first, or last where its rows only add to a product."""
    now = {variant.id: variant for variant in told}
    others = [now.get(variant.id, variant) for variant in known if are_added or variant.id not in now]
    placed = {variant.id for variant in others}
    new = [variant for variant in told if variant.id not in placed]
    ordered = [*others, *new] if are_added else [*new, *others]
    return [replace(variant, position=position) for position, variant in enumerate(ordered, start=1)]


def _changed_prices(
    variants: Mapping[SheetVariant, Variant],
    known: Mapping[VariantId, Price],
    *,
    channel_id: ChannelId,
    currency: Currency,
) -> list[Price]:
    told = [
        Price(variant_id=variant.id, channel_id=channel_id, currency=currency, amount=row.price, compare_at=row.compare_at)
        for row, variant in variants.items()
        if row.price is not None
    ]
    return [price for price in told if known.get(price.variant_id) != price]
