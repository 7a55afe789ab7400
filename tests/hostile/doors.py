"""Every door of the schema, found in the schema: its root fields, each place in their arguments, and a call through it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

Path = tuple[str, ...]
Pick = Callable[[Path, str], Any]
"""What a leaf is filled with: the door's name and the place in its arguments, the type's name."""
_EITHER = {"orderId", "orderToken", "paymentId"}
"""Ways to name the same thing, none of which the schema can require: without one of them a call says nothing."""


@dataclass(frozen=True, slots=True)
class Door:
    """A root field (`operation` is "query", "mutation" or "subscription"), or a field with arguments of the node type `of`."""

    operation: str
    name: str
    field: GraphQLField
    of: str = ""

    @property
    def is_mutation(self) -> bool:
        return self.operation == "mutation"

    def document(self, said: Collection[str], *, depth: int = 1) -> str:
        """An operation that passes the arguments that are said as variables, and asks for plain fields down to a depth."""
        declared = [f"${name}: {self.field.args[name].type}" for name in said] + ["$nodeId: ID!"] * bool(self.of)
        passed = ", ".join(f"{name}: ${name}" for name in said)
        head = f"{self.operation}({', '.join(declared)})" if declared else self.operation
        call = f"{self.name}({passed})" if passed else self.name
        asked = f"{call} {selection(self.field.type, depth + self.is_mutation)}"
        return f"{head} {{ node(id: $nodeId) {{ ... on {self.of} {{ {asked} }} }} }}" if self.of else f"{head} {{ {asked} }}"

    def places(self) -> Iterator[tuple[Path, GraphQLInputType]]:
        """Every place in its arguments with its type: arguments, fields of inputs, and items of lists."""
        for name, argument in self.field.args.items():
            yield from _places((name,), argument.type)

    def arguments(self, pick: Pick, at: Path = (), value: Any = None) -> dict[str, Any]:
        """What must be said, filled by `pick`, and at one place a value of the caller's choice."""
        return _filled((self.name,), self.field.args, pick, at, value)


def live_doors(schema: GraphQLSchema) -> list[Door]:
    """All that can be watched."""
    assert schema.subscription_type is not None
    return [Door("subscription", name, field) for name, field in schema.subscription_type.fields.items()]


def doors(schema: GraphQLSchema) -> list[Door]:
    """All that can be asked and done."""
    found = []
    for operation, kind in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        assert kind is not None
        found += [Door(operation, name, field) for name, field in kind.fields.items()]
    for shown in schema.type_map.values():
        if isinstance(shown, GraphQLObjectType) and any(each.name == "Node" for each in shown.interfaces):
            found += [Door("query", name, field, shown.name) for name, field in shown.fields.items() if field.args]
    return found


def selection(kind: GraphQLOutputType, depth: int) -> str:
    """The fields of a type that need no arguments, down to a depth; nothing for a leaf."""
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    parts = ["__typename"]
    if not isinstance(named, GraphQLObjectType):
        return "{ code message path }" if str(named) == "UserError" else "{ __typename id }"
    for name, field in named.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            parts.append(name)
        elif is_composite_type(inner) and (depth > 0 or str(inner) in {"UserError", "Warning"}):
            parts.append(f"{name} {selection(field.type, depth - 1)}")
    return "{ " + " ".join(parts) + " }"


def sample(path: Path, kind: GraphQLInputType, pick: Pick) -> Any:
    """Something that fits a type: what is required, and one item of a list."""
    nullable = get_nullable_type(kind)
    if is_list_type(nullable):
        return [sample(path, nullable.of_type, pick)]
    if isinstance(nullable, GraphQLInputObjectType):
        return _filled(path, nullable.fields, pick, (), None)
    if isinstance(nullable, GraphQLEnumType):
        return next(iter(nullable.values))
    return pick(path, str(nullable))


def _places(path: Path, kind: GraphQLInputType, above: tuple[str, ...] = ()) -> Iterator[tuple[Path, GraphQLInputType]]:
    """The place itself and those below it; an input that holds its own kind is entered once."""
    yield path, kind
    nullable = get_nullable_type(kind)
    if is_list_type(nullable):
        item = get_nullable_type(nullable.of_type)
        if isinstance(item, GraphQLInputObjectType):
            yield from _below((*path, "*"), item, above)
        else:
            yield (*path, "*"), nullable.of_type
    elif isinstance(nullable, GraphQLInputObjectType):
        yield from _below(path, nullable, above)


def _below(path: Path, kind: GraphQLInputObjectType, above: tuple[str, ...]) -> Iterator[tuple[Path, GraphQLInputType]]:
    if kind.name not in above:
        for name, field in kind.fields.items():
            yield from _places((*path, name), field.type, (*above, kind.name))


def _filled(path: Path, fields: Mapping[str, Any], pick: Pick, at: Path, value: Any) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for name, field in fields.items():
        if at and at[0] == name:
            filled[name] = _placed((*path, name), field.type, pick, at[1:], value)
        elif is_required_argument(field) if isinstance(field, GraphQLArgument) else is_required_input_field(field):
            filled[name] = sample((*path, name), field.type, pick)
    if "orderId" in fields and not _EITHER & filled.keys():
        filled["orderId"] = pick((*path, "orderId"), "ID")
    return filled


def _placed(path: Path, kind: GraphQLInputType, pick: Pick, at: Path, value: Any) -> Any:
    if not at:
        return value
    nullable = get_nullable_type(kind)
    if at[0] == "*":
        return [_placed(path, nullable.of_type, pick, at[1:], value)] if is_list_type(nullable) else value
    assert isinstance(nullable, GraphQLInputObjectType)
    return _filled(path, nullable.fields, pick, at, value)
