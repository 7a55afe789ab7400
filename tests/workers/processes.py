"""Workers as processes: started, killed, told to stop, and what they logged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.workers.world import SECONDS, eventually

QUICK_PACE: Mapping[str, Any] = {
    "again_seconds": 2.0,
    "poll_seconds": 0.2,
    "clock_seconds": 0.2,
    "heartbeat_seconds": 2.0,
    "fetch_seconds": 0.1,
    "backoff_seconds_max": 0.5,
    "stuck_seconds": 60.0,
    "delivery": {"lease_seconds": 3, "pause_seconds": 1},
}
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class WorkerProcess:
    """One worker; `log` is what it has said so far."""

    process: Process
    log: list[dict[str, Any]] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)
    _reading: asyncio.Task[None] | None = None

    def said(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one event."""
        return [line for line in self.log if line["event"] == event]

    async def is_ready(self) -> None:
        """Returns when it works."""

        async def ready() -> bool:
            assert self.process.returncode is None, f"the worker ended while starting: {self.log} {self.noise}"
            return bool(self.said("worker.ready"))

        await eventually(ready, "a ready worker")

    async def kill(self) -> None:
        """As kill -9 does."""
        if self.process.returncode is None:
            self.process.kill()
        await self.ended()

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        async with asyncio.timeout(SECONDS):
            code = await self.process.wait()
            if self._reading is not None:
                await self._reading
        return code

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for raw in self.process.stderr:
            try:
                self.log.append(json.loads(raw))
            except ValueError:
                self.noise.append(raw.decode(errors="replace").rstrip())


@contextlib.asynccontextmanager
async def worker(settings: Mapping[str, Any], **pace: Any) -> AsyncIterator[WorkerProcess]:
    """A worker that is ready; killed at the end of the block if it still runs."""
    paced = {**QUICK_PACE, **pace}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.workers.worker_process", json.dumps(dict(settings)), json.dumps(paced)),
        stdin=DEVNULL,
        stderr=PIPE,
        cwd=ROOT,
    )
    started = WorkerProcess(process)
    started._reading = asyncio.create_task(started._read())
    try:
        await started.is_ready()
        yield started
    except AssertionError:
        # What it said is what explains why something was waited for in vain.
        sys.stdout.write("\n".join([*(str(line) for line in started.log[-200:]), *started.noise]))
        raise
    finally:
        await started.kill()
