"""Writes random operations over a schema: valid by its types, with fragments, aliases, directives and variables."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
TEXTS = ("", "red", "EUR", "2026-01-05T00:00:00+00:00", 'quoted " and \\ and é')
KEYS = frozenset({"id", "slug", "sku"})
"""A field that takes several of these mostly wants exactly one."""
LISTS = frozenset({"edges", "nodes"})
"""Where data lies: chosen more often than others, else most operations would end at a page's first level."""


class Author:
    """Writes one operation after another; `known` are values by argument name that lead somewhere."""

    def __init__(self, schema: GraphQLSchema, chance: random.Random, known: Mapping[str, list[Any]]) -> None:
        self._schema = schema
        self._chance = chance
        self._known = known

    def operation(self) -> tuple[str, dict[str, Any]]:
        """A document of one query, and its variables."""
        self._fragments: dict[str, tuple[str, str]] = {}
        self._declared: list[str] = []
        self._variables: dict[str, Any] = {}
        self._left = self._chance.choice((4, 8, 12, 40))
        self._names = 0
        root = self._schema.query_type
        assert root is not None
        body = self._selection(root, self._chance.randint(3, 8))
        variables = f"({', '.join(self._declared)})" if self._declared else ""
        where = self._chance.choice(("", "", "", ' @inContext(currency: "USD")', ' @inContext(country: "AT", channel: "us")'))
        fragments = "\n".join(f"fragment {name} on {kind} {text}" for name, (kind, text) in self._fragments.items())
        return f"query Q{variables}{where} {body}\n{fragments}", self._variables

    def _often(self, probability: float) -> bool:
        return self._chance.random() < probability

    def _name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    def _selection(self, kind: Composite, depth: int) -> str:
        parts: list[str] = []
        for _ in range(self._chance.randint(1, 5 if depth > 1 else 3)):
            self._left -= 1
            chosen = self._chance.random()
            if depth > 1 and self._left > 0 and chosen < 0.08:
                parts.append(f"...{self._condition(kind)}{self._switch()} {self._selection(kind, depth - 1)}")
            elif depth > 1 and self._left > 0 and chosen < 0.18:
                parts.append(f"...{self._fragment(kind, depth)}{self._switch()}")
            elif chosen < 0.26:
                parts.append(f"{self._alias(0.3)}__typename{self._switch()}")
            elif isinstance(kind, GraphQLUnionType) or (isinstance(kind, GraphQLInterfaceType) and chosen < 0.6):
                inner = self._chance.choice(self._schema.get_possible_types(kind))
                parts.append(f"... on {inner.name} {self._selection(inner, depth - 1 if depth > 1 else 1)}")
            else:
                parts.append(self._field(kind, depth))
        return f"{{ {' '.join(each for each in parts if each) or '__typename'} }}"

    def _condition(self, kind: Composite) -> str:
        return self._chance.choice(("", f" on {kind.name}"))

    def _alias(self, probability: float) -> str:
        return f"{self._name('a')}: " if self._often(probability) else ""

    def _switch(self) -> str:
        if not self._often(0.08):
            return ""
        on = self._often(0.6)
        if self._often(0.5):
            return f" @{self._chance.choice(('skip', 'include'))}(if: {json.dumps(on)})"
        name = self._name("b")
        default = self._chance.choice(("", "", " = true"))
        self._declared.append(f"${name}: Boolean!{default}")
        if not default or self._often(0.5):
            self._variables[name] = on
        return f" @{self._chance.choice(('skip', 'include'))}(if: ${name})"

    def _fragment(self, kind: Composite, depth: int) -> str:
        known = [name for name, (on, _) in self._fragments.items() if on == kind.name]
        if known and self._often(0.6):
            return self._chance.choice(known)
        name = self._name("F")
        # Written before it is known, so that no fragment can spread itself.
        self._fragments[name] = (kind.name, self._selection(kind, depth - 1))
        return name

    def _field(self, kind: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        fits = [
            (name, field)
            for name, field in kind.fields.items()
            if is_leaf_type(get_named_type(field.type)) or (depth > 1 and self._left > 0)
        ]
        if not fits:
            return "__typename"
        weights = [4.0 if name in LISTS else 1.0 if is_leaf_type(get_named_type(field.type)) else 1.6 for name, field in fits]
        name, field = self._chance.choices(fits, weights)[0]
        arguments = self._arguments(field)
        # A field with arguments gets a name of its own: two of one name that differ in them would be invalid.
        alias = f"{self._name('a')}: " if field.args else self._alias(0.15)
        named = get_named_type(field.type)
        below = f" {self._selection(named, depth - 1)}" if isinstance(named, Composite) else ""
        return f"{alias}{name}{arguments}{self._switch()}{below}"

    def _arguments(self, field: GraphQLField) -> str:
        given = []
        # A cursor is mostly another list's, and pages go one way: both would be errors most of the time.
        seldom = {"last", "before", "after"} if self._often(0.95) else {"first"}
        keys = [name for name in field.args if name in KEYS]
        if len(keys) > 1 and self._often(0.95):
            only = self._chance.choice(keys)
            return f"({only}: {self._value(only, field.args[only].type)})"
        for name, argument in field.args.items():
            if is_required_argument(argument) or (name not in seldom and self._often(0.35)):
                given.append(f"{name}: {self._value(name, argument.type)}")
        return f"({', '.join(given)})" if given else ""

    def _value(self, name: str, kind: GraphQLInputType) -> str:
        """A literal, or a variable with its value."""
        value = self._plain(name, kind, 2)
        if not self._often(0.4):
            return _literal(value)
        variable = self._name("v")
        default = "" if isinstance(kind, GraphQLNonNull) or self._often(0.7) else f" = {_literal(value)}"
        self._declared.append(f"${variable}: {kind}{default}")
        if not default:
            self._variables[variable] = _sent(value)
        return f"${variable}"

    def _plain(self, name: str, kind: GraphQLInputType, depth: int) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return self._plain(name, kind.of_type, depth)
        if isinstance(kind, GraphQLList):
            return [self._plain(name, kind.of_type, depth - 1) for _ in range(self._chance.randint(1, 3))]
        if name in self._known:
            return self._chance.choice(self._known[name])
        match kind:
            case GraphQLEnumType():
                return _Word(self._chance.choice(list(kind.values)))
            case GraphQLInputObjectType():
                return self._input(kind, depth)
        return {
            "Int": self._chance.randint(0, 9),
            "Float": self._chance.random(),
            "Boolean": self._often(0.5),
            "ID": self._chance.choice(self._known["id"]),
            "Decimal": "12.50",
            "DateTime": "2026-01-05T00:00:00+00:00",
        }.get(kind.name, self._chance.choice(TEXTS))

    def _input(self, kind: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        fields = list(kind.fields.items())
        if kind.is_one_of:
            name, only = self._chance.choice(fields)
            return {name: self._plain(name, only.type, depth - 1)}
        return {
            name: self._plain(name, each.type, depth - 1)
            for name, each in fields
            if is_required_input_field(each) or (self._often(0.25) and (depth > 0 or is_leaf_type(get_named_type(each.type))))
        }


class _Word(str):
    """An enum's value: written without quotes in a literal."""

    __slots__ = ()


def _literal(value: Any) -> str:
    match value:
        case _Word():
            return value
        case list():
            return f"[{', '.join(map(_literal, value))}]"
        case dict():
            return f"{{{', '.join(f'{name}: {_literal(each)}' for name, each in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)


def _sent(value: Any) -> Any:
    """The value as JSON has it."""
    return json.loads(json.dumps(value))


def leads(schema: GraphQLSchema) -> dict[str, list[tuple[str, str]]]:
    """For each type that queries reach, the shortest way: the fields from the root, or conditions, each with what it is on.

    Not through `node`, which knows only one thing at a time.
    """
    assert schema.query_type is not None
    ways: dict[str, list[tuple[str, str]]] = {schema.query_type.name: []}
    waiting: list[Composite] = [schema.query_type]
    while waiting:
        kind = waiting.pop(0)
        if isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)):
            for possible in schema.get_possible_types(kind):
                if possible.name not in ways:
                    ways[possible.name] = [*ways[kind.name], (kind.name, f"... on {possible.name}")]
                    waiting.append(possible)
            continue
        for name, field in kind.fields.items():
            named = _composite(field.type)
            if named is not None and named.name not in ways and name != "node":
                ways[named.name] = [*ways[kind.name], (kind.name, name)]
                waiting.append(named)
    return ways


def _composite(kind: GraphQLOutputType) -> Composite | None:
    named = get_named_type(kind)
    return named if isinstance(named, Composite) else None
