"""The examples that GraphiQL opens with are true: every one is a valid document of this schema and says what it is for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, parse, validate

from schema.root import build, executable

EXAMPLES = sorted((Path(__file__).resolve().parent.parent.parent / "schema" / "transport" / "examples").glob("*.graphql"))


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return executable(build())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_valid_named_and_introduced(example: Path, schema: GraphQLSchema) -> None:
    text = example.read_text()
    document = parse(text)
    assert validate(schema, document) == []
    assert text.startswith("# ")
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    assert operations
    assert all(node.name is not None for node in operations)
    beside = example.with_suffix(".json")
    given = set(json.loads(beside.read_text()).get("variables", {})) if beside.exists() else set()
    declared = {variable.variable.name.value for node in operations for variable in node.variable_definitions or ()}
    assert given <= declared


def test_the_whole_journey_is_there() -> None:
    names = [path.stem.partition("_")[2] for path in EXAMPLES]
    assert names[:4] == ["browse", "cart", "checkout", "order"]
    assert {"pay", "watch", "account", "staff"} <= {name.partition("_")[0] for name in names}
