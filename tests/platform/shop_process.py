"""A small real shop as a process: embedded servers, one child, an API that answers with what it sees of them.

Run with the data directory and JSON of settings as arguments; says `ready PORT` on standard output once it takes requests.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import asyncpg
import redis.asyncio
import typer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateways.logging import configure_logging
from gateways.refusal import CannotStart
from gateways.running import Shop, run_shop
from gateways.settings import Settings, load_settings

CHILD = Path(__file__).with_name("child_process.py")


class Api:
    """Counts visits in both servers: what was counted must be there after whatever happens to them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._draining = False
        self._app = Starlette(routes=[Route("/count", self._count), Route("/ready", self._ready)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def drain(self) -> None:
        self._draining = True

    async def _count(self, _request: Request) -> JSONResponse:
        connection = await asyncpg.connect(self._settings.database_url)
        client = redis.asyncio.Redis.from_url(str(self._settings.redis_url))
        try:
            stored = await connection.fetchval("INSERT INTO visits DEFAULT VALUES RETURNING id")
            return JSONResponse({"postgres": stored, "valkey": await client.incr("visits")})
        finally:
            await connection.close()
            await client.aclose()

    async def _ready(self, _request: Request) -> JSONResponse:
        return JSONResponse({"draining": self._draining}, status_code=503 if self._draining else 200)


def prepare(settings: Settings) -> None:
    async def make_table() -> None:
        connection = await asyncpg.connect(settings.database_url)
        await connection.execute("CREATE TABLE IF NOT EXISTS visits (id bigint GENERATED ALWAYS AS IDENTITY)")
        await connection.close()

    asyncio.run(make_table())


def children(_settings: Settings) -> Mapping[str, Sequence[str]]:
    return {"child": (sys.executable, "-m", "tests.platform.child_process", str(os.getpid()))}


def main() -> None:
    faulthandler.register(signal.SIGUSR1)
    given = json.loads(sys.argv[2])
    try:
        settings = load_settings(env_file=None, data_dir=Path(sys.argv[1]), **{"port": 0, "log_level": "WARNING", **given})
        configure_logging(level=settings.log_level)
        shop = Shop(
            settle=lambda settled: settled,
            prepare=prepare,
            children=children,
            build_app=Api,
            welcome=lambda settled: typer.echo(f"ready {settled.port}"),
        )
        run_shop(settings, shop, progress=lambda line: typer.echo(line, err=True))
    except CannotStart as refusal:
        raise SystemExit(str(refusal)) from None


if __name__ == "__main__":
    main()
