"""Every field that queries reach, asked by everybody: both executors answer, refuse and say so alike."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_required_argument,
)

from schema.execution.fields import rule_of
from tests.execution.documents import leads
from tests.execution.world import Both, bugs


def _call(field: GraphQLField, name: str, known: dict[str, list[Any]]) -> str:
    """A field with the arguments it needs, and those that lead somewhere."""
    given = []
    for argument, about in field.args.items():
        if argument == "first":
            given.append("first: 2")
        elif argument in {"id", "ids", "variantId", "token"} and (is_required_argument(about) or argument == "id"):
            value = ", ".join(f'"{each}"' for each in known[argument])
            given.append(f"{argument}: [{value}]" if argument == "ids" else f'{argument}: "{known[argument][0]}"')
        elif is_required_argument(about):
            given.append(f"{argument}: {_some(argument, get_named_type(about.type))}")
    return f"{name}({', '.join(given)})" if given else name


def _some(argument: str, kind: GraphQLNamedType) -> str:
    """A value that an argument must have, as its type is written."""
    if isinstance(kind, GraphQLEnumType):
        return str(next(iter(kind.values)))
    if kind.name == "LanguageCode":
        return '"en"'
    if kind.name == "DateTime":
        return '"2026-03-01T12:00:00Z"'
    return "[]" if argument == "selected" else "1001"


def _documents(both: Both, most: int) -> list[str]:
    """For each type the shortest way to it, and there its fields, `most` to an operation."""
    documents = []
    for kind_name, way in leads(both.schema).items():
        kind = both.schema.type_map[kind_name]
        if not isinstance(kind, GraphQLObjectType) or kind_name.startswith("__"):
            continue
        asked = []
        for name, field in kind.fields.items():
            below = " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
            asked.append(f"{name}: {_call(field, name, both.known)}{below}")
        for start in range(0, len(asked), most):
            text = f"{{ __typename {' '.join(asked[start : start + most])} }}"
            for on, name in reversed(way):
                owner = both.schema.type_map[on]
                step = _call(owner.fields[name], name, both.known) if isinstance(owner, GraphQLObjectType) else name
                text = f"{{ {step} {text} }}"
            documents.append(text)
    return documents


@pytest.mark.parametrize("who", ["guest", "customer", "staff", "clerk"])
async def test_every_field_is_answered_alike(both: Both, who: str) -> None:
    compiled = 0
    for text in _documents(both, most=6):
        compared = await both.compare(text, who=who)
        assert bugs(compared.result) == [], text
        compiled += compared.is_compiled
        assert compared.is_compiled or compared.result.errors or who != "staff", text
    assert compiled > 0


async def test_what_a_viewer_may_not_ask_is_refused_alike_one_field_at_a_time(both: Both) -> None:
    refused = 0
    root = both.schema.query_type
    assert root is not None
    for name, field in root.fields.items():
        below = " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
        for who, viewer in both.viewers.items():
            compared = await both.compare(f"{{ {_call(field, name, both.known)}{below} }}", who=who)
            may = rule_of(root, name).admits(viewer)
            codes = [(each.extensions or {}).get("code") for each in compared.result.errors or ()]
            assert ("PERMISSION_DENIED" in codes or "UNAUTHENTICATED" in codes) is not may, (name, who, codes)
            assert not compared.is_compiled or may
            refused += not may
    assert refused > 10
