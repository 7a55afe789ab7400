"""How the processes of a shop belong together: servers, preparation, children, the API, and their end in reverse order.

What is prepared, served and started as a child is the caller's to say.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from socket import socket
from typing import Protocol

import structlog
from starlette.types import Receive, Scope, Send

from gateways import reach, signals
from gateways.children import Children
from gateways.embedded import launcher
from gateways.embedded.launcher import Embedded
from gateways.progress import Progress
from gateways.reach import wait_for
from gateways.serving import Drain, Serving, Stopping, listen, serve_app
from gateways.settings import Settings, child_environment

_CHILDREN_STOP_SECONDS = 20.0

log = structlog.stdlib.get_logger(__name__)


class Api(Protocol):
    """An ASGI application that can be told of its end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def drain(self) -> None:
        """Reports itself unready from now on, and closes by and by what would stay open; called once, on the event loop."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What runs: `prepare` before anything answers, `children` by name, the API, and `welcome` once it takes requests.

    `settle` decides what follows from the API's port.
    """

    settle: Callable[[Settings], Settings]
    prepare: Callable[[Settings], None]
    children: Callable[[Settings], Mapping[str, Sequence[str]]]
    build_app: Callable[[Settings], Api]
    welcome: Callable[[Settings], None]
    neighbours: Callable[[Settings], Mapping[str, str]] = lambda _settings: {}
    """Addresses of children, by name, that must answer before the next one starts and the shop says it is open."""


def run_shop(settings: Settings, shop: Shop, *, progress: Progress) -> None:
    """Runs the shop until SIGINT or SIGTERM and leaves no process behind. Raises CannotStart."""
    signals.unwind_when_stopped()
    with contextlib.ExitStack() as stack, contextlib.suppress(KeyboardInterrupt):
        embedded = _embedded(settings)
        if embedded is not None:
            stack.callback(embedded.stop)  # before the port is tried: the lock on the directory is ours already
        listener = stack.enter_context(contextlib.closing(listen(settings.host, settings.port)))
        settings = shop.settle(settings.model_copy(update={"port": listener.getsockname()[1]}))
        if embedded is not None:
            embedded.start(progress)
        settings = _with_addresses(settings, embedded)
        _require_servers(settings, embedded)
        shop.prepare(settings)
        stopping = stack.enter_context(Stopping().watching())
        children = Children(child_environment(settings))
        stack.callback(children.stop, seconds=_CHILDREN_STOP_SECONDS)
        for name, command in shop.children(settings).items():
            children.add(name, command)
            if (address := shop.neighbours(settings).get(name)) is not None:
                wait_for(address)
        _serve(settings, shop, listener, stopping=stopping, tend=lambda: _tend(children, embedded))


@contextlib.contextmanager
def servers(settings: Settings, *, progress: Progress) -> Iterator[Settings]:
    """The settings with the addresses of servers to use for one command.

    They are the configured ones, those of a Vitrine that runs on the data directory, or embedded ones for as long as the
    block lasts. Raises CannotStart.
    """
    signals.unwind_when_stopped()
    beside = launcher.running(settings.data_dir)
    if beside is not None:
        settings = settings.model_copy(
            update={
                "database_url": settings.database_url or beside.database_url,
                "redis_url": settings.redis_url or beside.redis_url,
            }
        )
    with contextlib.ExitStack() as stack:
        embedded = _embedded(settings)
        if embedded is not None:
            stack.callback(embedded.stop)
            embedded.start(progress)
        settings = _with_addresses(settings, embedded)
        _require_servers(settings, embedded)
        yield settings


def _embedded(settings: Settings) -> Embedded | None:
    """The embedded servers for what is not configured, their directory claimed but nothing started yet."""
    if settings.database_url and settings.redis_url:
        return None
    return Embedded(settings.data_dir, with_postgres=not settings.database_url, with_valkey=not settings.redis_url)


def _with_addresses(settings: Settings, embedded: Embedded | None) -> Settings:
    if embedded is None:
        return settings
    return settings.model_copy(
        update={
            "database_url": settings.database_url or embedded.database_url,
            "redis_url": settings.redis_url or embedded.redis_url,
        }
    )


def _require_servers(settings: Settings, embedded: Embedded | None) -> None:
    """Asks servers that are not our own whether they answer."""
    database_url, redis_url = settings.database_url, settings.redis_url
    if database_url and (embedded is None or database_url != embedded.database_url):
        reach.require_database(database_url)
    if redis_url and (embedded is None or redis_url != embedded.redis_url):
        (reach.warn_without_redis if settings.is_production else reach.require_redis)(redis_url)


def _serve(settings: Settings, shop: Shop, listener: socket, *, stopping: Stopping, tend: Callable[[], None]) -> None:
    app = shop.build_app(settings)
    drain = Drain(begin=app.drain, unready_seconds=settings.seconds_unready, drain_seconds=settings.drain_seconds)
    serving = Serving(
        app=app,
        drain=drain,
        ready=lambda: shop.welcome(settings),
        tend=tend,
        forwarded_allow_ips=settings.forwarded_allow_ips,
    )
    serve_app(serving, listener, stopping=stopping)


def _tend(children: Children, embedded: Embedded | None) -> None:
    """Starts again what died."""
    children.tend()
    if embedded is not None:
        for name in embedded.revive():
            log.warning("embedded.revived", server=name)
