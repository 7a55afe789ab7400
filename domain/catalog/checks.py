"""Checks of what staff write into the catalogue: every broken rule with its place in the input, told together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from domain.catalog.model import Attribute
from domain.catalog.rules import (
    ATTRIBUTES_MAX,
    CATEGORIES_OF_PRODUCT_MAX,
    DESCRIPTION_MAX,
    IMAGES_MAX,
    NAME_MAX,
    OPTIONS_MAX,
    SKU_MAX,
    TAGS_MAX,
    TEXT_MAX,
    VARIANTS_MAX,
    WEIGHT_GRAMS_MAX,
    invalid_slug,
    invalid_text,
    trouble_with_url,
)
from domain.error import Invalid, Path, Several, UserError

SEO_DESCRIPTION_MAX = 1_000


class SaidOfGroup(Protocol):
    """What a category and a collection have in common to be checked."""

    @property
    def name(self) -> str | None: ...
    @property
    def slug(self) -> str | None: ...
    @property
    def description(self) -> str | None: ...
    @property
    def seo_title(self) -> str | None: ...
    @property
    def seo_description(self) -> str | None: ...


class SaidOfProduct(SaidOfGroup, Protocol):
    """What is said of a product."""

    @property
    def vendor(self) -> str | None: ...
    @property
    def product_type(self) -> str | None: ...
    @property
    def tags(self) -> tuple[str, ...] | None: ...
    @property
    def attributes(self) -> tuple[Attribute, ...] | None: ...


class SaidOfVariant(Protocol):
    """What is said of a variant."""

    @property
    def sku(self) -> str: ...
    @property
    def options(self) -> tuple[str, ...]: ...
    @property
    def barcode(self) -> str: ...
    @property
    def weight_grams(self) -> int: ...


class SaidOfImage(Protocol):
    """What is said of a picture."""

    @property
    def url(self) -> str: ...
    @property
    def alt(self) -> str: ...


def told(failures: Iterable[UserError | None]) -> Invalid | Several | None:
    """The failures that there are, as one."""
    found = tuple(each for each in failures if each is not None)
    if not found:
        return None
    if len(found) == 1 and isinstance(found[0], Invalid):
        return found[0]
    return Several(errors=found)


def group(changes: SaidOfGroup, *, is_new: bool) -> Invalid | Several | None:
    """What is wrong with the texts of a category or a collection."""
    return told(_group(changes, is_new=is_new))


def product(changes: SaidOfProduct, *, is_new: bool) -> Invalid | Several | None:
    """What is wrong with the texts of a product."""
    return told(
        [
            *_group(changes, is_new=is_new),
            invalid_text(changes.vendor, ("input", "vendor"), at_most=TEXT_MAX),
            invalid_text(changes.product_type, ("input", "product_type"), at_most=TEXT_MAX),
            *_texts(changes.tags or (), ("input", "tags"), count_max=TAGS_MAX),
            *_attributes(changes.attributes or ()),
        ]
    )


def variants(options: Sequence[str], wanted: Sequence[SaidOfVariant]) -> Invalid | Several | None:
    """What is wrong with a product's options and variants, among themselves."""
    if len(options) > OPTIONS_MAX:
        return Invalid(path=("input", "options"), reason=f"A product has {OPTIONS_MAX} options at most.")
    if len(wanted) > VARIANTS_MAX:
        return Invalid(path=("input", "variants"), reason=f"A product has {VARIANTS_MAX} variants at most.")
    failures: list[UserError | None] = [
        *_texts(options, ("input", "options"), count_max=OPTIONS_MAX, required=True),
        *_doubled(options, ("input", "options"), "This option is there twice."),
        *_doubled([each.sku for each in wanted], ("input", "variants"), "This SKU is there twice.", field="sku"),
        *_doubled([each.options for each in wanted], ("input", "variants"), "These options are there twice.", field="options"),
    ]
    for place, each in enumerate(wanted):
        at = ("input", "variants", str(place))
        failures.append(invalid_text(each.sku, (*at, "sku"), at_most=SKU_MAX, required=True))
        failures.append(invalid_text(each.barcode, (*at, "barcode"), at_most=TEXT_MAX))
        failures += _texts(each.options, (*at, "options"), count_max=OPTIONS_MAX, required=True)
        if len(each.options) != len(options):
            reason = f"This needs one value for each of the {len(options)} options."
            failures.append(Invalid(path=(*at, "options"), reason=reason))
        if not 0 <= each.weight_grams <= WEIGHT_GRAMS_MAX:
            failures.append(Invalid(path=(*at, "weight_grams"), reason=f"A weight is 0 to {WEIGHT_GRAMS_MAX} grams."))
    return told(failures)


def images(wanted: Sequence[SaidOfImage]) -> Invalid | Several | None:
    """What is wrong with a product's pictures, among themselves."""
    if len(wanted) > IMAGES_MAX:
        return Invalid(path=("input", "images"), reason=f"A product has {IMAGES_MAX} images at most.")
    failures: list[UserError | None] = [
        *_doubled([each.url for each in wanted], ("input", "images"), "This image is there twice.", field="url")
    ]
    for place, each in enumerate(wanted):
        at = ("input", "images", str(place))
        if (trouble := trouble_with_url(each.url)) is not None:
            failures.append(Invalid(path=(*at, "url"), reason=trouble))
        failures.append(invalid_text(each.alt, (*at, "alt"), at_most=TEXT_MAX * 2))
    return told(failures)


def categories(category_ids: Sequence[object]) -> Invalid | None:
    """What is wrong with the number of a product's categories."""
    if len(category_ids) <= CATEGORIES_OF_PRODUCT_MAX:
        return None
    return Invalid(path=("input", "category_ids"), reason=f"A product is in {CATEGORIES_OF_PRODUCT_MAX} categories at most.")


def _group(changes: SaidOfGroup, *, is_new: bool) -> list[UserError | None]:
    return [
        invalid_text(changes.name or "" if is_new else changes.name, ("input", "name"), at_most=NAME_MAX, required=True),
        invalid_slug(changes.slug, ("input", "slug")),
        invalid_text(changes.description, ("input", "description"), at_most=DESCRIPTION_MAX),
        invalid_text(changes.seo_title, ("input", "seo", "title"), at_most=TEXT_MAX),
        invalid_text(changes.seo_description, ("input", "seo", "description"), at_most=SEO_DESCRIPTION_MAX),
    ]


def _texts(texts: Sequence[str], at: Path, *, count_max: int, required: bool = False) -> list[UserError | None]:
    if len(texts) > count_max:
        return [Invalid(path=at, reason=f"There may be {count_max} at most.")]
    return [invalid_text(each, (*at, str(place)), at_most=TEXT_MAX, required=required) for place, each in enumerate(texts)]


def _doubled(values: Sequence[object], at: Path, reason: str, *, field: str | None = None) -> list[UserError | None]:
    """A failure at each value that an earlier one equals."""
    seen: set[object] = set()
    failures: list[UserError | None] = []
    for place, value in enumerate(values):
        if value in seen:
            failures.append(Invalid(path=(*at, str(place), *((field,) if field else ())), reason=reason))
        seen.add(value)
    return failures


def _attributes(attributes: Sequence[Attribute]) -> list[UserError | None]:
    at = ("input", "attributes")
    if len(attributes) > ATTRIBUTES_MAX:
        return [Invalid(path=at, reason=f"A product has {ATTRIBUTES_MAX} attributes at most.")]
    failures = _doubled([each.name for each in attributes], at, "This attribute is there twice.", field="name")
    for place, each in enumerate(attributes):
        failures.append(invalid_text(each.name, (*at, str(place), "name"), at_most=TEXT_MAX, required=True))
        failures.append(invalid_text(each.value, (*at, str(place), "value"), at_most=TEXT_MAX * 4))
    return failures
