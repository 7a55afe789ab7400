"""No operation answers with more objects than it was said to cost beforehand: random operations over the whole schema."""

from __future__ import annotations

import os
import random
import time
from typing import Any

from graphql import FieldNode, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, get_named_type, visit

from schema.execution.engine import Prepared, Rejected
from tests.execution.documents import Author
from tests.execution.world import Both

OPERATIONS = int(os.environ.get("OPERATIONS", "600"))
SEED = int(os.environ.get("SEED", str(time.time_ns() % 1_000_000)))


def objects(value: Any, free: set[str]) -> int:
    """How many objects an answer holds; below the keys in `free` is data of any form, whose objects are nobody's."""
    match value:
        case dict():
            return 1 + sum(objects(each, free) for key, each in value.items() if key not in free)
        case list():
            return sum(objects(each, free) for each in value)
    return 0


def free_keys(prepared: Prepared, schema: GraphQLSchema) -> set[str]:
    """The response keys of fields that answer with JSON."""
    found: set[str] = set()
    types = TypeInfo(schema)

    class Free(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            kind = types.get_type()
            if kind is not None and get_named_type(kind).name == "JSON":
                found.add((node.alias or node.name).value)

    visit(prepared.document, TypeInfoVisitor(types, Free()))
    return found


async def test_what_an_operation_may_cost_is_never_less_than_the_objects_that_it_answers_with(both: Both) -> None:
    print(f"SEED={SEED} OPERATIONS={OPERATIONS}")  # noqa: T201 - shown when it fails, to do it again
    chance = random.Random(SEED)
    author = Author(both.schema, chance, both.known)
    run = filled = 0
    # Chance may make few that answer with much: then some more are tried.
    while run < OPERATIONS or (filled <= OPERATIONS / 20 and run < OPERATIONS * 4):
        text, variables = author.operation()
        try:
            prepared = await both.fast.prepare(text, None)
        except Rejected:
            continue
        who = chance.choice(("guest", "customer", "staff", "staff"))
        result = await both.run(both.fast, prepared, variables, who)
        actual = objects(result.data, free_keys(prepared, both.schema)) - 1 if result.data is not None else 0
        assert prepared.cost(variables) >= actual, f"{prepared.cost(variables)} for {actual} with {variables}:\n{text}"
        run += 1
        filled += actual > 10
    assert filled > OPERATIONS / 20, "otherwise this shows little"
