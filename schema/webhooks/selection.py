"""What a GraphQL selection for a webhook's payload may be: one query that fits the schema and takes the subject's id at most."""

from __future__ import annotations

from graphql import (
    GraphQLSchema,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
)

from schema.execution.engine import Engine, Rejected
from schema.limits import Ceilings

SELECTION_LENGTH_MAX = 8_000


class SelectionCheck:
    """Tells why a text is no selection that we resolve, or None; held to the ceilings of every operation."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._engine = Engine(schema, ceilings=Ceilings(), open_about_itself=False, documents_max=10, compiled=False)

    async def __call__(self, text: str) -> str | None:
        if len(text) > SELECTION_LENGTH_MAX:
            return f"A selection has at most {SELECTION_LENGTH_MAX} characters."
        try:
            prepared = await self._engine.prepare(text, None)
        except Rejected as wrong:
            return wrong.errors[0].message
        if prepared.kind is not OperationType.QUERY:
            return "A selection is a query."
        if not all(_is_the_id(each) for each in prepared.operation.variable_definitions or ()):
            return "A selection takes no variable but `$id: ID!`, the thing that the event is about."
        return None


def takes_id(operation: OperationDefinitionNode) -> bool:
    """Whether the selection asks for the thing that the event is about."""
    return any(each.variable.name.value == "id" for each in operation.variable_definitions or ())


def _is_the_id(definition: VariableDefinitionNode) -> bool:
    kind = definition.type
    return (
        definition.variable.name.value == "id"
        and isinstance(kind, NonNullTypeNode)
        and isinstance(kind.type, NamedTypeNode)
        and kind.type.name.value == "ID"
    )
