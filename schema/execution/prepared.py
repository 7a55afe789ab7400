"""One operation of a valid document, ready to run, and what is known of it before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, FieldNode, FragmentDefinitionNode, Node, OperationDefinitionNode, OperationType, VariableNode

from schema.limits import Weight


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One operation of a valid document. `switches` are the variables in @skip and @include anywhere in the document."""

    document: DocumentNode
    operation: OperationDefinitionNode
    weight: Weight
    introspects: bool
    """Whether it asks about the schema and nothing else: all processor, no waiting, so it runs in turn."""
    switches: tuple[str, ...]
    fixed_cost: int | None
    """What it may cost at most, where variables have no say in it."""

    def cost(self, variables: Mapping[str, Any]) -> int:
        """What it may cost at most, in objects, with these variables as the client sent them."""
        return self.weight.bill.total(variables) if self.fixed_cost is None else self.fixed_cost

    @property
    def name(self) -> str | None:
        return self.operation.name.value if self.operation.name else None

    @property
    def kind(self) -> OperationType:
        return self.operation.operation

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        return {node.name.value: node for node in self.document.definitions if isinstance(node, FragmentDefinitionNode)}


def prepared(document: DocumentNode, operation: OperationDefinitionNode, weight: Weight) -> Prepared:
    """The operation with what its document tells at a glance."""
    fixed_cost = None if weight.bill.varies else weight.bill.total({})
    return Prepared(document, operation, weight, _introspects(operation), _switches(document), fixed_cost)


def _introspects(operation: OperationDefinitionNode) -> bool:
    """Whether every root selection is `__schema` or `__type`; a fragment at the root counts as something else."""
    return all(
        isinstance(node, FieldNode) and node.name.value in {"__schema", "__type"} for node in operation.selection_set.selections
    )


def _switches(document: DocumentNode) -> tuple[str, ...]:
    found: set[str] = set()
    stack: list[Node] = list(document.definitions)
    while stack:
        node = stack.pop()
        for directive in getattr(node, "directives", None) or ():
            if directive.name.value in {"skip", "include"}:
                found.update(each.value.name.value for each in directive.arguments if isinstance(each.value, VariableNode))
        inner = getattr(node, "selection_set", None)
        if inner is not None:
            stack.extend(inner.selections)
    return tuple(sorted(found))
