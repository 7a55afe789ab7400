"""Who may ask what: the schema says what the committed table says, and everybody who asks is answered or refused as it says.

When the first test fails because something was added: run `python -m tests.authorization.table`, and look at the difference.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from graphql import ExecutionResult, OperationType, VariableValues

from domain.viewer import Permission, Viewer, scope_of
from gateways.settings import Settings
from schema.access.types import PermissionCode
from schema.context import Context
from schema.execution.fields import ROOTS, rule_of
from schema.execution.run import admitted
from schema.permissions import EVERYONE
from schema.root import build, executable
from schema.transport.caller import Caller
from tests.authorization.bench import Bench, asked, bench, operation, refusals
from tests.authorization.roles import ROLES, meant, told
from tests.authorization.table import PLACE, fields, read, written
from tests.conftest import Clone
from tests.shop import Shop, open_shop

SCHEMA = executable(build())
AT_ONCE = 80
PLAIN = ("guest", "customer", "staff", "app")
TRIED = frozenset({*PLAIN, "staff@channel", "app@channel", "staff:READ_ORDERS", "app:orders:read"})


@pytest.fixture(scope="module")
async def lone_shop(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Shop]:
    """A shop of its own: everything is done in it that everybody may do."""
    async with open_shop(settings_on(await clone())) as opened:
        yield opened


def test_the_table_is_the_schemas() -> None:
    assert written(SCHEMA) == PLACE.read_text(), "run `python -m tests.authorization.table` and look at what has changed"


def test_every_field_has_its_entry_and_every_entry_its_field() -> None:
    assert {(kind.name, name) for kind, name in fields(SCHEMA)} == read().keys()


def test_roles_are_told_so_that_they_can_be_read_again() -> None:
    for names in (set(ROLES), set(), {"guest"}, {"staff:READ_ORDERS", "app:orders:read", "app@channel"}):
        assert meant(told(names)) == names


def test_every_permission_has_a_name_in_the_api_and_a_scope_of_its_own() -> None:
    assert {each.value for each in PermissionCode} == {each.value for each in Permission}
    assert len({scope_of(each) for each in Permission}) == len(Permission)
    assert all(each.value.startswith(("READ_", "MANAGE_")) for each in Permission)


def test_nothing_of_staffs_is_open_to_strangers() -> None:
    """The wide doors, by name: whatever is added here is a decision."""
    table = read()
    mutations = {name for (kind, name), who in table.items() if kind == "Mutation" and "guest" in who}
    assert all("staff" in who for who in table.values() if "guest" in who)
    assert not any(name.startswith(("staff", "role", "app", "product", "stock", "refund", "import")) for name in mutations)


async def test_every_field_of_every_type_is_refused_to_whom_the_table_does_not_name(lone_shop: Shop) -> None:
    """On graphql-core and with plans: nobody gets by one of them what the other refuses."""
    made, names = bench(SCHEMA)
    place = Bench.of(made, lone_shop.api._transport().open_context)
    table, wrong, count = read(), [], 0
    wanted = [each for each in fields(SCHEMA) if each[0].name not in ROOTS]
    open_to_all = [each for each in wanted if table.get((each[0].name, each[1])) == set(ROLES)]
    guarded = [each for each in wanted if table.get((each[0].name, each[1]), set(ROLES)) != set(ROLES)]
    assert len(guarded) > 300
    for several, roles in ((open_to_all, PLAIN), (guarded, tuple(ROLES))):
        for start in range(0, len(several), AT_ONCE):
            parts = [asked(kind, name, number) for number, (kind, name) in enumerate(several[start : start + AT_ONCE])]
            text, values = operation("query", parts, [names[each.kind] for each in parts])
            for role in roles:
                # Of plans it is known whom they admit, see the next test; here they are only tried.
                engines = place.engines if role in TRIED else ("core",)
                refused = {engine: await place.refused(engine, ROLES[role], text, values) for engine in engines}
                for number, part in enumerate(parts):
                    may, count = role in table[part.kind, part.name], count + 1
                    wrong += [
                        f"{role} {part.kind}.{part.name} {engine}"
                        for engine, aliases in refused.items()
                        if (f"a{number}" in aliases) is may
                    ]
    assert wrong == []
    assert count > 10_000


async def test_every_plan_carries_the_rules_of_its_fields(lone_shop: Shop) -> None:
    """A plan that forgot a rule would answer whom graphql-core refuses, wherever there is something to answer with."""
    made, names = bench(SCHEMA)
    place = Bench.of(made, lone_shop.api._transport().open_context)
    plans, table, checked = place.engines["plans"].plans, read(), 0
    assert plans is not None
    for kind, name in fields(SCHEMA):
        if kind.name in ROOTS or rule_of(kind, name) == EVERYONE or (kind.name, name) not in table:
            continue
        text, _ = operation("query", [asked(kind, name, 0)], [names[kind.name]])
        prepared = await place.engines["plans"].prepare(text, None)
        compiled = plans.compiled(prepared, VariableValues({}, {}))
        if compiled.query is None:
            continue
        checked += 1
        let_in = {role for role, viewer in ROLES.items() if admitted(compiled.query, viewer)}
        assert let_in == table[kind.name, name], f"{kind.name}.{name}"
    assert checked > 300


@pytest.mark.parametrize("kind", ["query", "mutation"])
async def test_every_question_and_deed_is_refused_to_whom_the_table_does_not_name(lone_shop: Shop, kind: str) -> None:
    """Deeds are done by one of those who may, so that it is known that they can be; by the others alike."""
    place = Bench.of(SCHEMA, lone_shop.api._transport().open_context)
    root = SCHEMA.query_type if kind == "query" else SCHEMA.mutation_type
    assert root is not None
    table, wrong = read(), []
    for name in root.fields:
        part = asked(root, name, 0)
        text, values = operation(kind, [part], [""])
        who = table.get((root.name, name), set())
        doers = sorted(who) if kind == "query" else [min(who, key=lambda role: ("staff:" not in role, role))]
        for role in [*(each for each in ROLES if each not in who), *doers]:
            for engine in place.engines:
                refused = bool(await place.refused(engine, ROLES[role], text, values))
                if refused is (role in who):
                    wrong.append(f"{role} {root.name}.{name} {engine}")
    assert wrong == []


async def test_what_can_be_watched_opens_to_whom_the_table_names(lone_shop: Shop) -> None:
    place = Bench.of(SCHEMA, lone_shop.api._transport().open_context)
    root = SCHEMA.subscription_type
    assert root is not None
    table, wrong = read(), []
    for name in root.fields:
        text, values = operation("subscription", [asked(root, name, 0)], [""])
        for role, viewer in ROLES.items():
            for engine in place.engines:
                refused = await _refused_to_watch(place, engine, viewer, text, values)
                if refused is (role in table[root.name, name]):
                    wrong.append(f"{role} {root.name}.{name} {engine}")
    assert wrong == []


async def _refused_to_watch(place: Bench, engine: str, viewer: Viewer, text: str, values: dict[str, object]) -> bool:
    running = place.engines[engine]
    prepared = await running.prepare(text, None)
    assert prepared.kind is OperationType.SUBSCRIPTION
    async with place.open_context(Caller(request_id="matrix")) as context:
        assert isinstance(context, Context)
        context.viewer = viewer
        opened = await running.subscribe(prepared, values, context)
        if isinstance(opened, ExecutionResult):
            return bool(refusals(opened))
        close = getattr(opened, "aclose", None)
        if close is not None:
            with contextlib.suppress(Exception):
                await close()
        return False
