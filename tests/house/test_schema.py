"""What guards the API's contract: its printed form, its descriptions, its shapes, and that no failure or fact is forgotten."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    find_breaking_changes,
    get_named_type,
    is_introspection_type,
)

import domain
import schema as our_schema
from domain.error import Several, UserError
from domain.event import Event
from schema.errors import ErrorCode
from schema.permissions import Rule
from schema.root import build, executable, rule_of
from workers.roster import ROUTES, TASKS

ROOT = Path(__file__).resolve().parent.parent.parent
SDL = ROOT / "schema" / "schema.graphql"
STRAWBERRY = build()
SCHEMA = executable(STRAWBERRY)
OURS = {name: kind for name, kind in SCHEMA.type_map.items() if not is_introspection_type(kind)}


def _kinds_below(base: type[Any]) -> set[type[Any]]:
    """Every class of the domain that descends from `base` and is not a base itself."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    found, waiting = set(), [base]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            # A dataclass with slots is made twice; the one its module names is the real one.
            is_named = getattr(sys.modules[kind.__module__], kind.__name__, None) is kind
            if is_named and kind.__module__.startswith("domain.") and not kind.__name__.startswith("_"):
                found.add(kind)
    return found


def test_the_package_schema_is_ours() -> None:
    assert our_schema.__file__ is not None
    assert Path(our_schema.__file__).resolve().is_relative_to(ROOT)


def test_the_printed_schema_is_the_one_that_is_checked_in() -> None:
    printed = STRAWBERRY.as_str() + "\n"
    kept = SDL.read_text()
    if printed != kept:
        breaking = [change.description for change in find_breaking_changes(build_schema(kept), build_schema(printed))]
        raise AssertionError(
            f"The API has changed. Breaking: {breaking or 'nothing'}. If this is meant, run `python -m schema.root` and commit."
        )


def test_every_element_is_described() -> None:
    bare: list[str] = []
    for name, kind in OURS.items():
        if not kind.description and name not in {"Boolean", "Float", "ID", "Int", "String", "DateTime", "Date"}:
            bare.append(name)
        if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            for field_name, field in kind.fields.items():
                bare += [] if field.description else [f"{name}.{field_name}"]
                bare += [f"{name}.{field_name}({each})" for each, arg in field.args.items() if not arg.description]
        if isinstance(kind, GraphQLInputObjectType):
            bare += [f"{name}.{each}" for each, field in kind.fields.items() if not field.description]
        if isinstance(kind, GraphQLEnumType):
            bare += [f"{name}.{each}" for each, value in kind.values.items() if not value.description]
    assert bare == []


def test_every_mutation_takes_one_input_and_answers_in_one_shape() -> None:
    mutations = SCHEMA.mutation_type
    assert mutations is not None
    for name, field in mutations.fields.items():
        title = name[0].upper() + name[1:]
        assert set(field.args) <= {"input"}, name
        if field.args:
            kind = field.args["input"].type
            assert isinstance(kind, GraphQLNonNull), name
            assert get_named_type(kind).name == f"{title}Input", name
        payload = get_named_type(field.type)
        assert isinstance(payload, GraphQLObjectType)
        assert payload.name == f"{title}Payload", name
        assert str(payload.fields["userErrors"].type) == "[UserError!]!"
        assert str(payload.fields["warnings"].type) == "[Warning!]!"
        others = set(payload.fields) - {"userErrors", "warnings"}
        assert all(not isinstance(payload.fields[each].type, GraphQLNonNull) for each in others), name


def test_every_expected_failure_has_its_type_and_its_code() -> None:
    failures = _kinds_below(UserError) - {Several}
    assert {failure.__name__ for failure in failures} - set(OURS) == set()
    assert {failure.code for failure in failures} - {each.value for each in ErrorCode} == set()
    for failure in failures:
        kind = OURS[failure.__name__]
        assert isinstance(kind, GraphQLObjectType)
        assert [each.name for each in kind.interfaces] == ["UserError"], failure


def test_every_fact_has_its_route_and_every_route_its_task() -> None:
    facts = {fact.__name__ for fact in _kinds_below(Event)}
    assert facts == set(ROUTES)
    assert {task for tasks in ROUTES.values() for task in tasks} <= set(TASKS)


def test_every_field_says_who_may_ask_it() -> None:
    for kind in OURS.values():
        if isinstance(kind, GraphQLObjectType):
            assert all(isinstance(rule_of(kind, name), Rule) for name in kind.fields), kind.name
