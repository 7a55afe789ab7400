"""How large, deep and dear a document may be, measured after fragments are expanded and before validation looks at it.

One walk over each definition and one sum over their spreads, each fragment counted once and remembered, so the work is
linear in the document whatever it expands to. The walk leaves a bill behind, which each request sums up for its variables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
)

from schema.cost.lots import Bill, Lot, Price, defaults_of, size_of
from schema.cost.pricing import Prices

COUNT_MAX = 1 << 31
"""Where counting stops: past any ceiling, so that doubling fragments cannot grow numbers without end."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The most an operation may hold; fields, aliases, directives and depth count with every fragment written out.

    `mutations` is the most root fields of a mutation; `tokens` and `comments` are the parser's; `characters` is the
    length of the text; `cost` is in objects, see `schema.cost`. The standard introspection query takes 15 levels, about 200
    fields and 200 tokens.
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
    cost: int = 20_000


NOTHING = Bill(Lot())


@dataclass(frozen=True, slots=True)
class Weight:
    """What an operation holds, fragments written out."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    roots: int = 0
    """Fields of the root selection set: for a mutation, the deeds."""
    alone: str = ""
    """A deed among them that must be the only one."""
    bill: Bill = NOTHING
    """What it may cost."""

    def with_spread(self, inner: Weight, depth: int) -> Weight:
        """The sum with a fragment spread below `depth` levels of this one."""
        return Weight(
            depth=max(self.depth, depth + inner.depth),
            fields=min(self.fields + inner.fields, COUNT_MAX),
            aliases=min(self.aliases + inner.aliases, COUNT_MAX),
            directives=min(self.directives + inner.directives, COUNT_MAX),
            roots=min(self.roots + (0 if depth else inner.roots), COUNT_MAX),
            alone=self.alone or ("" if depth else inner.alone),
        )


_Place = tuple[SelectionNode, int, GraphQLNamedType | None, Lot]
"""A selection to look at: how deep it stands, on which type, and in which lot it is booked."""


@dataclass(slots=True)
class _Own:
    """What one definition holds by itself, and which fragments it spreads at which depth."""

    weight: Weight
    lot: Lot
    variables: list[str]
    """Those that say how long its lists are."""
    spreads: list[tuple[str, int]]


def limit_error(what: str, *, limit: int, actual: int | None = None) -> GraphQLError:
    """The top-level error for a ceiling passed: code DOCUMENT_TOO_LARGE, with the ceiling's name and figures."""
    passed = f"{actual} where" if actual is not None and actual < COUNT_MAX else "more than"
    message = f"The document holds {passed} {limit} {what} are allowed."
    extensions: dict[str, object] = {"code": "DOCUMENT_TOO_LARGE", "limit": what, "maximum": limit}
    if actual is not None:
        extensions["actual"] = actual
    return GraphQLError(message, extensions=extensions)


def cost_error(*, limit: int, requested: int) -> GraphQLError:
    """The top-level error for an operation that may make more objects than one may ask for."""
    message = f"The operation may cost {requested} where {limit} is allowed. Ask for shorter pages, or for less of each entry."
    return GraphQLError(message, extensions={"code": "COST_LIMIT_EXCEEDED", "requested": requested, "limit": limit})


def weigh(document: DocumentNode, ceilings: Ceilings, prices: Prices) -> dict[str, Weight]:
    """The weight of each operation by its name ("" for a nameless one); GraphQLError past any ceiling."""
    if len(document.definitions) > ceilings.definitions:
        raise limit_error("definitions", limit=ceilings.definitions, actual=len(document.definitions))
    fragments = {
        node.name.value: _own(node, prices.named(node.type_condition.name.value), prices)
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    known = _fragment_weights(fragments)
    weights: dict[str, Weight] = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            own = _own(node, prices.root(node.operation), prices)
            weight = _total(own, known)
            _refuse_over(weight, ceilings)
            if node.operation is OperationType.MUTATION:
                _refuse_mutations(weight, ceilings)
            weights[node.name.value if node.name else ""] = replace(weight, bill=_bill(node, own, fragments, known))
    for weight in known.values():
        _refuse_over(weight, ceilings)
    return weights


def _bill(node: OperationDefinitionNode, own: _Own, fragments: dict[str, _Own], known: dict[str, Weight]) -> Bill:
    variables = [name for each in (own, *fragments.values()) for name in each.variables]
    lots = tuple((name, fragments[name].lot) for name in known)
    return Bill(own.lot, lots, defaults_of(node, variables), bool(variables))


def _refuse_mutations(weight: Weight, ceilings: Ceilings) -> None:
    if weight.roots > ceilings.mutations:
        raise limit_error("mutations", limit=ceilings.mutations, actual=weight.roots)
    if weight.alone and weight.roots > 1:
        message = f"{weight.alone} must be the only mutation of its document."
        raise GraphQLError(message, extensions={"code": "MUTATION_NOT_ALONE", "mutation": weight.alone})


def _refuse_over(weight: Weight, ceilings: Ceilings) -> None:
    for what, actual, limit in (
        ("levels of depth", weight.depth, ceilings.depth),
        ("fields", weight.fields, ceilings.fields),
        ("aliases", weight.aliases, ceilings.aliases),
        ("directives", weight.directives, ceilings.directives),
    ):
        if actual > limit:
            raise limit_error(what, limit=limit, actual=actual)


def _own(definition: OperationDefinitionNode | FragmentDefinitionNode, kind: GraphQLNamedType | None, prices: Prices) -> _Own:
    fields = aliases = roots = deepest = 0
    alone = ""
    directives = len(definition.directives or ())
    spreads: list[tuple[str, int]] = []
    whole, variables = Lot(), list[str]()
    stack: list[_Place] = [(node, 0, kind, whole) for node in definition.selection_set.selections]
    while stack:
        node, depth, kind, lot = stack.pop()
        directives += len(node.directives or ())
        if isinstance(node, FragmentSpreadNode):
            spreads.append((node.name.value, depth))
            lot.spreads.append(node.name.value)
            continue
        below = depth
        if isinstance(node, FieldNode):
            below = depth + 1
            fields += 1
            aliases += node.alias is not None
            roots += depth == 0
            deepest = max(deepest, below)
            priced = prices.of(kind, node.name.value)
            kind = priced.kind if priced is not None else None
            if priced is not None:
                lot = _entered(lot, priced.price, node, variables)
                alone = alone or (node.name.value if depth == 0 and priced.price.is_alone else "")
        elif isinstance(node, InlineFragmentNode) and node.type_condition is not None:
            kind = prices.named(node.type_condition.name.value)
        inner = getattr(node, "selection_set", None)
        if inner is not None:
            stack.extend((child, below, kind, lot) for child in inner.selections)
    return _Own(Weight(deepest, fields, aliases, directives, roots, alone), whole, variables, spreads)


def _entered(lot: Lot, price: Price, node: FieldNode, variables: list[str]) -> Lot:
    """Books a field in the lot that it stands in; gives the lot of what is selected below it."""
    if price.assumed is None:
        lot.fixed += price.weight
        return lot
    below = Lot()
    if price.is_paged:
        lot.paged.append((price.weight, below))
    else:
        size = size_of(price, node)
        variables.extend(size.variables)
        lot.lists.append((size, price.weight, below, bool(price.sized)))
    return below


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
