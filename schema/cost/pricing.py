"""The prices of a schema's fields, from their declarations and their types; shown in the SDL as directives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
    get_named_type,
    is_composite_type,
)

from schema.cost.declarations import ASSUMED_SIZE, BY_LENGTH, MUTATION_WEIGHT, PAGED, SLICING, Alone, Cost, ListSize
from schema.cost.lots import SIZE_MAX, Price
from schema.execution.fields import DEFINITION, Declared, declared_of

PAGE_SIZE = 20
"""How long a page is that nobody said anything about; `schema.paging` is held to it by a test."""
_ABOUT_ITSELF = {"__schema": Price(2_000), "__type": Price(100)}
"""Flat: what the schema tells of itself is made at once, and bounded by depth."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A field's price and the type that its selection is on; None for leaves and for what is paid flat."""

    price: Price
    kind: GraphQLNamedType | None


class Prices:
    """What each field of one schema costs."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._fields: dict[str, dict[str, Priced]] = {
            name: {each: _priced(schema, kind, each) for each in kind.fields}
            for name, kind in schema.type_map.items()
            if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__")
        }
        if schema.query_type is not None:
            self._fields[schema.query_type.name] |= {name: Priced(price, None) for name, price in _ABOUT_ITSELF.items()}

    def of(self, kind: GraphQLNamedType | None, name: str) -> Priced | None:
        """The field's; None when there is no such field, which validation will say."""
        return self._fields.get(kind.name, {}).get(name) if kind is not None else None

    def root(self, kind: OperationType) -> GraphQLObjectType | None:
        """The type that an operation begins with."""
        return self._schema.get_root_type(kind)

    def named(self, name: str) -> GraphQLNamedType | None:
        """The type of a condition."""
        return self._schema.get_type(name)


def show(schema: GraphQLSchema) -> None:
    """Has the SDL show, as directives of the fields, what differs from the defaults."""
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        for name, field in kind.fields.items():
            strawberry_field = field.extensions.get(DEFINITION)
            if strawberry_field is not None and not name.startswith("__"):
                others = [each for each in strawberry_field.directives if not isinstance(each, Cost | ListSize | Alone)]
                strawberry_field.directives = [*others, *_directives(schema, kind, name)]


def _directives(schema: GraphQLSchema, kind: GraphQLObjectType | GraphQLInterfaceType, name: str) -> list[object]:
    declared = declared_of(kind, name) or Declared()
    price = _price(schema, kind, name)
    shown: list[object] = [Alone()] if price.is_alone else []
    if declared.cost is not None:
        shown.append(Cost(weight=str(declared.cost)))
    if price.assumed is not None and not price.is_paged and (price.slicing or price.assumed != ASSUMED_SIZE):
        shown.append(
            ListSize(
                assumed_size=price.assumed,
                slicing_arguments=list(price.slicing) or strawberry.UNSET,
                sized_fields=[each for each in PAGED if each in price.sized] or strawberry.UNSET,
                require_one_slicing_argument=False if price.slicing else strawberry.UNSET,
            )
        )
    return shown


def _priced(schema: GraphQLSchema, kind: GraphQLObjectType | GraphQLInterfaceType, name: str) -> Priced:
    named = get_named_type(kind.fields[name].type)
    price = _price(schema, kind, name)
    if isinstance(kind, GraphQLInterfaceType):
        # Whoever stands behind the interface may cost more than it says.
        for possible in schema.get_possible_types(kind):
            other = _price(schema, possible, name)
            longest = None if price.assumed is None else max(price.assumed, other.assumed or 0)
            price = Price(max(price.weight, other.weight), longest, price.slicing, price.sized)
    return Priced(price, named if is_composite_type(named) else None)


def _price(schema: GraphQLSchema, kind: GraphQLObjectType | GraphQLInterfaceType, name: str) -> Price:
    field = kind.fields[name]
    declared = declared_of(kind, name) or Declared()
    is_composite = is_composite_type(get_named_type(field.type))
    weight = declared.cost
    if weight is None:
        weight = MUTATION_WEIGHT if kind is schema.mutation_type else int(is_composite)
    is_page = _is_connection(field)
    is_paged = name in PAGED and _is_connection_type(kind)
    if not is_composite or not (is_page or _is_list(field.type)):
        return Price(weight, is_alone=declared.is_alone)
    slicing = tuple(each for each in (*SLICING, *BY_LENGTH) if each in field.args)
    assumed = declared.size or (PAGE_SIZE if is_page else SIZE_MAX if slicing else ASSUMED_SIZE)
    sized = frozenset(PAGED) if is_page else frozenset()
    return Price(weight, assumed, slicing, sized, is_alone=declared.is_alone, is_paged=is_paged)


def _is_connection(field: GraphQLField) -> bool:
    return _is_connection_type(get_named_type(field.type))


def _is_connection_type(kind: Any) -> bool:
    fields: Mapping[str, object] = getattr(kind, "fields", {})
    return "pageInfo" in fields


def _is_list(kind: object) -> bool:
    while isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    return isinstance(kind, GraphQLList)
