"""What Prometheus reads: requests, operations, SQL statements, cache, and depths asked for at the moment of reading.

Labels come from fixed sets only: an operation or path that nobody registered is counted as `other`, so that callers
cannot make series. Who may read the page is the deployment's business.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

M = TypeVar("M", Counter, Histogram)
Reading = Callable[[], float | Awaitable[float]]
"""Gives the present value of a gauge."""

OTHER = "other"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_READING_SECONDS_MAX = 1.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Depth:
    """A gauge that is read when the page is: how many jobs wait, how many sockets are open."""

    name: str
    help: str
    reading: Reading


class Metrics:
    """All series of one process. `operations` are the names that get a series of their own, `routes` the paths."""

    def __init__(self, *, operations: Collection[str], routes: Collection[str], depths: Collection[Depth] = ()) -> None:
        self.registry = CollectorRegistry()
        self._names = frozenset(operations)
        self._routes = tuple(sorted(routes, key=len, reverse=True))
        registry = self.registry
        self._requests = Counter(
            "vitrine_http_requests", "HTTP requests answered.", ["route", "method", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "vitrine_http_request_seconds", "Time to the end of the answer.", ["route"], buckets=_SECONDS, registry=registry
        )
        self._operations = Counter(
            "vitrine_graphql_operations",
            "GraphQL operations ended, by their first error's code.",
            ["transport", "kind", "name", "code"],
            registry=registry,
        )
        self._operation_seconds = Histogram(
            "vitrine_graphql_operation_seconds",
            "Time of a query or mutation from its context to its bytes.",
            ["kind", "name"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._statements = Counter("vitrine_sql_statements", "SQL statements sent.", registry=registry)
        self._cache = Counter(
            "vitrine_cache_lookups", "Look-ups in the cache of prepared documents.", ["outcome"], registry=registry
        )
        self._responses = Counter(
            "vitrine_response_lookups", "Look-ups in the cache of responses to strangers.", ["outcome"], registry=registry
        )
        self._hits: dict[tuple[str, str, int, str], tuple[tuple[Counter, ...], tuple[Histogram, ...]]] = {}
        self._depths = [(depth, Gauge(depth.name, depth.help, registry=registry)) for depth in depths]

    def request(self, *, path: str, method: str, status: int, seconds: float) -> None:
        """An HTTP request was answered."""
        route = self._route(path)
        known_method = method if method in _METHODS else OTHER
        _series(self._requests, route, known_method, str(status)).inc()
        _series(self._request_seconds, route).observe(seconds)

    def operation(self, *, transport: str, name: str | None, kind: str | None, code: str | None, seconds: float) -> None:
        """A GraphQL operation ended; `kind` None means that there was none to run. A subscription's time says nothing."""
        known = name if name in self._names else OTHER
        shown = kind or "none"
        _series(self._operations, transport, shown, known, code or "OK").inc()
        if kind in {"query", "mutation"}:
            _series(self._operation_seconds, shown, known).observe(seconds)

    def sent_again(self, *, path: str, method: str, status: int, name: str | None, seconds: float) -> None:
        """What `request`, `operation` and `response_lookup` are told of a query answered by what was sent before, at once."""
        known = name if name in self._names else OTHER
        counters, times = self._hit_series(path, method, status, known)
        for counter in counters:
            counter.inc()
        for histogram in times:
            histogram.observe(seconds)

    def _hit_series(self, path: str, method: str, status: int, known: str) -> tuple[tuple[Counter, ...], tuple[Histogram, ...]]:
        series = self._hits.get((path, method, status, known))
        if series is None:
            route = self._route(path)
            series = self._hits[path, method, status, known] = (
                (
                    _series(self._requests, route, method, str(status)),
                    _series(self._operations, "http", "query", known, "OK"),
                    _series(self._responses, "hit"),
                ),
                (_series(self._request_seconds, route), _series(self._operation_seconds, "query", known)),
            )
        return series

    def statements(self, count: int) -> None:
        """So many SQL statements were sent."""
        self._statements.inc(count)

    def cache_lookup(self, hit: bool) -> None:
        """The cache of prepared documents was asked."""
        _series(self._cache, "hit" if hit else "miss").inc()

    def response_lookup(self, outcome: str) -> None:
        """The cache of responses was asked: hit, miss, joined somebody's run, or bypassed."""
        _series(self._responses, outcome).inc()

    async def page(self, _request: Request) -> Response:
        """All series, the depths read now; a depth that cannot be read is NaN, which Prometheus understands."""
        values = await asyncio.gather(*(_read(depth) for depth, _ in self._depths))
        for (_, gauge), value in zip(self._depths, values, strict=True):
            gauge.set(value)
        headers = {"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"}
        return Response(generate_latest(self.registry), headers=headers)

    def _route(self, path: str) -> str:
        for route in self._routes:
            if path == route or path.startswith(route.rstrip("/") + "/"):
                return route
        return OTHER


class MeasuredRequests:
    """The layer that counts HTTP requests, those that the inner layers refuse included."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def noted_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted_send)
        finally:
            # No status means that the client left before there was an answer: 499, as proxies count it.
            self._metrics.request(
                path=scope["path"],
                method=scope["method"],
                status=status or 499,
                seconds=time.perf_counter() - started,
            )


@lru_cache(maxsize=5_000)
def _series(metric: M, *labels: str) -> M:
    """One series of a metric, by its labels in their order: finding it anew costs more than counting."""
    return metric.labels(*labels)


async def _read(depth: Depth) -> float:
    try:
        async with asyncio.timeout(_READING_SECONDS_MAX):
            value = depth.reading()
            return float(await value if inspect.isawaitable(value) else value)
    except Exception as failure:  # noqa: BLE001 - a page with a hole is better than none
        _log.warning("metrics.reading_failed", gauge=depth.name, kind=type(failure).__name__)
        return float("nan")
