"""Which operations everybody gets the same answer to, as far as their text tells; what they read decides the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)

from schema.execution.fields import rule_of
from schema.execution.prepared import Prepared
from schema.permissions import EVERYONE

COUNTS = frozenset({("Availability", "quantity")})
"""The public fields that show how many units are left, and so change with each unit sold."""


class Reach(NamedTuple):
    """What the text of an operation tells: whether all of it is for everybody, and whether it shows how much is left."""

    is_public: bool
    counts: bool


def reach_of(schema: GraphQLSchema, prepared: Prepared) -> Reach:
    """Looks at every field that the operation could meet, whatever its variables."""
    root = schema.query_type
    if prepared.kind is not OperationType.QUERY or root is None:
        return Reach(is_public=False, counts=False)
    met = set(_fields(schema, prepared, root))
    is_public = all(rule_of(schema.get_type(kind), name) == EVERYONE for kind, name in met)  # type: ignore[arg-type]  # `_fields` yields object types' names
    return Reach(is_public=is_public, counts=not COUNTS.isdisjoint(met))


def _fields(schema: GraphQLSchema, prepared: Prepared, root: GraphQLObjectType) -> Iterator[tuple[str, str]]:
    """Each field with the name of the object type that it is met on."""
    fragments = prepared.fragments
    seen: set[tuple[str, str]] = set()
    stack: list[tuple[GraphQLCompositeType, SelectionSetNode]] = [(root, prepared.operation.selection_set)]
    while stack:
        kind, selections = stack.pop()
        for node in selections.selections:
            if isinstance(node, FieldNode):
                for each, inner in _met(schema, kind, node):
                    yield each.name, node.name.value
                    if node.selection_set is not None and is_composite_type(inner):
                        stack.append((inner, node.selection_set))
            elif isinstance(node, InlineFragmentNode):
                stack.append((_narrowed(schema, kind, node), node.selection_set))
            elif isinstance(node, FragmentSpreadNode) and (node.name.value, kind.name) not in seen:
                # One look at a fragment for each type it is spread on: what it meets is the same each time.
                seen.add((node.name.value, kind.name))
                fragment = fragments[node.name.value]
                stack.append((_named(schema, fragment.type_condition.name.value), fragment.selection_set))


def _met(
    schema: GraphQLSchema, kind: GraphQLCompositeType, node: FieldNode
) -> Iterator[tuple[GraphQLObjectType, GraphQLNamedType]]:
    """The object types that a field can be met on, with what it leads to; none for those that are GraphQL's own.

    Of the types of an interface those count that show the field to everybody, if any does: where a stranger meets another,
    the answer is an error, which is not kept.
    """
    name = node.name.value
    if name.startswith("__"):
        return
    kinds = (kind,) if isinstance(kind, GraphQLObjectType) else schema.get_possible_types(kind)
    met = [each for each in kinds if name in each.fields]
    for each in [each for each in met if rule_of(each, name) == EVERYONE] or met:
        yield each, get_named_type(each.fields[name].type)


def _narrowed(schema: GraphQLSchema, kind: GraphQLCompositeType, node: InlineFragmentNode) -> GraphQLCompositeType:
    return kind if node.type_condition is None else _named(schema, node.type_condition.name.value)


def _named(schema: GraphQLSchema, name: str) -> GraphQLCompositeType:
    kind = schema.get_type(name)
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
        raise TypeError(f"{name} has no fields")
    return kind
