"""The composition: which parts the API is made of and how they are handed to one another.

What runs besides the API, and how all of it starts and ends, is `server`'s and `gateways.running`'s business.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import redis.asyncio
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from edge.health import Health, LoopLag
from edge.layers import layered
from edge.limits import InputLimits
from edge.metrics import Metrics
from gateways.payments.http import payment_client
from gateways.payments.registry import ProviderValues, providers
from gateways.payments.sandbox import SandboxValues
from gateways.settings import Settings
from persistence.engine import Database, DatabaseSettings
from persistence.migrate import head

_REDIS_SECONDS = 2.0


class Api:
    """The API as an ASGI application with a lifespan: it opens its connections when it starts and closes them at its end."""

    def __init__(self, settings: Settings) -> None:
        if settings.database_url is None or settings.redis_url is None:
            raise ValueError("the API needs a database and a Redis")
        self.settings = settings
        self.database = Database(_database_settings(settings, settings.database_url))
        self.redis = redis.asyncio.Redis.from_url(
            settings.redis_url, socket_connect_timeout=_REDIS_SECONDS, socket_timeout=_REDIS_SECONDS
        )
        self.payments = payment_client()
        self.providers = providers(ProviderValues(sandbox=_sandbox_values(settings)), client=self.payments)
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
        self.metrics = Metrics(operations=(), routes=("/health", "/metrics"))
        self.routes: list[BaseRoute] = [
            Route("/health", self._health.summary),
            Route("/health/live", self._health.live),
            Route("/health/ready", self._health.ready),
            Route("/metrics", self.metrics.page),
        ]
        self._app = layered(
            Starlette(routes=self.routes, lifespan=self._lifespan),
            metrics=self.metrics,
            limits=InputLimits(
                headers=settings.header_count_max, header_bytes=settings.header_bytes_max, body_bytes=settings.body_bytes_max
            ),
            cors_origins=settings.cors_origins,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def drain(self) -> None:
        """Unready from now on."""
        self._draining = True

    @property
    def paths(self) -> frozenset[str]:
        """Every path that is answered."""
        return frozenset(route.path for route in self.routes if isinstance(route, Route))

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.payments.aclose)
            stack.push_async_callback(self.redis.aclose)
            stack.push_async_callback(self.database.close)
            await self.database.open()
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
        return bool(await self.redis.ping())


def build_app(settings: Settings) -> Api:
    """The API for these settings, nothing opened yet."""
    return Api(settings)


def _database_settings(settings: Settings, url: str) -> DatabaseSettings:
    return DatabaseSettings(
        url=url,
        read_size=settings.db_read_size,
        write_size=settings.db_write_size,
        wait_seconds=settings.db_wait_seconds,
        statement_seconds=settings.db_statement_seconds,
        pooler=bool(settings.db_pooler),
    )


def _sandbox_values(settings: Settings) -> SandboxValues | None:
    """The sandbox provider, where one is set up."""
    key = settings.sandbox_api_key.get_secret_value()
    if not settings.provider_url or not key:
        return None
    return SandboxValues(url=settings.provider_url, api_key=key, webhook_secrets=settings.webhook_secrets)
