"""The small types of the catalogue: pictures, options, attributes, availability, price spans, search-engine texts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

import strawberry

from domain.catalog.model import Attribute, AttributeKind, Seo
from domain.money import Currency
from domain.money import Money as Amount
from persistence.catalog.views import ImageView, VariantView
from schema.catalog.enums import AvailabilityStatus
from schema.execution.fields import plain, shows
from schema.scalars import Money


class PriceRangeView(NamedTuple):
    """The cheapest and the dearest of a product's variants."""

    min: Amount
    max: Amount


class AvailabilityView(NamedTuple):
    """Whether a variant is to be had, and how many; None: not counted."""

    status: AvailabilityStatus
    quantity: int | None


class OptionView(NamedTuple):
    """An option of a product with the values that its variants have."""

    name: str
    values: tuple[str, ...]


class SelectedOptionView(NamedTuple):
    """What a variant has for an option."""

    name: str
    value: str


@strawberry.type(name="Image", description="A picture.")
@shows(ImageView)
class Image:
    """Shown from `ImageView`."""

    url: str = plain("Where it is.")
    alt: str = plain("What it shows, for those who do not see it.")
    position: int = plain("Its place among the product's pictures, counted from 1.")


@strawberry.type(name="PriceRange", description="What a product costs, over its variants.")
@shows(PriceRangeView)
class PriceRange:
    """Shown from `PriceRangeView`."""

    min: Money = plain("The cheapest variant's price.")
    max: Money = plain("The dearest variant's price.")


@strawberry.type(name="Availability", description="Whether something is to be had now.")
@shows(AvailabilityView)
class Availability:
    """Shown from `AvailabilityView`."""

    status: AvailabilityStatus = plain("Whether it is to be had.")
    quantity: int | None = plain("Free units over all warehouses; null when the stock is not counted.")


@strawberry.type(name="ProductOption", description="What a buyer chooses between, such as a size.")
@shows(OptionView)
class ProductOption:
    """Shown from `OptionView`."""

    name: str = plain("What is chosen.")
    values: list[str] = plain("What there is to choose from, in order.")


@strawberry.type(name="SelectedOption", description="What a variant has for an option of its product.")
@shows(SelectedOptionView)
class SelectedOption:
    """Shown from `SelectedOptionView`."""

    name: str = plain("The option.")
    value: str = plain("What it is for this variant.")


@strawberry.type(name="Attribute", description="A free property of a product.")
@shows(Attribute)
class ProductAttribute:
    """Shown from `domain.catalog.model.Attribute`."""

    name: str = plain("What it is about.")
    kind: AttributeKind = plain("What the value's text means.")
    value: str = plain("The value as text.")


@strawberry.type(name="Seo", description="What search engines are told.")
@shows(Seo)
class SearchEngineText:
    """Shown from `domain.catalog.model.Seo`."""

    title: str | None = plain("Instead of the name; null: the name.")
    description: str | None = plain("Instead of the description; null: nothing of its own.")


class Described(Protocol):
    """A view with texts for search engines."""

    @property
    def seo_title(self) -> str | None: ...
    @property
    def seo_description(self) -> str | None: ...


def seo(view: Described) -> Seo:
    """The texts of whatever view has them."""
    return Seo(title=view.seo_title, description=view.seo_description)


def availability(variant: VariantView) -> AvailabilityView:
    """From the stock that was read with the variant."""
    return _availability(variant.free) if variant.tracks_stock else _ALWAYS


_ALWAYS = AvailabilityView(AvailabilityStatus.ALWAYS, None)


@lru_cache(maxsize=1_000)
def _availability(free: int) -> AvailabilityView:
    """Remembered, as prices are: a listing shows the same few levels again and again."""
    if free <= 0:
        return AvailabilityView(AvailabilityStatus.OUT_OF_STOCK, 0)
    return AvailabilityView(AvailabilityStatus.IN_STOCK, free)


@lru_cache(maxsize=10_000)
def price(amount: int | None, currency: str) -> Amount | None:
    """An amount read beside its currency."""
    return Amount(amount, Currency(currency)) if amount is not None else None


def selected_options(variant: VariantView) -> list[SelectedOptionView]:
    """A variant's value for each option of its product."""
    values = (variant.option1, variant.option2, variant.option3)
    return [SelectedOptionView(name, value) for name, value in zip(variant.option_names, values, strict=False)]


def options(variants: Sequence[VariantView]) -> list[OptionView]:
    """The options of a product from its variants: each value once, in the variants' order."""
    names = variants[0].option_names if variants else []
    columns = list(zip(*((each.option1, each.option2, each.option3) for each in variants), strict=True))
    return [OptionView(name, tuple(dict.fromkeys(filter(None, columns[place])))) for place, name in enumerate(names)]
