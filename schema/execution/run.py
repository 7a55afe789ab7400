"""Runs compiled operations: whole queries, and what the root fields of mutations and subscriptions answer with.

Errors have one implementation, graphql-core's. A query that a plan cannot answer runs again there from its start, since
questions change nothing. A deed is done once, by graphql-core, and only the selection set of its answer is compiled: if
that fails, the same answer goes to graphql-core's completion.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from graphql import (
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableValues,
)
from graphql.execution.collect_fields import FieldDetails

from domain.viewer import Viewer
from persistence.ahead import Ahead
from schema.context import Context
from schema.execution.compile import Compiler
from schema.execution.plan import Below, Branch, Column, Follow, HandOver, Plan, Unsupported
from schema.execution.prepared import Prepared
from schema.execution.values import is_apart, listed
from schema.execution.variables import values_of

FIELDS_MAX = 20_000
"""How many fields of operations have plans at the same time; each takes about a kilobyte."""
LARGE = 150
"""An operation of more fields is compiled when it runs for the second time: strangers send many large ones just once."""


class Running(NamedTuple):
    """What every field of a running operation is given."""

    context: Context
    variables: VariableValues


class Followed(NamedTuple):
    """What an operation will ask about the rows of the next question: `persistence.ahead.Following`."""

    follows: Sequence[Follow]
    context: Context

    def concerns(self, view: type) -> bool:
        return any(view in each.views for each in self.follows)

    async def about(self, view: type) -> tuple[Ahead, ...]:
        found = []
        for each in self.follows:
            if view in each.views:
                read = await each.link.of(self.context)
                then = await Followed(each.then, self.context).about(read.question.view) if each.then else ()
                found.append(Ahead(each.link.key, read, then))
        return tuple(found)


class _Arrived(NamedTuple):
    """A query's beginning, for the context; no field of it has a key."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    variable_values: VariableValues
    field_nodes: list[FieldNode]


@dataclass(slots=True)
class _Compiled:
    """An operation's plans for one set of switches; None where graphql-core has to do it."""

    prepared: Prepared
    compiler: Compiler | None
    query: Plan | None = None
    payloads: dict[tuple[str, str], Plan | None] = field(default_factory=dict)
    is_waiting: bool = False
    """Whether it is large and has run once, so that there are no plans yet."""

    @property
    def fields(self) -> int:
        return 1 if self.is_waiting else self.prepared.weight.fields

    def payload(self, key: str, kind: GraphQLObjectType, details: list[FieldDetails]) -> Plan | None:
        place = (key, kind.name)
        if place not in self.payloads:
            try:
                self.payloads[place] = self.compiler.payload(kind, details) if self.compiler else None
            except (Unsupported, GraphQLError):
                self.payloads[place] = None
        return self.payloads[place]


class Plans:
    """The compiled operations of one schema; the longest unused leave first. Counts what was `answered` and `handed_over`."""

    def __init__(self, schema: GraphQLSchema, *, fields_max: int = FIELDS_MAX) -> None:
        self._schema = schema
        self._kept: OrderedDict[tuple[int, tuple[object, ...]], _Compiled] = OrderedDict()
        self._fields = 0
        self._fields_max = fields_max
        self.answered = 0
        self.handed_over = 0

    async def query(self, prepared: Prepared, variables: dict[str, Any], context: Context) -> dict[str, Any] | None:
        """The data of a query without any error; None when graphql-core has to run it."""
        data = await self._query(prepared, variables, context)
        if data is None:
            self.handed_over += 1
        else:
            self.answered += 1
        return data

    async def _query(self, prepared: Prepared, variables: dict[str, Any], context: Context) -> dict[str, Any] | None:
        operation = prepared.operation
        values = values_of(self._schema, prepared, variables)
        if values is None:
            return None
        plan = self.compiled(prepared, values).query
        if plan is None or not admitted(plan, context.viewer):
            return None
        try:
            context.arrive(_Arrived(self._schema, operation, values, []))
            return (await level(plan, [None], Running(context, values)))[0]
        except Exception:  # noqa: BLE001 - whatever it is, graphql-core meets it again and words it
            # With some answers at hand and others not, fields would end in another order, and another error be the first.
            context.forget()
            return None

    def compiled(self, prepared: Prepared, values: VariableValues) -> _Compiled:
        """The operation's plans for these values of its switches."""
        switches = {name: value for name in prepared.switches if isinstance(value := values.coerced.get(name), bool)}
        place = (id(prepared), tuple(map(switches.get, prepared.switches)))
        known = self._kept.get(place)
        if known is not None and not known.is_waiting:
            self._kept.move_to_end(place)
            return known
        if known is None and prepared.weight.fields > LARGE:
            made = _Compiled(prepared, None, is_waiting=True)
        else:
            made = self._compile(prepared, switches)
        self._fields += made.fields - (known.fields if known else 0)
        self._kept[place] = made
        self._kept.move_to_end(place)
        while self._fields > self._fields_max and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._fields -= dropped.fields
        return made

    def _compile(self, prepared: Prepared, switches: dict[str, bool]) -> _Compiled:
        try:
            compiler = Compiler(self._schema, prepared.operation, prepared.fragments, switches)
            query = compiler.query() if prepared.kind is OperationType.QUERY else None
        except (Unsupported, GraphQLError):
            return _Compiled(prepared, None)
        return _Compiled(prepared, compiler, query)


def admitted(plan: Plan, viewer: Viewer) -> bool:
    """Whether the viewer may ask every field of a plan; if not, graphql-core refuses those that are met."""
    return all(rule.admits(viewer) for rule in plan.rules)


async def level(plan: Plan, parents: Sequence[Any], running: Running) -> list[dict[str, Any]]:
    """One row for each of at least one parent. Raises whatever fields raise, and HandOver."""
    if not plan.sane.issuperset(map(type, parents)):
        if any(map(is_apart, parents)):
            raise HandOver("an exception or an awaitable")
        plan.sane.update(map(type, parents))
    columns = []
    for column in plan.columns:
        values = await _gathered(column, parents, running)
        columns.append(values if column.below is None else await _completed(column.below, values, running))
    return plan.rows(parents, *columns)


async def _gathered(column: Column, parents: Sequence[Any], running: Running) -> Sequence[Any]:
    if column.read is not None:
        return list(map(column.read, parents))
    if column.function is None or column.arguments is None:
        raise TypeError("a column reads or calls")
    given = column.arguments(running.variables)
    if not (column.loads or column.is_root):
        computed: Sequence[Any] = column.function(parents, running.context, **given)
        return computed
    context = running.context
    context.reader.following = Followed(column.follows, context) if column.follows else None
    if column.is_root:
        return [await column.function(context, **given)]
    loaded: Sequence[Any] = await column.function(parents, context, **given)
    return loaded


async def _completed(below: Below, values: Sequence[Any], running: Running) -> list[Any]:
    present = [each for each in values if each is not None]
    if below.non_null and len(present) < len(values):
        raise HandOver("null where none may be")
    if not present:
        return list(values)
    if below.items is not None:
        lists = [listed(each) for each in present]
        items = iter(await _completed(below.items, [item for each in lists for item in each], running))
        done: list[Any] = [list(islice(items, len(each))) for each in lists]
    elif isinstance(below.objects, Plan):
        done = await level(below.objects, present, running)
    elif below.objects is not None:
        done = await _branched(below.objects, present, running)
    else:
        raise TypeError("neither a list nor objects")
    if len(present) == len(values):
        return done
    rest = iter(done)
    return [None if each is None else next(rest) for each in values]


async def _branched(branch: Branch, views: Sequence[Any], running: Running) -> list[Any]:
    """Each class of views by its own plan, put back in the views' order."""
    places: dict[type, list[int]] = {}
    for place, view in enumerate(views):
        places.setdefault(type(view), []).append(place)
    done: list[Any] = [None] * len(views)
    for kind, wanted in places.items():
        plan = branch.plan(kind)
        if not admitted(plan, running.context.viewer):
            raise HandOver("not for this viewer")
        for place, row in zip(wanted, await level(plan, [views[place] for place in wanted], running), strict=True):
            done[place] = row
    return done


class PayloadExecutor(Executor[Any]):
    """graphql-core's executor, which has the selection sets right below its root fields run compiled where that can be."""

    def __init__(self, *given: Any, plans: Plans, prepared: Prepared, **named: Any) -> None:
        super().__init__(*given, **named)
        self._plans = plans
        self._prepared = prepared

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: list[FieldDetails],
        info: Any,
        path: Any,
        result: Any,
        *rest: Any,
    ) -> Any:
        """As graphql-core's, which it calls for all that is deeper, or has no plan, or not for this viewer."""
        context = self.context_value
        if path.prev is None and isinstance(context, Context):
            compiled = self._plans.compiled(self._prepared, self.variable_values)
            plan = compiled.payload(path.key, return_type, field_details_list)
            if plan is not None and admitted(plan, context.viewer):
                return self._object(plan, return_type, field_details_list, info, path, result, *rest)
        return super().complete_object_value(return_type, field_details_list, info, path, result, *rest)

    async def _object(self, plan: Plan, *given: Any) -> Any:
        result = given[4]
        try:
            row = (await level(plan, [result], Running(self.context_value, self.variable_values)))[0]
        except Exception:  # noqa: BLE001 - as for queries, but from here on: what was done is not done again
            self._plans.handed_over += 1
            completed = super().complete_object_value(*given)
            return await completed if self.is_awaitable(completed) else completed
        self._plans.answered += 1
        return row
