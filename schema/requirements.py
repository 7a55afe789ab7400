"""Tells what fields and types need where people and programs look: `@requires` in the SDL, a sentence in the documentation."""

from __future__ import annotations

from graphql import GraphQLObjectType, GraphQLSchema

from schema.execution.fields import DEFINITION, ROOTS, declared_of, shown_of
from schema.permissions import Requires, said, shown


def show(schema: GraphQLSchema) -> None:
    """Fields tell their own rule; a type tells the rule of those of its fields that have none."""
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name.startswith("__"):
            continue
        if kind.name not in ROOTS:
            _show_type(kind)
        for name, field in kind.fields.items():
            declared = declared_of(kind, name)
            if declared is not None and declared.allow is not None:
                field.description = _told(field.description, said(declared.allow))


def _show_type(kind: GraphQLObjectType) -> None:
    rule = shown_of(kind).allow
    definition = kind.extensions[DEFINITION]
    others = [each for each in definition.directives or () if not isinstance(each, Requires)]
    definition.directives = [*others, *shown(rule)]
    if words := said(rule):
        kind.description = _told(kind.description, f"Of its fields, unless they say otherwise: {words[0].lower()}{words[1:]}")


def _told(description: str | None, words: str) -> str | None:
    return f"{description} {words}" if description and words else description
