"""The API as a process of its own, started by the command that production starts it with, and ended as crashes end it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2

ROOT = Path(__file__).resolve().parents[2]
# The machine may be busy with other tests: what is waited for comes early or not at all.
SECONDS = 60.0


@dataclass
class ApiProcess:
    """Where it answers, and the process that it is now; `log` is what all its lives have said."""

    port: int
    environment: Mapping[str, str]
    log: Path
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def launch(self) -> None:
        """Begins to start; who cannot wait asks `is_ready`."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(ROOT / "server.py"), "serve", "--port", str(self.port)),
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                env={**self.environment},
                cwd=ROOT,
            )

    async def is_ready(self) -> None:
        """Returns when it says that it is ready."""
        async with asyncio.timeout(SECONDS), httpx2.AsyncClient(trust_env=False, timeout=SECONDS) as client:
            while not await self._answers(client):
                assert self.is_alive, f"the API ended while starting: {self.said()[-2000:]}"
                await asyncio.sleep(0.02)

    async def start(self) -> None:
        await self.launch()
        await self.is_ready()

    async def kill(self) -> None:
        """As kill -9 does."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(SECONDS):
            return await self.process.wait()

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    async def _answers(self, client: httpx2.AsyncClient) -> bool:
        try:
            return (await client.get(f"{self.url}/health/ready")).status_code == 200
        except httpx2.TransportError:
            return False


@contextlib.asynccontextmanager
async def api(environment: Mapping[str, str], *, port: int, log: Path) -> AsyncIterator[ApiProcess]:
    """An API that is ready; killed at the end of the block if it still runs."""
    started = ApiProcess(port, environment, log)
    try:
        await started.start()
        yield started
    finally:
        await started.kill()
