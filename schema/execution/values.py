"""How single values are completed: as graphql-core does it, or handed over to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from types import CoroutineType, NoneType
from typing import Any, TypeGuard

from graphql import GraphQLLeafType, Undefined
from graphql.pyutils import is_iterable
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from schema.execution.plan import HandOver

_PLAIN = frozenset({str, int, float, bool, NoneType, list, tuple, dict})


def is_awaitable(value: object) -> TypeGuard[Awaitable[Any]]:
    """Whether to await a resolver's value; asked of every value, so the common types answer first."""
    return type(value) not in _PLAIN and (isinstance(value, CoroutineType) or hasattr(value, "__await__"))


def is_apart(value: object) -> bool:
    """Whether graphql-core would raise or await a value rather than complete it."""
    return isinstance(value, Exception) or is_awaitable(value)


def completion_of(kind: GraphQLLeafType, *, non_null: bool) -> Callable[[Any], Any]:
    """Completes one leaf value as graphql-core does; HandOver where that would be an error."""
    coerce = kind.coerce_output_value

    def complete(value: Any) -> Any:
        if value is None and not non_null:
            return None
        coerced = None if value is None or is_apart(value) else coerce(value)
        if coerced is None or coerced is Undefined:
            raise HandOver(f"no value of {kind.name}")
        return coerced

    return complete


def names_of(kind: CustomGraphQLEnumType) -> dict[Any, str]:
    """The names of an enum's values, by the members of its class and by their plain values; others are a KeyError."""
    names = {value.value: name for name, value in kind.values.items()}
    members: list[Any] = list(kind.wrapped_cls)
    return {**{each: names[each.value] for each in members}, **names}


def null() -> Any:
    """Stands where null may not; HandOver."""
    raise HandOver("null where none may be")


def named(value: object, name: str) -> str:
    """A type's name in an object of which nothing else is read, whose value would go unseen otherwise."""
    if is_apart(value):
        raise HandOver(f"no {name}")
    return name


def listed(value: Any) -> Sequence[Any]:
    """A list's items; HandOver for what graphql-core does not take for a list."""
    if type(value) is list or type(value) is tuple:
        items: Sequence[Any] = value
        return items
    if not is_iterable(value):
        raise HandOver("no list")
    return list(value)
