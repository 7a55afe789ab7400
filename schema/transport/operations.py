"""What every way of travelling does with an operation: find its text, prepare it, open its context, run it, word it.

HTTP, WebSocket and server-sent events differ only in what they wrap around the bytes that come out of here.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from graphql import ExecutionResult, GraphQLError, OperationType

from domain.viewer import App, Customer, Guest, Machine, Staff, Viewer
from schema.caching.responses import Reading, Responses
from schema.context import Context
from schema.execution.engine import Engine, Opened, Prepared, Rejected
from schema.limits import cost_error
from schema.transport.admission import NO_OPERATION, Admission, charge_of
from schema.transport.answers import Answer, Answers
from schema.transport.bodies import Ask, BadRequest
from schema.transport.caller import Caller, Refused
from schema.transport.documents import Documents
from schema.transport.renderings import Audience, Renderings
from schema.transport.turns import Turns


class RequestContext(Protocol):
    """What the transport needs to know of a request's context: who it turned out to be, and how many statements it has sent."""

    @property
    def viewer(self) -> Viewer: ...

    @property
    def statements(self) -> int: ...


OpenContext = Callable[[Caller], AbstractAsyncContextManager[RequestContext]]
"""Opens the context of one operation; raises `Refused` when the caller's token is not good."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One finished operation, for the metrics. `code` is its first error's; `name` and `kind` are None if it never ran."""

    transport: str
    name: str | None
    kind: str | None
    code: str | None
    seconds: float


Observe = Callable[[Observation], None]


class StreamFailed(Exception):
    """A subscription ended by failing; `answer` holds its errors."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.code)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Subscribed:
    """An open subscription: `events` are rendered results, `until` is when the viewer's token ends."""

    events: AsyncIterator[bytes]
    until: datetime | None


class Operations:
    """Runs operations of one schema for all transports. `seconds_max` bounds a query or mutation, None leaves it open.

    An operation that may cost more than the engine's `cost_max` is refused. Without `admission` nobody is counted, without
    `responses` no answer is kept.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        documents: Documents,
        open_context: OpenContext,
        answers: Answers,
        observe: Observe,
        seconds_max: float | None,
        admission: Admission | None = None,
        responses: Responses | None = None,
    ) -> None:
        self._engine = engine
        self._documents = documents
        self._open_context = open_context
        self.answers = answers
        self._observe = observe
        self._seconds_max = seconds_max
        self._admission = admission
        self._turns = Turns()
        self._responses = responses
        self.renderings = Renderings()

    async def remembered(self, ask: Ask, caller: Caller, transport: str) -> Answer | None:
        """The answer that is kept for what is asked, counted; Rejected when the caller had enough."""
        started = time.perf_counter()
        key = self._key_of(ask, caller)
        kept = self._responses.get(key) if self._responses is not None and key is not None else None
        if kept is None:
            return None
        if self._admission is not None:
            asker = self._admission.asker_of(caller)
            self._admission.refuse_exhausted(asker)
            await self._admission.count(asker, NO_OPERATION)
        self._observe(Observation(transport, kept.name, OperationType.QUERY.value, None, time.perf_counter() - started))
        return Answer(kept.body, kept=kept)

    async def prepare(self, ask: Ask, caller: Caller) -> Prepared:
        """The operation asked for, counted; Rejected or BadRequest when there is none to run or the caller had enough."""
        if self._admission is None:
            return await self._prepared(ask)
        asker = self._admission.asker_of(caller)
        self._admission.refuse_exhausted(asker)
        try:
            prepared = await self._prepared(ask)
        except (Rejected, BadRequest):
            await self._admission.count(asker, NO_OPERATION)
            raise
        await self._admission.count(asker, charge_of(prepared, prepared.cost(ask.variables)))
        return prepared

    async def _prepared(self, ask: Ask) -> Prepared:
        try:
            text = self._documents.text_of(ask)
        except GraphQLError as error:
            raise Rejected(error) from None
        prepared = await self._engine.prepare(text, ask.operation_name)
        cost = prepared.cost(ask.variables)
        if cost > self._engine.cost_max:
            raise Rejected(cost_error(limit=self._engine.cost_max, requested=cost))
        self._documents.keep(ask)
        return prepared

    async def run(self, prepared: Prepared, ask: Ask, caller: Caller, transport: str) -> Answer:
        """The answer of a query or mutation; never raises but for cancellation."""
        key = self._key_of(ask, caller) if prepared.kind is OperationType.QUERY else None
        if self._responses is None or key is None:
            return await self._run(prepared, ask, caller, transport, None)
        return await self._responses.through(
            key, prepared, lambda reading: self._run(prepared, ask, caller, transport, reading)
        )

    def _key_of(self, ask: Ask, caller: Caller) -> bytes | None:
        """Under what the answer may be kept; None when it may not, or when there is no such document."""
        if self._responses is None:
            return None
        try:
            return self._responses.key_of(self._documents.text_of(ask), ask, caller)
        except (BadRequest, GraphQLError):
            return None

    async def _run(self, prepared: Prepared, ask: Ask, caller: Caller, transport: str, reading: Reading | None) -> Answer:
        started = time.perf_counter()
        try:
            cost = prepared.cost(ask.variables)
            told = await self._told(prepared, ask, caller, cost)
            turn = self._turns.of(cost=cost, fields=prepared.weight.fields)
            async with asyncio.timeout(self._seconds_max), turn, self._open_context(caller) as context:
                if reading is not None and isinstance(context, Context):
                    context.reader.dependence = reading.dependence
                result = await self._engine.execute(prepared, ask.variables, context)
                if ask.extensions.get("statements") is True and (self.answers.tells_all or isinstance(context.viewer, Staff)):
                    told["statements"] = context.statements
                if told:
                    result.extensions = {**(result.extensions or {}), **told}
                answer = self.answers.of_result(result, caller.request_id)
                if reading is not None and self._responses is not None and isinstance(context, Context):
                    answer = await self._responses.keep(reading, answer, context, prepared.name)
        except Exception as failure:  # noqa: BLE001 - the last place to word a failure; `of_failure` logs what is a bug
            answer = self.answers.of_failure(failure, caller.request_id)
        self.told(transport, prepared, answer.code, started)
        return answer

    async def _told(self, prepared: Prepared, ask: Ask, caller: Caller, cost: int) -> dict[str, Any]:
        """What the answer's extensions tell beside the data, to who asked for it by the request's extensions."""
        told: dict[str, Any] = {}
        if ask.extensions:
            if ask.extensions.get("cost") is True:
                told["cost"] = {"requested": cost, "limit": self._engine.cost_max}
            if self._admission is not None:
                told |= await self._admission.told(prepared, ask, caller) or {}
        return told

    async def viewer_of(self, caller: Caller) -> Viewer:
        """Who the caller is, by opening a context and closing it again; Refused when the token is not good."""
        async with self._open_context(caller) as context:
            return context.viewer

    @contextlib.asynccontextmanager
    async def subscribed(
        self, prepared: Prepared, ask: Ask, caller: Caller, transport: str
    ) -> AsyncGenerator[Subscribed, None]:
        """An open subscription with its context, both closed at the end; StreamFailed when it cannot be opened.

        `Refused` passes through, here and from the events: the transport ends more than the operation then.
        """
        started = time.perf_counter()
        code: str | None = None
        try:
            async with self._open_context(caller) as context:
                opened = self._opened(await self._engine.subscribe(prepared, ask.variables, context), caller.request_id)
                audience = self.renderings.audience(prepared, ask.variables, context.viewer, caller)
                rendered = self._rendered(opened, audience, caller.request_id)
                async with contextlib.aclosing(rendered):
                    yield Subscribed(rendered, until_of(context.viewer))
        except (StreamFailed, Refused) as failure:
            code = failure.answer.code if isinstance(failure, StreamFailed) else failure.code
            raise
        finally:
            self.told(transport, prepared, code, started)

    def told(self, transport: str, prepared: Prepared | None, code: str | None, started: float) -> None:
        """Tell the metrics of an operation that began at `started` (of `time.perf_counter`)."""
        self._observe(
            Observation(
                transport=transport,
                name=prepared.name if prepared else None,
                kind=prepared.kind.value if prepared else None,
                code=code,
                seconds=time.perf_counter() - started,
            )
        )

    def _opened(self, opened: Opened | ExecutionResult, request_id: str) -> Opened:
        if isinstance(opened, ExecutionResult):
            raise StreamFailed(self.answers.of_errors(opened.errors or (), request_id))
        return opened

    async def _rendered(self, opened: Opened, audience: Audience, request_id: str) -> AsyncGenerator[bytes, None]:
        async def render() -> tuple[bytes, bool]:
            answer = self.answers.of_result(await opened.result(event), request_id)
            return answer.body, answer.code is None

        try:
            async for event in opened.events:
                yield await self.renderings.of(audience, event, render)
        except Refused:
            raise
        except Exception as failure:
            raise StreamFailed(self.answers.of_failure(failure, request_id)) from failure
        finally:
            close = getattr(opened.events, "aclose", None)
            if close is not None:
                await close()


def until_of(viewer: Viewer) -> datetime | None:
    """When the viewer's token ends, UTC; None for who has none."""
    match viewer:
        case Customer() | Staff() | App():
            return viewer.until
        case Guest() | Machine():
            return None
