"""The values of an operation's variables, coerced by graphql-core, without what it keeps besides to word errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    VariableValues,
    coerce_input_value,
    is_input_type,
    type_from_ast,
)
from graphql.utilities.coerce_input_value import coerce_input_literal

_NONE = VariableValues({}, {})


def values_of(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode] | None, given: Mapping[str, Any]
) -> VariableValues | None:
    """The values by their names, without their sources; None when one does not fit, which graphql-core meets again and words."""
    if not definitions:
        return _NONE
    coerced: dict[str, Any] = {}
    for definition in definitions:
        name, kind = definition.variable.name.value, type_from_ast(schema, definition.type)
        if not is_input_type(kind):
            return None
        value = given.get(name, Undefined)
        if value is not Undefined:
            try:
                value = coerce_input_value(value, kind)
            except RecursionError:
                return None
        elif definition.default_value is not None:
            value = coerce_input_literal(definition.default_value, kind)
        elif not isinstance(kind, GraphQLNonNull):
            continue
        if value is Undefined:
            return None
        coerced[name] = value
    return VariableValues({}, coerced)
