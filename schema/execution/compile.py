"""Turns a selection set into a plan, once for each operation: what to gather for a whole level, and how to write it down.

What cannot be done here as graphql-core would do it is refused with `Unsupported` when the operation is compiled.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from keyword import iskeyword
from operator import attrgetter
from typing import Any

import strawberry
from graphql import (
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    VariableValues,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, GroupedFieldSet, collect_fields, collect_subfields
from strawberry.types.field import StrawberryField

from schema.execution.arguments import Arguments
from schema.execution.fields import DEFINITION, VIEWS, declared_of, rule_of, shown_of
from schema.execution.plan import Below, Column, Field, Follow, HandOver, Plan, Selection, Unsupported
from schema.execution.rows import rows_of
from schema.permissions import EVERYONE, Rule

_SWITCHES = frozenset({"skip", "include"})


class Compiler:
    """Makes the plans of one operation for one set of values of the Booleans in its @skip and @include."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        switches: Mapping[str, Any],
    ) -> None:
        strawberry_schema = schema.extensions.get(DEFINITION)
        if not isinstance(strawberry_schema, strawberry.Schema):
            raise Unsupported("the schema is not Strawberry's")
        self._schema = schema
        self._strawberry = strawberry_schema
        self._operation = operation
        self._fragments = {name: FragmentDetails(node) for name, node in fragments.items()}
        self._switches = VariableValues({}, dict(switches))

    def query(self) -> Plan:
        """The plan of the whole operation, a query."""
        root = self._schema.query_type
        if root is None or any(each.name.value != "inContext" for each in self._operation.directives or ()):
            raise Unsupported("a directive on the operation")
        grouped = collect_fields(self._schema, self._fragments, self._switches, root, self._operation).grouped_field_set
        return self._plan(self._selection(root, grouped))

    def payload(self, kind: GraphQLObjectType, details: list[FieldDetails]) -> Plan:
        """The plan of the selection set below these field nodes on an object type."""
        return self._plan(self._below(kind, details))

    def type_of(self, view: type, kind: GraphQLInterfaceType | GraphQLUnionType) -> GraphQLObjectType:
        """The type that a class of views is shown as where `kind` is expected; HandOver when there is none."""
        shown = self._schema.get_type(self._schema.extensions.get(VIEWS, {}).get(view, ""))
        if not isinstance(shown, GraphQLObjectType) or not self._schema.is_sub_type(kind, shown):
            raise HandOver(f"{view.__name__} is not shown as any {kind.name}")
        return shown

    def _plan(self, selection: Selection) -> Plan:
        columns = tuple(each.column for each in selection.fields if each.column)
        return Plan(columns, rows_of(selection), selection.rules, tuple(_follows(selection)))

    def _below(self, kind: GraphQLObjectType, details: list[FieldDetails]) -> Selection:
        collected = collect_subfields(self._schema, self._fragments, self._switches, self._operation, kind, details)
        return self._selection(kind, collected.grouped_field_set)

    def _selection(self, kind: GraphQLObjectType, grouped: GroupedFieldSet) -> Selection:
        rules: set[Rule] = set()
        fields = []
        for key, details in grouped.items():
            name = details[0].node.name.value
            if any(directive.name.value not in _SWITCHES for each in details for directive in each.node.directives or ()):
                raise Unsupported("a directive on a field")
            if name == "__typename":
                fields.append(Field(key))
                continue
            definition = self._schema.get_field(kind, name)
            if definition is None or name.startswith("__"):
                raise Unsupported(f"{name} is graphql-core's")
            rules.add(rule_of(kind, name))
            fields.append(self._field(kind, key, definition, details, rules))
        return Selection(kind, tuple(fields), frozenset(rules - {EVERYONE}))

    def _field(
        self, kind: GraphQLObjectType, key: str, definition: GraphQLField, details: list[FieldDetails], rules: set[Rule]
    ) -> Field:
        node = details[0].node
        named = definition.type
        while isinstance(named, (GraphQLNonNull, GraphQLList)):
            named = named.of_type
        inner: Selection | _Lazy | None = None
        if isinstance(named, (GraphQLInterfaceType, GraphQLUnionType)):
            inner = _Lazy(self, named, details)
        elif isinstance(named, GraphQLObjectType):
            inner = self._below(named, details)
            rules |= inner.rules
        declared = declared_of(kind, node.name.value)
        strawberry_field: StrawberryField = definition.extensions[DEFINITION]
        function = (declared.batch or declared.root) if declared else None
        read: str | Callable[[Any], Any] = declared.computed if declared and declared.computed else strawberry_field.python_name
        if function is None and isinstance(read, str) and not _is_attribute(strawberry_field):
            raise Unsupported(f"{kind.name}.{node.name.value} has a resolver of its own")
        written = inner if isinstance(inner, Selection) and inner.is_pure else None
        below = self._completion(definition.type, inner) if inner is not None and written is None else None
        if function is None and below is None:
            return Field(key, definition.type, read, inner=written)
        column = Column(
            read=None if function is not None else attrgetter(read) if isinstance(read, str) else read,
            function=function,
            loads=inspect.iscoroutinefunction(function),
            is_root=declared is not None and declared.root is not None,
            arguments=Arguments(self._strawberry.config, strawberry_field, definition, node).of
            if function is not None
            else None,
            below=below,
            follows=_below_of(below),
        )
        return Field(key, definition.type, column=column, inner=written, link=declared.link if declared else None)

    def _completion(self, kind: GraphQLOutputType, inner: Selection | _Lazy) -> Below:
        non_null = isinstance(kind, GraphQLNonNull)
        nullable = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(nullable, GraphQLList):
            return Below(non_null, self._completion(nullable.of_type, inner), None)
        return Below(non_null, None, inner if isinstance(inner, _Lazy) else self._plan(inner))


def _follows(selection: Selection) -> Iterator[Follow]:
    """What a selection's fields read about its parents; what a parent merely holds is asked about as the parent is."""
    for each in selection.fields:
        if each.link is not None and each.column is not None:
            yield Follow(shown_of(selection.kind).views, each.link, each.column.follows)
        elif each.column is not None and each.column.read is not None:
            yield from each.column.follows


def _below_of(below: Below | None) -> tuple[Follow, ...]:
    while below is not None and below.items is not None:
        below = below.items
    return below.objects.follows if below is not None and isinstance(below.objects, Plan) else ()


def _is_attribute(field: StrawberryField) -> bool:
    """Whether nothing but an attribute is read, and its name can stand in source."""
    return field.is_basic_field and field.python_name.isidentifier() and not iskeyword(field.python_name)


class _Lazy:
    """A branch whose plans are compiled when their type first turns up: an interface may have dozens."""

    __slots__ = ("_compiler", "_details", "_kind", "_plans")

    def __init__(self, compiler: Compiler, kind: GraphQLInterfaceType | GraphQLUnionType, details: list[FieldDetails]) -> None:
        self._compiler = compiler
        self._kind = kind
        self._details = details
        self._plans: dict[type, Plan] = {}

    def plan(self, view: type) -> Plan:
        if (plan := self._plans.get(view)) is None:
            plan = self._plans[view] = self._compiler.payload(self._compiler.type_of(view, self._kind), self._details)
        return plan
