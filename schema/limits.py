"""How large and how deep a document may be, measured after fragments are expanded and before validation looks at it.

One walk over each definition and one sum over their spreads, each fragment counted once and remembered, so the work is
linear in the document whatever it expands to. Cost by list size is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
)

COUNT_MAX = 1 << 31
"""Where counting stops: past any ceiling, so that doubling fragments cannot grow numbers without end."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The most an operation may hold; fields, aliases, directives and depth count with every fragment written out.

    `mutations` is the most root fields of a mutation; `tokens` and `comments` are the parser's; `characters` is the
    length of the text. The standard introspection query takes 15 levels, about 200 fields and 200 tokens.
    """

    characters: int = 64_000
    tokens: int = 2_000
    comments: int = 200
    definitions: int = 50
    depth: int = 15
    fields: int = 400
    aliases: int = 30
    directives: int = 50
    mutations: int = 4


@dataclass(frozen=True, slots=True)
class Weight:
    """What an operation holds, fragments written out."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    roots: int = 0
    """Fields of the root selection set: for a mutation, the deeds."""

    def with_spread(self, inner: Weight, depth: int) -> Weight:
        """The sum with a fragment spread below `depth` levels of this one."""
        return Weight(
            depth=max(self.depth, depth + inner.depth),
            fields=min(self.fields + inner.fields, COUNT_MAX),
            aliases=min(self.aliases + inner.aliases, COUNT_MAX),
            directives=min(self.directives + inner.directives, COUNT_MAX),
            roots=min(self.roots + (0 if depth else inner.roots), COUNT_MAX),
        )


@dataclass(slots=True)
class _Own:
    """What one definition holds by itself, and which fragments it spreads at which depth."""

    weight: Weight
    spreads: list[tuple[str, int]] = field(default_factory=list)


def limit_error(what: str, *, limit: int, actual: int | None = None) -> GraphQLError:
    """The top-level error for a ceiling passed: code DOCUMENT_TOO_LARGE, with the ceiling's name and figures."""
    passed = f"{actual} where" if actual is not None and actual < COUNT_MAX else "more than"
    message = f"The document holds {passed} {limit} {what} are allowed."
    extensions: dict[str, object] = {"code": "DOCUMENT_TOO_LARGE", "limit": what, "maximum": limit}
    if actual is not None:
        extensions["actual"] = actual
    return GraphQLError(message, extensions=extensions)


def weigh(document: DocumentNode, ceilings: Ceilings) -> dict[str, Weight]:
    """The weight of each operation by its name ("" for a nameless one); GraphQLError past any ceiling."""
    if len(document.definitions) > ceilings.definitions:
        raise limit_error("definitions", limit=ceilings.definitions, actual=len(document.definitions))
    fragments = {node.name.value: _own(node) for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    known = _fragment_weights(fragments)
    weights: dict[str, Weight] = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            weight = _total(_own(node), known)
            _refuse_over(weight, ceilings)
            if node.operation is OperationType.MUTATION and weight.roots > ceilings.mutations:
                raise limit_error("mutations", limit=ceilings.mutations, actual=weight.roots)
            weights[node.name.value if node.name else ""] = weight
    for weight in known.values():
        _refuse_over(weight, ceilings)
    return weights


def _refuse_over(weight: Weight, ceilings: Ceilings) -> None:
    for what, actual, limit in (
        ("levels of depth", weight.depth, ceilings.depth),
        ("fields", weight.fields, ceilings.fields),
        ("aliases", weight.aliases, ceilings.aliases),
        ("directives", weight.directives, ceilings.directives),
    ):
        if actual > limit:
            raise limit_error(what, limit=limit, actual=actual)


def _own(definition: OperationDefinitionNode | FragmentDefinitionNode) -> _Own:
    fields = aliases = roots = deepest = 0
    directives = len(definition.directives or ())
    spreads: list[tuple[str, int]] = []
    stack: list[tuple[SelectionNode, int]] = [(node, 0) for node in definition.selection_set.selections]
    while stack:
        node, depth = stack.pop()
        directives += len(node.directives or ())
        if isinstance(node, FragmentSpreadNode):
            spreads.append((node.name.value, depth))
            continue
        below = depth
        if isinstance(node, FieldNode):
            below = depth + 1
            fields += 1
            aliases += node.alias is not None
            roots += depth == 0
            deepest = max(deepest, below)
        inner = getattr(node, "selection_set", None)
        if inner is not None:
            stack.extend((child, below) for child in inner.selections)
    return _Own(Weight(deepest, fields, aliases, directives, roots), spreads)


def _total(own: _Own, known: dict[str, Weight]) -> Weight:
    weight = own.weight
    for name, depth in own.spreads:
        # An unknown name, or one that leads back here, weighs nothing: validation refuses both by name.
        weight = weight.with_spread(known.get(name, Weight()), depth)
    return weight


def _fragment_weights(fragments: dict[str, _Own]) -> dict[str, Weight]:
    """Every fragment's whole weight, inner ones first; without recursion, since a chain may be as long as the document."""
    known: dict[str, Weight] = {}
    for root, first in fragments.items():
        path = [root]
        on_path = {root}
        nexts = [iter(first.spreads)]
        while path:
            for name, _ in nexts[-1]:
                if name in fragments and name not in known and name not in on_path:
                    path.append(name)
                    on_path.add(name)
                    nexts.append(iter(fragments[name].spreads))
                    break
            else:
                done = path.pop()
                on_path.discard(done)
                nexts.pop()
                known[done] = _total(fragments[done], known)
    return known
