"""The composition: which parts the API is made of and how they are handed to one another.

What runs besides the API, and how all of it starts and ends, is `server`'s and `gateways.running`'s business.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from graphql import GraphQLSchema
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.access.secrets import OneTimeSecrets
from edge import invoices, sms, unsubscribe, webhooks
from edge.depths import (
    limit_depths,
    notice_depths,
    open_depths,
    outbox_depths,
    payment_depths,
    plan_depths,
    provider_depths,
    queue_depths,
    response_depths,
    row_depths,
    webhook_depths,
)
from edge.front import front_route
from edge.headers import request_id_for
from edge.health import Health, LoopLag
from edge.layers import layered
from edge.limits import InputLimits
from edge.mailbox import mailbox_routes
from edge.metrics import Depth, Metrics
from edge.oauth.routes import Provider, oauth_routes
from edge.webhooks import PaymentWebhooks
from gateways.payments.configured import circuits
from gateways.settings import Settings
from persistence.access.reads import living
from persistence.documents.store import DocumentWatch
from persistence.failures import described
from persistence.migrate import head
from persistence.reader import Reader
from persistence.tags import PREFIX
from persistence.unit import Transactions
from schema.caching.responses import Responses
from schema.context import Contexts
from schema.root import build, executable
from schema.transport.admission import Admission
from schema.transport.connection import SocketLimits
from schema.transport.cookies import REFRESH_PATH, Cookies
from schema.transport.endpoint import GraphQLEndpoint, Transport
from schema.transport.graphiql import named_examples
from schema.transport.operations import Observation
from schema.transport.shortcut import Bounds, Shortcut
from schema.webhooks.selection import SelectionCheck
from supplies import Supplies, ceilings_of, invoice_links
from workers.broker import QUEUE_KEYS

ROUTES = (
    *("/graphql", "/graphql/assets", "/health", "/metrics", "/mailbox", "/oauth", "/.well-known", "/invoices", "/unsubscribe"),
    *("/webhooks/payments", "/webhooks/sms"),
)
"""Paths that have metrics of their own."""


class Api:
    """The API as an ASGI application with a lifespan: it opens its connections when it starts and closes them at its end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.supplies = Supplies(settings)
        self.database = self.supplies.database
        self._head = head()
        self._lag = LoopLag()
        self._draining = False
        self._health = Health(
            needed={"database": self._ask_database, "schema": self._ask_schema},
            wanted={"redis": self._ask_redis},
            draining=lambda: self._draining,
            lag=self._lag,
            about={"mode": settings.mode.value},
        )
        self.metrics = Metrics(operations=named_examples(), routes=ROUTES, depths=self._depths())
        self.graphql = GraphQLEndpoint(self._transport())
        self.routes = self._routes()
        limits = InputLimits(
            headers=settings.header_count_max, header_bytes=settings.header_bytes_max, body_bytes=settings.body_bytes_max
        )
        app = layered(
            Starlette(routes=self.routes, lifespan=self._lifespan),
            metrics=self.metrics,
            limits=limits,
            cors_origins=settings.cors_origins,
            with_cookies=bool(settings.session_cookies),
        )
        self._app = app if self.responses is None else self._shortcut(app, self.responses, limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def drain(self) -> None:
        """Unready from now on; sockets and streams close by themselves."""
        self._draining = True
        self.graphql.drain.begin()

    def _depths(self) -> list[Depth]:
        return [
            *outbox_depths(self.database),
            *webhook_depths(self.database),
            *notice_depths(self.database),
            *payment_depths(self.database),
            *queue_depths(self.supplies.redis, QUEUE_KEYS),
            *provider_depths(circuits(self.supplies.providers)),
            *limit_depths(is_alone=lambda: self.supplies.allowances.is_alone),
            *plan_depths(
                answered=lambda: self.graphql.engine.plans.answered if self.graphql.engine.plans else 0,
                handed_over=lambda: self.graphql.engine.plans.handed_over if self.graphql.engine.plans else 0,
            ),
            *row_depths(lambda: self.rows),
            *open_depths(
                sockets=lambda: self.graphql.websockets.sockets,
                subscriptions=lambda: self.graphql.websockets.subscriptions,
                streams=lambda: self.graphql.streams.open,
            ),
            *response_depths(
                lambda: self.responses.kept if self.responses else None,
                is_bypassed=lambda: self.responses is None or not self.responses.hears(),
            ),
        ]

    def _routes(self) -> list[BaseRoute]:
        routes: list[BaseRoute] = [
            Route("/graphql", self.graphql),
            Route(REFRESH_PATH, self.graphql, methods=["POST"]),
            WebSocketRoute("/graphql", self.graphql),
            Route("/health", self._health.summary),
            Route("/health/live", self._health.live),
            Route("/health/ready", self._health.ready),
            Route("/metrics", self.metrics.page),
            Route(invoices.PATH, self._invoices().show, methods=["GET"]),
            Route(unsubscribe.PATH, self._unsubscribing().show, methods=["GET"]),
            Route(unsubscribe.PATH, self._unsubscribing().take, methods=["POST"]),
            Route(webhooks.PATH, self._webhooks().take, methods=["POST"]),
            Route(sms.PATH, self._sms_reports().take, methods=["POST"]),
            *oauth_routes(self._oauth()),
        ]
        if not self.settings.is_production:
            routes += [front_route(sandbox_url=self.settings.provider_public_url), *self._mailbox()]
        if self.graphql.explorer is not None:
            routes.append(Mount("/graphql/assets", app=self.graphql.explorer.asset))
        return routes

    def _transport(self) -> Transport:
        settings = self.settings
        schema = executable(build())
        ports = self._ports = self.supplies.ports(check_selection=SelectionCheck(schema))
        self.rows = self.supplies.row_cache(now=_utc_now)
        self.responses = self._responses(schema)
        contexts = Contexts(
            database=self.database,
            transact=self._transactions(),
            ports=ports,
            identify=ports.standings,
            clock=_utc_now,
            counted=self.metrics.statements,
            rows=self.rows,
        )
        self._admission = Admission(self.supplies.allowances, lambda caller: ports.standings.account_of(caller, _utc_now()))
        return Transport(
            schema=schema,
            open_context=contexts.open,
            observe=self._observe,
            looked_up=self.metrics.cache_lookup,
            describe=described,
            ceilings=ceilings_of(settings),
            sockets=SocketLimits(operations=settings.subscriptions_per_socket),
            body_bytes_max=settings.body_bytes_max,
            request_seconds_max=settings.request_seconds_max,
            origins=frozenset(settings.cors_origins),
            cookies=self._cookies(),
            living=self._living,
            open_about_itself=settings.introspects,
            explorer=settings.introspects,
            compiled=settings.compiled_executor,
            tells_all=not settings.is_production,
            responses=self.responses,
            shared_seconds=settings.response_shared_seconds,
            only_registered=settings.documents_only,
            admission=self._admission,
        )

    def _responses(self, schema: GraphQLSchema) -> Responses | None:
        """The cache of responses, told of every change; None where it is switched off."""
        settings, live = self.settings, self.supplies.live
        if not settings.response_cache_bytes:
            return None
        responses = Responses(
            schema,
            bytes_max=settings.response_cache_bytes,
            seconds_max=settings.response_cache_seconds,
            hears=lambda: live.hears,
            now=_utc_now,
            looked_up=self.metrics.response_lookup,
            coming=self.rows.coming if self.rows is not None else None,
        )
        live.attend(PREFIX, responses.heard)
        return responses

    def _shortcut(self, app: ASGIApp, responses: Responses, limits: InputLimits) -> ASGIApp:
        return Shortcut(
            app,
            responses,
            self._admission,
            bounds=Bounds(headers=limits.headers, header_bytes=limits.header_bytes, body_bytes=limits.body_bytes),
            request_id=request_id_for,
            counted=self.metrics.sent_again,
        )

    def _register(self, texts: Collection[str]) -> None:
        self.graphql.documents.register(texts)
        if self.responses is not None:
            # A document that was withdrawn runs no more, whatever it was answered before.
            self.responses.kept.forget_sent()

    def _oauth(self) -> Provider:
        settings = self.settings
        return Provider(
            issuer=settings.own_url,
            shop_name=settings.shop_name,
            transact=self._transactions(),
            access=self._ports.access,
            factors=self._ports.factors,
            apps=self.supplies.app_ports(),
            secret_keys=tuple(key.encode() for key in settings.secret_keys),
            clock=_utc_now,
        )

    def _mailbox(self) -> Sequence[BaseRoute]:
        secrets = OneTimeSecrets([key.encode() for key in self.settings.secret_keys])
        return mailbox_routes(self.database, filled=secrets.filled)

    async def _living(self, session_ids: Collection[UUID]) -> Collection[UUID]:
        reader = Reader(self.database)
        try:
            return await living(reader, session_ids)
        finally:
            await reader.close()

    def _cookies(self) -> Cookies | None:
        settings = self.settings
        if not settings.session_cookies:
            return None
        is_secure = settings.is_production or settings.own_url.startswith("https:")
        return Cookies(
            same_site=settings.session_cookies.title(), is_secure=is_secure, origins=frozenset(settings.cors_origins)
        )

    def _invoices(self) -> invoices.Invoices:
        return invoices.Invoices(database=self.database, links=invoice_links(self.settings), clock=_utc_now)

    def _unsubscribing(self) -> unsubscribe.Unsubscribing:
        transact = Transactions(self.database, published=self.supplies.live.published)
        return unsubscribe.Unsubscribing(transact=transact, seal=self._ports.seal)

    def _webhooks(self) -> PaymentWebhooks:
        return PaymentWebhooks(providers=self.supplies.providers, transact=self._transactions(), clock=_utc_now)

    def _sms_reports(self) -> sms.SmsReports:
        return sms.SmsReports(carrier=self.supplies.sms, transact=self._transactions())

    def _transactions(self) -> Transactions:
        return Transactions(self.database, published=self.supplies.live.published)

    def _observe(self, seen: Observation) -> None:
        self.metrics.operation(transport=seen.transport, name=seen.name, kind=seen.kind, code=seen.code, seconds=seen.seconds)

    @property
    def paths(self) -> frozenset[str]:
        """Every path that is answered."""
        return frozenset(route.path for route in self.routes if isinstance(route, Route))

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await self.supplies.open(stack)
            watch = DocumentWatch(self.database, self._register)
            stack.push_async_callback(watch.stop)
            await watch.start()
            self._lag.start()
            stack.callback(self._lag.stop)
            yield

    async def _ask_database(self) -> bool:
        async with self.database.reading() as connection:
            return bool(await connection.fetchval("SELECT true"))

    async def _ask_schema(self) -> bool:
        """A schema newer than this code is fine: migrations leave what the previous release needs."""
        async with self.database.reading() as connection:
            found = await connection.fetchval("SELECT max(version_num) FROM alembic_version")
        return isinstance(found, str) and found >= self._head

    async def _ask_redis(self) -> bool:
        return bool(await self.supplies.redis.ping())


def _utc_now() -> datetime:
    return datetime.now(UTC)


def build_app(settings: Settings) -> Api:
    """The API for these settings, nothing opened yet."""
    return Api(settings)
