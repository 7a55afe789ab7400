"""The directives a client may write: `@inContext` on an operation, `@idempotent` on a mutation's field."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Protocol

import strawberry
from graphql import FieldNode, GraphQLDirective, GraphQLSchema, OperationDefinitionNode, VariableValues, get_directive_values
from strawberry.directive import DirectiveLocation, DirectiveValue

from domain.idempotency import KEY_LENGTH_MAX
from schema.places import Wish
from schema.refusal import Refusal


@strawberry.directive(
    locations=[DirectiveLocation.QUERY, DirectiveLocation.MUTATION, DirectiveLocation.SUBSCRIPTION],
    name="inContext",
    description="Where the operation takes place. What is not said comes from the request's headers, then from the channel.",
)
def in_context(
    value: DirectiveValue[Any],
    country: Annotated[str | None, strawberry.directive_field(name="country")] = None,
    currency: Annotated[str | None, strawberry.directive_field(name="currency")] = None,
    language: Annotated[str | None, strawberry.directive_field(name="language")] = None,
    channel: Annotated[str | None, strawberry.directive_field(name="channel")] = None,
) -> Any:
    """Read at the operation's first field by `wish_of`."""
    del country, currency, language, channel
    return value


@strawberry.directive(
    locations=[DirectiveLocation.FIELD],
    name="idempotent",
    description=(
        "Makes a mutation safe to repeat: the same key with the same input gives the first answer again for 72 hours, "
        "another input with it gives IDEMPOTENCY_CONFLICT."
    ),
)
def idempotent(value: DirectiveValue[Any], key: str) -> Any:
    """Read at the mutation's field by `key_of`."""
    del key
    return value


CLIENT_DIRECTIVES = (in_context, idempotent)


class Arrival(Protocol):
    """What there is to know of the operation when one of its root fields begins; graphql-core's info is one."""

    @property
    def schema(self) -> GraphQLSchema: ...

    @property
    def operation(self) -> OperationDefinitionNode: ...

    @property
    def variable_values(self) -> VariableValues: ...

    @property
    def field_nodes(self) -> list[FieldNode]: ...


def _values(info: Arrival, name: str, node: Any) -> dict[str, Any]:
    directive: GraphQLDirective | None = info.schema.get_directive(name)
    return (get_directive_values(directive, node, info.variable_values) or {}) if directive is not None else {}


def wish_of(info: Arrival, wish: Wish) -> Wish:
    """The wish, with what the operation's `@inContext` says instead."""
    if not info.operation.directives:
        return wish
    said = {name: value for name, value in _values(info, "inContext", info.operation).items() if value is not None}
    return replace(wish, **said)


def key_of(info: Arrival, header: str | None) -> str | None:
    """The key of this field's `@idempotent`, else the header's when the operation has but this one field."""
    for node in info.field_nodes:
        if node.directives and (key := _values(info, "idempotent", node).get("key")) is not None:
            if not 0 < len(key) <= KEY_LENGTH_MAX or "\x00" in key:
                raise Refusal("BAD_USER_INPUT", f"An idempotency key has 1 to {KEY_LENGTH_MAX} characters.")
            return str(key)
    return header if len(info.operation.selection_set.selections) == 1 else None
