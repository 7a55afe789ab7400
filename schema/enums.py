"""Closed sets in the API: a domain enum with a description for every value."""

from __future__ import annotations

import enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition


def described(closed: type[enum.Enum], name: str, description: str, **values: str) -> None:
    """Makes a domain enum a GraphQL enum; TypeError unless every value is described, and no other.

    Fields and inputs are annotated with the domain's own class. Views carry the plain text of a value, which the enum
    answers with as it is.
    """
    if set(values) != {each.name for each in closed}:
        raise TypeError(f"{name} describes {sorted(values)}, {closed.__name__} has {[each.name for each in closed]}")
    definition: StrawberryEnumDefinition = strawberry.enum(closed, name=name, description=description).__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[value.name]
