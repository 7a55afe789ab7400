"""The one GraphQL endpoint, put together: what `server.py` mounts, and what it gives to it.

Everything from outside this package comes in through `Transport`: the schema, contexts, limits, metrics and switches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from graphql import GraphQLSchema
from starlette.types import Receive, Scope, Send

from schema.caching.responses import Responses
from schema.execution.engine import Engine
from schema.limits import Ceilings
from schema.transport.admission import Admission
from schema.transport.answers import Answers, Describe
from schema.transport.connection import SocketLimits
from schema.transport.cookies import Cookies
from schema.transport.documents import Documents
from schema.transport.drain import Drain
from schema.transport.graphiql import Explorer
from schema.transport.http import GraphQLOverHTTP
from schema.transport.operations import Observation, Observe, OpenContext, Operations
from schema.transport.sessions import Living
from schema.transport.sse import Streams
from schema.transport.websocket import GraphQLOverWebSocket


def utc_now() -> datetime:
    return datetime.now(UTC)


def unobserved(_: Observation) -> None:
    """For who keeps no metrics."""


def undescribed(_: BaseException) -> None:
    """For who knows no failures of the machinery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """What the endpoint needs. Times are seconds; `origins` are the browsers' origins allowed on sockets besides our own.

    `open_about_itself` allows introspection and suggestions in validation errors; `explorer` serves GraphiQL.
    `only_registered` runs nothing but the `registered` documents; `compiled` False runs everything on graphql-core.
    `admission` counts callers' operations; without it nobody is bounded. `tells_all` tells anybody how many statements an
    operation took, not staff alone. `responses` keeps answers, which caches in between may use for `shared_seconds`.
    """

    schema: GraphQLSchema
    open_context: OpenContext
    observe: Observe = unobserved
    looked_up: Callable[[bool], None] = lambda _is_remembered: None
    describe: Describe = undescribed
    now: Callable[[], datetime] = utc_now
    ceilings: Ceilings = field(default_factory=Ceilings)
    sockets: SocketLimits = field(default_factory=SocketLimits)
    body_bytes_max: int = 262_144
    request_seconds_max: float | None = 10.0
    stream_keep_alive_seconds: float = 12.0
    origins: frozenset[str] = frozenset()
    open_about_itself: bool = True
    explorer: bool = True
    registered: Iterable[str] = ()
    only_registered: bool = False
    compiled: bool = True
    admission: Admission | None = None
    tells_all: bool = False
    responses: Responses | None = None
    shared_seconds: int = 0
    living: Living | None = None
    """Which sessions are still good, asked for those of open sockets; without it sockets stay until their token ends."""
    cookies: Cookies | None = None
    """How sessions are kept in cookies, where browsers may ask for it."""


class GraphQLEndpoint:
    """An ASGI app for `/graphql`: HTTP, server-sent events and WebSocket. Files of the explorer are at `assets_path`."""

    def __init__(self, transport: Transport, *, assets_path: str = "/graphql/assets") -> None:
        self.drain = Drain()
        self.engine = Engine(
            transport.schema,
            ceilings=transport.ceilings,
            open_about_itself=transport.open_about_itself,
            compiled=transport.compiled,
            looked_up=transport.looked_up,
        )
        self.explorer = Explorer(assets_path) if transport.explorer else None
        self.documents = Documents(transport.registered, only_registered=transport.only_registered)
        operations = Operations(
            engine=self.engine,
            documents=self.documents,
            open_context=transport.open_context,
            answers=Answers(transport.describe, tells_all=transport.tells_all),
            observe=transport.observe,
            seconds_max=transport.request_seconds_max,
            admission=transport.admission,
            responses=transport.responses,
        )
        self.renderings = operations.renderings
        self.streams = Streams(
            operations,
            self.drain,
            now=transport.now,
            keep_alive_seconds=transport.stream_keep_alive_seconds,
            send_seconds=transport.sockets.send_seconds,
        )
        self._http = GraphQLOverHTTP(
            operations,
            self.streams,
            self.explorer,
            body_bytes_max=transport.body_bytes_max,
            shared_seconds=transport.shared_seconds,
            cookies=transport.cookies,
        )
        self.websockets = GraphQLOverWebSocket(
            operations,
            self.drain,
            origins=transport.origins,
            now=transport.now,
            limits=transport.sockets,
            cookies=transport.cookies,
            living=transport.living,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.websockets(scope, receive, send)
        else:
            await self._http(scope, receive, send)
