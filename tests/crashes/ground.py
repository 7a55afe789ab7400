"""Where crashes happen: a database that sells, a Redis, the payment sandbox and a mail server, for real processes to meet on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from tests.crashes.processes import ApiProcess, api
from tests.gateways.sandbox_process import API_KEY, SECRET, SandboxProcess, free_port
from tests.makers.trade import Channel, Goods, a_channel, some_goods
from tests.workers.smtp_sink import SmtpSink, smtp_sink

SECRET_KEY = "the-secret-key-of-shops-that-crash-for-tests"


@dataclass(frozen=True, slots=True)
class Ground:
    """What the processes share, and the way to judge what they left."""

    database_url: str
    redis_url: str
    home: Path
    port: int
    sandbox: SandboxProcess
    sink: SmtpSink
    channel: Channel
    goods: Goods

    def api(self, name: str = "api", *, port: int | None = None, **settings: str) -> AbstractAsyncContextManager[ApiProcess]:
        """An API on this ground, the first on the port that webhooks go to. `settings` are further variables."""
        environment = {
            "PATH": os.environ["PATH"],
            "VITRINE_MODE": "production",
            "VITRINE_DATA_DIR": str(self.home),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SECRET_KEY": SECRET_KEY,
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "SMTP_URL": self.sink.url,
            "SANDBOX_URL": self.sandbox.url,
            "SANDBOX_API_KEY": API_KEY,
            "SANDBOX_WEBHOOK_SECRETS": SECRET,
            "LOG_LEVEL": "WARNING",
            "MUTATIONS_PER_MINUTE": "1000000",
            "REQUESTS_PER_MINUTE": "1000000",
            **settings,
        }
        return api(environment, port=self.port if port is None else port, log=self.home / f"{name}.log")

    @property
    def worker_settings(self) -> dict[str, Any]:
        """What a worker on this ground is told."""
        return {
            "database_url": self.database_url,
            "redis_url": self.redis_url,
            "smtp_url": self.sink.url,
            "data_dir": str(self.home),
            "secret_key": SECRET_KEY,
            "staff_email": "staff@example.com",
            "sandbox_url": self.sandbox.url,
            "sandbox_api_key": API_KEY,
            "sandbox_webhook_secrets": SECRET,
            "payment_unfinished_seconds": 15,
        }

    async def rows(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return [tuple(row) for row in await connection.fetch(statement, *arguments)]
        finally:
            await connection.close()


@contextlib.asynccontextmanager
async def open_ground(database_url: str, redis_url: str, home: Path) -> AsyncIterator[Ground]:
    """A ground on a migrated, empty database; its sandbox and mail server end with the block."""
    connection = await asyncpg.connect(database_url)
    try:
        channel = await a_channel(connection)
        goods = await some_goods(connection, channel, stock=(500_000, 500_000))
    finally:
        await connection.close()
    sandbox = SandboxProcess(home / "sandbox", free_port())
    await sandbox.start()
    try:
        async with smtp_sink() as sink:
            yield Ground(database_url, redis_url, home, free_port(), sandbox, sink, channel, goods)
    finally:
        await sandbox.kill()
