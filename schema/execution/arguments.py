"""The arguments of one field as its function takes them, converted along Strawberry's own path.

What does not hang on variables is converted once, when the plan is compiled.
"""

from __future__ import annotations

import enum
from types import NoneType
from typing import Any

import strawberry
from graphql import FieldNode, GraphQLField, ListValueNode, ObjectValueNode, ValueNode, VariableNode, VariableValues
from graphql.execution.values import get_argument_values
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

NO_VARIABLES = VariableValues({}, {})
_UNCHANGEABLE = (str, int, float, NoneType, enum.Enum)


class Arguments:
    """What one field of a document was given. `of` may raise graphql-core's errors about a value that does not fit."""

    __slots__ = ("_field", "_fixed", "_node", "_schema", "_strawberry_field")

    def __init__(
        self, schema: strawberry.Schema, strawberry_field: StrawberryField, field: GraphQLField, node: FieldNode
    ) -> None:
        self._schema = schema
        self._strawberry_field = strawberry_field
        self._field = field
        self._node = node
        self._fixed: dict[str, Any] | None = {} if not field.args else None
        if field.args and not any(_varies(each.value) for each in node.arguments or ()):
            converted = self._convert(NO_VARIABLES)
            # Lists and inputs could be changed by a field's function: they are made anew for every run.
            if all(isinstance(each, _UNCHANGEABLE) for each in converted.values()):
                self._fixed = converted

    def of(self, variables: VariableValues) -> dict[str, Any]:
        """The arguments by their Python names, for these values of the operation's variables."""
        return self._fixed if self._fixed is not None else self._convert(variables)

    def _convert(self, variables: VariableValues) -> dict[str, Any]:
        return convert_arguments(
            get_argument_values(self._field, self._node, variables),
            self._strawberry_field.arguments,
            scalar_registry=self._schema.schema_converter.scalar_registry,
            config=self._schema.config,
        )


def _varies(value: ValueNode) -> bool:
    """Whether a variable stands anywhere in a written value."""
    match value:
        case VariableNode():
            return True
        case ListValueNode():
            return any(_varies(each) for each in value.values)
        case ObjectValueNode():
            return any(_varies(each.value) for each in value.fields)
        case _:
            return False
