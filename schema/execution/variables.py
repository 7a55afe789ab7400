"""The values of an operation's variables, coerced by graphql-core, without what it keeps besides to word errors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    ValueNode,
    VariableValues,
    coerce_input_value,
    is_input_type,
    type_from_ast,
)
from graphql.utilities.coerce_input_value import coerce_input_literal

from schema.execution.prepared import Prepared


class _Declared(NamedTuple):
    """A variable: its name, its type (None where there is none that can be put in), and its default as it is written."""

    name: str
    kind: GraphQLInputType | None
    default: ValueNode | None


def values_of(schema: GraphQLSchema, prepared: Prepared, given: Mapping[str, Any]) -> VariableValues | None:
    """The values by their names, without their sources; None when one does not fit, which graphql-core meets again and words."""
    coerced: dict[str, Any] = {}
    for name, kind, default in _declared(schema, prepared):
        if kind is None:
            return None
        value = given.get(name, Undefined)
        if value is not Undefined:
            try:
                value = coerce_input_value(value, kind)
            except RecursionError:
                return None
        elif default is not None:
            value = coerce_input_literal(default, kind)
        elif not isinstance(kind, GraphQLNonNull):
            continue
        if value is Undefined:
            return None
        coerced[name] = value
    return VariableValues({}, coerced)


@lru_cache(maxsize=1_000)
def _declared(schema: GraphQLSchema, prepared: Prepared) -> tuple[_Declared, ...]:
    definitions = prepared.operation.variable_definitions or ()
    kinds = [type_from_ast(schema, each.type) for each in definitions]
    return tuple(
        _Declared(each.variable.name.value, kind if is_input_type(kind) else None, each.default_value)
        for each, kind in zip(definitions, kinds, strict=True)
    )
