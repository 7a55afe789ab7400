"""A small schema of every kind of behaviour, and the endpoint over it, for the transport's tests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.types import Info

from domain.ids import CustomerId, SessionId
from domain.viewer import GUEST, Customer, Viewer
from schema.transport.caller import Caller, Refused
from schema.transport.endpoint import GraphQLEndpoint, Transport
from schema.transport.operations import Observation

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "postgres://shop:hunter2@db/var/lib"


@dataclass
class World:
    """What happened, for the tests to look at, and what they may change while it runs."""

    now: datetime = NOW
    token_ends: datetime = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
    counted: int = 0
    running: int = 0
    contexts: int = 0
    opened: list[Caller] = field(default_factory=list)
    observed: list[Observation] = field(default_factory=list)
    revoked: bool = False
    database_down: bool = False

    @contextlib.asynccontextmanager
    async def open_context(self, caller: Caller) -> AsyncIterator[WorldContext]:
        """`good` is a customer's token, `old` has expired, all others are unknown."""
        self.opened.append(caller)
        if self.database_down:
            raise ConnectionRefusedError(SECRET)
        if caller.token == "old":
            raise Refused("TOKEN_EXPIRED", "The access token has expired.")
        if caller.token not in {None, "good"}:
            raise Refused("UNAUTHENTICATED", "The access token is not valid.")
        viewer: Viewer = GUEST
        if caller.token == "good":
            viewer = Customer(CustomerId(UUID(int=1)), SessionId(UUID(int=2)), self.token_ends)
        self.contexts += 1
        try:
            yield WorldContext(self, caller, viewer)
        finally:
            self.contexts -= 1


@dataclass(frozen=True)
class WorldContext:
    world: World
    caller: Caller
    viewer: Viewer
    statements: int = 0


def describe(failure: BaseException) -> tuple[str, str] | None:
    if isinstance(failure, ConnectionRefusedError):
        return "SERVICE_UNAVAILABLE", "The shop cannot reach its database. Try again in a moment."
    return None


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def query(self) -> Query:
        return Query()

    @strawberry.field
    def queries(self, count: int) -> list[Query]:
        return [Query()] * count

    @strawberry.field
    def viewer(self, info: Info[WorldContext, None]) -> str:
        return type(info.context.viewer).__name__

    @strawberry.field
    def token(self, info: Info[WorldContext, None]) -> str | None:
        return info.context.caller.idempotency_key

    @strawberry.field
    def boom(self) -> str | None:
        raise ValueError(SECRET)

    @strawberry.field
    def nothing(self) -> str:
        return cast("str", None)

    @strawberry.field
    def too_large(self) -> int | None:
        return 1 << 40

    @strawberry.field
    def forbidden(self) -> str | None:
        raise GraphQLError("You may not see this.", extensions={"code": "PERMISSION_DENIED"})

    @strawberry.field
    def database(self) -> str | None:
        raise ConnectionRefusedError(SECRET)

    @strawberry.field
    async def slow(self, info: Info[WorldContext, None], seconds: float) -> int:
        info.context.world.running += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            info.context.world.running -= 1
        return 1


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def count(self, info: Info[WorldContext, None]) -> int:
        before = info.context.world.counted
        await asyncio.sleep(0)
        info.context.world.counted = before + 1
        return before + 1


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: Info[WorldContext, None], to: int, fail: bool = False) -> AsyncGenerator[int, None]:
        info.context.world.running += 1
        try:
            for number in range(to):
                yield number
                await asyncio.sleep(0)
            if fail:
                raise ValueError(SECRET)
        finally:
            info.context.world.running -= 1

    @strawberry.subscription
    async def forever(self, info: Info[WorldContext, None]) -> AsyncGenerator[str, None]:
        info.context.world.running += 1
        try:
            yield "open"
            while True:
                await asyncio.sleep(0.01)
                if info.context.world.revoked:
                    raise Refused("UNAUTHENTICATED", "The session has ended.")
        finally:
            info.context.world.running -= 1

    @strawberry.subscription
    async def flood(self, info: Info[WorldContext, None]) -> AsyncGenerator[str, None]:
        info.context.world.running += 1
        try:
            while True:
                yield "x" * 50_000
        finally:
            info.context.world.running -= 1


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)


def core_schema() -> GraphQLSchema:
    """graphql-core's schema below Strawberry's."""
    return SCHEMA._schema


def endpoint(world: World, **changes: Any) -> GraphQLEndpoint:
    """The endpoint over the small schema; `changes` are fields of `Transport`."""
    transport = Transport(
        schema=core_schema(),
        open_context=world.open_context,
        observe=world.observed.append,
        describe=describe,
        now=lambda: world.now,
    )
    return GraphQLEndpoint(replace(transport, **changes))


async def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; TimeoutError after ten seconds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for is a plain count in another task, without an event
            await asyncio.sleep(0.01)


async def until_idle(world: World) -> None:
    """Wait until no generator and no context is open."""
    await until(lambda: not world.running and not world.contexts)
