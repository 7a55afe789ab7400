"""A place where every field of every type can be asked by anybody: each type stands at the root, as somebody about whom nothing is known.

Whoever is let through to a field finds nothing there and fails; whoever is not is refused before. The two are told apart
by the error's code, so that no data is needed for any of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import (
    ExecutionResult,
    GraphQLField,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_required_argument,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type

from domain.ids import new_id
from domain.viewer import Viewer
from schema.context import Context
from schema.execution.engine import Engine
from schema.execution.fields import DEFINITION, ROOTS, query
from schema.ids import global_id
from schema.permissions import EVERYONE
from schema.root import executable, secure
from schema.scalars import SCALARS
from schema.transport.caller import Caller
from schema.transport.operations import OpenContext
from tests.execution.world import WIDE
from tests.hostile.doors import sample
from tests.hostile.people import HONEST

REFUSED = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED", "INSUFFICIENT_SCOPE"})


class Nobody:
    """Has no attributes at all."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


@dataclass
class Asked:
    """A field as one operation asks for it: the text after its alias, and its arguments as variables."""

    kind: str
    name: str
    declared: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    text: str = ""


def asked(kind: GraphQLObjectType, name: str, number: int) -> Asked:
    """A field with the arguments it needs, about things that are not there."""
    definition: GraphQLField = kind.fields[name]
    found, passed = Asked(kind.name, name), []
    for argument, about in definition.args.items():
        if is_required_argument(about):
            variable = f"v{number}_{argument}"
            found.declared.append(f"${variable}: {about.type}")
            found.values[variable] = sample((name, argument), about.type, _nothing)
            passed.append(f"{argument}: ${variable}")
    call = f"{name}({', '.join(passed)})" if passed else name
    found.text = call + (" { __typename }" if is_composite_type(get_named_type(definition.type)) else "")
    return found


def _nothing(path: tuple[str, ...], kind: str | GraphQLInputType) -> Any:
    if kind == "ID":
        return global_id("Nothing", new_id())
    return False if kind == "Boolean" else HONEST.get(str(kind), "https://example.com/" if path[-1].endswith("Url") else "Text")


def operation(kind: str, parts: list[Asked], heads: list[str]) -> tuple[str, dict[str, Any]]:
    """One operation that asks for all parts, each below its head and under an alias of its own."""
    declared = [each for part in parts for each in part.declared]
    lines = [
        f"a{place}: {head} {part.text}" if not head else f"a{place}: {head} {{ {part.text} }}"
        for place, (part, head) in enumerate(zip(parts, heads, strict=True))
    ]
    head = f"{kind}({', '.join(declared)})" if declared else kind
    return f"{head} {{ {' '.join(lines)} }}", {name: value for part in parts for name, value in part.values.items()}


def bench(schema: GraphQLSchema) -> tuple[GraphQLSchema, dict[str, str]]:
    """A schema whose root has a field for each type, and the name of that field by type."""
    fields = []
    names: dict[str, str] = {}
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name in ROOTS or kind.name.startswith("__"):
            continue
        name = f"one{len(names)}"

        async def one(context: Context) -> Nobody:
            del context
            return Nobody()

        one.__name__ = name
        fields.append(query(kind.extensions[DEFINITION].origin | None, "Somebody.", allow=EVERYONE)(one))
        names[kind.name] = name
    made = strawberry.Schema(query=create_type("Query", fields), config=StrawberryConfig(scalar_map=SCALARS))
    secure(executable(made))
    return executable(made), names


@dataclass
class Bench:
    """Runs operations as anybody, on graphql-core alone or with plans."""

    engines: dict[str, Engine]
    open_context: OpenContext

    @staticmethod
    def of(schema: GraphQLSchema, open_context: OpenContext) -> Bench:
        """For a schema."""
        return Bench(
            {
                "core": Engine(schema, ceilings=WIDE, open_about_itself=True, compiled=False),
                "plans": Engine(schema, ceilings=WIDE, open_about_itself=True),
            },
            open_context,
        )

    async def refused(self, engine: str, viewer: Viewer, text: str, values: dict[str, Any]) -> set[str]:
        """The aliases of an operation that are refused to a viewer."""
        running = self.engines[engine]
        prepared = await running.prepare(text, None)
        async with self.open_context(Caller(request_id="matrix")) as context:
            assert isinstance(context, Context)
            context.viewer = viewer
            result = await running.execute(prepared, values, context)
        return refusals(result)


def refusals(result: ExecutionResult) -> set[str]:
    """The aliases at which a viewer was refused."""
    return {str(each.path[0]) for each in result.errors or () if each.path and (each.extensions or {}).get("code") in REFUSED}
