"""Sums up what an operation may cost at most, for given variables: a tree of lists within lists, made once a document.

Costs are upper bounds: what @skip and @include leave out counts, and so does every branch of an interface or union.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, IntValueNode, ListValueNode, NullValueNode, OperationDefinitionNode, VariableNode
from graphql.utilities import value_from_ast_untyped

COST_MAX = 1 << 53
"""Where summing stops: past any limit, and still a number in every client."""
SIZE_MAX = 100
"""No page is longer, whatever is asked for: more is refused by the field itself."""
_DIGITS_MAX = 10


@dataclass(frozen=True, slots=True)
class Price:
    """What a field costs. `assumed` is how long its list is when no argument of `slicing` says so; None: it is no list.

    With `sized` it is these fields of the answer that are so long; `is_paged` marks such a field.
    """

    weight: int
    assumed: int | None = None
    slicing: tuple[str, ...] = ()
    sized: frozenset[str] = frozenset()
    is_alone: bool = False
    is_paged: bool = False


@dataclass(frozen=True, slots=True)
class Size:
    """How long a list is: the largest of a written number and of variables, else what is assumed."""

    assumed: int
    written: int | None = None
    variables: tuple[str, ...] = ()

    def of(self, values: Mapping[str, Any]) -> int:
        """For these values of the operation's variables, as the client sent them."""
        known = [_length(value) for name in self.variables if (value := values.get(name)) is not None]
        if self.written is not None:
            known.append(self.written)
        return min(max(known), SIZE_MAX) if known else self.assumed


def _length(value: object) -> int:
    """How long a list is that a variable's value speaks of; what is no length at all is refused before anything runs."""
    if isinstance(value, int | float):
        return int(max(value, 0)) if value < SIZE_MAX else SIZE_MAX
    return len(value) if isinstance(value, list) else 1


@dataclass(slots=True)
class Lot:
    """One selection set with all below it that is no list: what it costs once, and the lists that it holds."""

    fixed: int = 0
    lists: list[tuple[Size, int, Lot, bool]] = field(default_factory=list)
    """Size, weight, and what is below; True where the size is that of the paged fields below, not its own."""
    paged: list[tuple[int, Lot]] = field(default_factory=list)
    """Weight and what is below, for fields as long as the page that the lot was asked for."""
    spreads: list[str] = field(default_factory=list)


Sums = tuple[int, int]
"""What a lot costs once, and for each entry of the page that it is asked for."""


@dataclass(frozen=True, slots=True)
class Bill:
    """An operation's lots, with those of its document's fragments, inner ones first.

    `defaults` are the variables' own values; `varies` says whether any variable matters.
    """

    lot: Lot
    fragments: tuple[tuple[str, Lot], ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    varies: bool = False

    def total(self, variables: Mapping[str, Any]) -> int:
        """The most that the operation costs with these variables, as the client sent them. Linear in the document."""
        values = {**self.defaults, **variables} if self.defaults else variables
        known: dict[str, Sums] = {}
        for name, lot in self.fragments:
            known[name] = _sums(lot, values, known)
        return min(_sums(self.lot, values, known)[0], COST_MAX)


def _sums(lot: Lot, values: Mapping[str, Any], known: Mapping[str, Sums]) -> Sums:
    once, each = lot.fixed, 0
    for size, weight, below, is_page in lot.lists:
        length = size.of(values)
        below_once, below_each = _sums(below, values, known)
        once += weight + below_once + below_each * length if is_page else length * (weight + below_once)
    for weight, below in lot.paged:
        each += weight + _sums(below, values, known)[0]
    for name in lot.spreads:
        # An unknown name, or one that leads back here, costs nothing: validation refuses both by name.
        spread_once, spread_each = known.get(name, (0, 0))
        once, each = once + spread_once, each + spread_each
    return min(once, COST_MAX), min(each, COST_MAX)


def size_of(price: Price, node: FieldNode) -> Size:
    """How long the list of a field is, by its declaration and its written arguments."""
    written: int | None = None
    variables: list[str] = []
    for argument in node.arguments or ():
        if argument.name.value in price.slicing:
            match argument.value:
                case VariableNode():
                    variables.append(argument.value.name.value)
                case NullValueNode():
                    pass
                case IntValueNode(value=digits):
                    # Digits without end are refused later; here they are only long.
                    written = max(written or 0, int(digits) if len(digits) < _DIGITS_MAX else SIZE_MAX)
                case ListValueNode(values=values):
                    written = max(written or 0, len(values))
                case _:
                    written = max(written or 0, 1)
    return Size(price.assumed or 0, written, tuple(variables))


def defaults_of(operation: OperationDefinitionNode, names: Iterable[str]) -> dict[str, Any]:
    """What those of the operation's variables are that the client does not send."""
    wanted = set(names)
    return {
        each.variable.name.value: value_from_ast_untyped(each.default_value)
        for each in operation.variable_definitions or ()
        if each.default_value is not None and each.variable.name.value in wanted
    }
