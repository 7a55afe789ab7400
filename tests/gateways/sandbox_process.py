"""The sandbox provider as a real process for tests, which can be killed and started again on the same books."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path

import httpx2

from gateways.payments.sandbox import SandboxValues

API_KEY = "sk_sandbox_for_tests"
SECRET = "whsec_c2FuZGJveC1zZWNyZXQtb2YtdGhlLXRlc3RzLTMyYnl0ZXM="
READY_SECONDS = 60


def free_port() -> int:
    """A port that nobody had a moment ago."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@dataclass
class SandboxProcess:
    """Where it lives and the process that it is now."""

    home: Path
    port: int
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def values(self, *secrets: str, api_key: str = API_KEY, total_seconds: float = 30.0) -> SandboxValues:
        """What our side needs to call it; patient, because the test machine may be busy."""
        return SandboxValues(url=self.url, api_key=api_key, webhook_secrets=secrets or (SECRET,), total_seconds=total_seconds)

    async def start(self, *options: str, previous_secret: str = "") -> None:
        """Returns when it answers."""
        arguments = ["--data-dir", str(self.home), "--port", str(self.port), "--later", "0.1", "--retry-first", "0.1"]
        module = ["-m", "gateways.payments.sandbox_service"]
        self.process = await asyncio.create_subprocess_exec(sys.executable, *module, *arguments, *options, stdin=PIPE)
        secrets = {"api_key": API_KEY, "webhook_secret": SECRET, "previous_secret": previous_secret or None}
        stdin = self.process.stdin
        assert stdin is not None
        stdin.write(json.dumps(secrets).encode() + b"\n")
        async with asyncio.timeout(READY_SECONDS), httpx2.AsyncClient(trust_env=False) as client:
            while not await self._answers(client):
                assert self.process.returncode is None, "the sandbox ended while starting"
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """As if by kill -9; nothing when it has ended by itself."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def ends(self, *, by: signal.Signals | None = None) -> int:
        """Its exit status, after a signal or, without one, after its parent is gone as far as it can tell."""
        assert self.process is not None
        assert self.process.stdin is not None
        if by is None:
            self.process.stdin.close()
        else:
            self.process.send_signal(by)
        async with asyncio.timeout(READY_SECONDS):
            return await self.process.wait()

    async def _answers(self, client: httpx2.AsyncClient) -> bool:
        try:
            return (await client.get(self.url)).status_code == 200
        except httpx2.TransportError:
            return False
