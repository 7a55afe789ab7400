"""Whether the servers of somebody's own DATABASE_URL and REDIS_URL answer and will do, asked once before a start."""

from __future__ import annotations

import asyncio
import socket
import time
from urllib.parse import urlsplit

import asyncpg
import redis.asyncio
import structlog
from redis.exceptions import RedisError

from gateways.refusal import CannotStart

_SECONDS = 5.0
_NEIGHBOUR_SECONDS = 20.0
_POSTGRES_OLDEST = 15

log = structlog.stdlib.get_logger(__name__)


def require_database(url: str) -> None:
    """Raises CannotStart, in words without the password, when the database does not answer or is too old."""
    asyncio.run(_require_database(url))


def require_redis(url: str) -> None:
    """Raises CannotStart when Redis does not answer."""
    if (trouble := asyncio.run(_redis_trouble(url))) is not None:
        raise CannotStart(f"Redis at {_place(url)} does not answer ({trouble}): start it, or correct REDIS_URL.")


def warn_without_redis(url: str) -> None:
    """A production API starts without Redis as it runs without it: degraded, and saying so."""
    if (trouble := asyncio.run(_redis_trouble(url))) is not None:
        log.warning("redis.unreachable", place=_place(url), trouble=trouble)


def wait_for(address: str) -> None:
    """Waits a little for a neighbour that was just started to take connections; goes on without it, saying so."""
    place = urlsplit(address)
    until = time.monotonic() + _NEIGHBOUR_SECONDS
    while time.monotonic() < until:
        try:
            socket.create_connection((place.hostname or "", place.port or 80), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    log.warning("neighbour.silent", place=_place(address))


async def _require_database(url: str) -> None:
    try:
        async with asyncio.timeout(_SECONDS):
            connection = await asyncpg.connect(url)
            try:
                version = connection.get_server_version().major
            finally:
                await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as trouble:
        said = _said(trouble)
        raise CannotStart(f"PostgreSQL at {_place(url)} cannot be used ({said}): start it, or correct DATABASE_URL.") from None
    if version < _POSTGRES_OLDEST:
        raise CannotStart(f"PostgreSQL at {_place(url)} is version {version}; Vitrine needs {_POSTGRES_OLDEST} or newer.")


async def _redis_trouble(url: str) -> str | None:
    client = redis.asyncio.Redis.from_url(url, socket_connect_timeout=_SECONDS, socket_timeout=_SECONDS)
    try:
        await client.ping()
    except (OSError, RedisError) as trouble:
        return _said(trouble)
    finally:
        await client.aclose()
    return None


def _place(url: str) -> str:
    """The server's address as far as it may be shown: no user, no password, no parameters."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parts.path or parts.scheme


def _said(trouble: BaseException) -> str:
    """The first line of what went wrong, or its kind where it says nothing (a timeout)."""
    return (str(trouble).splitlines() or [""])[0].strip() or type(trouble).__name__
