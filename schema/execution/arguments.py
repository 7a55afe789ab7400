"""The arguments of one field as its function takes them: what Strawberry would make of them, by functions made once a plan.

Whatever does not fit is handed over: graphql-core meets it again and words it.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import NoneType
from typing import Any

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    VariableValues,
)
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryMaybe, StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from schema.execution.fields import DEFINITION
from schema.execution.plan import HandOver, Unsupported

Read = Callable[[Mapping[str, Any]], Any]
"""Takes one value for these values of the operation's variables; `Undefined` when it is not given."""
Convert = Callable[[Any], Any]
"""Makes of a coerced value what Strawberry would."""
_UNCHANGEABLE = (str, int, float, NoneType, enum.Enum)


class Arguments:
    """What one field of a document was given. Unsupported when that cannot be converted here."""

    __slots__ = ("_fixed", "_reads")

    def __init__(
        self, config: StrawberryConfig, strawberry_field: StrawberryField, field: GraphQLField, node: FieldNode
    ) -> None:
        inputs = _Inputs(config)
        written = {each.name.value: each.value for each in node.arguments or ()}
        names = {config.name_converter.from_argument(each): each.python_name for each in strawberry_field.arguments}
        self._reads = _possible((names[name], inputs.given(each, written.get(name))) for name, each in field.args.items())
        self._fixed: dict[str, Any] | None = None
        if not any(map(_varies, written.values())):
            converted = _taken(self._reads, {})
            # Lists and inputs could be changed by a field's function: they are made anew for every run.
            if all(isinstance(each, _UNCHANGEABLE) for each in converted.values()):
                self._fixed = converted

    def of(self, variables: VariableValues) -> dict[str, Any]:
        """The arguments by their Python names, for these values of the operation's variables; may raise HandOver."""
        return self._fixed if self._fixed is not None else _taken(self._reads, variables.coerced)


def _possible(reads: Iterable[tuple[str, Read]]) -> list[tuple[str, Read]]:
    """Without those that never find anything."""
    return [(name, read) for name, read in reads if read is not _nothing]


def _taken(reads: list[tuple[str, Read]], variables: Mapping[str, Any]) -> dict[str, Any]:
    found = ((name, read(variables)) for name, read in reads)
    return {name: value for name, value in found if value is not Undefined}


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


class _Inputs:
    """Readers of written values and converters of coerced ones."""

    def __init__(self, config: StrawberryConfig) -> None:
        self._name_of = config.name_converter.from_field

    def given(self, definition: GraphQLArgument | GraphQLInputField, node: ValueNode | None) -> Read:
        """An argument, or a field of an input: what is written, else its default."""
        default = self._default(definition)
        if node is None:
            return default
        return (
            self._variable(definition.type, node, default)
            if isinstance(node, VariableNode)
            else self._written(definition.type, node)
        )

    def _default(self, definition: GraphQLArgument | GraphQLInputField) -> Read:
        value = coerce_default_value(definition)
        if value is Undefined:
            return _required if isinstance(definition.type, GraphQLNonNull) else _nothing
        convert = self.converter(definition.type)
        return lambda _variables: convert(value)

    def _variable(self, kind: GraphQLInputType, node: VariableNode, default: Read) -> Read:
        name, convert, non_null = node.name.value, self.converter(kind), isinstance(kind, GraphQLNonNull)

        def read(variables: Mapping[str, Any]) -> Any:
            value = variables.get(name, Undefined)
            if value is Undefined:
                return default(variables)
            if value is None and non_null:
                raise HandOver("null where none may be")
            return convert(value)

        return read

    def _written(self, kind: GraphQLInputType, node: ValueNode) -> Read:
        nullable = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(node, NullValueNode) and nullable is kind:
            return lambda _variables: None
        if isinstance(node, VariableNode):  # an item of a list
            return self._variable(kind, node, _required if nullable is not kind else _null)
        if isinstance(nullable, GraphQLList):
            items = [
                self._written(nullable.of_type, each) for each in (node.values if isinstance(node, ListValueNode) else (node,))
            ]
            return lambda variables: [read(variables) for read in items]
        if isinstance(nullable, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
            return self._object(nullable, {each.name.value: each.value for each in node.fields})
        value = Undefined if _varies(node) else coerce_input_literal(node, nullable)
        if value is Undefined:
            raise Unsupported(f"no {nullable} that could be read here")
        if isinstance(value, _UNCHANGEABLE):
            return lambda _variables: value
        return lambda _variables: coerce_input_literal(node, nullable)

    def _object(self, kind: GraphQLInputObjectType, written: Mapping[str, ValueNode]) -> Read:
        make, missing = _maker(kind)
        reads = _possible(
            (python_name, self.given(kind.fields[name], written.get(name))) for name, python_name in self._fields(kind)
        )
        return lambda variables: make(**{**missing, **_taken(reads, variables)})

    def converter(self, kind: GraphQLInputType) -> Convert:
        """What becomes of a coerced value of this type; null stays null."""
        nullable = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(nullable, GraphQLList):
            convert = self.converter(nullable.of_type)
            return lambda value: None if value is None else [convert(each) for each in value]
        if not isinstance(nullable, GraphQLInputObjectType):
            return _as_it_is
        make, missing = _maker(nullable)
        # An input may lie in itself: what becomes of its fields is looked up when first met.
        fields: list[tuple[str, str, Convert]] = []

        def convert_object(value: Mapping[str, Any] | None) -> Any:
            if value is None:
                return None
            if not fields:
                fields.extend(
                    (name, python_name, self.converter(nullable.fields[name].type))
                    for name, python_name in self._fields(nullable)
                )
            given = {python_name: convert(value[name]) for name, python_name, convert in fields if name in value}
            return make(**{**missing, **given})

        return convert_object

    def _fields(self, kind: GraphQLInputObjectType) -> Iterator[tuple[str, str]]:
        """The names of an input's fields, the API's and ours."""
        return ((self._name_of(each), each.python_name) for each in _definition(kind).fields)


def _definition(kind: GraphQLInputObjectType) -> StrawberryObjectDefinition:
    definition = kind.extensions.get(DEFINITION)
    if not isinstance(definition, StrawberryObjectDefinition) or definition.from_input is not None or definition.is_one_of:
        raise Unsupported(f"{kind.name} is made in a way of its own")
    if any(isinstance(each.type, StrawberryMaybe) for each in definition.fields):
        raise Unsupported(f"{kind.name} tells null from nothing")
    return definition


def _maker(kind: GraphQLInputObjectType) -> tuple[Callable[..., Any], dict[str, None]]:
    """The class of an input, and null for each of its fields that has no default in Python."""
    definition = _definition(kind)
    missing = dataclasses.MISSING
    named = (
        each.python_name for each in definition.fields if each.default_value is missing and each.default_factory is missing
    )
    return definition.origin, dict.fromkeys(named)


def _as_it_is(value: Any) -> Any:
    return value


def _nothing(_variables: Mapping[str, Any]) -> Any:
    return Undefined


def _null(_variables: Mapping[str, Any]) -> Any:
    return None


def _required(_variables: Mapping[str, Any]) -> Any:
    raise HandOver("nothing where something must be")
