"""From a text to a result: parse, weigh, validate and remember documents; run operations compiled or on graphql-core.

Who is calling, how results are worded and how they travel is the transport's business. Everything raised here about a
document is a `Rejected` whose errors carry their codes.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    create_source_event_stream,
    execute,
    execute_subscription_event,
    execute_sync,
    parse,
    specified_rules,
    validate,
)

from schema.context import Context
from schema.cost.pricing import Prices
from schema.execution.prepared import Prepared as Prepared
from schema.execution.prepared import prepared as as_prepared
from schema.execution.run import PayloadExecutor, Plans
from schema.execution.values import is_awaitable
from schema.limits import Ceilings, limit_error, weigh

P = ParamSpec("P")
T = TypeVar("T")
ERRORS_MAX = 20
"""Validation stops after this many errors."""

_TINY = 60
"""Characters from which a new document waits for its turn: shorter ones cost next to nothing."""
_LONG = 300
"""Characters from which it is checked beside the event loop."""


class Rejected(Exception):
    """The document does not run; `errors` say why and carry `extensions.code`."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class _Checked:
    operations: dict[str, Prepared]
    tokens: int


@dataclass(frozen=True, slots=True)
class Opened:
    """An open subscription: its `events` as they come from its source, not rendered yet."""

    events: AsyncIterator[Any]
    executor: Executor[Any]

    async def result(self, event: object) -> ExecutionResult:
        """What the operation answers to one event."""
        result = execute_subscription_event(self.executor.build_per_event_executor(event))
        return await result if inspect.isawaitable(result) else result


class Engine:
    """Prepared documents of one schema, and the ways to run them. `open_about_itself` allows introspection and suggestions.

    `compiled` has operations run by plans wherever that can be. At most `documents_max` documents of `tokens_max` tokens
    together are remembered, the longest unused leaving first; `looked_up` is told of each look-up whether it found one.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        ceilings: Ceilings,
        open_about_itself: bool,
        documents_max: int = 500,
        tokens_max: int = 200_000,
        compiled: bool = True,
        looked_up: Callable[[bool], None] = lambda _is_remembered: None,
    ) -> None:
        self.schema = schema
        self._ceilings = ceilings
        self.cost_max = ceilings.cost
        """The most that one operation may cost."""
        self._prices = Prices(schema)
        self._discreet = not open_about_itself
        self._rules = specified_rules if open_about_itself else (*specified_rules, NoSchemaIntrospectionCustomRule)
        self._documents: OrderedDict[str, _Checked] = OrderedDict()
        self._documents_max = documents_max
        self._tokens = 0
        self._tokens_max = tokens_max
        self._turn, self._short_turn = asyncio.Lock(), asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "documents")
        self._looked_up = looked_up
        self.plans = Plans(schema) if compiled else None

    async def prepare(self, text: str, operation_name: str | None) -> Prepared:
        """The operation to run; Rejected when the text is no document, too large, invalid or lacks the operation.

        New documents are checked one at a time: long ones beside the event loop, since validation may take a good part of a
        second, and short ones in a queue of their own, so that they do not wait for the long.
        """
        checked = self._documents.get(text)
        self._looked_up(checked is not None)
        if checked is not None:
            self._documents.move_to_end(text)
        elif len(text) < _TINY:
            checked = self._kept(text, self._check(text))
        else:
            checked = await self._checked_in_turn(text)
        return _chosen(checked, operation_name)

    def examine(self, text: str) -> None:
        """Rejected when the text is no document that could run; remembers nothing."""
        self._check(text)

    async def _checked_in_turn(self, text: str) -> _Checked:
        async with self._turn if len(text) >= _LONG else self._short_turn:
            await asyncio.sleep(0)
            checked = self._documents.get(text)
            if checked is None:
                checked = await self._beside(self._check, text) if len(text) >= _LONG else self._check(text)
                self._kept(text, checked)
            return checked

    async def execute(self, prepared: Prepared, variables: dict[str, Any], context: object) -> ExecutionResult:
        """Run a query or a mutation to its end; failures are in the result, whose data is None when nothing ran."""
        if not prepared.introspects:
            return await self._execute(prepared, variables, context)
        return await self._beside(self._introspect, prepared, variables)

    async def subscribe(self, prepared: Prepared, variables: dict[str, Any], context: object) -> Opened | ExecutionResult:
        """Open a subscription; a result with errors when it cannot be opened."""
        compiling = self._compiling(prepared)
        executor = compiling.pop("executor_class", Executor).build(
            self.schema,
            prepared.document,
            None,
            context,
            variables,
            prepared.name,
            hide_suggestions=self._discreet,
            **compiling,
        )
        if isinstance(executor, list):
            return ExecutionResult(None, errors=executor)
        events = create_source_event_stream(executor)
        opened = await events if inspect.isawaitable(events) else events
        return opened if isinstance(opened, ExecutionResult) else Opened(aiter(opened), executor)

    async def _beside(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Has work that is all processor done by the one thread for it, while the event loop goes on."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *given, **named))

    def _introspect(self, prepared: Prepared, variables: dict[str, Any]) -> ExecutionResult:
        """Questions about the schema alone, which need no context and wait for nothing."""
        return execute_sync(
            self.schema,
            prepared.document,
            variable_values=variables,
            operation_name=prepared.name,
            hide_suggestions=self._discreet,
        )

    async def _execute(self, prepared: Prepared, variables: dict[str, Any], context: object) -> ExecutionResult:
        if self.plans is not None and prepared.kind is OperationType.QUERY and isinstance(context, Context):
            data = await self.plans.query(prepared, variables, context)
            if data is not None:
                return ExecutionResult(data)
        result = execute(
            self.schema,
            prepared.document,
            context_value=context,
            variable_values=variables,
            operation_name=prepared.name,
            is_awaitable=is_awaitable,
            hide_suggestions=self._discreet,
            **(self._compiling(prepared) if prepared.kind is OperationType.MUTATION else {}),
        )
        return result if isinstance(result, ExecutionResult) else await result

    def _compiling(self, prepared: Prepared) -> dict[str, Any]:
        """What has graphql-core run the answers of an operation's root fields by plans."""
        if self.plans is None:
            return {}
        return {"executor_class": PayloadExecutor, "plans": self.plans, "prepared": prepared}

    def _check(self, text: str) -> _Checked:
        document = self._parsed(text)
        try:
            weights = weigh(document, self._ceilings, self._prices)
        except GraphQLError as error:
            raise Rejected(error) from None
        errors = validate(self.schema, document, self._rules, max_errors=ERRORS_MAX, hide_suggestions=self._discreet)
        if errors:
            raise Rejected(*_coded(errors, "GRAPHQL_VALIDATION_FAILED"))
        operations = {
            node.name.value if node.name else "": as_prepared(document, node, weights[node.name.value if node.name else ""])
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        }
        return _Checked(operations, _tokens(document))

    def _parsed(self, text: str) -> DocumentNode:
        ceilings = self._ceilings
        if len(text) > ceilings.characters:
            raise Rejected(limit_error("characters", limit=ceilings.characters, actual=len(text)))
        try:
            return parse(
                text, max_lexical_tokens=ceilings.tokens, max_comments=ceilings.comments, allow_empty_selection_sets=False
            )
        except GraphQLSyntaxError as error:
            # The parser tells its ceilings as syntax errors, in these words; a test holds it to them.
            for what, limit in (("tokens", ceilings.tokens), ("comments", ceilings.comments)):
                if f"more than {limit} {what}." in error.message:
                    raise Rejected(limit_error(what, limit=limit)) from None
            raise Rejected(*_coded([error], "GRAPHQL_PARSE_FAILED")) from None

    def _kept(self, text: str, checked: _Checked) -> _Checked:
        self._documents[text] = checked
        self._tokens += checked.tokens
        while self._tokens > self._tokens_max or len(self._documents) > self._documents_max:
            _, dropped = self._documents.popitem(last=False)
            self._tokens -= dropped.tokens
        return checked


def _chosen(checked: _Checked, operation_name: str | None) -> Prepared:
    operations = checked.operations
    if operation_name is None:
        if len(operations) == 1:
            return next(iter(operations.values()))
        problem = (
            "Must provide operation name if query contains multiple operations."
            if operations
            else ("The document holds no operation.")
        )
    elif operation_name in operations:
        return operations[operation_name]
    else:
        problem = "There is no operation of that name in the document."
    raise Rejected(GraphQLError(problem, extensions={"code": "OPERATION_RESOLUTION_FAILURE"}))


def _coded(errors: Collection[GraphQLError], code: str) -> list[GraphQLError]:
    for error in errors:
        error.extensions = {"code": code, **(error.extensions or {})}
    return list(errors)


def _tokens(document: DocumentNode) -> int:
    """How many tokens the document holds: what it takes in memory, about 400 bytes for each."""
    count = 0
    token = document.loc.start_token if document.loc else None
    while token is not None:
        count += 1
        token = token.next
    return count
