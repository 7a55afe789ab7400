"""What a list of products may be narrowed to, as values; and how each narrowing is said in SQL.

A filter splits into its shape, which is hashable and compiled once, and the values that go with it: numbered parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    true,
)

from persistence.catalog.tables import (
    CategoryClosureRow,
    ProductCategoryRow,
    ProductCollectionRow,
    ProductRow,
    VariantRow,
)
from persistence.catalog.views import PRICED, variant_is_available, variant_is_sold
from persistence.prices.tables import ListingRow, PriceRow
from persistence.statement import ids, many

_ENGLISH: ColumnElement[Any] = literal_column("'english'::regconfig")
Shape = tuple[Any, ...]
"""A filter without its values: nested tuples of a word and parameter names."""
Parameter = Callable[[Any], str]
"""Keeps a value and names its parameter."""


@dataclass(frozen=True, slots=True)
class InCategories:
    """In one of these categories or below."""

    values: tuple[UUID, ...]

    def shape(self, parameter: Parameter) -> Shape:
        return ("categories", parameter(list(self.values)))


@dataclass(frozen=True, slots=True)
class InCollections:
    """In one of these collections."""

    values: tuple[UUID, ...]

    def shape(self, parameter: Parameter) -> Shape:
        return ("collections", parameter(list(self.values)))


@dataclass(frozen=True, slots=True)
class PriceFrom:
    """Some variant costs at least this, in minor units of the shelf's currency."""

    least: int | None
    most: int | None

    def shape(self, parameter: Parameter) -> Shape:
        return ("price", parameter(self.least), parameter(self.most))


@dataclass(frozen=True, slots=True)
class Available:
    """Some variant is to be had now; or, the other way round, none."""

    wanted: bool

    def shape(self, parameter: Parameter) -> Shape:
        del parameter  # two plain statements are planned better than one that compares
        return ("available",) if self.wanted else ("not", ("available",))


@dataclass(frozen=True, slots=True)
class Matches:
    """Full-text search: every word of the text, stemmed; "quoted phrases", `or` and `-not` as web searches have them.

    The text is folded already, as the index is.
    """

    text: str

    def shape(self, parameter: Parameter) -> Shape:
        return ("matches", parameter(self.text))


@dataclass(frozen=True, slots=True)
class OneOf:
    """A plain property (`vendor`, `product_type`, `status`, or any of the `tags`) is one of these."""

    name: str
    values: tuple[str, ...]

    def shape(self, parameter: Parameter) -> Shape:
        return ("one_of", self.name, parameter(list(self.values)))


@dataclass(frozen=True, slots=True)
class All:
    """Every one of them; with none, everything."""

    parts: tuple[Filter, ...]

    def shape(self, parameter: Parameter) -> Shape:
        return ("all", *(part.shape(parameter) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 - the builtin module's word is taken
    """At least one of them; with none, nothing."""

    parts: tuple[Filter, ...]

    def shape(self, parameter: Parameter) -> Shape:
        return ("any", *(part.shape(parameter) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Not:
    """Not this."""

    part: Filter

    def shape(self, parameter: Parameter) -> Shape:
        return ("not", self.part.shape(parameter))


Filter = InCategories | InCollections | PriceFrom | Available | Matches | OneOf | All | Any_ | Not
EVERYTHING = All(())


def split(wanted: Filter) -> tuple[Shape, dict[str, Any]]:
    """The shape of a filter and the values of its parameters."""
    values: dict[str, Any] = {}

    def parameter(value: Any) -> str:
        name = f"p{len(values)}"
        values[name] = value
        return name

    return wanted.shape(parameter), values


def condition(shape: Shape) -> ColumnElement[bool]:
    """The shape in SQL, over `product` joined to its listing."""
    word, *rest = shape
    return _SAID[word](*rest)


def text_query(name: str) -> ColumnElement[Any]:
    """The full-text query of a text parameter."""
    return func.websearch_to_tsquery(_ENGLISH, bindparam(name, type_=Text()))


def in_category(category: Any, *outer: FromClause) -> ColumnElement[bool]:
    """Whether the product is in a category or below it; once, however many branches it is in. `outer` gives the category."""
    return (
        exists()
        .where(
            ProductCategoryRow.product_id == ProductRow.id,
            CategoryClosureRow.descendant_id == ProductCategoryRow.category_id,
            CategoryClosureRow.ancestor_id == category,
        )
        .correlate(ProductRow, *outer)
    )


def _in_collections(name: str) -> ColumnElement[bool]:
    # A collection's own list has the same table outside: without the word, this one would lose it.
    return (
        exists()
        .where(ProductCollectionRow.product_id == ProductRow.id, ProductCollectionRow.collection_id == any_(ids(name)))
        .correlate(ProductRow)
    )


def _price_between(least: str, most: str) -> ColumnElement[bool]:
    low = func.coalesce(bindparam(least, type_=BigInteger()), 0)
    high = func.coalesce(bindparam(most, type_=BigInteger()), 2**62)
    # The listing answers first, from one row; the variants are asked only where its span reaches into the range.
    return and_(
        ListingRow.price_max >= low,
        ListingRow.price_min <= high,
        exists().where(
            VariantRow.product_id == ProductRow.id, VariantRow.is_active, PRICED, PriceRow.amount.between(low, high)
        ),
    )


def _is_available() -> ColumnElement[bool]:
    return exists().where(VariantRow.product_id == ProductRow.id, PRICED, variant_is_sold(), variant_is_available())


def _one_of(column: str, name: str) -> ColumnElement[bool]:
    if column == "tags":
        return ProductRow.tags.op("&&", is_comparison=True)(many(name, Text()))
    return cast("ColumnElement[bool]", getattr(ProductRow, column) == any_(many(name, Text())))


_SAID: dict[str, Callable[..., ColumnElement[bool]]] = {
    "all": lambda *parts: and_(true(), *(condition(part) for part in parts)),
    "any": lambda *parts: or_(false(), *(condition(part) for part in parts)),
    "not": lambda part: not_(func.coalesce(condition(part), false())),
    "categories": lambda name: in_category(any_(ids(name))),
    "collections": _in_collections,
    "price": _price_between,
    "available": _is_available,
    "matches": lambda name: ProductRow.search.op("@@", is_comparison=True)(text_query(name)),
    "one_of": _one_of,
}
