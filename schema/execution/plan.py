"""What a compiled operation is made of: plans, their columns, and the selections that they are made from.

A plan answers one selection set for every parent of its level at once. Batch fields, and plain fields that lead to batch
fields, are its columns; all else is one generated function that writes the level's rows. `compile` makes plans, `run`
runs them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphql import GraphQLObjectType, GraphQLOutputType, VariableValues

from schema.execution.fields import Link
from schema.permissions import Rule


class Unsupported(Exception):
    """No plan can be made of this; graphql-core runs it."""


class HandOver(Exception):
    """A plan met what it does not complete itself, such as a null where none may be; graphql-core runs the operation."""


@dataclass(frozen=True, slots=True)
class Follow:
    """What a field reads for parents that are one of `views`, and what follows that."""

    views: tuple[type, ...]
    link: Link
    then: tuple[Follow, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """How one field's values are gathered for all parents of a level: by `read` from each, else by one call of `function`.

    `below` says how they are completed before the rows are written; None leaves it to the generated function.
    `follows` is what will be read about them.
    """

    read: Callable[[Any], Any] | None
    function: Callable[..., Any] | None
    loads: bool
    is_root: bool
    arguments: Callable[[VariableValues], dict[str, Any]] | None
    below: Below | None
    follows: tuple[Follow, ...] = ()


@dataclass(frozen=True, slots=True)
class Below:
    """How a column's values are completed: null or not, then each item of a list, or each object by its plan."""

    non_null: bool
    items: Below | None
    objects: Plan | Branch | None


@dataclass(frozen=True, slots=True)
class Plan:
    """One selection set on one object type. `rules` are those of every field in it and below, but not below a branch."""

    columns: tuple[Column, ...]
    rows: Callable[..., list[dict[str, Any]]]
    rules: frozenset[Rule]
    follows: tuple[Follow, ...] = ()
    """What its columns will read about its parents, and about what those merely hold."""
    sane: set[type] = field(default_factory=set)
    """The classes of parents met so far that are neither exceptions nor awaitables, which graphql-core treats apart."""


class Branch(Protocol):
    """One selection set on an interface or union, which has a plan for each type that turns up."""

    def plan(self, view: type) -> Plan:
        """The plan for a class of views; HandOver or Unsupported when there is none."""


@dataclass(frozen=True, slots=True)
class Field:
    """One response key of a selection: the type's name (no `kind`), a column, or what is read from the parent alone.

    `read` is the name of an attribute, or a function of the parent.
    `inner` is the selection of its objects when the rows write that too.
    """

    key: str
    kind: GraphQLOutputType | None = None
    read: str | Callable[[Any], Any] = ""
    column: Column | None = None
    inner: Selection | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """One selection set on one object type, looked through but not written yet."""

    kind: GraphQLObjectType
    fields: tuple[Field, ...]
    rules: frozenset[Rule]

    @property
    def is_pure(self) -> bool:
        """Whether it takes nothing but attributes, down to its leaves."""
        return not any(each.column for each in self.fields)
