"""Writes the source of a plan's rows: one function that makes a dict literal of each parent.

Of the client's words only aliases get into it and of the schema's only names, each as `repr` spells it; attributes are
identifiers of ours. Values are completed by `values`, but for the common case of each built-in type.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import CodeType
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLString,
    is_leaf_type,
)
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from schema.execution.plan import Selection, Unsupported
from schema.execution.values import completion_of, listed, named, names_of, null
from schema.scalars import as_is


def rows_of(selection: Selection) -> Callable[..., list[dict[str, Any]]]:
    """`rows(parents, *columns)`: a dict for each parent. Unsupported when it is nested deeper than Python reads."""
    writer = _Writer()
    columns = [f"c{place}" for place in range(sum(each.column is not None for each in selection.fields))]
    row = writer.object(selection, "parent", iter(columns))
    given, each = ", ".join(("parents", *columns)), ", ".join(("parent", *columns))
    every = f"{each} in zip({given}, strict=True)" if columns else "parent in parents"
    exec(_code(f"def rows({given}):\n return [{row} for {every}]"), writer.names)  # noqa: S102 - the source holds nothing of a client's but quoted text, see the module
    rows: Callable[..., list[dict[str, Any]]] = writer.names["rows"]
    return rows


@lru_cache(maxsize=500)
def _code(source: str) -> CodeType:
    """The compiled source, which is the same for the same selection wherever it stands; Python takes long over it."""
    try:
        return compile(source, "<plan>", "exec")
    except (SyntaxError, MemoryError, RecursionError) as failure:
        raise Unsupported("nested too deeply") from failure


class _Writer:
    """Expressions, and the `names` that they use besides their variables."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"null": null, "listed": listed, "named": named}
        self._numbers = itertools.count()

    def object(self, selection: Selection, parent: str, columns: Iterator[str]) -> str:
        """A dict literal of the object in the variable `parent`."""
        reads = any(each.read for each in selection.fields)
        items = []
        for each in selection.fields:
            if each.kind is None:
                name = repr(selection.kind.name)
                value = name if reads else f"named({parent}, {name})"
            elif each.column is None:
                got = f"{parent}.{each.read}" if isinstance(each.read, str) else f"{self._constant(each.read)}({parent})"
                value = self._value(each.kind, each.inner, got)
            else:
                value = next(columns) if each.column.below else self._value(each.kind, each.inner, next(columns))
            items.append(f"{each.key!r}: {value}")
        return f"{{{', '.join(items)}}}"

    def _value(self, kind: GraphQLOutputType, inner: Selection | None, got: str) -> str:
        """Completes the value of the expression `got`, which it evaluates once."""
        non_null = isinstance(kind, GraphQLNonNull)
        nullable = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        name = got if got.isidentifier() else f"v{next(self._numbers)}"
        first = name if name == got else f"({name} := {got})"
        otherwise = "null()" if non_null else "None"
        if isinstance(nullable, GraphQLList):
            item = f"i{next(self._numbers)}"
            items = f"[{self._value(nullable.of_type, inner, item)} for {item} in listed({name})]"
            return f"({items} if {first} is not None else {otherwise})"
        if inner is not None:
            return f"({self.object(inner, name, iter(()))} if {first} is not None else {otherwise})"
        if isinstance(nullable, CustomGraphQLEnumType):
            return f"({self._constant(names_of(nullable))}[{name}] if {first} is not None else {otherwise})"
        return self._leaf(nullable, name, first, non_null=non_null)

    def _leaf(self, kind: GraphQLOutputType, name: str, first: str, *, non_null: bool) -> str:
        if not is_leaf_type(kind):
            raise Unsupported(f"{kind} without a selection")
        complete = self._constant(completion_of(kind, non_null=non_null))
        if kind is GraphQLString or kind is GraphQLID or kind.coerce_output_value is as_is:
            return f"({name} if type({first}) is str else {complete}({name}))"
        if kind is GraphQLBoolean:
            return f"({name} if type({first}) is bool else {complete}({name}))"
        if kind is GraphQLInt:
            return f"({name} if type({first}) is int and -2147483648 <= {name} <= 2147483647 else {complete}({name}))"
        return f"{complete}({first})"

    def _constant(self, value: Any) -> str:
        name = f"k{next(self._numbers)}"
        self.names[name] = value
        return name
